"""Learning rates against transformers' schedules, number by number."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from transformers import optimization

from trainer.recipe.optim import Optim, Schedule
from trainer.training.step.schedule import lr_at

STEPS, WARMUP, LR = 97, 11, 3e-4


def ours(schedule: Schedule) -> list[float]:
    return [lr_at(update, Optim(lr=LR), schedule) for update in range(schedule.steps)]


def theirs(make: Callable[..., Any], **options: Any) -> list[float]:
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=LR)
    scheduler = make(optimizer, num_warmup_steps=WARMUP, **options)
    rates: list[float] = []
    for _ in range(STEPS):
        rates.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return rates


CASES: dict[str, tuple[dict[str, Any], Callable[..., Any], dict[str, Any]]] = {
    "cosine": ({"curve": "cosine"}, optimization.get_cosine_schedule_with_warmup, {"num_training_steps": STEPS}),
    "cosine to a floor": (
        {"curve": "cosine", "lr_floor": 0.1},
        optimization.get_cosine_with_min_lr_schedule_with_warmup,
        {"num_training_steps": STEPS, "min_lr_rate": 0.1},
    ),
    "constant": ({"curve": "constant"}, optimization.get_constant_schedule_with_warmup, {}),
    "linear": ({"curve": "linear"}, optimization.get_linear_schedule_with_warmup, {"num_training_steps": STEPS}),
    "polynomial": (
        {"curve": "polynomial", "power": 2.5, "lr_floor": 0.2},
        optimization.get_polynomial_decay_schedule_with_warmup,
        {"num_training_steps": STEPS, "lr_end": 0.2 * LR, "power": 2.5},
    ),
    "restarts": (
        {"curve": "cosine_with_restarts", "cycles": 3},
        optimization.get_cosine_with_hard_restarts_schedule_with_warmup,
        {"num_training_steps": STEPS, "num_cycles": 3},
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_every_rate_after_warmup_is_transformers(
    case: tuple[dict[str, Any], Callable[..., Any], dict[str, Any]],
) -> None:
    settings, make, options = case
    mine, known = ours(Schedule(steps=STEPS, warmup=WARMUP, **settings)), theirs(make, **options)
    assert max(abs(a - b) / LR for a, b in zip(mine[WARMUP:], known[WARMUP:], strict=True)) < 1e-9


def test_warmup_rises_as_transformers_from_one_step_more() -> None:
    """Theirs starts at rate 0, which learns nothing; ours is theirs with one step more, its first left out."""
    mine = ours(Schedule(steps=STEPS, warmup=WARMUP - 1, curve="constant"))
    known = theirs(optimization.get_constant_schedule_with_warmup)
    assert known[0] == 0.0
    assert mine[:-1] == pytest.approx(known[1:], rel=1e-9)


def test_rex_is_onetrainers() -> None:
    schedule = Schedule(steps=10, curve="rex")
    heights = [lr_at(update, Optim(lr=1.0), schedule) for update in range(10)]
    pinned = [1.0, 0.9 / 0.91, 0.8 / 0.82, 0.7 / 0.73, 0.6 / 0.64, 0.5 / 0.55, 0.4 / 0.46, 0.3 / 0.37, 0.2 / 0.28]
    assert heights == pytest.approx([*pinned, 0.5263157894736841], abs=1e-12)
    assert lr_at(5, Optim(lr=1.0), Schedule(steps=10, curve="rex", lr_floor=0.5)) == pytest.approx(0.5 + 0.5 / 1.1)


def test_a_restart_is_back_at_full_height() -> None:
    rates = ours(Schedule(steps=30, curve="cosine_with_restarts", cycles=3))
    assert [number for number, rate in enumerate(rates) if rate == LR] == [0, 10, 20]
