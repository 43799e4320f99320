"""Images to a dataset and back."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from ..fake_host import FakeHost, Interrupted

Pack = Callable[[str], Any]


def _noise(count: int, width: int = 40, height: int = 48) -> torch.Tensor:
    generator = torch.Generator().manual_seed(width)
    return torch.randint(0, 256, (count, height, width, 3), generator=generator) / 255


def _collect(pack: Pack, images: list[torch.Tensor], **more: Any) -> Any:
    words: dict[str, Any] = {"trigger": ["sage"], "subject": ["person"], "held_out": [0], **more}
    return pack("nodes.dataset.images").ImagesToDataset.execute(images=images, **words).args[0]


def test_pictures_and_captions_survive_the_way_there_and_back(pack: Pack, fake_host: FakeHost) -> None:
    images = [_noise(2), _noise(1, width=64)]
    dataset = _collect(pack, images, captions=["one", "two", "three"])
    back = pack("nodes.dataset.images").DatasetToImages.execute(dataset, part="all")
    assert back.args[1] == ["one", "two", "three"]
    frames = [frame for batch in images for frame in batch]
    assert all(torch.equal(made[0], frame) for made, frame in zip(back.args[0], frames, strict=True))


def test_pictures_are_written_once_under_the_output_folder(pack: Pack, fake_host: FakeHost) -> None:
    first = _collect(pack, [_noise(3)])
    times = {sample.path: sample.path.stat().st_mtime_ns for sample in first.samples}
    assert all(path.parent == fake_host.home / "output" / "likeness_pictures" for path in times)
    again = _collect(pack, [_noise(3)])
    assert {sample.path: sample.path.stat().st_mtime_ns for sample in again.samples} == times


def test_an_empty_subject_is_person(pack: Pack, fake_host: FakeHost) -> None:
    assert _collect(pack, [_noise(1)], subject=[" "]).subject == "person"


def test_a_mask_becomes_the_pictures_transparency(pack: Pack, fake_host: FakeHost) -> None:
    from PIL import Image

    mask = torch.zeros(1, 48, 40)
    mask[:, :10] = 1
    sample = _collect(pack, [_noise(1)], masks=[mask], alpha=["keep as mask"]).samples[0]
    assert sample.masked
    with Image.open(sample.path) as picture:
        assert picture.getchannel("A").getextrema() == (0, 255)
    flat = pack("nodes.dataset.images").DatasetToImages.execute(
        _collect(pack, [_noise(1)], masks=[mask], alpha=["black"]), part="all"
    )
    assert flat.args[0][0][0, :10].max() == 0


def test_the_empty_mask_of_an_opaque_picture_is_no_mask(pack: Pack, fake_host: FakeHost) -> None:
    sample = _collect(pack, [_noise(1)], masks=[torch.zeros(1, 64, 64)], alpha=["keep as mask"]).samples[0]
    assert not sample.masked


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"captions": ["a", "b"]}, "3 pictures came with 2 captions"),
        ({"masks": [torch.zeros(2, 48, 40)]}, "3 pictures came with 2 masks"),
        ({"masks": [torch.ones(3, 8, 8)]}, "mask of 8 × 8"),
    ],
)
def test_lists_that_do_not_fit_are_refused(pack: Pack, fake_host: FakeHost, more: Any, said: str) -> None:
    with pytest.raises(pack("trainer.errors").DatasetError, match=said):
        _collect(pack, [_noise(3)], **more)


def test_a_part_without_pictures_is_refused(pack: Pack, fake_host: FakeHost) -> None:
    with pytest.raises(pack("trainer.errors").DatasetError, match="no held out pictures"):
        pack("nodes.dataset.images").DatasetToImages.execute(_collect(pack, [_noise(2)]), part="held out")


def test_cancel_is_noticed_between_pictures(pack: Pack, fake_host: FakeHost) -> None:
    fake_host.interrupted = True
    with pytest.raises(Interrupted):
        _collect(pack, [_noise(3)])
    assert not fake_host.interrupted


def test_cancel_is_noticed_between_pictures_on_the_way_back(pack: Pack, fake_host: FakeHost) -> None:
    dataset = _collect(pack, [_noise(3)])
    fake_host.interrupted = True
    with pytest.raises(Interrupted):
        pack("nodes.dataset.images").DatasetToImages.execute(dataset, part="all")
    assert not fake_host.interrupted


def test_both_ways_move_the_bar(pack: Pack, fake_host: FakeHost) -> None:
    dataset = _collect(pack, [_noise(3)])
    assert fake_host.progress[-1] == ("1", 3, 3)
    fake_host.progress.clear()
    pack("nodes.dataset.images").DatasetToImages.execute(dataset, part="all")
    assert fake_host.progress[-1] == ("1", 3, 3)
