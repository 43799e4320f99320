"""Why a checkpoint is chosen and an earlier one is not, and advice that leaves out what the recipe has."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from trainer.recipe.lora import Lora
from trainer.recipe.loss import Loss
from trainer.recipe.optim import Optim
from trainer.recipe.prior import Prior
from trainer.recipe.recipe import Recipe
from trainer.scoring.advice import advise
from trainer.scoring.choose import choose
from trainer.scoring.intervals import interval
from trainer.scoring.observation import PictureScore
from trainer.scoring.scores import Flag, FlagKind, Scores

CONTROL_IDENTITY = 0.1
HARD = (0.3, 0.5, 0.7, 0.9)
"""Cosines by prompt: prompts differ more than checkpoints do, so that intervals overlap where pairs tell them apart."""


def scores(step: int | None, values: Sequence[float], flags: tuple[Flag, ...] = (), leaks: bool = False) -> Scores:
    rows = [
        PictureScore(path="", kind="prompt", probe=number // 2, seed=number % 2, identity=value)
        for number, value in enumerate(values)
    ]
    return Scores(
        label="No LoRA" if step is None else f"Step {step}",
        step=step,
        lora=None,
        measures={"identity": interval(values)},
        slots={},
        flags=flags,
        cautions=("leaks",) if leaks else (),
        pictures=tuple(rows),
    )


CONTROL = scores(None, [CONTROL_IDENTITY] * 4)


def test_a_later_step_that_wins_says_by_how_much_an_earlier_one_within_its_interval_is_worse():
    early, late = scores(100, [value - 0.05 for value in HARD]), scores(200, HARD)
    choice = choose(CONTROL, [early, late], 1.0)
    assert choice.label == "Step 200" and choice.tied == ("Step 200",)
    assert "Step 100 is as like, but on the same prompts and seeds it is 0.06 (0.06 to 0.06) worse" in choice.reason


def test_an_earlier_step_that_is_as_like_but_ruled_out_gives_its_reason():
    early = scores(100, HARD, (Flag("overtrained", "The same one each time."),))
    assert choose(CONTROL, [early, scores(200, HARD)], 1.0).reason.endswith(
        "Step 100 is as like, but ruled out: The same one each time."
    )


def test_the_earliest_of_those_that_cannot_be_told_apart_needs_no_excuse():
    choice = choose(CONTROL, [scores(100, HARD), scores(200, HARD)], 1.0)
    assert choice.label == "Step 100" and "the earliest is taken" in choice.reason and "as like" not in choice.reason


def test_a_step_that_is_clearly_less_like_is_not_spoken_of():
    assert "Step 100" not in choose(CONTROL, [scores(100, [0.1] * 4), scores(200, HARD)], 1.0).reason


BARE = Recipe(loss=Loss(min_snr_gamma=0), optim=Optim(lr=1e-4), lora=Lora(rank=16, alpha=8.0))
HAS = (
    ("broken", BARE, "min_snr_gamma to 5", replace(BARE, loss=Loss(min_snr_gamma=5))),
    ("broken", BARE, "min_snr_gamma to 5", replace(BARE, loss=Loss(min_snr_gamma=0, debiased=True))),
    ("broken", BARE, "lower the learning rate", replace(BARE, optim=Optim(lr=1.0, optimizer="prodigy"))),
    ("weak", BARE, "higher learning rate", replace(BARE, optim=Optim(lr=1.0, optimizer="prodigy"))),
    ("overtrained", BARE, "lower the rank", replace(BARE, lora=Lora(rank=1, alpha=1.0))),
    ("leak", BARE, "Train with prior images", replace(BARE, prior=Prior(images=8))),
    ("leak", BARE, "Train with prior images", replace(BARE, prior=Prior(output_weight=1.0))),
)


@pytest.mark.parametrize(("kind", "without", "said", "has"), HAS)
def test_advice_leaves_out_what_the_recipe_has(kind: str, without: Recipe, said: str, has: Recipe):
    assert said in _advice(kind, without)
    assert _advice(kind, has) and said not in _advice(kind, has)


def _advice(kind: str, recipe: Recipe) -> str:
    kinds: dict[str, FlagKind] = {"broken": "broken", "weak": "weak", "overtrained": "overtrained"}
    flags = (Flag(kinds[kind], "why"),) if kind in kinds else ()
    return " ".join(advise([scores(100, HARD, flags, leaks=kind == "leak")], None, recipe))
