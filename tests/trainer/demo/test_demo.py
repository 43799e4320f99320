"""The command line on the shipped demo base, a few steps of everything."""

import json
from pathlib import Path

import pytest

from trainer.cli.main import main
from trainer.demo.assets import ASSETS
from trainer.demo.characters.character import draw_character
from trainer.demo.family import FAMILIES, DemoFamily
from trainer.demo.settings import demo_plan, demo_recipe
from trainer.recipe.recipe import Recipe
from trainer.scoring.plan.compare_plan import ComparePlan


def short_recipe(family: DemoFamily) -> Recipe:
    data = demo_recipe(family=family, steps=2).to_json()
    data["prior"]["images"] = 0
    data["output"].update(save_every=1, sample_every=0, watch=False)
    return Recipe.from_json(data)


def short_plan(trigger: str) -> ComparePlan:
    data = demo_plan(trigger).to_json()
    kinds = {probe["kind"]: {**probe, "seeds": probe["seeds"][:1]} for probe in data["probes"]}
    return ComparePlan.from_json({**data, "probes": list(kinds.values()), "steps": 4})


@pytest.mark.parametrize("family", FAMILIES)
def test_train_and_compare_end_with_files_and_a_line_of_json(
    family: DemoFamily, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dataset = draw_character(tmp_path / "set", train=3)
    (tmp_path / "recipe.json").write_text(json.dumps(short_recipe(family).to_json()))
    (tmp_path / "plan.json").write_text(json.dumps(short_plan(dataset.trigger).to_json()))
    run = tmp_path / "run"
    arguments = ["--data", str(dataset.root), "--out", str(run), "--recipe", str(tmp_path / "recipe.json")]
    assert main(["train", "--family", family, *arguments]) == 0
    trained = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert Path(trained["checkpoint"]).is_file()
    assert trained["step"] == 2
    assert main(["compare", str(run), "--plan", str(tmp_path / "plan.json")]) == 0
    *_, picture, figures = capsys.readouterr().out.splitlines()
    assert Path(picture).is_file()
    assert json.loads(figures)["identity_control"] < 0.5
    assert (run / "report" / "report.html").is_file()
    assert main(["compare", str(run), "--plan", str(tmp_path / "plan.json"), "--dry-run"]) == 0
    assert json.loads(capsys.readouterr().out) == {"columns": 3, "pictures": 0, "kept": 12, "seconds": 0.0}


def test_a_character_is_drawn_once_and_the_same_each_time(tmp_path: Path) -> None:
    first, second = draw_character(tmp_path / "a"), draw_character(tmp_path / "b")
    assert first.fingerprint() == second.fingerprint()
    assert (len(first.train), len(first.held_out)) == (16, 8)
    assert sum(sample.caption == "sage_character, person" for sample in first.train) == 4
    edited = first.samples[0].path.with_suffix(".txt")
    edited.write_text("by hand")
    first.samples[0].path.unlink()
    draw_character(tmp_path / "a")
    assert first.samples[0].path.is_file() and edited.read_text() == "by hand"
    assert len(draw_character(tmp_path / "c", train=3).train) == 3


def test_the_log_of_the_build_lies_beside_what_it_made() -> None:
    assert "base step" in (ASSETS / "log.txt").read_text()
    assert "flow step" in (ASSETS / "flow" / "log.txt").read_text()
