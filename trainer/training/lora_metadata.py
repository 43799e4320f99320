"""What a LoRA file says of itself: kohya's ss_* keys, modelspec 1.0.1 and the hashes that A1111 reads.

Nothing here is a time or a session, so that the same run writes the same bytes.
"""

import hashlib
from collections import Counter
from collections.abc import Mapping

from torch import Tensor

from ..dataset.dataset import Dataset
from ..families.base import Base
from ..recipe.loss import Loss
from ..recipe.optim import Schedule
from ..recipe.recipe import Recipe
from ..values import canonical_json
from .buckets import placement, scales_up
from .optimizers import optimizer_words
from .tensorfile import header, tensor_region

_LEGACY_START, _LEGACY_LENGTH = 0x100000, 0x10000


def describe_lora(name: str, step: int, recipe: Recipe, dataset: Dataset, base: Base) -> dict[str, str]:
    """Metadata of a checkpoint, all strings; the family adds its own."""
    pictures = sum(sample.repeats for sample in dataset.train)
    resolution = recipe.buckets.resolution
    lora, optim, schedule = recipe.lora, recipe.optim, recipe.schedule
    said: dict[str, object] = {
        "ss_output_name": name,
        "ss_learning_rate": optim.lr,
        "ss_unet_lr": optim.lr,
        "ss_text_encoder_lr": None,
        "ss_num_train_images": pictures,
        "ss_num_reg_images": recipe.prior.images,
        "ss_prior_loss_weight": recipe.prior.weight,
        "ss_steps": step,
        "ss_max_train_steps": schedule.steps,
        "ss_total_batch_size": schedule.batch * schedule.accumulation,
        "ss_gradient_accumulation_steps": schedule.accumulation,
        "ss_gradient_checkpointing": recipe.memory.gradient_checkpointing,
        "ss_network_module": "networks.lora",
        "ss_network_dim": lora.rank,
        "ss_network_alpha": lora.alpha,
        "ss_network_args": canonical_json({"targets": lora.targets}),
        "ss_network_dropout": None,
        "ss_mixed_precision": {"fp32": "no"}.get(recipe.memory.precision, recipe.memory.precision),
        "ss_sd_model_name": base.name,
        "ss_sd_model_hash": base.sha256[:8],
        "ss_new_sd_model_hash": base.sha256,
        "ss_optimizer": optimizer_words(optim),
        "ss_max_grad_norm": optim.grad_clip,
        "ss_lr_scheduler": _scheduler_word(schedule),
        "ss_lr_warmup_steps": schedule.warmup,
        "ss_seed": recipe.seed,
        "ss_bucket_info": canonical_json(_bucket_info(recipe, dataset)),
        "ss_resolution": f"({resolution}, {resolution})",
        "ss_min_snr_gamma": recipe.loss.min_snr_gamma or None,
        **_loss_words(recipe.loss),
        "ss_caption_dropout_rate": recipe.text.dropout,
        "ss_cache_latents": True,
        "modelspec.sai_model_spec": "1.0.1",
        "modelspec.title": name,
        "modelspec.resolution": f"{resolution}x{resolution}",
        "modelspec.trigger_phrase": dataset.trigger,
        "modelspec.usage_hint": f"Name {dataset.trigger} in the prompt.",
    }
    return {key: str(value) for key, value in said.items()}


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


def _scheduler_word(schedule: Schedule) -> str:
    """kohya's name: its "constant" knows no warmup."""
    return "constant_with_warmup" if schedule.curve == "constant" and schedule.warmup else schedule.curve


def _bucket_info(recipe: Recipe, dataset: Dataset) -> dict[str, object]:
    """kohya's count of pictures a bucket, and how many were smaller than theirs and had to be scaled up."""
    places = [placement((sample.width, sample.height), recipe.buckets) for sample in dataset.train]
    counts: Counter[tuple[int, int]] = Counter()
    for sample, place in zip(dataset.train, places, strict=True):
        counts[place.bucket] += sample.repeats
    rows = [{"resolution": list(size), "count": count} for size, count in sorted(counts.items())]
    return {"buckets": {str(number): row for number, row in enumerate(rows)}, "scaled_up": sum(map(scales_up, places))}


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
