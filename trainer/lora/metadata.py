"""What a LoRA file says of itself: kohya's ss_* keys, modelspec 1.0.1 and the hashes that A1111 reads.

Nothing here is a time or a session, so that the same run writes the same bytes.
"""

import hashlib
from collections.abc import Mapping
from math import ceil

from torch import Tensor

from ..dataset.dataset import Dataset
from ..dataset.placed_sample import place_samples
from ..dataset.step_budget import step_budget
from ..families.base import ASSISTANT, Base
from ..families.registry import spec_of
from ..recipe.lora import Lora
from ..recipe.loss import Loss
from ..recipe.optim import Schedule
from ..recipe.optimizers import optimizer_words
from ..recipe.recipe import Recipe
from ..recipe.text import Text
from ..storage.tensor_file import header, tensor_region
from ..storage.values import canonical_json
from .dataset_metadata import dataset_words

_LEGACY_START, _LEGACY_LENGTH = 0x100000, 0x10000


def describe_lora(  # noqa: PLR0913
    name: str, step: int, recipe: Recipe, dataset: Dataset, base: Base, regularisation: Dataset | None = None
) -> dict[str, str]:
    """Metadata of a checkpoint, all strings; the family adds its own."""
    pictures = sum(one.repeats for one in place_samples(dataset.train, recipe.buckets))
    others = 0 if regularisation is None else len(regularisation.train)
    resolution = recipe.buckets.resolution
    lora, optim, schedule = recipe.lora, recipe.optim, recipe.schedule
    said: dict[str, object] = {
        "ss_output_name": name,
        "ss_learning_rate": optim.lr,
        "ss_unet_lr": optim.lr,
        "ss_text_encoder_lr": recipe.text.encoder_lr or None,
        "ss_num_train_images": pictures,
        "ss_num_reg_images": recipe.prior.images + others,
        "ss_prior_loss_weight": recipe.prior.weight,
        "ss_steps": step,
        **_rounds(step, recipe, dataset),
        "ss_max_train_steps": schedule.steps,
        "ss_total_batch_size": schedule.batch * schedule.accumulation,
        "ss_gradient_accumulation_steps": schedule.accumulation,
        "ss_gradient_checkpointing": recipe.memory.gradient_checkpointing,
        "ss_network_module": "networks.lora" if lora.kind == "lora" else "lycoris.kohya",
        "ss_network_dim": lora.rank,
        "ss_network_alpha": lora.alpha,
        "ss_network_args": canonical_json(_network_arguments(lora)),
        "ss_network_dropout": None,
        "ss_mixed_precision": {"fp32": "no"}.get(recipe.memory.precision, recipe.memory.precision),
        "ss_sd_model_name": base.name,
        **_base_hashes(base),
        "ss_optimizer": optimizer_words(optim),
        "ss_max_grad_norm": optim.grad_clip,
        "ss_lr_scheduler": _scheduler_word(schedule),
        "ss_lr_warmup_steps": schedule.warmup,
        "ss_seed": recipe.seed,
        "ss_enable_bucket": True,
        "ss_min_bucket_reso": recipe.buckets.shortest,
        "ss_max_bucket_reso": recipe.buckets.longest,
        **{key: canonical_json(value) for key, value in dataset_words(recipe, dataset, regularisation).items()},
        "ss_resolution": f"({resolution}, {resolution})",
        "ss_min_snr_gamma": recipe.loss.min_snr_gamma or None,
        **_loss_words(recipe.loss),
        **_text_words(recipe.text),
        "ss_cache_latents": True,
        "modelspec.sai_model_spec": "1.0.1",
        "modelspec.title": name,
        "modelspec.resolution": f"{resolution}x{resolution}",
        "modelspec.trigger_phrase": dataset.trigger,
        "modelspec.usage_hint": f"Name {dataset.trigger} in the prompt.",
    }
    return {key: str(value) for key, value in said.items()}


def _base_hashes(base: Base) -> dict[str, object]:
    """None of a base in several files or with an assistant, whose fingerprint is of parts of them: nobody would find it
    by that."""
    if ASSISTANT in base.files or spec_of(base).file_parts:
        return {}
    return {"ss_sd_model_hash": base.sha256[:8], "ss_new_sd_model_hash": base.sha256}


def _loss_words(loss: Loss) -> dict[str, object]:
    """kohya's keys of what is switched on. It names what is off too; leaving that out keeps old recipes' bytes.

    `ss_masked_loss` and `ss_mask_floor` are ours: kohya's files do not tell.
    """
    said: dict[str, object] = {}
    if loss.debiased:
        said["ss_debiased_estimation"] = True
    if loss.kind != "l2":
        said["ss_loss_type"] = loss.kind
        said["ss_huber_schedule"] = loss.huber_schedule
        said["ss_huber_scale"] = 1.0
        said["ss_huber_c"] = loss.huber_c
    if loss.noise_offset:
        said["ss_noise_offset"] = loss.noise_offset
    if loss.masked:
        said["ss_masked_loss"] = True
        said["ss_mask_floor"] = loss.mask_floor
    return said


def _network_arguments(lora: Lora) -> dict[str, object]:
    """kohya's and LyCORIS' words for what is not plain, and ours for which layers learn."""
    said: dict[str, object] = {"targets": lora.targets}
    if lora.targets == "attention_mlp_conv":
        said |= {"conv_dim": lora.conv_rank or lora.rank, "conv_alpha": lora.conv_alpha or lora.alpha}
    if lora.kind == "dora":
        said |= {"algo": "lora", "dora_wd": True}
    if lora.kind == "lokr":
        said |= {"algo": "lokr", "factor": lora.factor}
    if lora.rank_by_timestep:
        said["rank_by_timestep"] = True
    return said


def _text_words(text: Text) -> dict[str, object]:
    said: dict[str, object] = {"ss_caption_dropout_rate": text.dropout}
    if text.changes_captions:
        said["ss_shuffle_caption"] = text.shuffle
        said["ss_keep_tokens"] = text.keep_tokens
        said["ss_caption_tag_dropout_rate"] = text.tag_dropout
    return said


def _rounds(step: int, recipe: Recipe, dataset: Dataset) -> dict[str, object]:
    """Rounds of the dataset as kohya counts them; nothing without pictures."""
    if not dataset.train:
        return {}
    whole = step_budget(dataset.train, recipe)
    done = whole.epochs * step / whole.updates
    batches = round(whole.updates * recipe.schedule.accumulation / whole.epochs)
    return {"ss_num_batches_per_epoch": batches, "ss_num_epochs": ceil(whole.epochs), "ss_epoch": ceil(done)}


def _scheduler_word(schedule: Schedule) -> str:
    """kohya's name: its "constant" knows no warmup."""
    return "constant_with_warmup" if schedule.curve == "constant" and schedule.warmup else schedule.curve


def with_hashes(tensors: Mapping[str, Tensor], metadata: Mapping[str, str]) -> dict[str, str]:
    """The metadata and kohya's two hashes of the tensors as they would be stored with its ss_* keys alone."""
    region = tensor_region(tensors)
    alone = header(tensors, {key: value for key, value in metadata.items() if key.startswith("ss_")})
    legacy = (alone + region)[_LEGACY_START : _LEGACY_START + _LEGACY_LENGTH]
    return {
        **metadata,
        "sshs_model_hash": hashlib.sha256(region).hexdigest(),
        "sshs_legacy_hash": hashlib.sha256(legacy).hexdigest()[:8],
    }
