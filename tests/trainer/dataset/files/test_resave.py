"""Saving again after pictures were dropped: nothing stale is trained on, nothing of the user's is lost."""

from pathlib import Path

import pytest
from PIL import Image

from trainer.dataset.dataset import Dataset
from trainer.dataset.files.folder import read_dataset
from trainer.dataset.files.resave import Layout, save_again
from trainer.errors import DatasetError

LAYOUTS: tuple[Layout, ...] = ("kohya", "ai-toolkit", "json")


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    folder = tmp_path / "originals" / "2_sage"
    folder.mkdir(parents=True)
    for number in range(4):
        Image.new("RGB", (32, 32), (number * 50, 0, 0)).save(folder / f"{number}.png")
        (folder / f"{number}.txt").write_text(f"sage, number {number}\n")
    return read_dataset(tmp_path / "originals")


def _save(dataset: Dataset, tmp_path: Path, layout: Layout = "kohya", *, overwrite: bool = True) -> Path:
    save_again(dataset, tmp_path / "saved", layout, overwrite=overwrite, notes=tmp_path / "notes")
    return tmp_path / "saved"


def _fewer(dataset: Dataset) -> Dataset:
    return dataset.with_samples(dataset.samples[1:3])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_dropped_pictures_leave_the_folder(dataset: Dataset, tmp_path: Path, layout: Layout) -> None:
    _save(dataset, tmp_path, layout)
    folder = _save(_fewer(dataset), tmp_path, layout)
    assert read_dataset(folder, trigger="sage").fingerprint() == _fewer(dataset).fingerprint()
    assert len([path for path in folder.rglob("*.png")]) == 2
    assert not [path for path in folder.rglob(".*")]


def test_without_overwriting_nothing_is_removed(dataset: Dataset, tmp_path: Path) -> None:
    folder = _save(dataset, tmp_path)
    before = sorted(folder.rglob("*"))
    with pytest.raises(DatasetError):
        _save(_fewer(dataset), tmp_path, overwrite=False)
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("name", ["004.png", "004.txt"])
def test_what_somebody_touched_stays_and_stops_the_saving(dataset: Dataset, tmp_path: Path, name: str) -> None:
    folder = _save(dataset, tmp_path)
    mine = folder / "2_sage" / name
    mine.write_bytes(mine.read_bytes() + b" ")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(DatasetError, match=r"004\.png lies there"):
        _save(_fewer(dataset), tmp_path)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_a_picture_of_the_users_own_is_never_removed(dataset: Dataset, tmp_path: Path) -> None:
    folder = _save(dataset, tmp_path)
    Image.new("RGB", (32, 32)).save(folder / "2_sage" / "mine.png")
    with pytest.raises(DatasetError, match=r"mine\.png lies there"):
        _save(_fewer(dataset), tmp_path)
    assert len(list((folder / "2_sage").glob("*.png"))) == 5


def test_other_repeats_leave_no_empty_folder_behind(dataset: Dataset, tmp_path: Path) -> None:
    from dataclasses import replace

    _save(dataset, tmp_path)
    more = dataset.with_samples(tuple(replace(sample, repeats=5) for sample in dataset.samples))
    assert [path.name for path in _save(more, tmp_path).iterdir()] == ["5_sage"]


def test_layouts_may_follow_one_another(dataset: Dataset, tmp_path: Path) -> None:
    for layout in (*LAYOUTS, *reversed(LAYOUTS)):
        folder = _save(dataset, tmp_path, layout)
        assert read_dataset(folder, trigger="sage").fingerprint() == dataset.fingerprint(), layout


@pytest.mark.parametrize("text", ["", "[]", "{", '{"../originals/2_sage/1.png": "x"}', '{"a.png": 7}'])
def test_notes_that_are_none_are_not_believed(dataset: Dataset, tmp_path: Path, text: str) -> None:
    _save(dataset, tmp_path)
    (note,) = (tmp_path / "notes").iterdir()
    note.write_text(text)
    with pytest.raises(DatasetError, match="lies there"):
        _save(_fewer(dataset), tmp_path)
    assert len(list((tmp_path / "originals" / "2_sage").iterdir())) == 8
