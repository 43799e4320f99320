"""kohya's words for what a recipe says, the same for reading and for writing."""

from collections.abc import Mapping

from ..recipe.buckets import Buckets
from ..recipe.optim import Curve, Optimizer

OPTIMIZERS: Mapping[str, Optimizer] = {
    "AdamW": "adamw",
    "AdamW8bit": "adamw8bit",
    "PagedAdamW8bit": "adamw8bit",
    "Lion8bit": "lion8bit",
    "PagedLion8bit": "lion8bit",
    "AdaFactor": "adafactor",
    "Prodigy": "prodigy",
    "AdamWScheduleFree": "schedulefree",
}
CURVES: Mapping[str, Curve] = {
    "constant": "constant",
    "constant_with_warmup": "constant",
    "cosine": "cosine",
    "cosine_with_min_lr": "cosine",
    "cosine_with_restarts": "cosine_with_restarts",
    "linear": "linear",
    "polynomial": "polynomial",
}
PRECISIONS = {"no": "fp32", "fp16": "fp16", "bf16": "bf16"}
SAVED = {"float": "fp32", "fp32": "fp32", "fp16": "fp16", "bf16": "bf16"}
LOSSES = {"l2": "l2", "huber": "huber", "smooth_l1": "smooth_l1"}


def bucket_settings(buckets: Buckets) -> dict[str, bool | int]:
    """Buckets as kohya's settings file and its dataset file name them."""
    return {
        "enable_bucket": True,
        "min_bucket_reso": buckets.shortest,
        "max_bucket_reso": buckets.longest,
        "bucket_reso_steps": buckets.step,
    }
