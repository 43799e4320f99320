import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from PIL import ImageFile

from trainer.dataset.dataset import Dataset
from trainer.dataset.files.folder import read_dataset
from trainer.errors import DatasetError

from ..broken import BROKEN, Broken, cut, noise, write_broken

# Pillow also says on its own what is odd about the files that are broken on purpose.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::PIL.Image.DecompressionBombWarning")


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return read_dataset(write_broken(tmp_path_factory.mktemp("broken") / "set"), trigger="sage")


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: case.name)
def test_a_broken_file_is_left_out_by_name_with_what_to_do(read: Dataset, case: Broken):
    why = {left.name: left.why for left in read.left_out}[case.name]
    assert why.startswith(f"{case.name} {case.says}")
    assert ";" in why and why.endswith(".") and "\n" not in why


def test_no_broken_file_stops_the_rest_and_nothing_outside_is_read(read: Dataset):
    assert [sample.path.name for sample in read.samples] == ["a good one.png", "zz good.png"]
    assert len(read.left_out) == len(BROKEN)


def test_strict_reading_names_every_broken_file_at_once(tmp_path: Path):
    folder = write_broken(tmp_path / "set")
    with pytest.raises(DatasetError) as caught:
        read_dataset(folder, trigger="sage", strict=True)
    assert all(f"{case.name} {case.says}" in str(caught.value) for case in BROKEN)


def test_a_folder_of_broken_files_alone_is_refused(tmp_path: Path):
    cut(tmp_path / "a.png")
    (tmp_path / "b.png").write_text("text")
    with pytest.raises(DatasetError, match=r"(?s)1\. a\.png is damaged.*2\. b\.png is not a picture"):
        read_dataset(tmp_path, trigger="sage")


def test_half_a_file_is_refused_even_where_the_host_lets_half_files_pass(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
    cut(tmp_path / "a.png")
    noise().save(tmp_path / "b.png")
    assert [left.name for left in read_dataset(tmp_path, trigger="sage").left_out] == ["a.png"]
    assert ImageFile.LOAD_TRUNCATED_IMAGES is True


@pytest.mark.parametrize("name", ["größe 1.png", "名前.png", "🙂 face.png", "a;b&c'd.png", "-rf.png", "x\ny.png"])
def test_any_name_is_read(tmp_path: Path, name: str):
    noise().save(tmp_path / name)
    (tmp_path / name).with_suffix(".txt").write_text("sage, 🙂", encoding="utf-8")
    sample = read_dataset(tmp_path, trigger="sage").samples[0]
    assert (sample.path.name, sample.caption) == (name, "sage, 🙂")


def test_a_name_that_is_not_text_is_left_out_in_words_that_are(tmp_path: Path):
    noise().save(tmp_path / "good.png")
    raw = os.fsencode(tmp_path) + b"/caf\xe9.png"
    try:
        Path(os.fsdecode(raw)).write_bytes((tmp_path / "good.png").read_bytes())
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    (left,) = read_dataset(tmp_path, trigger="sage").left_out
    assert left.name == "caf?.png"
    assert left.why == "caf?.png has a name that is not UTF-8 text; rename it."


@contextmanager
def unprivileged() -> Iterator[None]:
    """As a user whom permissions bind."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(not hasattr(os, "seteuid"), reason="permissions work otherwise here")
def test_files_and_folders_without_permission_are_named(tmp_path: Path):
    for folder in (tmp_path, *tmp_path.parents):
        if folder.owner() == Path("/").owner() and not folder.stat().st_mode & 0o001:
            folder.chmod(folder.stat().st_mode | 0o055)
    for name in ("a.png", "b.png", "c.png"):
        noise().save(tmp_path / name)
    (tmp_path / "c.txt").write_text("sage")
    for name in ("b.png", "c.txt"):
        (tmp_path / name).chmod(0)
    with unprivileged():
        dataset = read_dataset(tmp_path, trigger="sage")
    said = [left.why for left in dataset.left_out]
    assert said == [
        "b.png may not be read; change its permissions.",
        "c.txt may not be read (Permission denied); change its permissions.",
    ]
    tmp_path.chmod(0o000)
    with unprivileged(), pytest.raises(DatasetError, match="may not be read"):
        read_dataset(tmp_path, trigger="sage")
    tmp_path.chmod(0o755)


def test_damage_anywhere_in_a_file_is_a_sentence_and_never_a_crash(tmp_path: Path):
    """Every fiftieth byte of small files is changed in turn."""
    for suffix in ("png", "jpg", "webp", "gif", "tif", "bmp"):
        noise(24, 16).save(tmp_path / f"whole.{suffix}")
    for whole in list(tmp_path.iterdir()):
        data = whole.read_bytes()
        for at in range(0, len(data), 50):
            spoiled = data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]
            whole.with_stem(f"{whole.suffix[1:]}{at}").write_bytes(spoiled)
    dataset = read_dataset(tmp_path, trigger="sage")
    assert len(dataset.samples) >= 6 and len(dataset.left_out) > 20
    assert all(left.name in left.why for left in dataset.left_out)
