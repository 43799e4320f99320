"""What is told of two runs held side by side."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from trainer.errors import RunError
from trainer.recipe.recipe import Recipe
from trainer.training.run.diff import RunDiff, diff_folders, diff_json
from trainer.training.run.diff_sheet import draw_diff
from trainer.training.run.diff_words import diff_lines

from ...dataset.pictures import make_set
from .made_run import make_run, stepped, whole_story, with_captions


@pytest.fixture
def diff(tmp_path: Path) -> RunDiff:
    """The second has another rank and rate, one picture fewer and another one, other captions and no report."""
    dataset, recipe = make_set(tmp_path / "pictures", 3), Recipe()
    other = with_captions(make_set(tmp_path / "others", 3, first=1), "sage at sea", repeats=2)
    second = replace(recipe, lora=replace(recipe.lora, rank=64, alpha=64), optim=replace(recipe.optim, lr=2e-4))
    first = make_run(tmp_path / "one", recipe=recipe, dataset=dataset, events=whole_story(tmp_path / "one"))
    make_run(tmp_path / "two", recipe=second, dataset=other, events=[stepped(1), stepped(2)])
    chosen = {"label": "Step 4", "step": 4, "measures": {"identity": {"value": 0.61}, "copies": None}}
    (first.path / "report").mkdir()
    (first.path / "report" / "report.json").write_text(json.dumps({"chosen": "Step 4", "checkpoints": [chosen]}))
    return diff_folders(tmp_path / "one", tmp_path / "two")


def test_settings_are_named_with_both_values_and_which_is_the_default(diff: RunDiff) -> None:
    moved = {each.name: (each.first, each.second, each.usual) for each in diff.settings}
    assert moved["optim.lr"] == (1e-4, 2e-4, 1e-4)
    assert moved["lora.rank"][:2] == (Recipe().lora.rank, 64)
    assert set(moved) <= {"optim.lr", "lora.rank", "lora.alpha"}
    assert "  optim.lr: 0.0001 (default) → 0.0002" in diff_lines(diff)


def test_pictures_are_told_by_their_pixels_and_their_words_by_name(diff: RunDiff) -> None:
    assert (diff.dataset.only_first, diff.dataset.only_second, diff.dataset.in_both) == (("0.png",), ("3.png",), 2)
    changed = {each.name: (each.first, each.second) for each in diff.dataset.changed}
    assert changed["1.png: caption"] == ("sage, number 1", "sage at sea")
    assert changed["1.png: repeats"] == (1, 2)
    assert diff.base == ()


def test_what_came_of_each_is_told_and_what_neither_measured_is_not(diff: RunDiff) -> None:
    first, second = diff.results
    assert first.chosen is not None and first.chosen.measures == {"identity": 0.61} and second.chosen is None
    assert (first.likeness, first.peak, first.seconds) == (((0, 0.1), (4, 0.6)), 5 << 30, 2.0)
    lines = diff_lines(diff)
    assert "  updates: 4 of 4, finished → 2 of 4, not finished" in lines
    assert "  learned by heart: 0.54 (0.5 is none, 1 all) → –" in lines
    assert not any("compiled" in line and "– → –" in line for line in lines)


def test_a_run_without_likeness_is_on_no_second_scale(diff: RunDiff) -> None:
    assert diff.results[0].likeness and not diff.results[1].likeness and not diff.is_on_two_scales


def test_likeness_by_two_readers_is_said_not_to_compare(tmp_path: Path) -> None:
    ours = whole_story(tmp_path / "one")
    theirs = [replace(event, reader="sface") if hasattr(event, "reader") else event for event in ours]
    dataset = make_set(tmp_path / "pictures", 3)
    make_run(tmp_path / "one", dataset=dataset, events=ours)
    make_run(tmp_path / "two", dataset=dataset, events=theirs)  # type: ignore[arg-type]
    lines = diff_lines(diff_folders(tmp_path / "one", tmp_path / "two"))
    assert any("dlib and sface" in line for line in lines)
    assert "Settings: all" in lines[1] and "the same 3 pictures" in " ".join(lines)


def test_the_difference_goes_out_as_json_of_bounded_length_and_as_a_picture(diff: RunDiff, tmp_path: Path) -> None:
    long = replace(diff.results[0], loss=tuple((step, 0.5) for step in range(1, 5001)))
    said = diff_json(replace(diff, results=(long, diff.results[1])))
    assert json.loads(json.dumps(said, allow_nan=False))["names"] == ["one", "two"]
    assert len(said["results"][0]["loss"]) <= 240 and said["results"][0]["loss"][-1][0] == 5000
    assert draw_diff(diff).width == 1280


def test_no_run_is_refused_by_its_folder(tmp_path: Path) -> None:
    make_run(tmp_path / "one")
    with pytest.raises(RunError, match="two"):
        diff_folders(tmp_path / "one", tmp_path / "two")


def _places(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Ways to every value in JSON, of each list the first."""
    keys = [*value] if isinstance(value, dict) else [*range(min(len(value), 1))] if isinstance(value, list) else []
    return [way, *(place for key in keys for place in _places(value[key], (*way, key)))]


def _put(data: Any, way: tuple[Any, ...], value: Any) -> Any:
    if not way:
        return value
    copied = json.loads(json.dumps(data))
    holder = copied
    for key in way[:-1]:
        holder = holder[key]
    holder[way[-1]] = value
    return copied


@pytest.mark.parametrize("name", ["dataset.json", "base.json", "inputs.json"])
def test_a_run_with_a_value_of_another_kind_is_read_or_named_as_damaged(tmp_path: Path, name: str) -> None:
    good = make_run(tmp_path / "good", dataset=make_set(tmp_path / "pictures", 2))
    file = good.path / name
    data = json.loads(file.read_text()) if file.is_file() else {"start": None}
    refused = 0
    for way in _places(data):
        for value in (None, 7, "x", [], {}, [1], True):
            file.write_text(json.dumps(_put(data, way, value)))
            try:
                diff_lines(diff_folders(good.path, good.path))
            except RunError:
                refused += 1
    assert refused > 20 or name == "inputs.json"
