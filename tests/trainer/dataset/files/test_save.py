import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from trainer.dataset.dataset import Dataset
from trainer.dataset.files.folder import read_dataset
from trainer.dataset.files.save import save_aitoolkit, save_json, save_kohya
from trainer.dataset.sample import Split
from trainer.dataset.split import hold_out
from trainer.errors import DatasetError
from trainer.images.alpha import Alpha
from trainer.images.pixels import load_picture, load_rgb

from ..pictures import make_set, put
from ..png import RGB, png


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_saved_as_kohya_and_read_again_it_is_the_same_dataset(tmp_path: Path):
    dataset = make_set(tmp_path / "set", 4)
    dataset = dataset.with_samples(hold_out(dataset.samples, 1))
    again = read_dataset(save_kohya(dataset, tmp_path / "kohya"))
    assert again.fingerprint() == dataset.fingerprint()
    assert (tmp_path / "kohya" / "1_sage" / "001.txt").read_text() == "sage, number 0\n"
    assert (tmp_path / "kohya" / "held_out" / "004.png").is_file()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(st.integers(1, 3), st.sampled_from(["train", "held_out"])), min_size=1, max_size=8))
def test_any_repeats_and_split_in_any_order_come_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, Split]]
):
    folder = tmp_path_factory.mktemp("any")
    dataset = make_set(folder / "set", len(rows))
    mixed = dataset.with_samples(
        tuple(replace(s, repeats=n, split=split) for s, (n, split) in zip(dataset.samples, rows, strict=True))
    )
    for name, save in (("kohya", save_kohya), ("ai", save_aitoolkit)):
        again = read_dataset(save(mixed, folder / name), trigger="sage")
        assert again.fingerprint() == mixed.fingerprint()
        assert not again.left_out


def test_a_picture_that_needs_no_change_is_copied_byte_by_byte(tmp_path: Path):
    dataset = make_set(tmp_path / "set", 2)
    save_kohya(dataset, tmp_path / "kohya")
    for number, sample in enumerate(dataset.samples, 1):
        assert (tmp_path / "kohya" / "1_sage" / f"{number:03d}.png").read_bytes() == sample.path.read_bytes()


def test_what_other_trainers_would_see_otherwise_is_written_anew(tmp_path: Path):
    """Turned, see-through, palette, deep and JPEG pictures: kohya turns nothing and shows hidden colours."""
    folder = tmp_path / "set"
    folder.mkdir()
    rng = np.random.default_rng(0)
    noise = Image.fromarray(rng.integers(0, 256, (16, 24, 3), np.uint8))
    turned = Image.Exif()
    turned[0x0112] = 6
    noise.save(folder / "turned.png", exif=turned)
    noise.save(folder / "photo.jpg", exif=turned)
    noise.quantize(8).save(folder / "palette.png", transparency=0)
    hidden = noise.convert("RGBA")
    hidden.putalpha(Image.fromarray(rng.integers(0, 256, (16, 24), np.uint8)))
    hidden.save(folder / "hidden.png")
    (folder / "deep.png").write_bytes(png((8, 8), 16, RGB, bytes(rng.integers(0, 256, 384, np.uint8))))
    dataset = read_dataset(folder, trigger="sage")
    save_kohya(dataset, tmp_path / "kohya")
    for number, sample in enumerate(dataset.samples, 1):
        with Image.open(tmp_path / "kohya" / "1_sage" / f"{number:03d}.png") as saved:
            assert (saved.mode, saved.getexif().get(0x0112)) == ("RGB", None)
            assert saved.tobytes() == load_rgb(sample.path).tobytes()
    assert read_dataset(tmp_path / "kohya").fingerprint() == dataset.fingerprint()


