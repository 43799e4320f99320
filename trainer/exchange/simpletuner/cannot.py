"""What of a recipe SimpleTuner cannot do."""

from ...recipe.recipe import Recipe
from ..flow_bases import is_for_flow
from ..keys import Left, left_out, of_early_stop, of_speed
from .words import TARGETS
from .writing import BASES, SAMPLINGS, written_curve, written_sampling

Found = dict[str, tuple[bool, str]]
_LEFT = "left out"


def simpletuner_cannot(recipe: Recipe) -> list[Left]:
    """Settings that SimpleTuner has no word for, or another meaning."""
    is_flow = is_for_flow(recipe)
    base = Left("pretrained_model_name_or_path", BASES[is_flow][1], "an example: name your own base, and its family")
    found = {
        **_network(recipe, is_flow=is_flow),
        **_schedule(recipe),
        **_text(recipe),
        **_loss(recipe, is_flow=is_flow),
        **_pictures_and_files(recipe),
        **_flow_and_memory(recipe, is_flow=is_flow),
    }
    return [base, *left_out(recipe, found)]


def _network(recipe: Recipe, *, is_flow: bool) -> Found:
    lora = recipe.lora
    is_told = lora.targets not in TARGETS.values() if is_flow else lora.targets != "attention"
    return {
        "lora.kind": (lora.kind == "lokr", "written as plain LoRA: describe LoKr in a lycoris_config"),
        "lora.targets": (is_told, "all layers are written" if is_flow else "SimpleTuner trains attention alone"),
        "lora.conv_rank": (lora.conv_rank > 0, _LEFT),
        "lora.conv_alpha": (lora.conv_alpha > 0, _LEFT),
        "lora.rank_by_timestep": (lora.rank_by_timestep, _LEFT),
    }


def _schedule(recipe: Recipe) -> Found:
    schedule, curve = recipe.schedule, written_curve(recipe)
    return {
        "schedule.curve": (schedule.curve != curve, f"written as {curve}: cosines there fall again and again"),
        "schedule.warmup_share": (schedule.warmup_share > 0, _LEFT),
        "schedule.lr_floor": (schedule.lr_floor > 0 and curve != "polynomial", "left out: polynomial's alone"),
        "schedule.cycles": (schedule.curve == "cosine_with_restarts", _LEFT),
    }


def _text(recipe: Recipe) -> Found:
    text = recipe.text
    return {
        "text.shuffle": (text.shuffle, "set it in the data backend"),
        "text.keep_tokens": (text.keep_tokens > 0, _LEFT),
        "text.tag_dropout": (text.tag_dropout > 0, _LEFT),
        "text.encoder_lr": (text.encoder_lr > 0, "left out: text encoders stay as they are"),
        "text.encoder_steps": (text.encoder_steps > 0, _LEFT),
        "text.encoder_share": (text.encoder_share > 0, _LEFT),
        "text.clip_skip": (text.clip_skip > 1, _LEFT),
    }


def _loss(recipe: Recipe, *, is_flow: bool) -> Found:
    loss = recipe.loss
    return {
        "loss.min_snr_gamma": (is_flow and loss.min_snr_gamma > 0, "left out: for bases that predict noise"),
        "loss.debiased": (loss.debiased, _LEFT),
        "loss.noise_offset": (loss.noise_offset > 0, _LEFT),
        "loss.masked": (loss.masked, "set it in the data backend"),
        "loss.mask_floor": (loss.masked, _LEFT),
    }


def _pictures_and_files(recipe: Recipe) -> Found:
    prior, buckets, output = recipe.prior, recipe.buckets, recipe.output
    return {
        "prior.images": (prior.images > 0, "add a data backend of them (is_regularisation_data)"),
        "prior.weight": (prior.weight != 1, _LEFT),
        "prior.output_weight": (prior.output_weight > 0, _LEFT),
        "prior.delta_l2": (prior.delta_l2 > 0, _LEFT),
        "buckets.also": (bool(buckets.also), "add a data backend for each size"),
        "buckets.shortest": (buckets.shortest != buckets.resolution // 2, "SimpleTuner has no shortest side"),
        "buckets.longest": (buckets.longest != 2 * buckets.resolution, "SimpleTuner has no longest side"),
        "output.samples": (len(output.samples) > 1, "the first is written"),
        "output.precision": (output.precision != "bf16", "files are written in bf16 there"),
        "output.keep_last": (not output.keep_last, "written as 1000"),
        "seeds": (recipe.seeds > 1, "one seed is written"),
        **of_early_stop(recipe),
        **of_speed(recipe),
    }


def _flow_and_memory(recipe: Recipe, *, is_flow: bool) -> Found:
    flow, memory = recipe.flow, recipe.memory
    is_other = is_flow and flow.sampling not in SAMPLINGS
    return {
        "flow.sampling": (is_other, f"written as {written_sampling(recipe)}"),
        "flow.contrastive": (flow.contrastive > 0, _LEFT),
        "flow.shift": (flow.sampling == "shift" and not flow.shift, "written as 3"),
        "memory.deterministic": (memory.deterministic, _LEFT),
        "memory.cache": (memory.cache == "memory", "kept on disk there"),
        "memory.swapped_blocks": (memory.swapped_blocks > 0, "left out: set ramtorch there"),
        "memory.checkpointed_blocks": (memory.checkpointed_blocks > 0, "left out: all blocks are"),
        "memory.offload_activations": (memory.offload_activations, _LEFT),
        "memory.precompute_modulation": (memory.precompute_modulation, _LEFT),
        "memory.text_quantization": (
            memory.text_quantization not in (("none", "nf4", "int8", "fp8") if is_flow else ("none",)),
            "written as int8-sdnq" if is_flow else _LEFT,
        ),
    }
