"""What the flow demo must show, measured."""

from pathlib import Path

import pytest

from trainer.bench.demo import demo_run
from trainer.demo.family import FAMILIES
from trainer.demo.reader import ASSETS


@pytest.mark.slow
@pytest.mark.parametrize(("number", "seed"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_a_character_is_learned_and_overtraining_caught_on_the_flow_base(
    number: int, seed: int, tmp_path: Path
) -> None:
    figures = demo_run(tmp_path, number, seed, FAMILIES[1])
    assert figures["identity_control"] <= 0.15
    assert figures["identity_chosen"] >= 0.65
    assert figures["top1"] >= 0.85
    assert figures["following_chosen"] >= figures["following_control"] - 0.05
    assert figures["overtrained_flagged"] is True


def test_what_the_flow_base_adds_to_the_pack_is_small() -> None:
    """fp16 weights of its own; the text encoders are the SDXL base's."""
    weights = list((ASSETS / "flow").rglob("*.safetensors"))
    assert {path.parent.name for path in weights} == {"transformer", "vae"}
    assert sum(path.stat().st_size for path in weights) <= 6 * 2**20