def test_a_masked_picture_is_saved_with_its_mask_and_without_hidden_colours(tmp_path: Path):
    rng = np.random.default_rng(0)
    image = Image.fromarray(rng.integers(0, 256, (16, 24, 4), np.uint8))
    image.paste((255, 0, 0, 0), (0, 0, 9, 9))
    (tmp_path / "set").mkdir()
    image.save(tmp_path / "set" / "a.png")
    put(tmp_path / "set" / "b.png", 5)
    alpha = Alpha(matte="grey", masked=True)
    dataset = read_dataset(tmp_path / "set", trigger="sage", alpha=alpha)
    save_kohya(dataset, tmp_path / "kohya")
    first, second = tmp_path / "kohya" / "1_sage" / "001.png", tmp_path / "kohya" / "1_sage" / "002.png"
    with Image.open(first) as saved, Image.open(second) as opaque:
        assert (saved.mode, opaque.mode) == ("RGBA", "RGB")
        assert saved.getpixel((1, 1)) == (128, 128, 128, 0)
        assert saved.getpixel((20, 12)) == image.getpixel((20, 12))
    mask = load_picture(first).mask
    assert mask is not None and mask.tobytes() == image.getchannel("A").tobytes()
    again = read_dataset(tmp_path / "kohya", alpha=alpha)
    assert again.fingerprint() == dataset.fingerprint()
    save_kohya(again, tmp_path / "twice")
    assert (tmp_path / "twice" / "1_sage" / "001.png").read_bytes() == first.read_bytes()


def test_ai_toolkit_gets_a_flat_folder_and_never_a_held_out_picture_below_it(tmp_path: Path):
    dataset = make_set(tmp_path / "set", 3)
    save_aitoolkit(dataset, tmp_path / "flat")
    assert sorted(files(tmp_path / "flat"))[:2] == ["001.png", "001.txt"]
    save_aitoolkit(dataset.with_samples(hold_out(dataset.samples, 1)), tmp_path / "split")
    assert {path.partition("/")[0] for path in files(tmp_path / "split")} == {"1_sage", "held_out"}


def test_saving_twice_changes_nothing_and_other_captions_are_not_overwritten(tmp_path: Path):
    dataset = make_set(tmp_path / "set", 1)
    save_kohya(dataset, tmp_path / "kohya")
    caption = tmp_path / "kohya" / "1_sage" / "001.txt"
    written = caption.stat().st_mtime_ns
    save_kohya(dataset, tmp_path / "kohya")
    assert caption.stat().st_mtime_ns == written
    caption.write_text("by hand")
    with pytest.raises(DatasetError, match=r"1_sage/001\.png is there already with another caption"):
        save_kohya(dataset, tmp_path / "kohya")
    assert caption.read_text() == "by hand"
    save_kohya(dataset, tmp_path / "kohya", overwrite=True)
    assert caption.read_text() == "sage, number 0\n"


def test_a_caption_taken_away_replaces_the_one_on_disk_only_when_asked(tmp_path: Path):
    dataset = make_set(tmp_path / "set", 1)
    save_kohya(dataset, tmp_path / "kohya")
    bare = dataset.with_samples((replace(dataset.samples[0], caption=""),))
    with pytest.raises(DatasetError, match="another caption"):
        save_kohya(bare, tmp_path / "kohya")
    save_kohya(bare, tmp_path / "kohya", overwrite=True)
    assert read_dataset(tmp_path / "kohya").samples[0].caption == ""


def test_another_picture_in_the_way_is_named(tmp_path: Path):
    dataset = make_set(tmp_path / "set", 1)
    put(tmp_path / "kohya" / "1_sage" / "001.png", 99)
    with pytest.raises(DatasetError, match=r"1_sage/001\.png is there already with another picture"):
        save_kohya(dataset, tmp_path / "kohya")
    save_kohya(dataset, tmp_path / "kohya", overwrite=True)
    assert read_dataset(tmp_path / "kohya").fingerprint() == dataset.fingerprint()


@pytest.mark.parametrize("stranger", ["1_sage/077.png", "5_sage/001.png", "held_out/077.png"])
def test_strangers_in_the_folder_stop_the_saving_before_anything_is_written(tmp_path: Path, stranger: str):
    dataset = make_set(tmp_path / "set", 1)
    put(tmp_path / "kohya" / stranger, 9)
    with pytest.raises(DatasetError, match=f"{stranger} lies there but is not in the dataset"):
        save_kohya(dataset, tmp_path / "kohya", overwrite=True)
    assert list(files(tmp_path / "kohya")) == [stranger]


def test_strangers_below_a_flat_folder_count_too(tmp_path: Path):
    dataset = make_set(tmp_path / "set", 1)
    put(tmp_path / "flat" / "old" / "a.png", 9)
    with pytest.raises(DatasetError, match=r"old/a\.png lies there"):
        save_aitoolkit(dataset, tmp_path / "flat")


