import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from tests.fakes import Skill
from trainer.errors import Cancelled, RunError
from trainer.scoring.balance.balance import Balance
from trainer.scoring.balance.heatmap import heatmap
from trainer.scoring.balance.kept import BALANCE, HEATMAP
from trainer.scoring.columns import Column

from ..stage import TRIGGER, small_plan
from .stage import SMALL, Scene, usual

A_COLUMN, NAMED = 36, 24
DRAWN = 3 * A_COLUMN + 2 * NAMED


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Scene, Balance]:
    """A balance that has been made, to be read only."""
    scene = Scene(tmp_path_factory.mktemp("balance"))
    return scene, scene.run()


def test_every_pair_is_measured_as_a_comparison_measures_and_the_best_is_picked(made: tuple[Scene, Balance]):
    balance = made[1]
    assert list(balance.cells) == list(SMALL.pairs) and balance.pick.pair == (0.9, 0.6)
    alone, both = balance.cells[0.9, 0.0], balance.cells[0.9, 0.6]
    assert alone.identity and both.identity and both.identity.low > alone.identity.high
    assert both.following and both.variety and both.measures["broken"]
    assert (alone.strength, both.label) == (0.9, "LoRA 0.9 with 0.6")
    assert balance.control.is_control and balance.control.label == "Neither"
    assert balance.readers["faces"] == "fake reader" and balance.base == "Fake base"


def test_the_lora_is_in_every_pairs_shots_and_the_other_where_its_weight_is_above_0(made: tuple[Scene, Balance]):
    shots = made[0].generator.drawn
    told = {(s.lora.strength if s.lora else None, len(s.references)) for s in shots}
    assert told == {(None, 0), (0.6, 0), (0.6, 1), (0.9, 0), (0.9, 1)}
    assert len(shots) == DRAWN


def test_what_was_written_is_read_back_as_it_was_and_answers_the_same_again(made: tuple[Scene, Balance]):
    scene, balance = made
    kept = Balance.from_json(json.loads((scene.stage.out / BALANCE).read_text()))
    assert kept.to_json() == balance.to_json() and kept.cells.keys() == balance.cells.keys()
    before = len(scene.generator.drawn)
    events, again = scene.follow()
    assert (events, again.pick) == ([], balance.pick) and len(scene.generator.drawn) == before


def test_the_picture_shows_three_measures_and_a_picture_of_every_pair(made: tuple[Scene, Balance]):
    scene, balance = made
    with Image.open(scene.stage.out / HEATMAP) as kept:
        picture = kept.convert("RGB")
    assert picture.size == heatmap(balance, scene.stage.out).size
    colors = {color for _, color in picture.getcolors(1 << 24) or []}
    assert {(124, 205, 164), (200, 40, 40)} <= colors, "the frame of what is advised, and a fake picture's ground"


def test_pictures_and_time_are_said_first_and_what_is_kept_is_not_counted(made: tuple[Scene, Balance]):
    cost = made[0].balancing.cost()
    assert (cost.pictures, cost.kept, cost.columns) == (0, DRAWN, 5)
    wider = replace(made[0].balancing, grid=replace(SMALL, weights=(0.0, 0.6, 1.0))).cost()
    assert (wider.pictures, wider.kept) == (2 * NAMED, DRAWN)
    assert "48 pictures to draw in 7 columns, 156 are kept from before: about" in wider.sentence


def test_pictures_of_the_lora_alone_are_those_that_a_comparison_drew(tmp_path: Path):
    scene = Scene(tmp_path, plan=small_plan(strength=0.6))
    balancing = scene.balancing
    scene.stage.generator.skills = {balancing.candidate.path.stem: usual(0.6, 0.0)}
    scene.stage.quick(100, plan=scene.plan, base="base", base_name="Fake base")
    assert balancing.cost().kept == 2 * scene.plan.pictures
    own = Column.of(scene.plan, balancing.candidate, "base").shots.keys
    assert {picture.path for picture in scene.run().cells[0.6, 0.0].pictures} == {f"pictures/{key}.png" for key in own}


def test_a_cancelled_balance_keeps_its_pictures_and_goes_on(tmp_path: Path):
    scene = Scene(tmp_path, plan=small_plan())
    answers: Iterator[bool] = iter([False] * 14)
    with pytest.raises(Cancelled, match="run again to go on"):
        scene.run(lambda: next(answers, True))
    done = len(scene.generator.drawn)
    assert 0 < done < 20 and not (scene.stage.out / BALANCE).exists()
    scene.run()
    assert len(scene.generator.drawn) == 20


def test_a_damaged_balance_is_made_anew_from_kept_pictures(tmp_path: Path):
    scene = Scene(tmp_path, plan=small_plan())
    scene.run()
    (scene.stage.out / BALANCE).write_text('{"trigger": ')
    before = len(scene.generator.drawn)
    assert scene.run().pick.pair and len(scene.generator.drawn) == before
    with pytest.raises(RunError, match="surprise"):
        Balance.from_json({**scene.run().to_json(), "surprise": 1})


def test_too_much_of_both_is_ruled_out_by_the_gates(tmp_path: Path):
    grid = replace(SMALL, strengths=(0.6, 1.0), weights=(0.0, 1.0))
    balance = Scene(tmp_path, grid=grid).run()
    assert balance.cells[1.0, 1.0].overtrained and balance.pick.pair != (1.0, 1.0)
    assert "ruled out" in balance.pick.reason


def test_a_companion_that_adds_nothing_is_left_at_0(tmp_path: Path):
    def skilled(strength: float, weight: float) -> Skill:
        return Skill(identity=0.8)

    balance = Scene(tmp_path, skilled=skilled, plan=small_plan()).run()
    assert balance.pick.pair == (0.6, 0.0)


def test_a_face_that_the_companion_brings_without_the_trigger_is_no_fault_of_the_pair(tmp_path: Path):
    def skilled(strength: float, weight: float) -> Skill:
        return replace(usual(strength, weight), leak=0.9 if weight else 0.0)

    scene = Scene(tmp_path, skilled=skilled)
    balance = scene.run()
    assert balance.pick.pair == (0.9, 0.6) and not any(each.flags for each in balance.cells.values())
    named = [TRIGGER in shot.prompt for shot in scene.generator.drawn if shot.references]
    assert named and all(named)


def test_pictures_that_pairs_share_are_counted_and_drawn_once(tmp_path: Path):
    scene = Scene(tmp_path)
    cost = scene.balancing.cost()
    events, _ = scene.follow()
    assert cost.pictures == len(scene.generator.drawn) == DRAWN
    drawn = [each for each in events if each.phase == "drawing" and each.seconds_left is not None]
    assert drawn[-1].seconds_left == 0
