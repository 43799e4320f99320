"""The study trains what it says, and tells no more than its trainings show."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from trainer.bench.inputs.study_set import NEAR, draw_near, draw_study_set
from trainer.bench.study import write_study
from trainer.bench.study_design import BATCH, Arm, arms, replicates
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
    small = draw_study_set(tmp_path / "small", 0, 40, 5)
    large = draw_study_set(tmp_path / "large", 0, 40, 10)
    other = draw_study_set(tmp_path / "other", 0, 41, 5)
    assert [each.sha256 for each in small.train] == [each.sha256 for each in large.train[:5]]
    assert {each.sha256 for each in small.held_out} == {each.sha256 for each in other.held_out}
    assert {each.sha256 for each in small.train}.isdisjoint(each.sha256 for each in other.train)


def test_a_share_of_the_pictures_is_near_says_so_and_the_rest_is_as_without(tmp_path: Path) -> None:
    bare = draw_study_set(tmp_path / "bare", 0, 40, 10)
    some, more = (draw_study_set(tmp_path / str(share), 0, 40, 10, share) for share in (0.3, 0.7))
    near = [{n for n, each in enumerate(one.train) if each.caption.endswith(NEAR)} for one in (bare, some, more)]
    assert [len(each) for each in near] == [0, 3, 7] and near[1] < near[2]
    same = {n for n in range(10) if bare.train[n].sha256 == some.train[n].sha256}
    assert same == set(range(10)) - near[1]
    told = [each.caption for each in more.train if each.caption.endswith(NEAR)]
    assert not any(word in caption for caption in told for word in ("shirt", "hoodie", "scarf"))


def test_a_close_up_shows_the_same_face_and_larger() -> None:
    usual = demo_reader().faces(draw(character(0), _LOOK, np.random.default_rng(1)).image)[0]
    near = demo_reader().faces(draw_near(character(0), _LOOK, np.random.default_rng(1)))[0]
    stranger = demo_reader().faces(draw_near(character(1), _LOOK, np.random.default_rng(1)))[0]
    assert near.box[2] - near.box[0] > 1.1 * (usual.box[2] - usual.box[0])
    assert float(usual.embedding @ near.embedding) > float(usual.embedding @ stranger.embedding) + 0.2


def test_shares_of_close_ups_are_held_against_each_other_and_against_none() -> None:
    rows = [{**_row(0, 20, {24: 0.1 + share}), "close": share} for share in (0.0, 0.3, 1.0)]
    found = {(gap.before[1], gap.after[1]) for gap in gaps(measured(rows))}
    assert found == {(0.0, 0.3), (0.3, 1.0), (0.0, 1.0)}


def _row(character: int, images: int, columns: dict[float, float]) -> dict[str, Any]:
    told = [{"passes": passes, "identity": value, "variety": 1 - value} for passes, value in columns.items()]
    return {"character": character, "seed": 40, "images": images, "close": 0.0, "columns": told}


def test_differences_are_taken_within_trainings() -> None:
    rows = [_row(n, 5, {12: 0.1 * n, 48: 0.1 * n + 0.2 + 0.01 * (n == 1)}) for n in range(4)]
    cells = measured(rows)
    (gap,) = gaps(cells)
    rise = gap.means["identity"]
    assert rise is not None and rise.value == pytest.approx(0.2025, abs=1e-3) and rise.is_apart
    assert not Mean.of([0.1, -0.1, 0.2, -0.2]).is_apart  # type: ignore[union-attr]
    assert mean_of_setting(cells[5, 0.0, 12.0], "copies") is None


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
