import re
from collections.abc import Callable
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from trainer.scoring.gates import Gates
from trainer.scoring.measures.measure import MEASURES
from trainer.scoring.plan.compare_plan import ComparePlan, Probe
from trainer.scoring.report import inlined
from trainer.scoring.report.chart import Level, Point, chart
from trainer.scoring.report.curves import charts, sweep
from trainer.scoring.report.gate_words import gate_lines
from trainer.scoring.report.inlined import Inlining, jpeg_within
from trainer.scoring.report.measure_words import MEASURE_WORDS, measured_names, unmeasured
from trainer.scoring.report.page import page, render
from trainer.scoring.report.picture import grid
from trainer.scoring.report.pictures import keep_references, picture_file
from trainer.scoring.report.report import Report
from trainer.scoring.report.words import all_rows, detail, drawn_with, main_rows, verdict

from .reported import reported
from .stage import RISING, Stage

GREEN = (124, 205, 164)


@pytest.fixture
def made(tmp_path: Path) -> tuple[Report, Path]:
    return Report.from_json(reported(tmp_path)), tmp_path


def test_a_comparison_writes_its_picture_and_its_page(tmp_path: Path):
    stage = Stage(tmp_path, RISING)
    report = stage.run()
    assert len(report.references) == 3 and all(picture_file(stage.out, name) for name in report.references)
    with Image.open(stage.out / "report.png") as image:
        image.load()
        assert image.width <= 2400
    text = (stage.out / "report.html").read_text(encoding="utf-8")
    assert "chosen" in text and "over-trained" in text and "as good" in text
    assert text.count('<tr class="chosen"') == 1


def test_the_page_loads_nothing_from_elsewhere(made: tuple[Report, Path]):
    text = page(*made)
    assert not re.search(r"(src|href)=['\"](?!data:)", text)
    assert "http:" not in text and "https:" not in text


def test_the_page_runs_its_own_script_alone_and_none_of_the_users_words_are_in_it(made: tuple[Report, Path]):
    report, out = made
    one, other = (page(replace(report, trigger=words, reason=words), out) for words in ("sage", "</script>{{ 7 * 7 }}"))
    scripts = [re.findall(r"<script.*?</script>", text, re.S) for text in (one, other)]
    assert len(scripts[0]) == 1 and scripts[0] == scripts[1]
    assert re.search(r"default-src &#39;none&#39;.* script-src &#39;sha256-[\w+/]+=*&#39;", one)


def test_the_page_escapes_what_the_user_wrote(made: tuple[Report, Path]):
    report, out = made
    probes = tuple(replace(probe, prompt="<img src=x onerror=alert(1)>") for probe in report.plan.probes)
    nasty = replace(
        report,
        trigger="<b>&",
        reason="<i>",
        plan=replace(report.plan, probes=probes),
        control=replace(report.control, label='" onerror="alert(1)', measures={'"><u>': report.control.identity}),
        notes=("<u>",),
        base="<s>",
    )
    text = page(nasty, out)
    assert 'onerror="' not in text and "<u>" not in text and "<s>" not in text
    assert "<img src=x" not in text and "<b>&<" not in text and "<i>" not in text
    assert "&lt;b&gt;&amp;" in text


def test_every_measure_that_is_there_is_shown_and_what_is_missing_is_said_with_what_would_measure_it(
    made: tuple[Report, Path],
):
    report, out = made
    assert measured_names(report) == ["identity", "leak", "zest_of_style"]
    text = page(report, out)
    assert "Zest of style" in text and "0 where the character stays away." in text
    assert any(sentence.startswith("Following is not measured: ") for sentence in unmeasured(report))
    assert "Following is not measured: " in text


def test_every_measure_and_every_gate_has_words(made: tuple[Report, Path]):
    assert {*MEASURES} == {*MEASURE_WORDS}
    lines = gate_lines()
    assert len(lines) == len(fields(Gates)) and all(line.split(":")[0] in _KINDS for line in lines)
    assert "broken: faces in less than 80% as many pictures as the control&#39;s" in page(*made)


