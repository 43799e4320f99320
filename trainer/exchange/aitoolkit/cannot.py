"""What of a recipe ai-toolkit cannot do."""

from ...recipe.recipe import Recipe
from ..flow_bases import MEMORY, is_for_flow, of_flow_bases
from ..flow_text import TRAINER_TOKENS
from ..keys import Left, left_out, of_early_stop, of_speed
from .words import OPTIMIZERS
from .writing import BASES

Found = dict[str, tuple[bool, str]]
_NOISE = "left out: for bases that predict noise"


def aitoolkit_cannot(recipe: Recipe) -> list[Left]:
    """Settings that ai-toolkit has no word for, or another meaning."""
    is_flow = is_for_flow(recipe)
    base = Left("model.name_or_path", BASES[is_flow][1], "an example: name your own base, and its arch")
    found = {
        **_network(recipe, is_flow=is_flow),
        **_schedule(recipe),
        **_text_and_loss(recipe, is_flow=is_flow),
        **_pictures_and_files(recipe),
        **_memory(recipe),
        **(_flow(recipe) if is_flow else {}),
    }
    return [base, *left_out(recipe, found), *([] if is_flow else of_flow_bases(recipe, MEMORY))]


def _network(recipe: Recipe, *, is_flow: bool) -> Found:
    lora = recipe.lora
    return {
        "lora.alpha": (is_flow and lora.alpha != lora.rank, "ai-toolkit takes the rank for such bases"),
        "lora.targets": (not is_flow and lora.targets == "attention", "ai-toolkit trains attention and MLP as well"),
        "lora.kind": (lora.kind == "lokr", "read lokr_full_rank: a high rank makes the large block whole there"),
        "lora.rank_by_timestep": (lora.rank_by_timestep, "left out"),
    }


def _schedule(recipe: Recipe) -> Found:
    schedule = recipe.schedule
    has_warmup = schedule.warmup > 0 and schedule.curve != "constant"
    return {
        "schedule.epochs": (schedule.epochs > 0, "ai-toolkit goes by steps: those are written"),
        "schedule.curve": (schedule.curve in ("rex", "linear"), "written as cosine"),
        "schedule.cycles": (schedule.curve == "cosine_with_restarts", "written without restarts"),
        "schedule.power": (schedule.power != 1, "left out"),
        "schedule.warmup": (has_warmup, "left out: only constant rates rise there"),
        "schedule.warmup_share": (schedule.warmup_share > 0, "left out"),
        "schedule.lr_floor": (schedule.lr_floor > 0 and schedule.curve != "cosine", "left out: cosine's alone"),
        "optim.optimizer": (recipe.optim.optimizer not in OPTIMIZERS.values(), "written as adamw8bit"),
    }


def _text_and_loss(recipe: Recipe, *, is_flow: bool) -> Found:
    text, loss = recipe.text, recipe.loss
    is_l2 = loss.kind == "l2"
    return {
        "text.encoder_lr": (is_flow and text.encoder_lr > 0, "left out: text encoders stay as they are"),
        "text.encoder_steps": (text.encoder_steps > 0, "left out: they learn to the end"),
        "text.encoder_share": (text.encoder_share > 0, "left out: they learn to the end"),
        "text.clip_skip": (text.clip_skip > 1, "left out"),
        "loss.kind": (not is_l2, "written as l2"),
        "loss.huber_c": (not is_l2, "left out"),
        "loss.huber_schedule": (not is_l2, "left out"),
        "loss.debiased": (loss.debiased, "left out"),
        "loss.min_snr_gamma": (is_flow and loss.min_snr_gamma > 0, _NOISE),
        "loss.noise_offset": (is_flow and loss.noise_offset > 0, _NOISE),
    }


def _pictures_and_files(recipe: Recipe) -> Found:
    prior, buckets = recipe.prior, recipe.buckets
    return {
        "prior.images": (prior.images > 0, "ai-toolkit draws none: give it a folder of pictures (is_reg)"),
        "prior.delta_l2": (prior.delta_l2 > 0, "left out"),
        "buckets.shortest": (buckets.shortest != buckets.resolution // 2, "ai-toolkit has no shortest side"),
        "buckets.longest": (buckets.longest != 2 * buckets.resolution, "ai-toolkit has no longest side"),
        "output.keep_last": (not recipe.output.keep_last, "written as 1000"),
        "seeds": (recipe.seeds > 1, "one seed is written"),
        **of_early_stop(recipe),
        **of_speed(recipe),
    }


def _memory(recipe: Recipe) -> Found:
    memory = recipe.memory
    return {
        "memory.deterministic": (memory.deterministic, "left out"),
        "memory.quantization": (memory.quantization == "nf4", "written as uint4, its 4 bits"),
        "memory.text_quantization": (memory.text_quantization == "nf4", "written as uint4, its 4 bits"),
        "memory.swapped_blocks": (memory.swapped_blocks > 0, "left out: set layer_offloading there"),
        "memory.checkpointed_blocks": (memory.checkpointed_blocks > 0, "left out: all blocks are"),
        "memory.offload_activations": (memory.offload_activations, "left out"),
        "memory.precompute_modulation": (memory.precompute_modulation, "left out"),
    }


def _flow(recipe: Recipe) -> Found:
    flow = recipe.flow
    length = f"ai-toolkit fills FLUX's captions up to {TRAINER_TOKENS}"
    return {
        "flow.sampling": (not flow.sampling, "written as sigmoid"),
        "flow.sigmoid_scale": (flow.sigmoid_scale != 1, "left out"),
        "flow.shift": (flow.shift > 0, "left out: the base's own counts"),
        "flow.text_tokens": (flow.text_tokens != TRAINER_TOKENS, length),
        "flow.assistant_training": (flow.assistant_training != 1, "left out: 1 there"),
        "flow.assistant_samples": (flow.assistant_samples != 0, "left out: 0 there"),
    }
