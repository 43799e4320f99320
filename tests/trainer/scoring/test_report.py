import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from tests.fakes import Skill
from trainer.scoring.plan import ComparePlan, Probe
from trainer.scoring.report.chart import Level, Point, chart
from trainer.scoring.report.page import page, render
from trainer.scoring.report.picture import grid
from trainer.scoring.report.report import Report
from trainer.scoring.report.words import all_rows, main_rows

from .stage import RISING, Stage


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Report, Path]:
    stage = Stage(tmp_path_factory.mktemp("made"), RISING)
    return stage.run(), stage.out


def test_the_page_loads_nothing_from_elsewhere(made: tuple[Report, Path]):
    text = (made[1] / "report.html").read_text(encoding="utf-8")
    assert not re.search(r"(src|href)=['\"](?!data:)", text)
    assert "<script" not in text and "http:" not in text and "https:" not in text


def test_the_page_escapes_what_the_user_wrote(made: tuple[Report, Path]):
    report, out = made
    probes = tuple(replace(probe, prompt="<img src=x onerror=alert(1)>") for probe in report.plan.probes)
    control = replace(report.control, label='" onerror="alert(1)')
    nasty = replace(
        report, trigger="<b>&", reason="<i>", plan=replace(report.plan, probes=probes), control=control, notes=("<u>",)
    )
    text = page(nasty, out)
    assert 'onerror="' not in text and "<u>" not in text
    assert "<img src=x" not in text and "<b>&<" not in text and "<i>" not in text
    assert "&lt;b&gt;&amp;" in text


def test_the_page_says_the_choice_and_marks_the_overtrained(made: tuple[Report, Path]):
    text = (made[1] / "report.html").read_text(encoding="utf-8")
    assert "chosen" in text and "over-trained" in text and "as good" in text
    assert text.count('<tr class="chosen">') == 1


def test_the_picture_frames_the_chosen_column_only(made: tuple[Report, Path]):
    report, out = made
    green = (124, 205, 164)
    with_choice, without = grid(report, out), grid(replace(report, chosen=None, tied=()), out)
    assert green in {color for _, color in with_choice.getcolors(1 << 24) or []}
    assert green not in {color for _, color in without.getcolors(1 << 24) or []}


def test_a_picture_that_is_gone_leaves_its_place_empty(made: tuple[Report, Path], tmp_path: Path):
    assert grid(made[0], tmp_path).size == grid(made[0], made[1]).size


def test_the_picture_on_disk_is_small_and_whole(made: tuple[Report, Path]):
    path = made[1] / "report.png"
    with Image.open(path) as image:
        image.load()
        assert image.width <= 2400
    assert path.stat().st_size < 2_000_000


def test_a_curve_of_one_point_and_one_without_points_are_drawn():
    assert chart("Identity", [], [], None) is None
    text = render("chart.svg.j2", chart=chart("Identity", [Point(5, 0.5, 0.5, 0.5)], [Level("a & b", 0.5)], 5))
    assert "dot chosen" in text and "a &amp; b" in text and "nan" not in text


def test_twenty_checkpoints_still_fit(tmp_path: Path):
    stage = Stage(tmp_path, {step: Skill(identity=0.5) for step in range(100, 2100, 100)})
    with Image.open(stage.run() and stage.out / "report.png") as image:
        assert image.width <= 2400


def test_many_prompts_are_shown_by_a_dozen_spread_over_them():
    prompts = tuple(Probe(kind="prompt", prompt=f"sage {number}", seeds=(number,)) for number in range(24))
    plan = ComparePlan(probes=(Probe(kind="trigger", prompt="sage", seeds=(1, 2)), *prompts))
    shown = main_rows(plan)
    assert shown[0] == (0, 1) and len(shown) == 8
    assert shown[1][0] == 1 and shown[-1][0] > 18
    assert set(shown) < set(all_rows(plan)) and len(all_rows(plan)) == 26
