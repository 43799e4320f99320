from pathlib import Path

import pytest
from PIL import Image

from trainer.dataset.files.folder import read_dataset
from trainer.dataset.files.folder_name import trigger_of_name
from trainer.errors import DatasetError
from trainer.images.alpha import Alpha

from ..pictures import make_set, put


def test_a_kohya_folder_gives_trigger_repeats_and_captions(tmp_path: Path):
    put(tmp_path / "10_sage_character" / "001.png", caption="sage_character, woman, red coat\n")
    put(tmp_path / "10_sage_character" / "002.png", 9)
    dataset = read_dataset(tmp_path, subject="woman")
    first, second = dataset.samples
    assert (dataset.trigger, dataset.subject) == ("sage_character", "woman")
    assert (first.caption, first.author, first.repeats) == ("sage_character, woman, red coat", "hand", 10)
    assert (second.caption, second.author, second.width, second.height) == ("", "none", 12, 8)


def test_the_kohya_folder_itself_may_be_given(tmp_path: Path):
    put(tmp_path / "3_ohwx" / "a.png")
    dataset = read_dataset(tmp_path / "3_ohwx")
    assert (dataset.trigger, dataset.samples[0].repeats) == ("ohwx", 3)


def test_a_class_word_in_a_kohya_folders_name_is_the_subject(tmp_path: Path):
    put(tmp_path / "10_ohwx woman" / "a.png")
    dataset = read_dataset(tmp_path)
    assert (dataset.trigger, dataset.subject) == ("ohwx", "woman")
    assert read_dataset(tmp_path, subject="robot").subject == "robot"


def test_person_can_be_said_against_a_folders_own_class_word(tmp_path: Path):
    put(tmp_path / "10_ohwx woman" / "1.png")
    given = read_dataset(tmp_path, subject="person")
    assert given.subject == "person"
    assert any("The subject is person, as given; leave it empty for" in note for note in given.notes)
    for nothing in (None, ""):
        read = read_dataset(tmp_path, subject=nothing)
        assert read.subject == "woman" and not any("as given" in note for note in read.notes)
    put(tmp_path / "plain" / "1.png")
    assert read_dataset(tmp_path / "plain", trigger="sage").subject == "person"
    assert not read_dataset(tmp_path / "plain", trigger="sage", subject="person").notes


def test_several_kohya_folders_keep_their_repeats(tmp_path: Path):
    put(tmp_path / "10_ohwx" / "a.png")
    put(tmp_path / "2_ohwx" / "b.png", 9)
    assert [sample.repeats for sample in read_dataset(tmp_path).samples] == [2, 10]


def test_folders_numbered_through_keep_that_order(tmp_path: Path):
    for folder, number in (("10_ohwx", 1), ("2_ohwx", 2), ("10_ohwx", 3), ("held_out", 10)):
        put(tmp_path / folder / f"{number:03d}.png", number)
    samples = read_dataset(tmp_path).samples
    assert [(sample.path.stem, sample.repeats) for sample in samples] == [
        ("001", 10),
        ("002", 2),
        ("003", 10),
        ("010", 1),
    ]


def test_folders_of_two_triggers_are_refused_unless_one_is_given(tmp_path: Path):
    put(tmp_path / "1_ohwx" / "a.png")
    put(tmp_path / "1_sks" / "b.png", 9)
    with pytest.raises(DatasetError, match="ohwx, sks"):
        read_dataset(tmp_path)
    assert len(read_dataset(tmp_path, trigger="sage").samples) == 2


def test_a_folder_of_no_repeats_and_pictures_beside_the_folders_are_left_out_by_name(tmp_path: Path):
    put(tmp_path / "10_ohwx" / "a.png")
    put(tmp_path / "0_ohwx" / "b.png", 9)
    put(tmp_path / "cover.png", 10)
    dataset = read_dataset(tmp_path)
    assert len(dataset.samples) == 1
    assert [left.why for left in dataset.left_out] == [
        "0_ohwx asks for 0 repeats; name it 1_ohwx or more.",
        "cover.png lies beside the folders that are trained on; move it into 10_ohwx.",
    ]


def test_a_flat_folder_is_named_after_its_character_and_counts_like_people(tmp_path: Path):
    for name in ("10.png", "2.png", "1.png"):
        put(tmp_path / "my cat girl" / name, len(name))
    assert read_dataset(tmp_path / "my cat girl").trigger == "my_cat_girl"
    names = [sample.path.name for sample in read_dataset(tmp_path / "my cat girl", trigger="sage").samples]
    assert names == ["1.png", "2.png", "10.png"]


@pytest.mark.parametrize(
    ("name", "word"),
    [("My Cat Girl", "my_cat_girl"), ("Zoé (2024)", "zoe_2024"), ("12 anna-lena", "anna_lena"), ("__sage__", "sage")],
)
def test_a_folders_name_becomes_one_plain_word(name: str, word: str):
    assert trigger_of_name(name) == word


@pytest.mark.parametrize("name", ["pictures", "New Folder", "2024", "图片", "x", "dataset", "..."])
def test_a_name_that_says_only_where_pictures_lie_gives_no_trigger(name: str):
    with pytest.raises(DatasetError, match="gives no trigger; write one"):
        trigger_of_name(name)


