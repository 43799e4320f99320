"""What the page shows beside a base model, read from the header of its file."""

from collections.abc import Callable
from typing import Any

import pytest

from ...tiny_checkpoint import write_tiny_checkpoint
from ..fake_host import FakeHost

Pack = Callable[[str], Any]


@pytest.mark.parametrize(
    ("family", "marks", "predicts", "preset"),
    [
        ("sdxl", (), "epsilon", "SDXL character (guide)"),
        ("sdxl", ("v_pred", "ztsnr"), "v_prediction, zero SNR", "SDXL character (guide)"),
        ("sd15", (), "epsilon", "SD 1.5 character"),
    ],
)
def test_what_a_file_says_and_its_preset_are_told_without_reading_weights(  # noqa: PLR0913
    pack: Pack, fake_host: FakeHost, family: str, marks: tuple[str, ...], predicts: str, preset: str
) -> None:
    write_tiny_checkpoint(fake_host.home / "checkpoints" / "a.safetensors", family, rows=300, marks=marks)
    shown = pack("nodes.train.base_shown").shown_base({"model": "a.safetensors"})
    assert shown == {"predicts": predicts, "preset": preset}
    assert predicts in pack("nodes.train.base_model").PREDICTS


@pytest.mark.parametrize(
    "question", [None, {}, {"model": 3}, {"model": "../../etc/passwd"}, {"model": "b.safetensors"}]
)
def test_a_question_about_no_base_is_refused(pack: Pack, question: Any) -> None:
    with pytest.raises(pack("trainer.errors").LikenessError):
        pack("nodes.train.base_shown").shown_base(question)
