"""Any choice of blocks is told from two passes; as few recompute as there is room for."""

from dataclasses import replace

import pytest

from trainer.recipe.memory import Memory
from trainer.recipe.recipe import Recipe
from trainer.training.memory.machine import Machine
from trainer.training.memory.plan import MemoryPlan, Phase, Step, blocks_that_fit
from trainer.training.memory.timeline import Block, Span, Timeline, Turn

NONE = Span()
# Keeps 100 where it is free; where it recomputes it keeps its input of 10 and has its 100 back in its backward pass.
FREE = Turn(Span(100, 130), NONE, Span(-100, 20))
AGAIN = Turn(Span(10, 60), NONE, Span(-10, 120), offloadable=10)
BLOCKS = tuple(Block(f"blocks.{number}", FREE, AGAIN) for number in range(5))
TIMELINE = Timeline(Span(5, 5), BLOCKS, NONE)
EXACT = Machine(context=0, work=0, factor=1.0)
STEP = Step(
    blocks=tuple(block.name for block in BLOCKS),
    between=(),
    timeline=TIMELINE,
    resting={"weights": 1000},
    machine=EXACT,
)


def test_the_highest_point_is_found_wherever_it_lies() -> None:
    assert Span(10, 30).then(Span(-5, 0)) == Span(5, 30)
    assert Span(10, 10).then(Span(5, 25)) == Span(15, 35)


@pytest.mark.parametrize(("count", "kept", "peak"), [(0, 505, 535), (2, 325, 355), (5, 55, 175)])
def test_a_choice_of_blocks_is_put_together(count: int, kept: int, peak: int) -> None:
    asks = STEP.recomputes(count)
    assert TIMELINE.kept(asks) == kept
    assert TIMELINE.peak(asks) == peak
    assert STEP.total(count) == 1000 + peak


def test_inputs_off_the_device_are_there_for_their_blocks_turn_alone() -> None:
    asks = STEP.recomputes(5)
    assert TIMELINE.kept(asks, is_offloaded=True) == 5
    assert TIMELINE.peak(asks, is_offloaded=True) == 5 + 130


@pytest.mark.parametrize(("free", "count"), [(1535, 0), (1534, 1), (1355, 2), (1175, 4), (1174, 5), (10, 5)])
def test_as_few_blocks_recompute_as_there_is_room_for(free: int, count: int) -> None:
    plan = MemoryPlan(recipe=Recipe(memory=Memory()), size=(64, 64), phases=(), step=STEP)
    assert blocks_that_fit(plan, free) == count


def test_what_lies_between_blocks_recomputes_in_the_same_share() -> None:
    step = replace(STEP, between=("resnets.0", "resnets.1", "resnets.2", "resnets.3"))
    asks = step.recomputes(2)
    assert [asks(f"resnets.{number}") for number in range(4)] == [True, True, False, False]
    assert step.recomputes(5)("resnets.3")


def test_a_phase_that_can_do_with_less_does_so_where_memory_is_short() -> None:
    samples = Phase(name="samples", parts={"weights": 100, "activations": 60}, spared=50)
    training = Phase(name="training", parts={"weights": 100, "activations": 20})
    plan = MemoryPlan(recipe=Recipe(), size=(64, 64), phases=(training, samples), step=STEP)
    assert (plan.needed, plan.highest.name, plan.peak) == (120, "training", 160)
    assert (plan.peak_within(159), plan.peak_within(160)) == (120, 160)