_KINDS = {"not learned", "broken", "over-trained", "a caution"}


def test_pages_stay_small_however_many_pictures_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(inlined, "_BYTES", 120_000)
    report = Report.from_json(reported(tmp_path, prompts=6))
    noise = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    for picture in (tmp_path / "pictures").iterdir():
        Image.fromarray(noise).save(picture)
    pictures = re.findall(r"data:image/jpeg;base64,([\w+/=]+)", page(report, tmp_path))
    assert len(pictures) == 4 * 12 + 1
    assert sum(map(len, pictures)) <= 120_000 * 4 / 3 + 4 * len(pictures)


@pytest.mark.slow
def test_twenty_checkpoints_of_fifty_two_large_pictures_make_a_page_below_eight_megabytes(tmp_path: Path):
    report = Report.from_json(reported(tmp_path, [f"Step {number}" for number in range(100, 2100, 100)], prompts=26))
    noise = np.random.default_rng(0).integers(0, 256, (512, 512, 3), dtype=np.uint8)
    for picture in (tmp_path / "pictures").iterdir():
        Image.fromarray(noise).save(picture, compress_level=1)
    text = page(report, tmp_path)
    assert text.count("<img alt") >= 21 * 52 and len(text.encode()) < 8_000_000


def test_a_picture_takes_no_more_room_than_it_is_given():
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 256, (200, 200, 3), dtype=np.uint8))
    assert len(jpeg_within(noise, 6000)) <= 6000
    one = Inlining.of(main=10, rest=100)
    assert one.main == pytest.approx(4 * one.rest, abs=4)


def test_the_picture_frames_the_chosen_column_only(made: tuple[Report, Path]):
    report, out = made
    assert _holds(grid(report, out), GREEN)
    assert not _holds(grid(replace(report, chosen=None, tied=()), out), GREEN)


def test_the_picture_shows_real_pictures_beside_the_drawn_ones(made: tuple[Report, Path]):
    report, out = made
    real = (10, 120, 60)
    assert _holds(grid(report, out), real)
    assert not _holds(grid(replace(report, references=()), out), real)


def _holds(image: Image.Image, color: tuple[int, int, int]) -> bool:
    return bool((np.asarray(image) == color).all(axis=-1).any())


def test_a_picture_that_is_gone_leaves_its_place_empty(made: tuple[Report, Path], tmp_path: Path):
    report, out = made
    before = grid(report, out).size
    for picture in (out / "pictures").iterdir():
        picture.unlink()
    assert grid(report, out).size == before


def test_names_that_lead_out_of_the_reports_folder_are_no_pictures(made: tuple[Report, Path], tmp_path: Path):
    (tmp_path.parent / "secret.png").write_bytes(b"")
    (tmp_path / "link.png").symlink_to(tmp_path.parent / "secret.png")
    inside = "pictures/0.png"
    for name in ("../secret.png", str(tmp_path / inside), f"pictures/../{inside}", "link.png", "none.png"):
        assert picture_file(tmp_path, name) is None
    assert picture_file(tmp_path, inside) == tmp_path / inside


@pytest.mark.parametrize("count", [2, 20])
def test_two_to_twenty_checkpoints_fit_whatever_they_are_called(tmp_path: Path, count: int):
    labels = [f"somebody's_file_with_a_very_long_name_{number:06}.safetensors" for number in range(count)]
    assert grid(Report.from_json(reported(tmp_path, labels)), tmp_path).width <= 2400


def test_the_foot_names_base_precision_and_prompts(made: tuple[Report, Path]):
    said = drawn_with(made[0])
    assert said.startswith("Drawn with some base, bf16: 6 pictures a column from 3 prompts, 24×24, 20 steps")
    assert said in page(*made)


