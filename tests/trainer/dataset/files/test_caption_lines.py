"""What the lines of a caption file are taken for, from the file to the training step and back."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from trainer.captions.review.lint import SEVERAL, lint
from trainer.captions.rules.apply import apply_rules
from trainer.captions.rules.caption_rules import CaptionRules
from trainer.captions.sidecars import write_sidecars
from trainer.dataset.dataset import Dataset
from trainer.dataset.files.caption_lines import captions_of
from trainer.dataset.files.folder import read_dataset
from trainer.dataset.files.save import save_aitoolkit, save_json, save_kohya
from trainer.dataset.files.told import told
from trainer.storage.seeding import random_source
from trainer.training.data.shown_caption import one_of

SEVERAL_LINES = "zxq woman in a red coat, snow\n\nA photo of zxq woman outdoors in winter.\r\nzxq, woman, street\n"
CAPTIONS = ("zxq woman in a red coat, snow", "A photo of zxq woman outdoors in winter.", "zxq, woman, street")


def a_set(folder: Path, text: str = SEVERAL_LINES) -> Dataset:
    folder.mkdir()
    Image.new("RGB", (64, 64), "red").save(folder / "1.png")
    (folder / "1.txt").write_text(text)
    return read_dataset(folder, trigger="zxq")


def test_captions_one_a_line_are_alternatives(tmp_path: Path) -> None:
    (sample,) = a_set(tmp_path / "set").samples
    assert sample.captions == CAPTIONS


@pytest.mark.parametrize(
    ("text", "captions"),
    [
        ("1girl\nlong hair\nat viewer\nhair over one eye\n", ("1girl, long hair, at viewer, hair over one eye",)),
        ("zxq,\nwoman,\nred coat,\n", ("zxq, woman, red coat",)),
        ("zxq, woman, smile,\nred coat, street", ("zxq, woman, smile, red coat, street",)),
        ("zxq smiling\nzxq standing", ("zxq smiling", "zxq standing")),
        ("She smiles.\nShe sits.", ("She smiles.", "She sits.")),
        ("a dog in snow\na dog in snow\na cat on a mat", ("a dog in snow", "a cat on a mat")),
        (
            "A woman in a red coat stands in the snow before a wooden\nhouse with lit windows.",
            ("A woman in a red coat stands in the snow before a wooden house with lit windows.",),
        ),
        (
            "a photo of zxq woman in a red coat standing in the snow\na portrait of zxq woman before a house",
            ("a photo of zxq woman in a red coat standing in the snow", "a portrait of zxq woman before a house"),
        ),
        (" one  caption \n\n", ("one caption",)),
        ("\n \n", ("",)),
    ],
)  # fmt: skip
def test_lines_are_tags_captions_or_go_on(text: str, captions: tuple[str, ...]) -> None:
    assert captions_of(text) == captions


@pytest.mark.parametrize("save", [save_kohya, save_json])
def test_alternatives_are_saved_one_a_line_and_read_again(tmp_path: Path, save: object) -> None:
    dataset = a_set(tmp_path / "set")
    save(dataset, tmp_path / "to")  # type: ignore[operator]
    save(dataset, tmp_path / "to")  # type: ignore[operator]
    (text,) = (tmp_path / "to").rglob("*.txt")
    assert text.read_text() == "\n".join(CAPTIONS) + "\n"
    (again,) = read_dataset(tmp_path / "to", trigger="zxq").samples
    assert again.captions == CAPTIONS


@pytest.mark.parametrize(
    "captions",
    [
        ("zxq smiling", "woman outdoors"),
        ("portrait", "snow", "night"),
        ("zxq, smile,", "red coat, street"),
        ("A woman in a red coat", "and she smiles."),
        ("zxq", "zxq", ""),
    ],
)
def test_short_and_broken_alternatives_are_read_back_as_they_were(tmp_path: Path, captions: tuple[str, ...]) -> None:
    one = a_set(tmp_path / "set")
    dataset = one.with_samples((replace(one.samples[0], caption=captions[0], alternatives=captions[1:]),))
    for _ in range(2):
        save_kohya(dataset, tmp_path / "to")
    written = write_sidecars(dataset, over_hand=True)
    for folder in (tmp_path / "to", tmp_path / "set"):
        (again,) = read_dataset(folder, trigger="zxq").samples
        assert again.captions == tuple(dict.fromkeys(filter(None, captions)))
    assert len(written.paths) == 1
    assert write_sidecars(dataset).unchanged == 1
    lines = (tmp_path / "to" / "1_zxq" / "001.txt").read_text().splitlines()
    assert [line for line in lines if line] == list(dict.fromkeys(filter(None, captions)))


@pytest.mark.parametrize("text", ["1girl\n\nlong hair\n\nsmile\n", "1girl\r\r\nlong hair\r\r\nsmile\r\r\n"])
def test_tags_with_an_empty_line_between_are_tags(text: str) -> None:
    assert captions_of(text) == ("1girl, long hair, smile",)


def test_aitoolkit_which_reads_all_lines_as_one_gets_the_first(tmp_path: Path) -> None:
    save_aitoolkit(a_set(tmp_path / "set"), tmp_path / "to")
    # It takes the file as it is, a line end too.
    assert (tmp_path / "to" / "001.txt").read_bytes() == CAPTIONS[0].encode()


def test_a_dataset_of_single_captions_is_written_as_it_always_was(tmp_path: Path) -> None:
    dataset = a_set(tmp_path / "set", "zxq, woman")
    assert "alternatives" not in json.dumps(dataset.to_json())
    several = dataset.with_samples((replace(dataset.samples[0], alternatives=("zxq, street",)),))
    assert Dataset.from_json(json.loads(json.dumps(several.to_json()))).samples == several.samples
    assert several.fingerprint() != dataset.fingerprint()


def test_training_takes_one_each_time_by_seed() -> None:
    shown = [one_of(CAPTIONS, random_source(1, "alternatives", step)) for step in range(30)]
    assert set(shown) == set(CAPTIONS)
    assert shown == [one_of(CAPTIONS, random_source(1, "alternatives", step)) for step in range(30)]


def test_the_rules_rewrite_every_alternative(tmp_path: Path) -> None:
    dataset = a_set(tmp_path / "set", "a woman in a red coat, snow\nblue eyes, woman, street")
    rules = CaptionRules(rewrite_hand=True)
    (sample,) = apply_rules(dataset, rules).dataset.samples
    assert len(sample.captions) == 2
    assert all(caption.startswith("zxq") for caption in sample.captions)
    assert "blue eyes" not in sample.alternatives[0]


def test_the_review_shows_what_else_is_said(tmp_path: Path) -> None:
    found = [remark.finding for remark in lint(a_set(tmp_path / "set"), CaptionRules())]
    (several,) = [finding for finding in found if finding.check == SEVERAL]
    assert all(caption in several.text for caption in CAPTIONS[1:])


def test_what_the_other_trainer_must_be_told_is_said(tmp_path: Path) -> None:
    dataset = a_set(tmp_path / "set")
    (kohya,), (other,) = (list(told(dataset, tmp_path, layout)) for layout in ("kohya", "ai-toolkit"))
    assert kohya.startswith("1 of 1 pictures have several captions, one a line; set enable_wildcard")
    assert "of which the first was saved" in other
    masked = replace(dataset.samples[0], alternatives=(), mask=tmp_path / "m.png", masked=True)
    folders, masks = told(dataset.with_samples((masked,)), tmp_path, "ai-toolkit")
    assert folders.startswith("Give ai-toolkit the folder inside as folder_path: 1_zxq with num_repeats 1;")
    assert f"lie in {tmp_path / 'masks'}; give it to ai-toolkit as mask_path" in masks


def test_other_trainers_are_told_of_transparency_folders_and_pictures_without_caption(tmp_path: Path) -> None:
    dataset = a_set(tmp_path / "set", "zxq, snow")
    (sample,) = dataset.samples
    clear = dataset.with_samples((replace(sample, masked=True), replace(sample, repeats=3, caption="")))
    folders, alpha, bare = told(clear, tmp_path / "to", "ai-toolkit")
    assert "a dataset for each folder: 1_zxq with num_repeats 1, 3_zxq with num_repeats 3; to itself" in folders
    assert alpha == "1 of 2 pictures are masked by their transparency; set alpha_mask for ai-toolkit."
    assert bare.startswith("1 of 2 pictures have no caption: ai-toolkit reads an empty one;")
    assert bare.endswith("or set default_caption to 'zxq, person'.")
    assert list(told(clear, tmp_path, "kohya")) == [alpha.replace("ai-toolkit", "kohya's trainers")]
    assert not list(told(dataset, tmp_path, "kohya"))
    filed = dataset.with_samples((replace(sample, mask=tmp_path / "m.png", masked=True, caption=""), sample))
    masks, bare = told(filed, tmp_path, "kohya")
    assert "1 of 2 pictures" in masks and "white ones for the others" in masks and "conditioning_data_dir" in masks
    assert "kohya's trainers read an empty one" in bare
