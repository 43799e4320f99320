"""The demo's captions as captioners write them: full of looks, which the rules take out and nothing else."""

from pathlib import Path

import pytest

from trainer.captions.rules.apply import apply_rules
from trainer.captions.rules.caption_rules import CaptionRules
from trainer.demo.characters.character import character
from trainer.demo.characters.described import draw_described


@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_rules_take_the_looks_out_and_keep_the_rest(tmp_path: Path, number: int) -> None:
    described = draw_described(tmp_path, number)
    assert {sample.author for sample in described.samples} == {"tagger", "vlm"}
    looks = [word.removeprefix("a ") for word in character(number).words()]
    ruled = apply_rules(described, CaptionRules()).dataset
    for before, after in zip(described.samples, ruled.samples, strict=True):
        assert all(word in before.caption for word in looks)
        assert not any(word in after.caption for word in looks), after.caption
        assert after.caption.startswith(described.trigger)
        assert "background" in after.caption and "looking" in after.caption


def test_drawing_again_says_the_same(tmp_path: Path) -> None:
    assert draw_described(tmp_path / "one").fingerprint() == draw_described(tmp_path / "two").fingerprint()