@pytest.mark.parametrize("placeholder", ["[trigger]", "[name]"])
def test_ai_toolkits_placeholder_becomes_the_trigger(tmp_path: Path, placeholder: str):
    put(tmp_path / "a.png", caption=f"photo of {placeholder}, smiling")
    assert read_dataset(tmp_path, trigger="sage").samples[0].caption == "photo of sage, smiling"


def test_captions_may_lie_in_caption_files_with_a_byte_order_mark(tmp_path: Path):
    put(tmp_path / "a.png").with_suffix(".caption").write_bytes(b"\xef\xbb\xbfsage,\n smiling ")
    assert read_dataset(tmp_path, trigger="sage").samples[0].caption == "sage, smiling"


def test_captions_that_must_not_be_read_leave_their_picture_out(tmp_path: Path):
    put(tmp_path / "good.png", 1)
    put(tmp_path / "long.png", 3, caption="word " * 30_000)
    (tmp_path / "secret.txt").write_text("secret")
    put(tmp_path / "set" / "link.png", 4).with_suffix(".txt").symlink_to(tmp_path / "secret.txt")
    dataset = read_dataset(tmp_path, trigger="sage", recursive=True)
    assert [left.why for left in dataset.left_out] == [
        "long.txt is too long to be a caption; keep it under 100 kB.",
        "link.txt links to a file outside its folder; copy the caption into it.",
    ]


def test_subfolders_count_only_when_asked(tmp_path: Path):
    put(tmp_path / "a.png")
    put(tmp_path / "more" / "deep" / "b.png", 9)
    assert len(read_dataset(tmp_path, trigger="sage").samples) == 1
    assert len(read_dataset(tmp_path, trigger="sage", recursive=True).samples) == 2


def test_hidden_files_are_passed_over(tmp_path: Path):
    put(tmp_path / "a.png")
    (tmp_path / "._a.png").write_bytes(b"resource fork")
    dataset = read_dataset(tmp_path, trigger="sage")
    assert len(dataset.samples) == 1 and not dataset.left_out


def test_an_empty_or_missing_folder_says_what_to_do(tmp_path: Path):
    with pytest.raises(DatasetError, match="holds no pictures; put"):
        read_dataset(tmp_path)
    with pytest.raises(DatasetError, match="is not a folder"):
        read_dataset(tmp_path / "gone", trigger="sage")


def test_a_trigger_with_a_comma_is_refused(tmp_path: Path):
    put(tmp_path / "10_ohwx, woman" / "a.png")
    with pytest.raises(DatasetError, match="'ohwx,' must be one word"):
        read_dataset(tmp_path)


def test_a_linked_folder_leads_nowhere(tmp_path: Path):
    put(tmp_path / "elsewhere" / "secret.png")
    put(tmp_path / "set" / "1_sage" / "a.png", 5)
    (tmp_path / "set" / "2_sage").symlink_to(tmp_path / "elsewhere")
    dataset = read_dataset(tmp_path / "set")
    assert [sample.path.name for sample in dataset.samples] == ["a.png"]
    assert [left.name for left in dataset.left_out] == ["2_sage/secret.png"]


def test_the_last_pictures_are_held_out(tmp_path: Path):
    make_set(tmp_path, 11)
    dataset = read_dataset(tmp_path, trigger="sage", held_out=2)
    assert [sample.path.stem for sample in dataset.held_out] == ["9", "10"]


def test_without_a_number_as_many_are_held_out_as_suit_the_count(tmp_path: Path):
    make_set(tmp_path, 12)
    assert len(read_dataset(tmp_path, trigger="sage", held_out=None).held_out) == 3


def test_a_folder_that_holds_pictures_out_keeps_doing_so(tmp_path: Path):
    for number in range(6):
        put(tmp_path / ("held_out" if number < 2 else "5_sage") / f"{number}.png", number)
    dataset = read_dataset(tmp_path, held_out=1)
    assert [sample.path.stem for sample in dataset.held_out] == ["0", "1"]


def test_transparency_is_flattened_or_kept_as_mask_as_asked(tmp_path: Path):
    put(tmp_path / "solid.png", 7)
    half = put(tmp_path / "half.png", 8)
    image = Image.open(half).convert("RGBA")
    image.paste((1, 2, 3, 0), (0, 0, 6, 8))
    image.save(half)
    white, black = (read_dataset(tmp_path, trigger="sage", alpha=Alpha(matte=matte)) for matte in ("white", "black"))
    assert white.samples[0].sha256 != black.samples[0].sha256
    assert white.samples[1].sha256 == black.samples[1].sha256
    masked = read_dataset(tmp_path, trigger="sage", alpha=Alpha(matte="black", masked=True))
    assert [sample.masked for sample in masked.samples] == [True, False]
    assert masked.samples[0].sha256 == black.samples[0].sha256
    with pytest.raises(DatasetError, match="'mauveish' is no colour"):
        Alpha(matte="mauveish")


def test_pixels_name_a_picture_whatever_its_format(tmp_path: Path):
    put(tmp_path / "a.png", 7)
    put(tmp_path / "b.bmp", 7)
    one, other = read_dataset(tmp_path, trigger="sage").samples
    assert one.sha256 == other.sha256
