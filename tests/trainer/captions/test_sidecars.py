import json
from dataclasses import replace
from pathlib import Path

import pytest

from trainer.captions.sidecars import write_sidecars
from trainer.dataset.dataset import Dataset
from trainer.dataset.files.caption_record import RECORD
from trainer.dataset.files.folder import read_dataset
from trainer.dataset.sample import Author


def captioned(dataset: Dataset, text: str = "a caption", author: Author = "vlm") -> Dataset:
    return dataset.with_samples(
        tuple(replace(s, caption=f"{text} {s.path.stem}", author=author) for s in dataset.samples)
    )


def texts(dataset: Dataset) -> list[str]:
    return [sample.path.with_suffix(".txt").read_text(encoding="utf-8") for sample in dataset.samples]


def test_captions_lie_beside_the_pictures_on_one_line_each(tiny_dataset: Dataset):
    written = write_sidecars(captioned(tiny_dataset, "naïve\n 猫"))
    assert len(written.paths) == 5 and (written.kept, written.failed) == ((), ())
    assert texts(tiny_dataset)[0] == "naïve 猫 000\n"


def test_writing_again_changes_nothing(tiny_dataset: Dataset):
    write_sidecars(captioned(tiny_dataset))
    again = write_sidecars(captioned(tiny_dataset))
    assert (again.paths, again.unchanged) == ((), 5)


def test_a_folder_of_captions_keeps_the_datasets_own_folders(tiny_dataset: Dataset, tmp_path: Path):
    inner = tiny_dataset.root / "10_sage"
    inner.mkdir()
    moved = inner / "000.png"
    tiny_dataset.samples[0].path.rename(moved)
    samples = (replace(tiny_dataset.samples[0], path=moved), *tiny_dataset.samples[1:])
    write_sidecars(captioned(tiny_dataset.with_samples(samples)), tmp_path / "out")
    assert (tmp_path / "out" / "10_sage" / "000.txt").is_file() and (tmp_path / "out" / "001.txt").is_file()


def test_our_own_text_is_replaced_and_a_hands_is_kept_and_named(tiny_dataset: Dataset):
    write_sidecars(captioned(tiny_dataset, "old"))
    tiny_dataset.samples[1].path.with_suffix(".txt").write_text("by hand")
    written = write_sidecars(captioned(tiny_dataset, "new"))
    assert texts(tiny_dataset)[:2] == ["new 000\n", "by hand"]
    assert [(left.name, left.why) for left in written.kept] == [
        ("001.txt", "its text is by hand; allow overwriting to replace it")
    ]


def test_text_by_hand_is_replaced_when_asked_and_kept_beside(tiny_dataset: Dataset):
    place = tiny_dataset.samples[0].path.with_suffix(".txt")
    for text in ("first", "second"):
        place.write_text(text)
        assert write_sidecars(captioned(tiny_dataset), over_hand=True).kept == ()
        assert place.read_text() == "a caption 000\n"
    assert Path(f"{place}.bak").read_text() == "first" and Path(f"{place}.bak2").read_text() == "second"


def test_a_caption_by_hand_replaces_text_by_hand_and_is_then_protected(tiny_dataset: Dataset):
    place = tiny_dataset.samples[0].path.with_suffix(".txt")
    place.write_text("typed in an editor")
    write_sidecars(captioned(tiny_dataset, "typed in the table", "hand"))
    assert place.read_text() == "typed in the table 000\n" and Path(f"{place}.bak").read_text() == "typed in an editor"
    assert len(write_sidecars(captioned(tiny_dataset)).kept) == 5
    assert place.read_text() == "typed in the table 000\n"


def test_a_caption_file_of_the_other_kind_is_by_hand_too(tiny_dataset: Dataset):
    place = tiny_dataset.samples[0].path.with_suffix(".caption")
    place.write_text("by hand")
    assert write_sidecars(captioned(tiny_dataset)).kept[0].name == "000.txt"
    assert not place.with_suffix(".txt").exists()


