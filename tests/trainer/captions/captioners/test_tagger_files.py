from pathlib import Path

import pytest

from trainer.captions.captioners.tagger_files import DEFAULT_TAGGER, PHOTO_TAGGER, find_tagger, find_taggers
from trainer.errors import ModelError


def put(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_taggers_are_found_as_every_pack_lays_them_out(tmp_path: Path):
    snapshot = tmp_path / "hub" / "models--SmilingWolf--wd-vit-tagger-v3" / "snapshots" / "0a1b"
    put(tmp_path / "pack" / "wd-a.onnx", tmp_path / "pack" / "wd-a.csv")
    put(tmp_path / "models" / "wd-b" / "model.onnx", tmp_path / "models" / "wd-b" / "selected_tags.csv")
    put(snapshot / "model.onnx", snapshot / "selected_tags.csv")
    found = find_taggers([tmp_path / "pack", tmp_path / "models", tmp_path / "hub", tmp_path / "nowhere"])
    assert [files.name for files in found] == ["wd-a", "wd-b", "wd-vit-tagger-v3"]


def test_the_first_folder_wins(tmp_path: Path):
    for folder in ("one", "two"):
        put(tmp_path / folder / "wd.onnx", tmp_path / folder / "wd.csv")
    assert find_tagger("wd.onnx", [tmp_path / "one", tmp_path / "two"]).model.parent.name == "one"


def test_a_missing_tagger_is_named_with_where_to_get_it(tmp_path: Path):
    put(tmp_path / "wd-other.onnx", tmp_path / "wd-other.csv")
    with pytest.raises(ModelError) as caught:
        find_tagger(PHOTO_TAGGER, [tmp_path])
    assert "deepghs/idolsankaku-eva02-large-tagger-v1 on Hugging Face" in str(caught.value)
    assert f"{tmp_path}/{PHOTO_TAGGER}" in str(caught.value) and "found there: wd-other" in str(caught.value)


def test_a_tagger_without_its_words_is_named(tmp_path: Path):
    put(tmp_path / f"{DEFAULT_TAGGER}.onnx")
    assert find_taggers([tmp_path]) == ()
    with pytest.raises(ModelError, match=f"lacks its words: put selected_tags.csv of .* as {DEFAULT_TAGGER}.csv"):
        find_tagger(DEFAULT_TAGGER, [tmp_path])


def test_an_unknown_tagger_without_any_folder_is_named_too():
    with pytest.raises(ModelError, match=r"any folder, for none was given .*model.onnx and selected_tags.csv"):
        find_tagger("wd-mine", [])
