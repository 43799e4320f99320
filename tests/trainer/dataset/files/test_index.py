import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from trainer.dataset.dataset import LeftOut
from trainer.dataset.files.folder import read_dataset
from trainer.dataset.files.save import save_json
from trainer.dataset.finding import Finding
from trainer.dataset.sample import FaceMark, Likeness
from trainer.dataset.split import hold_out
from trainer.errors import DatasetError

from ..pictures import make_set, put


def changed(index: Path, change: Any) -> None:
    data = json.loads(index.read_text())
    change(data)
    index.write_text(json.dumps(data))


def test_a_json_dataset_moves_with_its_folder(tmp_path: Path):
    dataset = replace(make_set(tmp_path / "set", 2), subject="robot")
    dataset = dataset.with_samples(hold_out(dataset.samples, 1))
    save_json(dataset, tmp_path / "set")
    (tmp_path / "set").rename(tmp_path / "moved")
    again = read_dataset(tmp_path / "moved")
    assert again.fingerprint() == dataset.fingerprint()
    assert again.root == tmp_path / "moved" and again.samples[0].path.is_file()


def test_everything_known_of_a_picture_comes_back(tmp_path: Path):
    dataset = make_set(tmp_path / "set", 2)
    known = replace(
        dataset.samples[0],
        author="tagger",
        origin="crop",
        source="0" * 64,
        repeats=7,
        matte="#102030",
        face=FaceMark(box=(1.0, 2.0, 3.0, 4.0), reader="yunet", yaw=-3.5),
        likeness=Likeness(value=0.5, reader="sface", against="3 baselines"),
        findings=(Finding(check="jpeg", level="warning", text="Low quality.", value=60.0),),
        waived=("jpeg",),
    )
    dataset = replace(dataset, samples=(known, dataset.samples[1]), left_out=(LeftOut(name="c.png", why="Gone."),))
    save_json(dataset, tmp_path / "set")
    again = read_dataset(tmp_path / "set")
    assert (again.samples, again.left_out) == (dataset.samples, dataset.left_out)


def test_pictures_from_elsewhere_come_along_as_kohya_folders(tmp_path: Path):
    dataset = make_set(tmp_path / "set", 3)
    dataset = dataset.with_samples(hold_out(dataset.samples, 1))
    index = save_json(dataset, tmp_path / "out")
    again = read_dataset(tmp_path / "out")
    assert again.fingerprint() == dataset.fingerprint()
    assert {sample.path.parent.name for sample in again.samples} == {"1_sage", "held_out"}
    index.unlink()
    assert read_dataset(tmp_path / "out").fingerprint() == dataset.fingerprint()


def test_a_caption_edited_by_hand_wins_and_is_not_undone_unasked(tmp_path: Path):
    dataset = make_set(tmp_path / "set", 2)
    save_json(dataset, tmp_path / "set")
    (tmp_path / "set" / "1.txt").write_text("[trigger], by hand")
    again = read_dataset(tmp_path / "set")
    assert [(sample.caption, sample.author) for sample in again.samples] == [
        ("sage, number 0", "hand"),
        ("sage, by hand", "hand"),
    ]
    with pytest.raises(DatasetError, match=r"1\.png is there already with another caption"):
        save_json(dataset, tmp_path / "set")
    save_json(dataset, tmp_path / "set", overwrite=True)
    assert read_dataset(tmp_path / "set").fingerprint() == dataset.fingerprint()


def test_a_json_dataset_without_caption_files_keeps_its_captions(tmp_path: Path):
    dataset = make_set(tmp_path / "set", 1)
    (tmp_path / "set" / "0.txt").unlink()
    save_json(dataset, tmp_path / "set")
    assert read_dataset(tmp_path / "set").samples[0].caption == "sage, number 0"
    assert not (tmp_path / "set" / "0.txt").exists()


@pytest.mark.parametrize("name", ["../secret.png", "{secret}", "link/secret.png", "a\0b.png"])
def test_a_path_out_of_the_folder_is_left_out(tmp_path: Path, name: str):
    secret = put(tmp_path / "secret.png", 9)
    index = save_json(make_set(tmp_path / "set", 2), tmp_path / "set")
    (tmp_path / "set" / "link").symlink_to(tmp_path)
    path = name.format(secret=secret)
    changed(index, lambda data: data["samples"][0].update(path=path))
    again = read_dataset(tmp_path / "set")
    assert [sample.path.name for sample in again.samples] == ["1.png"]
    assert [left.name for left in again.left_out] == [path]
    assert "lies outside set" in again.left_out[0].why


