"""Reading and saving tell how far they are, and leave everything as it was when they are asked to stop."""

from pathlib import Path

import pytest

from trainer.dataset.dataset import Dataset
from trainer.dataset.files.folder import read_dataset
from trainer.dataset.files.resave import Layout, save_again
from trainer.dataset.files.save import save_aitoolkit, save_json, save_kohya
from trainer.errors import Cancelled

from ..asked import Watcher
from ..pictures import make_set

LAYOUTS: tuple[Layout, ...] = ("kohya", "ai-toolkit", "json")
SAVERS = {"kohya": save_kohya, "ai-toolkit": save_aitoolkit, "json": save_json}


@pytest.fixture
def dataset(tmp_path: Path) -> Dataset:
    return make_set(tmp_path / "set", 5)


def state(folder: Path) -> dict[str, tuple[bytes, int] | None]:
    """Everything below a folder: contents and times of files, None for folders."""
    return {
        path.relative_to(folder).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns) if path.is_file() else None
        for path in folder.rglob("*")
    }


def test_reading_tells_of_every_picture_whether_it_can_be_used_or_not(tmp_path: Path, dataset: Dataset):
    (tmp_path / "set" / "3.png").write_bytes(b"no picture")
    read_dataset(tmp_path / "set", trigger="sage", progress=(watcher := Watcher()).progress)
    assert watcher.told == [(number + 1, 5, f"{number}.png") for number in range(5)]


def test_reading_an_index_tells_of_every_picture(tmp_path: Path, dataset: Dataset):
    folder = save_json(dataset, tmp_path / "set").parent
    read_dataset(folder, progress=(watcher := Watcher()).progress)
    assert watcher.told == [(number + 1, 5, f"{number}.png") for number in range(5)]


@pytest.mark.parametrize("is_indexed", [False, True])
def test_reading_stops_between_pictures(tmp_path: Path, dataset: Dataset, is_indexed: bool):
    if is_indexed:
        save_json(dataset, tmp_path / "set")
    watcher = Watcher(stop_after=2)
    with pytest.raises(Cancelled, match=r"^Reading stopped after 2 of 5 pictures\.$"):
        read_dataset(tmp_path / "set", trigger="sage", cancelled=watcher.cancelled, progress=watcher.progress)
    assert len(watcher.told) == 2


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("overwrite", [False, True])
def test_looking_for_clashes_and_writing_are_one_progress(
    tmp_path: Path, dataset: Dataset, layout: Layout, overwrite: bool
):
    SAVERS[layout](dataset, tmp_path / "out", overwrite=overwrite, progress=(watcher := Watcher()).progress)
    total = 5 if overwrite else 10
    assert [told[:2] for told in watcher.told] == [(number + 1, total) for number in range(total)]
    assert len({name for *_, name in watcher.told}) == 5


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("steps", [1, 5, 7, 10])
def test_a_saving_that_is_stopped_makes_no_file_and_no_folder(
    tmp_path: Path, dataset: Dataset, layout: Layout, steps: int
):
    before = state(tmp_path)
    watcher = Watcher(stop_after=steps)
    with pytest.raises(Cancelled, match=rf"^Saving stopped after {steps} of 10 steps; the folder is as it was\.$"):
        SAVERS[layout](dataset, tmp_path / "new" / "out", progress=watcher.progress, cancelled=watcher.cancelled)
    assert state(tmp_path) == before


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("steps", range(1, 4))
def test_stopped_while_pictures_are_replaced_and_others_removed_the_folder_is_as_it_was(
    tmp_path: Path, dataset: Dataset, layout: Layout, steps: int
):
    def save(what: Dataset, watcher: Watcher) -> None:
        save_again(
            what,
            tmp_path / "out",
            layout,
            overwrite=True,
            notes=tmp_path / "notes",
            progress=watcher.progress,
            cancelled=watcher.cancelled,
        )

    save(dataset, Watcher())
    (tmp_path / "out" / "mine.md").write_text("mine")
    before = state(tmp_path)
    fewer = dataset.with_samples(dataset.samples[2:])
    with pytest.raises(Cancelled):
        save(fewer, Watcher(stop_after=steps))
    assert state(tmp_path) == before
    save(fewer, Watcher())
    assert read_dataset(tmp_path / "out", trigger="sage").fingerprint() == fewer.fingerprint()
