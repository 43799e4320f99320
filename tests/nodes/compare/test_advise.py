"""Advice from a comparison: in words, as a recipe and as pictures to go on with; what is not comparable is told."""

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ..fake_host import ExecutionBlocker, FakeHost
from .comparison import comparison, report_of

Pack = Callable[[str], Any]
LOOKS = "green eyes, freckles, long red hair"


@pytest.fixture
def advise(pack: Pack) -> Callable[..., Any]:
    return pack("nodes.compare.advise").AdviseNextRun.execute


def _told(pack: Pack, home: Path) -> Any:
    """A comparison in which nothing was learned, of a run whose captions describe the character."""
    report = report_of(pack, chosen=None)
    flag = pack("trainer.scoring.scores").Flag("weak", "It is no nearer to the character than the control is.")
    none = [replace(each, measures=report.control.measures, flags=(flag,)) for each in report.checkpoints]
    given = comparison(pack, home, replace(report, checkpoints=tuple(none)))
    sample = pack("trainer.dataset.sample").Sample
    samples = tuple(
        sample(
            path=home / f"{number}.png",
            sha256=f"{number:064x}",
            width=64,
            height=64,
            caption=f"sage_character, person, {LOOKS}, in a kitchen, number {number}",
        )
        for number in range(12)
    )
    dataset = given.dataset.with_samples(samples)
    run = SimpleNamespace(**{**vars(given.run), "dataset": dataset})
    return replace(given, run=run, dataset=dataset)


def test_captions_that_describe_the_character_come_out_pruned_and_the_rest_stays(
    pack: Pack, fake_host: FakeHost, advise: Any
) -> None:
    given = _told(pack, fake_host.home)
    said, recipe, _, dataset = advise(given).args
    assert "Captions describe the character" in said and "freckles" in said
    assert recipe is not None and isinstance(recipe, type(given.run.recipe))
    captions = [sample.caption for sample in dataset.samples]
    assert not any("freckles" in caption or "red hair" in caption for caption in captions)
    assert all("in a kitchen" in caption and caption.startswith("sage_character") for caption in captions)


def test_a_set_without_pictures_is_told_with_its_number_and_the_recipe_stays(
    pack: Pack, fake_host: FakeHost, advise: Any
) -> None:
    given = comparison(pack, fake_host.home)
    made = advise(given)
    assert "there are 0 training pictures" in made.args[0] and made.args[1] == given.run.recipe
    assert made.args[3] == given.run.dataset
    assert made.ui["text"][0] == f"{made.args[0]}\nMissing views: {', '.join(made.args[2].splitlines())}."


def test_a_recipe_and_pictures_of_ones_own_go_before_the_runs(pack: Pack, fake_host: FakeHost, advise: Any) -> None:
    given = _told(pack, fake_host.home)
    recipe = pack("trainer.recipe.recipe").Recipe(seed=77)
    clean = given.dataset.with_samples(
        tuple(replace(each, caption=f"sage_character, scene {n}") for n, each in enumerate(given.dataset.samples))
    )
    said, changed, _, dataset = advise(given, dataset=clean, recipe=recipe).args
    assert "Captions describe" not in said and changed.seed == 77
    assert [each.caption for each in dataset.samples] == [each.caption for each in clean.samples]


def test_files_without_a_run_have_no_recipe_or_pictures_to_change_unless_they_are_wired(
    pack: Pack, fake_host: FakeHost, advise: Any
) -> None:
    given = replace(_told(pack, fake_host.home), run=None)
    made = advise(given).args
    assert isinstance(made[1], ExecutionBlocker) and "wire the one that they were trained with" in made[1].message
    assert isinstance(made[3], ExecutionBlocker) and "which pictures they learned from" in made[3].message
    assert advise(given, recipe=pack("trainer.recipe.recipe").Recipe()).args[1] is not None


def test_missing_views_are_lines_that_fill_gaps_can_make(pack: Pack) -> None:
    change = pack("trainer.scoring.advice").DatasetChange
    changes = (
        change(task="add_pictures", text="Add.", source="x", words=("left profile", "smile", "another background")),
        change(task="vary_style", text="Vary.", source="x", words=("ink",)),
        change(task="add_pictures", text="Add.", source="x", words=("smile", "outfit", "on the moon")),
    )
    views = pack("nodes.compare.advise")._missing_views(SimpleNamespace(dataset_changes=changes))
    assert views == ["left profile", "smile", "background", "outfit"]
    plan = pack("nodes.dataset.fill").FillGaps.define_schema()
    catalogue = next(part.options["default"] for part in plan.inputs if part.id == "views")
    gaps_of, parse = pack("trainer.augment.fill.gap").gaps_of, pack("trainer.augment.fill.view").parse_views
    assert len(gaps_of(None, parse(catalogue), views)) > 4


def test_the_run_before_is_set_beside_this_one(pack: Pack, fake_host: FakeHost, advise: Any) -> None:
    given = comparison(pack, fake_host.home)
    worse = replace(given, report=replace(given.report, chosen="Step 100"))
    said = advise(given, before=worse).args[0].splitlines()[0]
    assert said.startswith("Against the run before: identity 0.90 → 0.60; following 0.50 → 1.00")
    assert "not separable" in advise(given, before=given).args[0].splitlines()[0]
    none = replace(given, report=replace(given.report, chosen=None))
    assert "Nothing passes in the run before" in advise(given, before=none).args[0]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"readers": {"faces": "another reader"}}, r"another face reader \(another reader, this one fake reader\)"),
        ({"base": "sdxl b"}, r"another base \(sdxl b, this one sdxl a\)"),
        ({"precision": "float8"}, r"another precision \(float8, this one float16\)"),
    ],
)
def test_numbers_of_two_readers_bases_or_precisions_are_never_set_side_by_side(
    pack: Pack, other: dict[str, Any], said: str
) -> None:
    compared_with = pack("nodes.compare.before").compared_with
    now = report_of(pack, base="sdxl a", precision="float16")
    line = compared_with(now, replace(now, **other))
    assert re.search(said, line) and "→" not in line
