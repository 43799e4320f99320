"""Presets that are called by a card fit it: by the sizes of a real FLUX.1, in files with holes."""

import re
from pathlib import Path

import pytest

from tests.trainer.families.memory.test_real_sizes import real
from trainer.families.registry import describe_base
from trainer.planning.memory.gpu import GpuPlan
from trainer.recipe.presets import PRESETS

__all__ = ["real"]
CARDS = {name: int(found[1]) for name in PRESETS if (found := re.fullmatch(r"FLUX on (\d+) GB", name))}
_FREE = 0.95
"""Share of a card that is left to a run."""


@pytest.mark.slow
@pytest.mark.parametrize("name", CARDS)
def test_a_preset_fits_the_card_that_it_is_called_by(name: str, real: Path) -> None:  # noqa: F811
    recipe = PRESETS[name].recipe
    side = recipe.buckets.resolution
    plan = GpuPlan.of(describe_base(real), recipe, (side, side))
    assert plan is not None
    assert plan.memory().peak <= CARDS[name] * 10**9 * _FREE


def test_every_card_has_its_preset() -> None:
    assert sorted(CARDS.values()) == [8, 12, 16, 24]
