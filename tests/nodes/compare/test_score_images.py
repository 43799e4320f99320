"""Pictures of the graph scored against references: parted, told, and handed on even where a part is empty."""

import json
import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch

from tests.fakes import CHARACTER, FakeReader, mixed, picture

from ..fake_host import ExecutionBlocker, FakeHost, Interrupted, stands_for

Pack = Callable[[str], Any]
STRANGER = np.array([-0.7, 0.6, 0.3])


def _image(face: np.ndarray | None) -> torch.Tensor:
    return torch.from_numpy(np.asarray(picture(face), np.float32) / 255)[None]


KNOWN = torch.cat([_image(mixed(CHARACTER, STRANGER, part)) for part in (0.0, 0.05, 0.1)])
SAME, OTHER, NOBODY = (_image(face) for face in (mixed(CHARACTER, STRANGER, 0.02), STRANGER, None))


@pytest.fixture
def score(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    module = pack("nodes.compare.score_images")
    monkeypatch.setattr(module, "reader_of", lambda _: FakeReader())

    def run(*images: torch.Tensor, **given: Any) -> Any:
        more = {"reference_images": [KNOWN], **given}
        return module.ScoreImages.execute(images=list(images), reader=["auto"], least=[0.0], **more)

    return run


def test_a_batch_is_parted_and_every_picture_has_its_likeness(score: Any) -> None:
    made = score(torch.cat([SAME, OTHER, NOBODY]))
    report, figures, accepted, rejected, likeness = made.args
    assert [image.shape for image in accepted] == [(1, 48, 48, 3)] and torch.equal(accepted[0], SAME)
    assert len(rejected) == 2 and torch.equal(rejected[1], NOBODY)
    assert likeness[0] > 0.9 > 0.6 > likeness[1] and math.isnan(likeness[2])
    assert "1 of 3 accepted" in report and json.loads(figures)["images"][2]["likeness"] is None
    assert made.ui["text"] == (report,) and made.ui["images"]


def test_a_list_of_pictures_of_several_sizes_is_scored_on_one_scale(score: Any) -> None:
    wide = torch.nn.functional.pad(SAME, (0, 0, 8, 8))
    made = score(wide, SAME)
    assert len(made.args[4]) == 2 and {image.shape[2] for image in [*made.args[2]]} <= {48, 64}


@pytest.mark.parametrize(("images", "empty"), [(SAME, 3), (OTHER, 2)])
def test_what_hangs_on_an_empty_part_waits_without_a_word(score: Any, images: torch.Tensor, empty: int) -> None:
    made = score(images)
    assert isinstance(made.args[empty], ExecutionBlocker) and made.args[empty].message is None
    assert isinstance(made.args[5 - empty], list)


def test_no_picture_at_all_is_an_answer(score: Any) -> None:
    made = score(torch.zeros(0, 8, 8, 3))
    assert "No picture" in made.args[0]
    assert all(isinstance(part, ExecutionBlocker) for part in made.args[2:])


DATASET = ("trainer.dataset.dataset", "Dataset")


def test_a_datasets_held_out_pictures_are_its_references(pack: Pack, score: Any, monkeypatch: Any) -> None:
    opened: list[str] = []

    def open_sample(sample: str) -> Any:
        opened.append(sample)
        return picture(CHARACTER)

    monkeypatch.setattr(pack("trainer.dataset.sample_pixels"), "open_sample", open_sample)
    both = stands_for(*DATASET, held_out=("a", "b"), samples=("a", "b", "c"))
    score(SAME, references=[both], reference_images=None)
    score(SAME, references=[stands_for(*DATASET, held_out=(), samples=("d",))], reference_images=[KNOWN])
    assert opened == ["a", "b", "d"]


def test_without_references_it_says_what_to_wire(pack: Pack, score: Any) -> None:
    with pytest.raises(pack("trainer.errors").FaceError, match="wire a dataset into references"):
        score(SAME, reference_images=None)


def test_a_cancel_stops_between_pictures(fake_host: FakeHost, score: Any) -> None:
    fake_host.interrupted = True
    with pytest.raises(Interrupted):
        score(SAME)