def test_a_caption_emptied_by_hand_is_written_and_one_never_made_is_not(tiny_dataset: Dataset):
    samples = list(captioned(tiny_dataset).samples)
    samples[0] = replace(samples[0], caption="", author="hand")
    samples[1] = replace(samples[1], caption="", author="none")
    write_sidecars(tiny_dataset.with_samples(tuple(samples)))
    assert tiny_dataset.samples[0].path.with_suffix(".txt").read_text() == "\n"
    assert not tiny_dataset.samples[1].path.with_suffix(".txt").exists()


def test_a_read_only_file_is_named_and_the_rest_is_written(tiny_dataset: Dataset):
    write_sidecars(captioned(tiny_dataset, "old"))
    place = tiny_dataset.samples[2].path.with_suffix(".txt")
    place.chmod(0o444)
    written = write_sidecars(captioned(tiny_dataset, "new"))
    assert [(left.name, left.why) for left in written.failed] == [
        ("002.png", "002.txt is read-only; allow writing to it")
    ]
    assert place.read_text() == "old 002\n" and len(written.paths) == 4


def test_a_locked_file_is_named_and_keeps_its_text(tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch):
    write_sidecars(captioned(tiny_dataset, "old"))
    replace_file = Path.replace

    def locked(self: Path, target: Path) -> Path:
        if target.name == "003.txt":
            raise PermissionError(13, "The process cannot access the file because it is in use")
        return replace_file(self, target)

    monkeypatch.setattr(Path, "replace", locked)
    written = write_sidecars(captioned(tiny_dataset, "new"))
    assert written.failed[0].name == "003.png" and "because it is in use" in written.failed[0].why
    assert texts(tiny_dataset)[2:4] == ["new 002\n", "old 003\n"]
    assert not [path for path in tiny_dataset.root.iterdir() if path.suffix == ".part"]


def test_something_else_in_the_place_of_a_caption_is_named(tiny_dataset: Dataset):
    tiny_dataset.samples[0].path.with_suffix(".txt").mkdir()
    tiny_dataset.samples[1].path.with_suffix(".txt").write_bytes("笑顔".encode("cp932"))
    written = write_sidecars(captioned(tiny_dataset))
    assert [left.name for left in written.failed] == ["000.png", "001.png"]
    assert "not UTF-8" in written.failed[1].why and len(written.paths) == 3


def test_two_pictures_with_one_stem_are_named_and_neither_is_lost(tiny_dataset: Dataset):
    first, second, *rest = captioned(tiny_dataset).samples
    second = replace(second, path=first.path.with_name("000.JPG"))
    written = write_sidecars(tiny_dataset.with_samples((first, second, *rest)))
    assert [left.name for left in written.failed] == ["000.png", "000.JPG"]
    assert written.failed[0].why == "000.png, 000.JPG share one caption file; rename all but one"
    assert len(written.paths) == 3 and not first.path.with_suffix(".txt").exists()


def test_one_caption_for_two_pictures_with_one_stem_is_no_fault(tiny_dataset: Dataset):
    first, second, *_ = captioned(tiny_dataset).samples
    second = replace(second, path=first.path.with_suffix(".jpg"), caption=first.caption)
    written = write_sidecars(tiny_dataset.with_samples((first, second)))
    assert written.failed == () and (len(written.paths), written.unchanged) == (1, 1)


def test_a_damaged_record_means_that_all_text_is_by_hand(tiny_dataset: Dataset):
    write_sidecars(captioned(tiny_dataset, "old"))
    for damage in ("{", "[]", '{"000.txt": 3}', '{"000.txt": ["x", "tagger"]}'):
        (tiny_dataset.root / RECORD).write_text(damage)
        assert len(write_sidecars(captioned(tiny_dataset, "new")).kept) == 5


def test_a_dataset_read_again_knows_who_wrote_what(tiny_dataset: Dataset):
    write_sidecars(captioned(tiny_dataset, author="tagger"))
    tiny_dataset.samples[0].path.with_suffix(".txt").write_text("by hand")
    read = read_dataset(tiny_dataset.root, trigger="sage_character")
    assert [sample.author for sample in read.samples] == ["hand", *["tagger"] * 4]


def test_the_record_names_no_folders(tiny_dataset: Dataset):
    write_sidecars(captioned(tiny_dataset))
    assert sorted(json.loads((tiny_dataset.root / RECORD).read_text())) == [f"00{n}.txt" for n in range(5)]
