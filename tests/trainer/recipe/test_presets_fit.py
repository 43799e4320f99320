"""Presets that are called by a card have the settings that are solved for it, from the headers of real sizes."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.real_sizes import real_base
from trainer.recipe.presets import PRESETS
from trainer.training.memory import cards
from trainer.training.memory.cards import solved, usable
from trainer.training.memory.planner import Planner

CARDS = {name: found for name in PRESETS if (found := re.fullmatch(r"(FLUX|SDXL) on (\d+) GB", name))}
_KINDS = {"FLUX": "flux1", "SDXL": "sdxl"}


@pytest.mark.slow
@pytest.mark.parametrize("name", CARDS)
def test_a_preset_is_what_is_solved_for_its_card(name: str, tmp_path: Path) -> None:
    """But for the number of blocks that recompute, which each run finds for itself."""
    recipe, (kind, card) = PRESETS[name].recipe, CARDS[name].groups()
    side = recipe.buckets.resolution
    planner = Planner(real_base(_KINDS[kind], tmp_path), (side, side), beside=bool(recipe.prior.images))
    found = solved(planner, recipe, usable(int(card)))
    assert found is not None
    chosen = replace(found.memory, gradient_checkpointing=True, checkpointed_blocks=0, checkpoint_as_needed=True)
    assert recipe.memory == chosen
    assert recipe.schedule == found.schedule
    assert planner.plan(recipe).needed <= usable(int(card))


def test_every_card_has_its_preset() -> None:
    flux = [f"FLUX on {card} GB" for card in cards.CARDS if card >= 8]
    assert sorted(CARDS) == sorted([*flux, *(f"SDXL on {card} GB" for card in cards.CARDS)])
