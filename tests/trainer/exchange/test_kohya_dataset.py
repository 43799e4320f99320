"""kohya's dataset file of folders that were saved: what its trainers need to read them as they are meant."""

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from trainer.cli.main import main
from trainer.dataset.dataset import Dataset
from trainer.dataset.files.folder import read_dataset
from trainer.dataset.files.save import save_kohya
from trainer.errors import DatasetError
from trainer.exchange.kohya_dataset import kohya_dataset, kohya_dataset_cannot
from trainer.images.alpha import Alpha
from trainer.recipe.presets import PRESETS

PLAIN = PRESETS["Illustrious"].recipe
MASKED = replace(PLAIN, loss=replace(PLAIN.loss, masked=True))
READ = Alpha(matte="grey", masked=True)


def a_set(folder: Path, *, masks: bool = False, clear: bool = False, caption: str = "zxq, snow") -> Dataset:
    """Two pictures, the first of three repeats and masked as asked."""
    (folder / "3_zxq woman").mkdir(parents=True)
    (folder / "1_zxq woman").mkdir()
    Image.new("RGBA" if clear else "RGB", (16, 16), (200, 0, 0, 0) if clear else "red").save(
        folder / "3_zxq woman" / "1.png"
    )
    Image.new("RGB", (16, 16), "blue").save(folder / "1_zxq woman" / "2.png")
    (folder / "3_zxq woman" / "1.txt").write_text(caption)
    if masks:
        (folder / "masks").mkdir()
        Image.new("L", (16, 16), 90).save(folder / "masks" / "1.png")
    return read_dataset(folder, alpha=READ)


def saved(dataset: Dataset, folder: Path) -> Dataset:
    save_kohya(dataset, folder)
    return read_dataset(folder, alpha=READ)


def subsets(dataset: Dataset, recipe: Any = MASKED, **more: Any) -> list[dict[str, Any]]:
    (only,) = tomllib.loads(kohya_dataset(recipe, dataset, **more))["datasets"]
    return only["subsets"]


def test_a_folder_is_named_as_kohya_reads_its_name(tmp_path: Path) -> None:
    one, three = subsets(saved(a_set(tmp_path / "set"), tmp_path / "to"))
    assert three == {
        "image_dir": (tmp_path / "to" / "3_zxq woman").as_posix(),
        "num_repeats": 3,
        "class_tokens": "zxq woman",
    }
    assert one["num_repeats"] == 1


def test_mask_files_are_named_for_every_folder_and_leave_no_room_for_class_tokens(tmp_path: Path) -> None:
    dataset = saved(a_set(tmp_path / "set", masks=True), tmp_path / "to")
    for subset in subsets(dataset):
        assert subset["conditioning_data_dir"] == (tmp_path / "to" / "masks").as_posix()
        assert "class_tokens" not in subset and "alpha_mask" not in subset
    assert not any("conditioning_data_dir" in subset for subset in subsets(dataset, PLAIN))
    (said,) = kohya_dataset_cannot(PLAIN, dataset)
    assert said.startswith("The masks of 1 pictures are left out") and not kohya_dataset_cannot(MASKED, dataset)


def test_transparency_that_masks_is_named(tmp_path: Path) -> None:
    dataset = saved(a_set(tmp_path / "set", clear=True), tmp_path / "to")
    assert [subset["alpha_mask"] for subset in subsets(dataset)] == [True, True]
    assert not any("alpha_mask" in subset for subset in subsets(dataset, PLAIN))
    assert [subset.get("is_reg", False) for subset in subsets(dataset, regularisation=dataset)] == [0, 0, 1, 1]


def test_several_captions_and_their_ending_are_named_where_they_are(tmp_path: Path) -> None:
    dataset = a_set(tmp_path / "set", caption="zxq in the snow, winter\nA photo of zxq {outdoors} in winter.")
    one, three = subsets(dataset)
    assert three["enable_wildcard"] and "enable_wildcard" not in one
    (said,) = kohya_dataset_cannot(MASKED, dataset)
    assert said.startswith("1 captions have braces (1.png)")
    (tmp_path / "set" / "3_zxq woman" / "1.txt").rename(tmp_path / "set" / "3_zxq woman" / "1.caption")
    assert [subset.get("caption_extension") for subset in subsets(dataset)] == [None, ".caption"]


def test_what_kohya_cannot_have_is_said(tmp_path: Path) -> None:
    unsaved = a_set(tmp_path / "set", masks=True)
    with pytest.raises(DatasetError, match=r"2\.png has no mask file of its name"):
        kohya_dataset(MASKED, unsaved)
    dataset = saved(unsaved, tmp_path / "to")
    with pytest.raises(DatasetError, match="no regularisation pictures beside mask files"):
        kohya_dataset(MASKED, dataset, dataset)
    Image.new("L", (16, 16)).save(tmp_path / "to" / "masks" / "9.png")
    with pytest.raises(DatasetError, match=r"9\.png is the mask of no picture"):
        kohya_dataset(MASKED, dataset)
    both = a_set(tmp_path / "both")
    Image.new("RGB", (16, 16)).save(tmp_path / "both" / "3_zxq woman" / "3.png")
    (tmp_path / "both" / "3_zxq woman" / "3.caption").write_text("zxq")
    with pytest.raises(DatasetError, match="in .txt and in .caption files"):
        kohya_dataset(PLAIN, read_dataset(both.root))


def test_the_command_names_the_masks_of_a_saved_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    saved(a_set(tmp_path / "set", masks=True), tmp_path / "to")
    for name, recipe in (("plain", PLAIN), ("masked", MASKED)):
        (tmp_path / f"{name}.json").write_text(json.dumps(recipe.to_json()))
        command = ["recipe", "export", "--recipe", str(tmp_path / f"{name}.json"), "--format", "kohya TOML"]
        assert main([*command, "--out", str(tmp_path / f"{name}.toml"), "--data", str(tmp_path / "to")]) == 0
        is_masked = name == "masked"
        assert tomllib.loads((tmp_path / f"{name}.toml").read_text())["masked_loss"] is is_masked
        assert ("conditioning_data_dir" in (tmp_path / f"{name}_dataset.toml").read_text()) is is_masked
        assert ("masks of 1 pictures are left out" in capsys.readouterr().err) is not is_masked


def test_each_further_size_is_a_dataset_of_the_same_folders(tmp_path: Path) -> None:
    several = replace(PLAIN, buckets=replace(PLAIN.buckets, also=(512, 768)))
    dataset = saved(a_set(tmp_path / "set"), tmp_path / "to")
    made = tomllib.loads(kohya_dataset(several, dataset))["datasets"]
    assert [each["resolution"] for each in made] == [1024, 512, 768]
    assert [(each["min_bucket_reso"], each["max_bucket_reso"]) for each in made] == [
        (512, 2048),
        (256, 1024),
        (384, 1536),
    ]
    assert made[0]["subsets"] == made[1]["subsets"] == made[2]["subsets"]
    (said,) = kohya_dataset_cannot(several, dataset)
    assert (
        said == "2 pictures (001.png, 002.png) are too small for every size, and kohya scales them up where we skip it."
    )
    assert kohya_dataset_cannot(PLAIN, dataset) == []
