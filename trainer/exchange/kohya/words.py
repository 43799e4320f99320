"""kohya's words for what a recipe says, the same for reading and for writing."""

from collections.abc import Mapping

from ...recipe.buckets import Buckets
from ...recipe.loss import LossKind
from ...recipe.optim import Curve, Optimizer

OPTIMIZERS: Mapping[str, Optimizer] = {
    "AdamW": "adamw",
    "AdamW8bit": "adamw8bit",
    "PagedAdamW8bit": "paged_adamw8bit",
    "Lion8bit": "lion8bit",
    "PagedLion8bit": "lion8bit",
    "AdaFactor": "adafactor",
    "Prodigy": "prodigy",
    "AdamWScheduleFree": "schedulefree",
}
STAND_INS: Mapping[str, tuple[Optimizer, str]] = {
    "PagedAdamW": ("adamw", "the same without paging its memory"),
    "PagedAdamW32bit": ("adamw", "the same without paging its memory"),
    "Lion": ("lion8bit", "the same with 8-bit memory"),
    "DAdaptation": ("prodigy", "which finds the rate itself as it does"),
    "DAdaptAdam": ("prodigy", "which finds the rate itself as it does"),
    "DAdaptAdamPreprint": ("prodigy", "which finds the rate itself as it does"),
    "DAdaptAdaGrad": ("prodigy", "which finds the rate itself as it does"),
    "DAdaptAdan": ("prodigy", "which finds the rate itself as it does"),
    "DAdaptAdanIP": ("prodigy", "which finds the rate itself as it does"),
    "DAdaptLion": ("prodigy", "which finds the rate itself as it does"),
    "DAdaptSGD": ("prodigy", "which finds the rate itself as it does"),
    "prodigyopt.Prodigy": ("prodigy", "the same by its library's name"),
    "prodigyplus.ProdigyPlusScheduleFree": ("prodigy", "which finds the rate itself as it does"),
    "prodigyplus.prodigy_plus_schedulefree.ProdigyPlusScheduleFree": ("prodigy", "which finds the rate as it does"),
    "bitsandbytes.optim.AdamW8bit": ("adamw8bit", "the same by its library's name"),
    "transformers.optimization.Adafactor": ("adafactor", "the same by its library's name"),
}
"""Their optimizers that are not here, what stands in for each, and why."""
CURVES: Mapping[str, Curve] = {
    "constant": "constant",
    "constant_with_warmup": "constant",
    "cosine": "cosine",
    "cosine_with_min_lr": "cosine",
    "cosine_with_restarts": "cosine_with_restarts",
    "linear": "linear",
    "polynomial": "polynomial",
}
CURVE_CLASSES: Mapping[str, Curve] = {
    "CosineAnnealingLR": "cosine",
    "CosineAnnealingWarmRestarts": "cosine_with_restarts",
    "RexAnnealingWarmRestarts": "rex",
    "LinearLR": "linear",
    "PolynomialLR": "polynomial",
    "ConstantLR": "constant",
}
"""`lr_scheduler_type`: classes by the last part of their names, and the curve nearest to each."""
PRECISIONS = {"no": "fp32", "False": "fp32", "fp16": "fp16", "bf16": "bf16"}
SAVED = {"float": "fp32", "fp32": "fp32", "fp16": "fp16", "bf16": "bf16"}
LOSSES: Mapping[str, LossKind] = {"l2": "l2", "huber": "huber", "smooth_l1": "smooth_l1"}
HUBER_SCHEDULES = {"snr": "snr", "exponential": "exponential", "constant": "constant"}


def bucket_settings(buckets: Buckets) -> dict[str, bool | int]:
    """Buckets as kohya's settings file and its dataset file name them."""
    return {
        "enable_bucket": True,
        "min_bucket_reso": buckets.shortest,
        "max_bucket_reso": buckets.longest,
        "bucket_reso_steps": buckets.step,
    }
