import json
from pathlib import Path

import pytest
from PIL import Image

from trainer.dataset.folder import read_dataset
from trainer.dataset.save import save_json, save_kohya
from trainer.errors import DatasetError


def put(path: Path, color: int = 0, size: tuple[int, int] = (8, 6), caption: str | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", size, (color, 255 - color, 40)).save(path)
    if caption is not None:
        path.with_suffix(".txt").write_text(caption, encoding="utf-8")
    return path


def test_a_kohya_folder_gives_trigger_repeats_and_captions(tmp_path: Path):
    put(tmp_path / "10_sage_character" / "001.png", caption="sage_character, woman, red coat\n")
    put(tmp_path / "10_sage_character" / "002.png", 9)
    dataset = read_dataset(tmp_path, subject="woman")
    first, second = dataset.samples
    assert (dataset.trigger, dataset.subject) == ("sage_character", "woman")
    assert (first.caption, first.author, first.repeats) == ("sage_character, woman, red coat", "hand", 10)
    assert (second.caption, second.author, second.width, second.height) == ("", "none", 8, 6)


def test_the_kohya_folder_itself_may_be_given(tmp_path: Path):
    put(tmp_path / "3_ohwx" / "a.png")
    dataset = read_dataset(tmp_path / "3_ohwx")
    assert (dataset.trigger, dataset.samples[0].repeats) == ("ohwx", 3)


def test_several_kohya_folders_keep_their_repeats(tmp_path: Path):
    put(tmp_path / "10_ohwx" / "a.png")
    put(tmp_path / "2_ohwx" / "b.png", 9)
    assert [sample.repeats for sample in read_dataset(tmp_path).samples] == [2, 10]


def test_folders_of_two_triggers_are_refused_unless_one_is_given(tmp_path: Path):
    put(tmp_path / "1_ohwx" / "a.png")
    put(tmp_path / "1_sks" / "b.png", 9)
    with pytest.raises(DatasetError, match="ohwx, sks"):
        read_dataset(tmp_path)
    assert len(read_dataset(tmp_path, trigger="sage").samples) == 2


def test_a_flat_folder_needs_a_trigger_and_counts_like_people(tmp_path: Path):
    for name in ("10.png", "2.png", "1.png"):
        put(tmp_path / name, len(name))
    with pytest.raises(DatasetError, match="names no trigger"):
        read_dataset(tmp_path)
    names = [sample.path.name for sample in read_dataset(tmp_path, trigger="sage").samples]
    assert names == ["1.png", "2.png", "10.png"]


def test_captions_may_lie_in_caption_files_with_a_byte_order_mark(tmp_path: Path):
    put(tmp_path / "a.png").with_suffix(".caption").write_bytes(b"\xef\xbb\xbfsage,\n smiling ")
    assert read_dataset(tmp_path, trigger="sage").samples[0].caption == "sage, smiling"


def test_subfolders_count_only_when_asked(tmp_path: Path):
    put(tmp_path / "a.png")
    put(tmp_path / "more" / "deep" / "b.png", 9)
    assert len(read_dataset(tmp_path, trigger="sage").samples) == 1
    assert len(read_dataset(tmp_path, trigger="sage", recursive=True).samples) == 2


def test_hidden_files_are_passed_over(tmp_path: Path):
    put(tmp_path / "a.png")
    (tmp_path / "._a.png").write_bytes(b"resource fork")
    assert len(read_dataset(tmp_path, trigger="sage").samples) == 1


def test_every_broken_file_is_named_at_once_with_a_remedy(tmp_path: Path):
    put(tmp_path / "good.png")
    (tmp_path / "text.png").write_text("not a picture")
    (tmp_path / "zero.jpg").write_bytes(b"")
    (tmp_path / "phone.heic").write_bytes(b"heic")
    whole = put(tmp_path / "cut.png", size=(64, 64)).read_bytes()
    (tmp_path / "cut.png").write_bytes(whole[: len(whole) // 2])
    put(tmp_path / "latin.png", 3).with_suffix(".txt").write_bytes(b"caf\xe9")
    with pytest.raises(DatasetError) as caught:
        read_dataset(tmp_path, trigger="sage")
    lines = str(caught.value).splitlines()
    said = (
        "cut.png is damaged",
        "latin.txt is not UTF-8",
        "phone.heic is a HEIC",
        "text.png is not a picture",
        "zero.jpg",
    )
    assert len(lines) == len(said)
    assert all(part in line and ";" in line for part, line in zip(said, lines, strict=True))


def test_an_empty_or_missing_folder_says_what_to_do(tmp_path: Path):
    with pytest.raises(DatasetError, match="holds no pictures; put"):
        read_dataset(tmp_path, trigger="sage")
    with pytest.raises(DatasetError, match="is not a folder"):
        read_dataset(tmp_path / "gone", trigger="sage")


def test_a_trigger_with_spaces_is_refused(tmp_path: Path):
    put(tmp_path / "10_ohwx woman" / "a.png")
    with pytest.raises(DatasetError, match="'ohwx woman' must be one word"):
        read_dataset(tmp_path)


def test_a_link_out_of_the_folder_is_refused_by_name(tmp_path: Path):
    secret = put(tmp_path / "elsewhere" / "secret.png")
    put(tmp_path / "set" / "a.png", 5)
    (tmp_path / "set" / "b.png").symlink_to(secret)
    with pytest.raises(DatasetError, match=r"b\.png lies outside set, or links there"):
        read_dataset(tmp_path / "set", trigger="sage")


def test_the_last_pictures_are_held_out(tmp_path: Path):
    for number in range(1, 12):
        put(tmp_path / f"{number}.png", number)
    dataset = read_dataset(tmp_path, trigger="sage", held_out=2)
    assert [sample.path.stem for sample in dataset.held_out] == ["10", "11"]


def test_a_copy_of_a_training_picture_is_never_held_out(tmp_path: Path):
    for number, color in enumerate((1, 2, 3, 1), 1):
        put(tmp_path / f"{number}.png", color)
    dataset = read_dataset(tmp_path, trigger="sage", held_out=1)
    assert [sample.path.stem for sample in dataset.held_out] == ["3"]


def test_holding_out_everything_is_refused(tmp_path: Path):
    put(tmp_path / "a.png")
    with pytest.raises(DatasetError, match="held_out is 1 of 1"):
        read_dataset(tmp_path, trigger="sage", held_out=1)


def test_pixels_name_a_picture_whatever_its_format(tmp_path: Path):
    put(tmp_path / "a.png", 7)
    put(tmp_path / "b.bmp", 7)
    one, other = read_dataset(tmp_path, trigger="sage").samples
    assert one.sha256 == other.sha256


def test_saved_as_kohya_and_read_again_it_is_the_same_dataset(tmp_path: Path):
    for number in range(4):
        put(tmp_path / "set" / f"{number}.png", number, caption=f"sage, number {number}")
    dataset = read_dataset(tmp_path / "set", trigger="sage", held_out=1)
    again = read_dataset(save_kohya(dataset, tmp_path / "kohya"))
    assert again.fingerprint() == dataset.fingerprint()
    assert (tmp_path / "kohya" / "1_sage" / "001.txt").read_text() == "sage, number 0\n"
    assert (tmp_path / "kohya" / "held_out" / "001.png").is_file()


def test_saving_twice_changes_nothing_and_other_captions_are_not_overwritten(tmp_path: Path):
    put(tmp_path / "set" / "a.png", caption="sage, smiling")
    dataset = read_dataset(tmp_path / "set", trigger="sage")
    save_kohya(dataset, tmp_path / "kohya")
    save_kohya(dataset, tmp_path / "kohya")
    caption = tmp_path / "kohya" / "1_sage" / "001.txt"
    caption.write_text("by hand")
    with pytest.raises(DatasetError, match=r"1_sage/001\.png is there already with another caption"):
        save_kohya(dataset, tmp_path / "kohya")
    assert caption.read_text() == "by hand"
    save_kohya(dataset, tmp_path / "kohya", overwrite=True)
    assert caption.read_text() == "sage, smiling\n"


def test_strangers_in_the_folder_stop_the_saving_before_anything_is_written(tmp_path: Path):
    put(tmp_path / "set" / "a.png")
    put(tmp_path / "kohya" / "1_sage" / "077.png", 9)
    dataset = read_dataset(tmp_path / "set", trigger="sage")
    with pytest.raises(DatasetError, match=r"077\.png lies there"):
        save_kohya(dataset, tmp_path / "kohya", overwrite=True)
    assert not (tmp_path / "kohya" / "1_sage" / "001.png").exists()


def test_a_dataset_saved_over_itself_in_another_order_keeps_every_picture(tmp_path: Path):
    for number in (1, 2, 3):
        put(tmp_path / "1_sage" / f"{number:03d}.png", number * 50, caption=f"sage, {number}")
    dataset = read_dataset(tmp_path)
    turned = dataset.with_samples(dataset.samples[::-1])
    save_kohya(turned, tmp_path, overwrite=True)
    assert read_dataset(tmp_path).fingerprint() == turned.fingerprint()


def test_a_json_dataset_moves_with_its_folder(tmp_path: Path):
    put(tmp_path / "set" / "a.png", 1, caption="sage, one")
    put(tmp_path / "set" / "b.png", 2)
    dataset = read_dataset(tmp_path / "set", trigger="sage", subject="robot", held_out=1)
    save_json(dataset, tmp_path / "set")
    (tmp_path / "set").rename(tmp_path / "moved")
    again = read_dataset(tmp_path / "moved")
    assert again.fingerprint() == dataset.fingerprint()
    assert again.root == tmp_path / "moved" and again.samples[0].path.is_file()


def test_pictures_outside_the_folder_cannot_be_saved_as_json(tmp_path: Path):
    put(tmp_path / "set" / "a.png")
    (tmp_path / "other").mkdir()
    with pytest.raises(DatasetError, match=r"a\.png not in"):
        save_json(read_dataset(tmp_path / "set", trigger="sage"), tmp_path / "other")


def test_a_json_dataset_that_points_outside_or_changed_is_refused(tmp_path: Path):
    put(tmp_path / "secret.png", 9)
    put(tmp_path / "set" / "a.png", 1)
    put(tmp_path / "set" / "b.png", 2)
    index = save_json(read_dataset(tmp_path / "set", trigger="sage"), tmp_path / "set")
    data = json.loads(index.read_text())
    data["samples"][0]["path"] = "../secret.png"
    index.write_text(json.dumps(data))
    put(tmp_path / "set" / "b.png", 77)
    with pytest.raises(DatasetError, match=r"(?s)secret\.png lies outside set.*b\.png has changed"):
        read_dataset(tmp_path / "set")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not valid JSON"),
        ("[]", "not a dataset"),
        ('{"samples": [3], "trigger": "a", "subject": "b", "root": "."}', "not a dataset"),
        ('{"samples": [], "trigger": "a", "subject": "b", "root": ".", "extra": 1}', "no key 'extra'"),
    ],
)
def test_damaged_json_says_so(tmp_path: Path, text: str, said: str):
    (tmp_path / "dataset.json").write_text(text)
    with pytest.raises(DatasetError, match=said):
        read_dataset(tmp_path)


def test_a_full_disk_leaves_the_old_caption_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    put(tmp_path / "set" / "a.png", caption="sage, new")
    dataset = read_dataset(tmp_path / "set", trigger="sage")
    old = tmp_path / "kohya" / "1_sage" / "001.txt"
    put(old.with_suffix(".png"), caption="sage, old")

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(DatasetError, match="No space left"):
        save_kohya(dataset, tmp_path / "kohya", overwrite=True)
    assert old.read_text() == "sage, old"
    assert sorted(path.name for path in old.parent.iterdir()) == ["001.png", "001.txt"]
