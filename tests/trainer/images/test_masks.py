"""Masks in files of their own, from the folder to the training loss."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from trainer.dataset.crop.geometry import Crop
from trainer.dataset.crop.pixels import cut
from trainer.dataset.dataset import Dataset
from trainer.dataset.files.folder import read_dataset
from trainer.dataset.files.resave import save_again
from trainer.dataset.files.save import save_aitoolkit, save_json, save_kohya
from trainer.dataset.sample_pixels import sample_mask
from trainer.errors import DatasetError
from trainer.images.alpha import Alpha
from trainer.images.masks import mask_sha256
from trainer.recipe.buckets import Buckets, placement
from trainer.training.data.placed import placed_mask, placed_picture

MASKED = Alpha(matte="grey", masked=True)


def half_white(size: tuple[int, int] = (64, 64)) -> Image.Image:
    """The left half is learned."""
    mask = Image.new("L", size, 0)
    mask.paste(255, (0, 0, size[0] // 2, size[1]))
    return mask


def written(folder: Path, mask: str | None, size: tuple[int, int] = (64, 64)) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    Image.fromarray(rng.integers(0, 255, (64, 64, 3), np.uint8)).save(folder / "001.png")
    if mask is not None:
        (folder / mask).parent.mkdir(parents=True, exist_ok=True)
        half_white(size).save(folder / mask)
    return folder


def read(folder: Path, alpha: Alpha = MASKED) -> Dataset:
    return read_dataset(folder, trigger="sage", alpha=alpha)


@pytest.mark.parametrize("mask", ["1_sage/001-masklabel.png", "1_sage/masks/001.png", "masks/001.png"])
def test_a_mask_beside_its_picture_masks_it_and_is_no_picture(tmp_path: Path, mask: str) -> None:
    written(tmp_path / "set" / "1_sage", f"../{mask}")
    (sample,) = read(tmp_path / "set").samples
    assert sample.masked
    assert sample.mask is not None
    found = sample_mask(sample)
    assert found is not None
    assert np.array_equal(np.asarray(found), np.asarray(half_white()))


def test_the_picture_keeps_its_background(tmp_path: Path) -> None:
    folder = written(tmp_path / "set", "001-masklabel.png")
    (masked,), (plain,) = read(folder).samples, read(folder, Alpha()).samples
    assert masked.sha256 == plain.sha256
    assert not plain.masked


def test_training_sees_the_mask_placed_as_the_picture(tmp_path: Path) -> None:
    (sample,) = read(written(tmp_path / "set", "001-masklabel.png")).samples
    place = placement((64, 64), Buckets(resolution=32, step=8, shortest=32, longest=32))
    placed = np.asarray(placed_mask(sample, place))
    assert placed.shape == (32, 32)
    assert placed[:, :12].min() == 255 and placed[:, 20:].max() == 0
    assert placed_picture(sample, place).size == (32, 32)


def test_another_mask_is_another_dataset(tmp_path: Path) -> None:
    folder = written(tmp_path / "set", "001-masklabel.png")
    before = read(folder)
    half_white().transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(folder / "001-masklabel.png")
    assert read(folder).fingerprint() != before.fingerprint()
    with pytest.raises(DatasetError, match="mask 001-masklabel.png changed"):
        sample_mask(before.samples[0])


def test_a_mask_of_another_size_leaves_the_picture_out_with_why(tmp_path: Path) -> None:
    folder = written(tmp_path / "set", "001-masklabel.png", size=(32, 64))
    with pytest.raises(DatasetError, match="mask 001-masklabel.png is 32 x 64 pixels and its picture 64 x 64"):
        read(folder)


def test_a_mask_from_elsewhere_is_refused(tmp_path: Path) -> None:
    folder = written(tmp_path / "set", None)
    half_white().save(tmp_path / "secret.png")
    (folder / "001-masklabel.png").symlink_to(tmp_path / "secret.png")
    with pytest.raises(DatasetError, match="lies outside"):
        read(folder)


def test_a_crop_takes_its_part_of_the_mask(tmp_path: Path) -> None:
    (sample,) = read(written(tmp_path / "set", "001-masklabel.png")).samples
    made, _, mask = cut(sample, Crop(box=(16, 0, 48, 32), size=(32, 32)), "shrink", "white")
    assert mask is not None and made.mask_sha256 is not None
    (tmp_path / "crop.png").write_bytes(mask)
    values = np.asarray(Image.open(tmp_path / "crop.png"))
    assert values[:, :16].min() == 255 and values[:, 16:].max() == 0
    assert not made.clear


@pytest.mark.parametrize("save", [save_kohya, save_json])
def test_a_saved_dataset_keeps_its_masks(tmp_path: Path, save: object) -> None:
    dataset = read(written(tmp_path / "set", "masks/001.png"))
    save(dataset, tmp_path / "saved")  # type: ignore[operator]
    assert (tmp_path / "saved" / "masks" / "001.png").is_file()
    again = read(tmp_path / "saved")
    assert again.fingerprint() == replace(dataset, subject=again.subject).fingerprint()
    (sample,) = again.samples
    found = sample_mask(sample)
    assert found is not None and np.array_equal(np.asarray(found), np.asarray(half_white()))


@pytest.mark.parametrize("save", [save_kohya, save_aitoolkit])
def test_no_trainer_takes_a_saved_mask_for_a_picture(tmp_path: Path, save: object) -> None:
    dataset = read(written(tmp_path / "set", "masks/001.png"))
    save(dataset, tmp_path / "saved")  # type: ignore[operator]
    below = [path.name for path in (tmp_path / "saved" / "1_sage").rglob("*.png")]
    assert below == ["001.png"]
    assert not list((tmp_path / "saved").glob("*.png"))


def test_masks_of_held_out_pictures_are_not_among_those_of_training(tmp_path: Path) -> None:
    (sample,) = read(written(tmp_path / "set", "masks/001.png")).samples
    for repeats in (1, 3):
        held = replace(sample, split="held_out", repeats=repeats)
        dataset = Dataset(samples=(sample, held), trigger="sage", subject="woman", root=tmp_path / "set")
        folder = save_kohya(dataset, tmp_path / f"saved{repeats}")
        assert [path.name for path in (folder / "masks").iterdir()] == ["001.png"]
        assert [one.mask_sha256 for one in read(folder).samples] == [sample.mask_sha256] * 2


def test_a_mask_left_by_an_earlier_saving_goes_with_its_picture(tmp_path: Path) -> None:
    (sample,) = read(written(tmp_path / "set", "masks/001.png")).samples
    plain = replace(sample, mask=None, mask_sha256=None, masked=False)
    dataset = Dataset(samples=(sample,), trigger="sage", subject="woman", root=tmp_path / "set")
    for one in (sample, plain):
        save_again(dataset.with_samples((one,)), tmp_path / "to", "kohya", overwrite=True, notes=tmp_path / "notes")
    assert not (tmp_path / "to" / "masks").exists()


def test_a_masklabel_beside_saved_pictures_is_told(tmp_path: Path) -> None:
    dataset = read(written(tmp_path / "set", "masks/001.png"))
    written(tmp_path / "to" / "1_sage", "001-masklabel.png")
    with pytest.raises(DatasetError, match="001-masklabel.png lies among the pictures, where other trainers"):
        save_kohya(dataset, tmp_path / "to", overwrite=True)


@pytest.mark.parametrize(
    "name",
    ["001-condlabel.png", "001-masklabel-2.png", "001-masklabel_02.png", "001-MASKLABEL.png", "001-masklabel (1).jpg"],
)
def test_labels_of_onetrainer_are_no_pictures(tmp_path: Path, name: str) -> None:
    assert [sample.path.name for sample in read(written(tmp_path / "set", name), Alpha()).samples] == ["001.png"]


@pytest.mark.parametrize("folder", ["masks", "_controls", "Masks", "conditioning"])
def test_folders_of_masks_and_controls_are_not_walked_into(tmp_path: Path, folder: str) -> None:
    written(tmp_path / "set", f"{folder}/001.png")
    dataset = read_dataset(tmp_path / "set", trigger="sage", recursive=True)
    assert [sample.path.name for sample in dataset.samples] == ["001.png"]


def test_a_picture_of_a_mask_is_a_picture(tmp_path: Path) -> None:
    folder = written(tmp_path / "set", None)
    for name in ("gas-mask.png", "masklabel.png", "masks.png"):
        half_white().save(folder / name)
    assert len(read(folder, Alpha()).samples) == 4


def partly_masked(folder: Path) -> Dataset:
    """A picture with a mask file, one that is half transparent, one with neither."""
    written(folder / "2_sage", "../masks/001.png")
    half_clear = Image.new("RGBA", (64, 64), (200, 90, 10, 255))
    half_clear.paste((200, 90, 10, 0), (0, 0, 64, 32))
    half_clear.save(folder / "2_sage" / "002.png")
    Image.new("RGB", (64, 64), "red").save(folder / "2_sage" / "003.png")
    return read(folder)


def learned(folder: Path) -> list[float]:
    """The share of each mask file that is learned."""
    return [float(np.asarray(Image.open(path)).mean()) / 255 for path in sorted((folder / "masks").iterdir())]


@pytest.mark.parametrize("save", [save_kohya, save_aitoolkit])
def test_where_one_picture_has_a_mask_file_all_that_are_trained_get_one(tmp_path: Path, save: object) -> None:
    dataset = partly_masked(tmp_path / "set")
    save(dataset, tmp_path / "saved")  # type: ignore[operator]
    assert learned(tmp_path / "saved") == [0.5, 0.5, 1.0]
    again = read(tmp_path / "saved")
    assert [one.mask is not None for one in again.samples] == [True, False, False]
    assert [one.masked for one in again.samples] == [True, True, False]
    assert again.fingerprint() == replace(dataset, subject=again.subject).fingerprint()
    save(again, tmp_path / "saved")  # type: ignore[operator]


def test_no_picture_gets_a_mask_file_where_held_out_ones_alone_have_one(tmp_path: Path) -> None:
    masked, *others = partly_masked(tmp_path / "set").samples
    dataset = Dataset(
        samples=(replace(masked, split="held_out"), *others), trigger="sage", subject="woman", root=tmp_path
    )
    save_kohya(dataset, tmp_path / "saved")
    assert not (tmp_path / "saved" / "masks").exists()


def test_a_mask_of_no_picture_beside_saved_masks_is_told(tmp_path: Path) -> None:
    dataset = partly_masked(tmp_path / "set")
    save_kohya(dataset, tmp_path / "saved")
    (tmp_path / "saved" / "2_sage" / "003.png").unlink()
    fewer = dataset.with_samples(dataset.samples[:2])
    with pytest.raises(DatasetError, match=r"masks/003\.png is the mask of no picture of the dataset"):
        save_kohya(fewer, tmp_path / "saved", overwrite=True)
    (tmp_path / "saved" / "masks" / "003.png").unlink()
    save_kohya(fewer, tmp_path / "saved", overwrite=True)
    for each in (dataset, fewer):
        save_again(each, tmp_path / "again", "kohya", overwrite=True, notes=tmp_path / "notes")
    assert learned(tmp_path / "again") == [0.5, 0.5]


def test_transparency_that_is_not_to_mask_is_not_written_as_a_mask(tmp_path: Path) -> None:
    first, clear, _ = partly_masked(tmp_path / "set").samples
    plain = read(tmp_path / "set", Alpha(matte="grey")).samples[1]
    assert plain.sha256 == clear.sha256
    dataset = Dataset(samples=(first, plain), trigger="sage", subject="person", root=tmp_path / "set")
    save_kohya(dataset, tmp_path / "saved")
    assert learned(tmp_path / "saved") == [0.5, 1.0]


def test_aitoolkit_which_passes_over_pictures_without_alpha_gets_it_in_all_where_one_is_masked_by_it(
    tmp_path: Path,
) -> None:
    _, *samples = partly_masked(tmp_path / "set").samples
    dataset = Dataset(samples=tuple(samples), trigger="sage", subject="person", root=tmp_path / "set")
    plain = dataset.with_samples(tuple(replace(sample, masked=False) for sample in samples))
    save_aitoolkit(plain.with_samples(plain.samples[1:]), tmp_path / "saved", overwrite=True)
    save_aitoolkit(dataset, tmp_path / "saved", overwrite=True)
    paths = sorted((tmp_path / "saved").rglob("*.png"))
    assert [Image.open(path).mode for path in paths] == ["RGBA", "RGBA"]
    again = read(tmp_path / "saved")
    assert [one.sha256 for one in again.samples] == [one.sha256 for one in samples]
    assert [one.masked for one in again.samples] == [True, False]
    save_kohya(dataset, tmp_path / "kohya")
    assert [Image.open(path).mode for path in sorted((tmp_path / "kohya").rglob("*.png"))] == ["RGBA", "RGB"]


def test_an_index_with_a_mask_that_says_nothing_is_still_read(tmp_path: Path) -> None:
    folder = written(tmp_path / "set", "masks/001.png")
    dataset = read(folder)
    save_json(dataset, folder)
    white = Image.new("L", (64, 64), 255)
    white.save(folder / "masks" / "001.png")
    index = folder / "dataset.json"
    text = index.read_text()
    with pytest.raises(DatasetError, match="mask of 001.png has changed"):
        read(folder)
    index.write_text(text.replace(str(dataset.samples[0].mask_sha256), mask_sha256(white)))
    (sample,) = read(folder).samples
    assert (sample.mask, sample.mask_sha256, sample.masked) == (None, None, False)
