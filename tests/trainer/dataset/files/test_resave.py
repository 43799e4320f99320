"""Saving again after pictures were dropped: nothing stale is trained on, nothing of the user's is lost."""

from pathlib import Path

import pytest
from PIL import Image

from trainer.dataset.dataset import Dataset
from trainer.dataset.files.folder import read_dataset
from trainer.dataset.files.resave import Layout, save_again
from trainer.dataset.files.save import save_aitoolkit, save_json, save_kohya
from trainer.errors import DatasetError
from trainer.images.pixels import load_picture, pixel_sha256

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


@pytest.mark.parametrize("layout", LAYOUTS)
def test_what_lay_there_before_is_somebody_elses(dataset: Dataset, tmp_path: Path, layout: Layout) -> None:
    """The very files that saving would write: it wrote none of them, and removes none."""
    theirs = tmp_path / "saved"
    save = {"kohya": save_kohya, "ai-toolkit": save_aitoolkit, "json": save_json}[layout]
    save(dataset, theirs)
    _save(dataset, tmp_path, layout)
    before = {path: path.read_bytes() for path in theirs.rglob("*.png")}
    fewer = dataset.with_samples(dataset.samples[:3])
    if layout == "json":
        _save(fewer, tmp_path, layout)
    else:
        with pytest.raises(DatasetError, match=r"4\.png lies there but is not in the dataset"):
            _save(fewer, tmp_path, layout)
    assert {path: path.read_bytes() for path in theirs.rglob("*.png")} == before


def test_originals_stay_when_the_folder_they_lie_in_gets_an_index(dataset: Dataset, tmp_path: Path) -> None:
    folder = tmp_path / "originals"
    own = {path: path.read_bytes() for path in folder.rglob("*.*")}
    for kept in (dataset, _fewer(dataset)):
        save_again(kept, folder, "json", overwrite=True, notes=tmp_path / "notes")
    assert {path: path.read_bytes() for path in own} == own


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("gone", [0, 2, 3])
def test_a_set_is_thinned_in_the_folder_it_was_loaded_from(
    dataset: Dataset, tmp_path: Path, layout: Layout, gone: int
) -> None:
    there = read_dataset(_save(dataset, tmp_path, layout), trigger="sage")
    fewer = there.with_samples(tuple(each for at, each in enumerate(there.samples) if at != gone))
    told = save_again(fewer, tmp_path / "saved", layout, overwrite=True, notes=tmp_path / "notes")
    again = read_dataset(tmp_path / "saved", trigger="sage")
    assert again.fingerprint() == told.fingerprint() == fewer.fingerprint()
    assert len(list((tmp_path / "saved").rglob("*.png"))) == 3
    # What comes after in the graph finds each picture where it is now.
    assert all(pixel_sha256(load_picture(each.path, each.matte).rgb) == each.sha256 for each in told.samples)


def test_a_folder_reached_by_a_link_is_the_same_folder(dataset: Dataset, tmp_path: Path) -> None:
    folder = _save(dataset, tmp_path, "json")
    (tmp_path / "link").symlink_to(folder)
    for _ in range(2):
        save_again(read_dataset(folder), tmp_path / "link", "json", overwrite=True, notes=tmp_path / "notes")
    assert len(list(folder.rglob("*.png"))) == 4


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"written": {"../originals/2_sage/1.png": "x"}}',
        '{"written": {"a.png": 7}}',
        '{"written": 1}',
        "{}",
    ],
)
def test_notes_that_are_none_are_not_believed(dataset: Dataset, tmp_path: Path, text: str) -> None:
    _save(dataset, tmp_path)
    (note,) = (tmp_path / "notes").iterdir()
    note.write_text(text)
    with pytest.raises(DatasetError, match="lies there"):
        _save(_fewer(dataset), tmp_path)
    assert len(list((tmp_path / "originals" / "2_sage").iterdir())) == 8
