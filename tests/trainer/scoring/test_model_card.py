from dataclasses import replace
from pathlib import Path

import pytest

from trainer.dataset.dataset import Dataset
from trainer.dataset.sample import Sample
from trainer.families.base import Base
from trainer.families.registry import FAMILIES
from trainer.recipe.recipe import Recipe
from trainer.scoring.report.kept import write_card
from trainer.scoring.report.markdown import escaped, fenced
from trainer.scoring.report.model_card import LICENCES, CardSubject, model_card
from trainer.scoring.report.report import Report
from trainer.scoring.scores import Scores

from .reported import reported


@pytest.fixture
def report(tmp_path: Path) -> Report:
    return Report.from_json(reported(tmp_path))


def subject(folder: Path, **other: object) -> CardSubject:
    """The chosen checkpoint of a run on 3 pictures, 1 of them held out."""
    splits = ("train", "train", "held_out")
    samples = tuple(
        Sample(path=folder / f"{n}.png", sha256=f"{n}", width=8, height=8, split=split, caption="sage")
        for n, split in enumerate(splits)
    )
    known: dict[str, object] = {
        "name": "sage_chosen",
        "label": "Step 200",
        "strength": 0.8,
        "picture": "sage_chosen.png",
        "dataset": Dataset(samples=samples, trigger="sage", subject="person", root=folder),
        "recipe": Recipe(),
        "base": Base(family="sdxl", name="someBase", sha256="ab", files={"all": folder / "someBase.safetensors"}),
    }
    return CardSubject(**(known | other))  # type: ignore[arg-type]


def test_the_card_says_how_to_use_it_what_it_learned_from_and_what_was_measured(report: Report, tmp_path: Path):
    card = model_card(report, subject(tmp_path))
    for words in (
        "# sage\\_chosen",
        "![sage](<sage_chosen.png>)",
        "| Trigger | sage |",
        "| Class word | person |",
        "| Base | someBase \\(SDXL\\) |",
        "| Recommended strength | 0.8 \\(compared at 1\\) |",
        "2 pictures, 2 with a caption; 1 more were held out",
        "lora of rank 16",
        "| Identity | 0.50 \\(0.40 to 0.60\\) | 0.10 |",
        "Measured by some reader",
        "bf16",
        "sage, scene 1",
        "CreativeML Open RAIL",
    ):
        assert words in card, words


def test_weak_spots_are_said_in_plain_words(report: Report, tmp_path: Path):
    card = model_card(report, subject(tmp_path))
    assert "it cannot be told from Step 100" in card and "Following is not measured: " in card
    flagged = model_card(report, subject(tmp_path, label="Step 300"))
    assert "- It repeats its pictures" in flagged


@pytest.mark.parametrize(("asked", "is_said"), [(3, False), (6, True)])
def test_a_slot_is_weak_only_where_enough_pictures_surely_follow_it_less(
    report: Report, tmp_path: Path, asked: int, is_said: bool
):
    def answered(scores: Scores, hits: int) -> Scores:
        rows = [
            replace(picture, followed={"outfit": number < hits} if number < asked else {})
            for number, picture in enumerate(scores.pictures)
        ]
        return replace(scores, pictures=tuple(rows), slots={"outfit": hits / asked})

    chosen = answered(report.checkpoints[1], 1)
    worse = replace(report, control=answered(report.control, asked), checkpoints=(report.checkpoints[0], chosen))
    assert ("It follows outfit in" in model_card(worse, subject(tmp_path))) is is_said


def test_no_path_is_told(report: Report, tmp_path: Path):
    base = Base(family="sdxl", name=f"{tmp_path}/someBase", sha256="", files={"all": tmp_path / "b"})
    card = model_card(report, subject(tmp_path, base=base, picture=f"{tmp_path}/sage.png"))
    assert tmp_path.name not in card and "someBase" in card


def test_a_foreign_file_has_a_card_without_what_nobody_knows(report: Report, tmp_path: Path):
    card = model_card(report, subject(tmp_path, dataset=None, recipe=None, base=None))
    assert "## Training" not in card and "some base" in card
    assert "The licence of the base is not known" in card
    assert "nothing of it is measured" in model_card(report, subject(tmp_path, label="Step 9000"))


NASTY = (
    "www.b.c https://b.c",
    "- a",
    "1. a",
    "<script>x</script>",
    "[a](http://b)",
    "a|b\n# head",
    "```\n---\nname: x",
    "`a`",
    "**b** _c_",
    "---",
    "![i](x)",
)


@pytest.mark.parametrize("words", NASTY)
def test_what_the_user_wrote_is_no_markup(report: Report, tmp_path: Path, words: str):
    probes = tuple(replace(probe, prompt=words) for probe in report.plan.probes)
    nasty = replace(report, trigger=words, base=words, plan=replace(report.plan, probes=probes))
    card = model_card(nasty, subject(tmp_path, name=words, base=None))
    plain = model_card(report, subject(tmp_path, base=None))
    assert "<script" not in card.replace(fenced(words), "")
    assert card.count("\n") == plain.count("\n") and card.count("\n#") == plain.count("\n#")
    assert escaped(words) in card and fenced(words) in card
    assert card.split("\n")[3] == "---"


def test_a_card_and_a_picture_are_written_beside_the_report(report: Report, tmp_path: Path):
    written = write_card(report, subject(tmp_path, picture=""), tmp_path).read_text(encoding="utf-8")
    assert "(<model_card.png>)" in written
    assert (tmp_path / "model_card.png").read_bytes() == (tmp_path / "pictures" / "2.png").read_bytes()
    (tmp_path / "pictures" / "2.png").unlink()
    assert "![" not in write_card(report, subject(tmp_path, picture=""), tmp_path).read_text(encoding="utf-8")


def test_every_family_has_its_licence_said_or_is_said_not_to_be_known():
    assert {*LICENCES} <= {family.name for family in FAMILIES}
