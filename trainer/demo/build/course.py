"""One course of training, kept every few minutes so that a stopped build goes on; it gives the averaged weights."""

# torch leaves these types open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

import copy
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

_KEEP_EVERY = 500


@dataclass(frozen=True, kw_only=True)
class Course:
    """One learning-rate curve: a short rise to `lr`, then a cosine over `steps`.

    `until` is the step that it is left at, where the running average is good enough long before its end.
    """

    steps: int
    lr: float
    until: int | None = None


def run_course(
    model: Any,
    optimizer: torch.optim.Optimizer,
    loss: Callable[[int], Tensor],
    course: Course,
    kept: Path,
    say: Callable[[str], None],
) -> Any:
    """Train `model` on `loss`, a scalar of each step's number; gives a copy with the averaged weights.

    Every 500 steps all that training needs goes to the file `kept`, and a stopped run goes on from there.
    """
    average = copy.deepcopy(model).eval()
    parts = {"model": model, "average": average, "optimizer": optimizer}
    begin = _restore(kept, parts)
    started, losses = time.monotonic(), list[float]()
    for step in range(begin, course.until or course.steps):
        losses.append(_update(model, optimizer, loss, step, course))
        follow(average, model, min(0.9993, (step + 1) / (step + 10)))
        if (step + 1) % 100 == 0:
            seconds = time.monotonic() - started
            say(f"{kept.stem} step {step + 1}/{course.steps} loss {np.mean(losses[-100:]):.4f} {seconds:.0f} s")
        if (step + 1) % _KEEP_EVERY == 0:
            _keep(kept, parts, step + 1)
    return average


def _update(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    loss: Callable[[int], Tensor],
    step: int,
    course: Course,
) -> float:
    for group in optimizer.param_groups:
        group["lr"] = course.lr * _schedule(step, course.steps)
    error = loss(step)
    error.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return float(error.detach())


def _keep(path: Path, parts: dict[str, Any], step: int) -> None:
    state = {name: part.state_dict() for name, part in parts.items()}
    torch.save({**state, "step": step, "rng": torch.get_rng_state()}, path.with_suffix(".part"))
    path.with_suffix(".part").replace(path)


def _restore(path: Path, parts: dict[str, Any]) -> int:
    if not path.exists():
        return 0
    state = torch.load(path, weights_only=True)
    for name, part in parts.items():
        part.load_state_dict(state[name])
    torch.set_rng_state(state["rng"])
    return int(state["step"])


def _schedule(step: int, total: int) -> float:
    return min(1.0, (step + 1) / 200) * (0.03 + 0.97 * 0.5 * (1 + math.cos(math.pi * step / total)))


@torch.no_grad()
def follow(average: nn.Module, model: nn.Module, decay: float) -> None:
    """Move the averaged weights a little towards the model's."""
    for kept, new in zip(average.parameters(), model.parameters(), strict=True):
        kept.lerp_(new, 1 - decay)
