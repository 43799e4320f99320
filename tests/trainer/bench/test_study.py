"""The study trains what it says, and tells no more than its trainings show."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from trainer.bench.inputs.study_set import AFAR, NEAR, draw_study_others, draw_study_set
from trainer.bench.study import write_study
from trainer.bench.study_design import BATCH, Arm, arms, replicates
from trainer.bench.study_run import study_plan
from trainer.bench.study_table import Mean, gaps, mean_of_setting, measured
from trainer.demo.assets import demo_reader
from trainer.demo.characters.character import character
from trainer.demo.world.draw import draw
from trainer.demo.world.look import Look

_LOOK = Look(
    background="blue",
    scene="studio",
    garment="shirt",
    garment_color="red",
    expression="neutral",
    turn="front",
    style="flat",
)


@pytest.mark.parametrize("full", [False, True])
def test_every_batch_is_whole_so_that_a_pass_is_the_same_work_everywhere(full: bool) -> None:
    assert all(arm.images % BATCH == 0 for arm in arms(full=full))
    assert len({arm.name for arm in arms(full=full)}) == len(arms(full=full))


def test_a_recipe_is_the_same_for_all_sets_but_for_its_length() -> None:
    several = [arm.recipe(7).to_json() for arm in arms()]
    for data in several:
        data["schedule"]["steps"] = 0
        data["output"] = {}
    assert all(data == several[0] for data in several)
    assert several[0]["schedule"]["curve"] == "constant" and several[0]["prior"]["images"] == 0


def test_a_study_cut_short_has_several_characters() -> None:
    assert len({each.character for each in replicates()[:3]}) == 3


def test_smaller_sets_are_part_of_larger_ones_and_hold_the_same_pictures_out(tmp_path: Path) -> None:
    small = draw_study_set(tmp_path / "small", 0, 40, 5, None)
    large = draw_study_set(tmp_path / "large", 0, 40, 10, None)
    other = draw_study_set(tmp_path / "other", 0, 41, 5, None)
    assert [each.sha256 for each in small.train] == [each.sha256 for each in large.train[:5]]
    assert {each.sha256 for each in small.held_out} == {each.sha256 for each in other.held_out}
    assert {each.sha256 for each in small.train}.isdisjoint(each.sha256 for each in other.train)


def test_a_share_of_the_pictures_is_near_and_says_so(tmp_path: Path) -> None:
    dataset = draw_study_set(tmp_path / "set", 0, 40, 10, 0.3)
    ends = [each.caption.rpartition(", ")[2] for each in dataset.train]
    assert ends.count(NEAR) == 3 and ends.count(AFAR) == 7
    others = draw_study_others(tmp_path / "others", is_framed=True)
    assert sum(each.caption.endswith(AFAR) for each in others.train) == len(others.train) / 2


def test_a_person_seen_from_afar_is_half_as_large_and_the_same_person() -> None:
    near, far = (draw(character(0), _LOOK, np.random.default_rng(1), zoom=zoom) for zoom in (1.0, 0.5))
    assert far.box[3] - far.box[1] == pytest.approx((near.box[3] - near.box[1]) / 2)
    stranger = draw(character(1), _LOOK, np.random.default_rng(1))
    one, same, other = (demo_reader().faces(each.image)[0].embedding for each in (near, far, stranger))
    assert float(one @ same) > float(other @ same) + 0.2


def test_framed_plans_ask_for_both_framings_alike() -> None:
    prompts = [probe.prompt for probe in study_plan("ohwx", is_framed=True).probes]
    assert sum(each.endswith(NEAR) for each in prompts) == sum(each.endswith(AFAR) for each in prompts)
    assert not any(AFAR in probe.prompt for probe in study_plan("ohwx", is_framed=False).probes)


def _row(character: int, images: int, columns: dict[float, float]) -> dict[str, Any]:
    told = [{"passes": passes, "identity": value, "variety": 1 - value} for passes, value in columns.items()]
    return {"character": character, "seed": 40, "images": images, "close": None, "columns": told}


def test_differences_are_taken_within_trainings() -> None:
    rows = [_row(n, 5, {12: 0.1 * n, 48: 0.1 * n + 0.2 + 0.01 * (n == 1)}) for n in range(4)]
    cells = measured(rows)
    (gap,) = gaps(cells)
    rise = gap.means["identity"]
    assert rise is not None and rise.value == pytest.approx(0.2025, abs=1e-3) and rise.is_apart
    assert not Mean.of([0.1, -0.1, 0.2, -0.2]).is_apart  # type: ignore[union-attr]
    assert mean_of_setting(cells[5, None, 12.0], "copies") is None


def test_one_training_has_no_interval() -> None:
    mean = Mean.of([0.5])
    assert mean is not None and mean.interval is None and not mean.is_apart and str(mean) == "0.500"


def test_pictures_are_compared_at_equal_passes_and_at_equal_pictures_shown() -> None:
    rows = [_row(0, 5, {12: 0.1, 96: 0.3}), _row(0, 10, {12: 0.2, 48: 0.4})]
    found = {(gap.before[::2], gap.after[::2]) for gap in gaps(measured(rows))}
    assert {((5, 12.0), (10, 12.0)), ((10, 48.0), (5, 96.0))} <= found | {(b, a) for a, b in found}


def test_tables_and_picture_are_written_of_what_is_there(tmp_path: Path) -> None:
    write_study(tmp_path, [_row(n, 5, {12: 0.1 * n, 48: 0.9}) for n in range(3)])
    assert "| 5 | 48 | 240 | 3 |" in (tmp_path / "study.md").read_text(encoding="utf-8")
    assert Image.open(tmp_path / "study.png").width > 1000


def test_an_arm_counts_passes_over_its_pictures() -> None:
    assert Arm(images=50, steps=(96,)).passes(96) == 9.6