def test_changed_and_missing_pictures_are_left_out_and_named(tmp_path: Path):
    index = save_json(make_set(tmp_path / "set", 3), tmp_path / "set")
    put(tmp_path / "set" / "1.png", 77)
    (tmp_path / "set" / "2.png").unlink()
    said = [left.why for left in read_dataset(tmp_path / "set").left_out]
    assert said == [
        "1.png has changed since dataset.json was written; delete dataset.json to read the folder afresh.",
        "2.png is missing; put it back or remove it from the dataset.",
    ]
    changed(index, lambda data: data["samples"].pop(0))
    with pytest.raises(DatasetError, match=r"(?s)1\.png has changed.*2\.png is missing"):
        read_dataset(tmp_path / "set")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not valid JSON"),
        ("[" * 100_000, "not valid JSON"),
        ("[]", "not a dataset"),
        ('{"samples": [3], "trigger": "a", "subject": "b", "root": "."}', "not a dataset"),
        ('{"samples": [], "trigger": "a", "subject": "b", "root": ".", "extra": 1}', "no key 'extra'"),
        ('{"samples": [], "trigger": "a", "subject": "b", "root": "."}', "lists no pictures"),
    ],
)
def test_damaged_json_says_so(tmp_path: Path, text: str, said: str):
    (tmp_path / "dataset.json").write_text(text)
    with pytest.raises(DatasetError, match=said):
        read_dataset(tmp_path)


def test_a_colour_that_is_none_leaves_its_picture_out(tmp_path: Path):
    index = save_json(make_set(tmp_path / "set", 2), tmp_path / "set")
    changed(index, lambda data: data["samples"][0].update(matte="five"))
    assert "'five' is no colour" in read_dataset(tmp_path / "set").left_out[0].why


@pytest.mark.parametrize(
    "changes",
    [
        {"sha256": {}},
        {"width": [64]},
        {"width": True},
        {"caption": None},
        {"matte": 5},
        {"waived": [1]},
        {"tags": "no list"},
        {"split": "both"},
        {"face": {"box": [0, 0, 8], "reader": "dlib"}},
        {"face": {"box": [0, 0, 8, "8"], "reader": "dlib"}},
        {"likeness": {"value": "0.5", "reader": "dlib", "against": "held out"}},
        {"findings": [{"check": "blur", "level": 3, "text": ""}]},
    ],
    ids=str,
)
def test_a_value_of_another_kind_is_named(tmp_path: Path, changes: dict[str, Any]):
    index = save_json(make_set(tmp_path / "set", 2), tmp_path / "set")
    changed(index, lambda data: data["samples"][0].update(changes))
    with pytest.raises(DatasetError, match=f"s ({'|'.join(names_in(changes))}) cannot be "):
        read_dataset(tmp_path / "set")


def names_in(changes: dict[str, Any]) -> list[str]:
    """Of the change and of what is inside it."""
    inside = [row for value in changes.values() for row in (value if isinstance(value, list) else [value])]
    return [*changes, *(name for row in inside if isinstance(row, dict) for name in row)]


def test_a_picture_without_a_side_is_named(tmp_path: Path):
    index = save_json(make_set(tmp_path / "set", 2), tmp_path / "set")
    changed(index, lambda data: data["samples"][0].update(width=0))
    with pytest.raises(DatasetError, match="is 0 × 8 pixels"):
        read_dataset(tmp_path / "set")


@pytest.mark.parametrize("text", ["[]", "{}", "{oh", '{"images": []}', '{"trigger": "a", "pictures": []}'])
def test_a_foreign_index_is_named_and_neither_to_be_deleted_nor_written_over(tmp_path: Path, text: str):
    dataset = make_set(tmp_path, 1)
    (tmp_path / "dataset.json").write_text(text)
    with pytest.raises(DatasetError) as reading:
        read_dataset(tmp_path)
    assert str(tmp_path / "dataset.json") in str(reading.value) and "delete" not in str(reading.value)
    with pytest.raises(DatasetError, match="move or rename it"):
        save_json(dataset, tmp_path, overwrite=True)
    assert (tmp_path / "dataset.json").read_text() == text


def test_a_set_saved_without_notes_is_read(tmp_path: Path):
    path = save_json(make_set(tmp_path, 1), tmp_path)
    data = json.loads(path.read_text())
    del data["notes"]
    path.write_text(json.dumps(data))
    assert read_dataset(tmp_path).notes == ()


def test_nul_bytes_are_never_written(tmp_path: Path):
    sample = make_set(tmp_path / "from", 1).samples[0]
    dataset = read_dataset(tmp_path / "from", trigger="sage")
    save_json(dataset.with_samples((replace(sample, caption="sage,\0 smiling"),)), tmp_path / "to")
    assert [b"\0" in path.read_bytes() for path in (tmp_path / "to").rglob("*.txt")] == [False]


def test_a_shared_index_that_leads_out_tells_nothing_of_what_lies_there(tmp_path: Path) -> None:
    folder = tmp_path / "input" / "shared"
    save_json(make_set(folder, 2), folder)
    make_set(elsewhere := tmp_path / "elsewhere", 1)
    (elsewhere / "secret plans.txt").write_text("words")
    index = json.loads((folder / "dataset.json").read_text())
    for path in ("../../elsewhere/0.png", "../../elsewhere/none.png", "../gone/0.png", str(elsewhere / "0.png")):
        (folder / "dataset.json").write_text(
            json.dumps({**index, "samples": [*index["samples"], {**index["samples"][0], "path": path}]})
        )
        read = read_dataset(folder)
        assert len(read.samples) == 2
        assert "secret" not in " ".join(read.notes) and "elsewhere" not in " ".join(read.notes)
