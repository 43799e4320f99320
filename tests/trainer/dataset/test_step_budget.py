"""Updates, pictures shown and passes, by the guide's example and kohya's arithmetic."""

from dataclasses import replace
from pathlib import Path

import pytest

from trainer.dataset.sample import Sample
from trainer.dataset.step_budget import step_budget, with_steps
from trainer.recipe.buckets import Buckets
from trainer.recipe.optim import Schedule
from trainer.recipe.recipe import Recipe
from trainer.recipe.text import Text
from trainer.training.data.order import Order


def pictures(*counts: int, repeats: int = 1) -> list[Sample]:
    """So many pictures of each shape: square, wide, tall."""
    sizes = ((1024, 1024), (1536, 640), (640, 1536))
    shapes = [size for size, count in zip(sizes, counts, strict=False) for _ in range(count)]
    return [
        Sample(path=Path(f"{n}.png"), sha256=f"{n:064x}", width=wide, height=high, repeats=repeats)
        for n, (wide, high) in enumerate(shapes)
    ]


def recipe(**schedule: int) -> Recipe:
    return Recipe(schedule=Schedule(**schedule))


def test_the_guides_example_shows_each_of_20_pictures_50_times_in_250_updates() -> None:
    told = step_budget(pictures(20, repeats=10), recipe(batch=1, accumulation=4, steps=250))
    assert (told.updates, told.presentations, told.epochs, told.passes) == (250, 1000, 5.0, 50.0)
    assert told.sentence == "250 updates show 1000 pictures in 5.0 epochs: each about 50 times."


@pytest.mark.parametrize("batch", [1, 2, 4, 16])
def test_an_epoch_has_the_batches_of_the_order_trained_in(batch: int) -> None:
    order = Order(["a"] * 4 + ["b"] * 2 + ["c"], [3] * 7, batch, seed=0)
    told = step_budget(pictures(4, 2, 1, repeats=3), recipe(batch=batch, steps=order.batches_per_epoch))
    assert (told.epochs, told.presentations) == (1.0, 21)


def test_short_batches_show_fewer_pictures_than_updates_promise() -> None:
    told = step_budget(pictures(13, 8), recipe(steps=11, batch=2))
    assert (told.presentations, told.epochs, told.passes) == (21, 1.0, 1.0)


def test_every_size_a_picture_is_shown_at_is_counted() -> None:
    buckets = Buckets(also=(512, 768))
    three = replace(recipe(steps=60, batch=2), buckets=buckets)
    told = step_budget(pictures(10, 10), three)
    assert (told.presentations, told.epochs, told.passes, told.sizes) == (120, 2.0, 6.0, 3)
    assert told.sentence.endswith("in 2.0 epochs: each about 6 times, at 3 sizes together.")
    small = [replace(picture, width=600, height=600) for picture in pictures(2)]
    mixed = step_budget([*pictures(2), *small], replace(three, schedule=Schedule(steps=8)))
    # Two pictures at three sizes, two too small for any but the first: 8 a round, 4 pictures.
    assert (mixed.presentations, mixed.epochs, mixed.passes, mixed.sizes) == (8, 1.0, 2.0, 3)
    rounds = with_steps(replace(three, schedule=Schedule(epochs=2)), pictures(10))
    assert rounds.schedule.steps == 60


def test_shares_of_the_run_are_counted_out_with_its_steps() -> None:
    whole = Recipe(
        schedule=Schedule(epochs=5, accumulation=2, warmup_share=0.1), text=Text(encoder_lr=1e-5, encoder_share=0.3)
    )
    counted = with_steps(whole, pictures(20, repeats=2))
    assert (counted.schedule.steps, counted.schedule.warmup, counted.text.encoder_steps) == (100, 10, 30)
    assert (counted.schedule.warmup_share, counted.text.encoder_share) == (0.0, 0.0)
    by_steps = with_steps(Recipe(schedule=Schedule(steps=40, warmup_share=0.25)), pictures(3))
    assert by_steps.schedule.warmup == 10
    typed = with_steps(Recipe(schedule=Schedule(steps=40, warmup=4, warmup_share=0.25)), pictures(3))
    assert typed.schedule.warmup == 4


@pytest.mark.parametrize(
    ("counts", "schedule", "made", "steps"),
    [
        ((10,), {"epochs": 100, "batch": 1, "accumulation": 4}, 120.0, 250),
        ((3,), {"epochs": 10, "batch": 1, "accumulation": 8}, 26.7, 4),
        ((9, 1), {"epochs": 20, "batch": 4, "accumulation": 3}, 30.0, 27),
    ],
)
def test_epochs_that_accumulation_makes_more_of_are_told(
    counts: tuple[int, ...], schedule: dict[str, int], made: float, steps: int
) -> None:
    """The passes shown are those that training makes, whatever was asked."""
    told = step_budget(pictures(*counts), recipe(**schedule))
    assert told.epochs == pytest.approx(made, abs=0.05)
    assert told.passes == pytest.approx(_seen(counts, schedule, told.updates), rel=0.05)
    assert f"{schedule['epochs']} epochs were asked for and {made} are made" in told.caution
    assert f"{steps} steps in place of epochs" in told.caution
    nearest = {**schedule, "epochs": 0, "steps": steps}
    assert step_budget(pictures(*counts), recipe(**nearest)).epochs == pytest.approx(schedule["epochs"], rel=0.1)


def _seen(counts: tuple[int, ...], schedule: dict[str, int], updates: int) -> float:
    """How often the order that is trained in shows each picture."""
    order = Order([n for n, count in enumerate(counts) for _ in range(count)], [1] * sum(counts), schedule["batch"], 0)
    shown = sum(len(order.at(number)) for number in range(updates * schedule["accumulation"]))
    return shown / sum(counts)


@pytest.mark.parametrize("schedule", [{"epochs": 10, "accumulation": 5}, {"epochs": 7, "batch": 4}, {"steps": 33}])
def test_epochs_that_are_made_as_asked_need_no_word(schedule: dict[str, int]) -> None:
    assert step_budget(pictures(10), recipe(**schedule)).caution == ""