def test_an_index_that_would_be_read_instead_stops_the_saving(tmp_path: Path):
    dataset = make_set(tmp_path / "set", 1)
    (tmp_path / "kohya").mkdir()
    (tmp_path / "kohya" / "dataset.json").write_text("{}")
    with pytest.raises(DatasetError, match=r"dataset\.json lies in"):
        save_kohya(dataset, tmp_path / "kohya", overwrite=True)


def test_a_dataset_saved_over_itself_in_another_order_keeps_every_picture(tmp_path: Path):
    for number in (1, 2, 3):
        put(tmp_path / "1_sage" / f"{number:03d}.png", number * 50, caption=f"sage, {number}")
    dataset = read_dataset(tmp_path)
    turned = dataset.with_samples(dataset.samples[::-1])
    save_kohya(turned, tmp_path, overwrite=True)
    assert read_dataset(tmp_path).fingerprint() == turned.fingerprint()


def test_a_picture_that_changed_since_is_not_saved_under_its_old_name(tmp_path: Path):
    dataset = make_set(tmp_path / "set", 2)
    put(dataset.samples[1].path, 200)
    with pytest.raises(DatasetError, match=r"1\.png changed since the dataset was loaded"):
        save_kohya(dataset, tmp_path / "kohya")
    assert not files(tmp_path / "kohya")


def test_nothing_is_written_through_a_folder_that_links_elsewhere(tmp_path: Path):
    dataset = make_set(tmp_path / "set", 1)
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "kohya").mkdir()
    (tmp_path / "kohya" / "1_sage").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DatasetError, match="1_sage links to another place"):
        save_kohya(dataset, tmp_path / "kohya", overwrite=True)
    assert not files(tmp_path / "elsewhere")


@pytest.mark.parametrize("trigger", ["../sage", "a/b", "sage:1", "sage."])
def test_a_trigger_that_cannot_name_a_folder_is_refused(tmp_path: Path, trigger: str):
    dataset = replace(make_set(tmp_path / "set", 1), trigger=trigger)
    with pytest.raises(DatasetError, match="cannot name a folder"):
        save_kohya(dataset, tmp_path / "deep" / "kohya")
    assert not (tmp_path / "deep").exists()


def test_a_trigger_too_long_for_a_folder_is_refused(tmp_path: Path):
    dataset = replace(make_set(tmp_path / "set", 1), trigger="𝒜" * 64)
    with pytest.raises(DatasetError, match="258 bytes"):
        save_kohya(dataset, tmp_path / "kohya")


def test_a_full_disk_leaves_everything_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    dataset = make_set(tmp_path / "set", 2)
    save_kohya(dataset, tmp_path / "kohya")
    before = files(tmp_path / "kohya")
    newer: Dataset = dataset.with_samples(tuple(replace(s, caption="sage, new") for s in dataset.samples[::-1]))
    calls = 0

    def full_at_the_third_file(_fd: int) -> None:
        nonlocal calls
        calls += 1
        if calls == 3:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full_at_the_third_file)
    with pytest.raises(DatasetError, match="No space left"):
        save_kohya(newer, tmp_path / "kohya", overwrite=True)
    assert files(tmp_path / "kohya") == before
    assert sorted(path.name for path in (tmp_path / "kohya").iterdir()) == ["1_sage"]


def test_captions_of_several_lines_are_saved_on_one(tmp_path: Path):
    dataset = make_set(tmp_path / "set", 1)
    many = dataset.with_samples((replace(dataset.samples[0], caption="sage,\n red coat"),))
    save_kohya(many, tmp_path / "kohya")
    assert (tmp_path / "kohya" / "1_sage" / "001.txt").read_text() == "sage, red coat\n"
    save_kohya(many, tmp_path / "kohya")
    assert json.dumps(sorted(files(tmp_path / "kohya"))) == '["1_sage/001.png", "1_sage/001.txt"]'


@pytest.mark.parametrize("save", [save_kohya, save_json])
def test_the_class_word_is_kept_in_the_folders_name(tmp_path: Path, save: Callable[..., Path]):
    put(tmp_path / "from" / "10_zxq woman" / "1.png", caption="zxq, smiling")
    save(read_dataset(tmp_path / "from"), tmp_path / "to")
    assert (tmp_path / "to" / "10_zxq woman" / "001.png").is_file()
    again = read_dataset(tmp_path / "to")
    assert (again.trigger, again.subject, again.samples[0].repeats) == ("zxq", "woman", 10)
