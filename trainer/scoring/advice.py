"""What to change in the next run, by what was measured and by what the recipe has already."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

from ..errors import LikenessError
from ..recipe.recipe import Recipe
from .scores import Scores

STYLE = "Make style-varied copies of the training pictures and vary their captions, so that they are not repeated."
RISING = "The last checkpoint is the best so far: a longer run may still gain."
_MOST = 4


def advise(checkpoints: Sequence[Scores], chosen: str | None, recipe: Recipe) -> tuple[str, ...]:
    """At most four sentences, most pressing first; none for a run that needs nothing, and nothing `recipe` has."""
    kinds = {flag.kind for scores in checkpoints for flag in scores.flags}
    sentences = {flag.sentence for scores in checkpoints for flag in scores.flags}
    last = checkpoints[-1] if checkpoints else None
    found: tuple[tuple[Callable[[Recipe], str], bool], ...] = (
        (_broken, "broken" in kinds),
        (_overtrained, "overtrained" in kinds),
        (lambda _: STYLE, any("repeat a training picture" in sentence for sentence in sentences)),
        (_weak, bool(last and any(flag.kind == "weak" for flag in last.flags))),
        (_leaking, any(scores.cautions for scores in checkpoints)),
        (lambda _: RISING, bool(last and len(checkpoints) > 1 and chosen is not None and chosen == last.label)),
    )
    return tuple(sentence(recipe) for sentence, holds in found if holds)[:_MOST]


def recipe_of_run(checkpoint: Path) -> Recipe:
    """The recipe of the run a checkpoint lies in; the plainest one where none can be read."""
    try:
        return Recipe.from_json(json.loads((checkpoint.parent.parent / "recipe.json").read_text(encoding="utf-8")))
    except (OSError, ValueError, LikenessError):
        return Recipe()


def _broken(recipe: Recipe) -> str:
    weighted = recipe.loss.min_snr_gamma or recipe.loss.debiased
    helps = ["look for compression artifacts in the training pictures"]
    if not _finds_its_rate(recipe):
        helps.append("lower the learning rate")
    if not weighted:
        helps.append("set min_snr_gamma to 5")
    return "; ".join(helps).capitalize() + "."


def _overtrained(recipe: Recipe) -> str:
    rank = " or lower the rank" if recipe.lora.rank > 1 else ""
    return f"Train fewer epochs, add more varied pictures{rank}; a lower dose per picture cures it best."


def _weak(recipe: Recipe) -> str:
    rate = "" if _finds_its_rate(recipe) else " or with a higher learning rate"
    return f"Check that the trigger matches the training captions exactly, then train longer{rate}."


def _leaking(recipe: Recipe) -> str:
    prior = recipe.prior
    if prior.images:
        return f"The character leaks with {prior.images} prior images: draw more of them, or train for fewer steps."
    if prior.output_weight:
        return (
            f"The character leaks at output_preservation {prior.output_weight:g}: raise it, or train for fewer steps."
        )
    return "Train with prior images of the class word, so that only the trigger brings the character."


def _finds_its_rate(recipe: Recipe) -> bool:
    return recipe.optim.optimizer == "prodigy"
