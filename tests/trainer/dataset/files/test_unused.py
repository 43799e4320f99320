"""What lies in a folder and is not used is told, one sentence a kind."""

from pathlib import Path

import pytest

from trainer.dataset.dataset import LeftOut, told
from trainer.dataset.files.folder import read_dataset
from trainer.dataset.files.save import save_json

from ..pictures import put


def _notes(folder: Path) -> str:
    return "\n".join(read_dataset(folder, trigger="sage").notes)


def test_a_tidy_folder_has_nothing_to_tell(tmp_path: Path):
    put(tmp_path / "10_sage" / "1.png", caption="sage, smiling")
    put(tmp_path / "held_out" / "2.png", 9, caption="sage")
    put(tmp_path / "masks" / "1.png", 8)
    assert read_dataset(tmp_path).notes == ()


def test_captions_without_a_picture_are_one_line_with_a_count_and_names(tmp_path: Path):
    put(tmp_path / "1.png", caption="sage")
    for number in range(2, 8):
        (tmp_path / f"{number}.txt").write_text("sage")
    assert _notes(tmp_path).startswith("6 caption files (2.txt, 3.txt, 4.txt and 3 more): no picture")


@pytest.mark.parametrize(
    "name", ["3.TXT", "3.png.txt", "3.json", "3.png.json", "metadata.jsonl", "3.tags", "9.Caption"]
)
def test_files_that_look_like_captions_and_are_not_read_are_told(tmp_path: Path, name: str):
    put(tmp_path / "3.png")
    (tmp_path / name).write_text("sage, smiling")
    assert f"1 file ({name}): not read as a caption" in _notes(tmp_path)


def test_an_empty_text_that_hides_a_full_caption_is_told(tmp_path: Path):
    put(tmp_path / "1.png", caption=" \n").with_suffix(".caption").write_text("sage, smiling")
    assert "1 caption (1.caption): a .txt beside it is read instead" in _notes(tmp_path)


def test_pictures_that_share_a_caption_are_told(tmp_path: Path):
    put(tmp_path / "1.png", caption="sage")
    put(tmp_path / "1.jpg", 9)
    (tmp_path / "1.txt").write_bytes("café".encode("cp1252"))
    assert "1 caption file (1.txt): read as cp1252" in _notes(tmp_path)
    assert "2 pictures (1.jpg, 1.png): another picture has the same caption file" in _notes(tmp_path)


def test_folders_that_are_not_read_are_told(tmp_path: Path):
    put(tmp_path / "10_sage" / "1.png")
    put(tmp_path / "10_sage" / "images" / "2.png", 2)
    put(tmp_path / "stray" / "3.png", 3)
    assert "2 folders of pictures (10_sage/images, stray): not read" in _notes(tmp_path)
    put(tmp_path / "flat" / "1.png")
    put(tmp_path / "flat" / "deep" / "er" / "2.png", 4)
    assert "1 folder of pictures (deep/er): not read" in _notes(tmp_path / "flat")


def test_pictures_that_a_saved_dataset_does_not_list_are_told(tmp_path: Path):
    put(tmp_path / "1.png", caption="sage")
    save_json(read_dataset(tmp_path, trigger="sage"), tmp_path)
    put(tmp_path / "2.png", 2)
    assert "1 picture (2.png): not listed in dataset.json" in _notes(tmp_path)


def test_captions_in_other_encodings_are_read_or_left_out_and_told(tmp_path: Path):
    put(tmp_path / "1.png").with_suffix(".txt").write_bytes("sage, café".encode("cp1252"))
    put(tmp_path / "2.png", 2).with_suffix(".txt").write_bytes("sage, 女の子".encode("cp932"))
    put(tmp_path / "3.png", 3).with_suffix(".txt").write_bytes("笑顔".encode("cp932"))
    dataset = read_dataset(tmp_path, trigger="sage")
    assert [sample.caption for sample in dataset.samples] == ["sage, café", "sage, 女の子", ""]
    said = "\n".join(dataset.notes)
    assert "(1.txt): read as cp1252" in said and "(2.txt): read as Shift-JIS" in said
    assert "(3.txt): its encoding cannot be told" in said and not dataset.left_out


@pytest.mark.parametrize(
    ("name", "said"),
    [("40_black mamba", "trigger black and class word mamba"), ("50_Jane Q Roe", "trigger Jane and class word Q Roe")],
)
def test_what_a_folders_name_is_split_into_is_told_and_can_be_set(tmp_path: Path, name: str, said: str):
    put(tmp_path / name / "1.png")
    assert said in "\n".join(read_dataset(tmp_path).notes)
    whole = name.split("_")[1].lower().replace(" ", "_")
    assert read_dataset(tmp_path, trigger=whole).subject == "person"
    given = read_dataset(tmp_path, trigger="roe", subject="woman")
    assert (given.trigger, given.subject, given.notes) == ("roe", "woman", ())


def test_files_left_out_for_one_reason_are_one_line():
    left = [
        LeftOut(name=f"{n}.psd", why=f"{n}.psd is a PSD file, which is not read; save it as PNG.") for n in range(9)
    ]
    line = "9 files (0.psd, 1.psd, 2.psd and 6 more): 0.psd is a PSD file, which is not read; save it as PNG."
    assert told(left) == [line]
    other = LeftOut(name="b.gif", why="b.gif has 4 frames; save one frame as PNG.")
    assert told([*left, other]) == [line, other.why]
