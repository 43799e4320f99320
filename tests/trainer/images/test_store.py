"""What a store of pictures believes."""

from pathlib import Path

import pytest
from PIL import Image

from trainer.errors import DatasetError
from trainer.images.store import ImageStore


@pytest.fixture
def red() -> Image.Image:
    return Image.new("RGB", (4, 3), (255, 0, 0))


def test_a_kept_picture_is_found_by_its_inputs_under_its_contents(tmp_path: Path, red: Image.Image):
    store = ImageStore(tmp_path)
    stored = store.keep("key", red)
    assert store.path(stored) == tmp_path / f"{stored.sha256}.png"
    found = ImageStore(tmp_path).find("key")
    assert found is not None and found[0] == stored and found[1].tobytes() == red.tobytes()


def test_a_torn_picture_is_not_found_and_is_written_again(tmp_path: Path, red: Image.Image):
    store = ImageStore(tmp_path)
    stored = store.keep("key", red)
    store.path(stored).write_bytes(store.path(stored).read_bytes()[:40])
    assert store.find("key") is None
    store.put(red)
    assert store.find("key") is not None


def test_a_note_of_another_shape_is_no_picture(tmp_path: Path):
    store = ImageStore(tmp_path)
    store.keep_note("key", {"identity": 0.5})
    assert store.find("key") is None and store.note("key") == {"identity": 0.5}


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path, red: Image.Image):
    (tmp_path / "file").write_text("")
    with pytest.raises(DatasetError, match=r"Cannot write .*file"):
        ImageStore(tmp_path / "file").put(red)
