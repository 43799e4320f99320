"""What the page shows beside a base model: what its file says, and the preset that fits it."""

from typing import Any

from ...trainer.errors import ModelError
from ..host.folders import base_model
from .base_model import AS_THE_FILE_SAYS
from .preset import DEMO, FITTING


def base_words() -> dict[str, str]:
    """The widgets' words for what is left to the base, and the preset of the demo base."""
    return {"file": AS_THE_FILE_SAYS, "fitting": FITTING, "demo": DEMO}


def shown_base(question: Any) -> dict[str, str]:
    """For a question {"model": a choice of Choose base model}: what it predicts and its preset; no weight is read."""
    from ...trainer.families.registry import files_words
    from ...trainer.recipe.presets import fitting_preset

    model = question.get("model") if isinstance(question, dict) else None
    if not isinstance(model, str):
        raise ModelError("No base model was named; choose one in Choose base model.")
    spec, predicts = files_words(base_model(model))
    return {"predicts": predicts, "preset": fitting_preset(spec.name)}