def test_columns_that_differ_by_seed_and_strength_say_so(made: tuple[Report, Path]):
    report, _ = made
    first, chosen, *others = report.checkpoints
    several = replace(
        report, checkpoints=(first, chosen, replace(chosen, label="Step 200 at 0.5", strength=0.5, seed=7), *others)
    )
    assert detail(several.checkpoints[2], several) == "seed 7 · strength 0.5"
    assert detail(several.control, several) == detail(first, report) == ""
    assert [verdict(each, report) for each in report.columns] == ["control", "as good", "chosen", "over-trained"]


def test_the_chosen_file_at_the_strength_to_use_it_at_is_marked(made: tuple[Report, Path]):
    report, _ = made
    first, chosen, last = report.checkpoints
    weaker = replace(chosen, label="Step 200 at 0.5", strength=0.5)
    swept = replace(report, checkpoints=(first, chosen, weaker, last), strength=0.5)
    assert [verdict(each, swept) for each in swept.checkpoints] == ["as good", "chosen", "advised", "over-trained"]
    assert verdict(weaker, replace(swept, strength=1.0)) == ""
    foreign = replace(weaker, file="another")
    mixed = replace(swept, checkpoints=(first, chosen, foreign, last))
    assert verdict(foreign, mixed) == "" and not sweep(mixed) and sweep(swept) == [weaker, chosen]
    assert Report.from_json(swept.to_json()).strength == 0.5


def test_the_chosen_file_at_several_strengths_has_a_chart_of_its_own_and_none_by_step(made: tuple[Report, Path]):
    report, out = made
    first, chosen, last = report.checkpoints
    weaker = replace(chosen, label="Step 200 at 0.5", strength=0.5)
    swept = replace(report, checkpoints=(first, chosen, weaker, last))
    assert [each.strength for each in sweep(swept)] == [0.5, 1.0] and not sweep(report)
    drawn = {(each.title, each.axis): [tick.words for tick in each.ticks] for each in charts(swept)}
    assert drawn["Identity", "Step"] == ["100", "200", "300"]
    assert drawn["Identity", "Strength"] == ["0.5", "1"]
    assert "by strength" in page(swept, out)


def test_training_seeds_have_a_line_each():
    points = [Point(step, 0.5, 0.4, 0.6, f"seed {seed}") for step in (100, 200) for seed in (1, 2)]
    drawn = chart("Identity", points, [], 200)
    assert drawn is not None and len(drawn.series) == 2
    assert all(each.line.count(",") == 2 for each in drawn.series)


def test_a_curve_of_one_point_and_one_without_points_are_drawn():
    assert chart("Identity", [], [], None) is None
    text = render("chart.svg.j2", chart=chart("Identity", [Point(5, 0.5, 0.5, 0.5)], [Level("a & b", 0.5)], 5))
    assert "dot chosen" in text and "a &amp; b" in text and "nan" not in text


def test_a_few_real_pictures_are_kept_beside_the_report(tmp_path: Path, sample: Callable[..., Any]):
    kept = keep_references([sample(name) for name in "abcde"], tmp_path)
    assert len(kept) == 3
    assert all(picture_file(tmp_path, name) for name in kept)
    assert keep_references([], tmp_path) == ()


@pytest.fixture
def sample(tmp_path: Path) -> Callable[..., Any]:
    from trainer.dataset.sample import Sample

    def made(name: str) -> Sample:
        path = tmp_path / f"{name}.png"
        Image.new("RGB", (16, 16), (ord(name), 0, 0)).save(path)
        return Sample(path=path, sha256=name, width=16, height=16)

    return made


def test_many_prompts_are_shown_by_a_dozen_spread_over_them():
    prompts = tuple(Probe(kind="prompt", prompt=f"sage {number}", seeds=(number,)) for number in range(24))
    plan = ComparePlan(probes=(Probe(kind="trigger", prompt="sage", seeds=(1, 2)), *prompts))
    shown = main_rows(plan)
    assert shown[0] == (0, 1) and len(shown) == 8
    assert shown[1][0] == 1 and shown[-1][0] > 18
    assert set(shown) < set(all_rows(plan)) and len(all_rows(plan)) == 26
