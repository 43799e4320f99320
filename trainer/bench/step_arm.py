"""An arm of `bench train`: our step or that of diffusers' example, alone in a process, told what to do line by line."""

import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

import torch
from torch import Tensor

from ..families.registry import describe_base, load_family
from ..families.residence import Residence
from ..families.sd.model import StableDiffusion
from ..planning.warm_up import synchronise
from ..runtime.peak import Peak
from ..training.data.training_set import TrainingSet
from ..training.step.train_step import TrainStep
from .arms import answer
from .diffusers_step import DiffusersLoop
from .step_task import DrawnCache, StepTask, same_start


class _Stepper(Protocol):
    def step(self) -> object:
        """One update."""
        ...

    @property
    def learned(self) -> Mapping[str, tuple[Any, Any]]:
        """The adapter's A and B by the names of their layers."""
        ...

    def predict(self, noisy: Tensor, time: Tensor) -> Tensor:
        """The answer for the first pictures, with gradients."""
        ...


class _Ours:
    def __init__(self, task: StepTask, family: StableDiffusion, drawn: Any) -> None:
        self._family, self._drawn = family, drawn
        self._step = TrainStep(
            family, TrainingSet(train=drawn.examples, held_out=(), prior=(), cache=drawn), task.recipe
        )
        self._number = 0

    def step(self) -> object:
        self._number += 1
        return self._step.update(self._number - 1)

    @property
    def learned(self) -> Mapping[str, tuple[Any, Any]]:
        layers: Mapping[str, Any] = {**self._step.adapter.layers}
        return {address.partition(".")[2]: (layer.down, layer.up) for address, layer in layers.items()}

    def predict(self, noisy: Tensor, time: Tensor) -> Tensor:
        rows = self._drawn.pictures[: len(noisy)]
        return self._family.predict(noisy, time, [row[1] for row in rows], [row[2] for row in rows])


class _Diffusers:
    def __init__(self, task: StepTask, family: StableDiffusion, drawn: Any) -> None:
        self._unet: Any = family.denoiser
        self._loop = DiffusersLoop(family, task.recipe, drawn.pictures)

    def step(self) -> object:
        return self._loop.step()

    @property
    def learned(self) -> Mapping[str, tuple[Any, Any]]:
        modules: Mapping[str, Any] = dict(self._unet.named_modules())
        return {
            name: (module.lora_A["default"].weight, module.lora_B["default"].weight)
            for name, module in modules.items()
            if hasattr(module, "lora_A")
        }

    def predict(self, noisy: Tensor, time: Tensor) -> Tensor:
        return self._loop.predicted(noisy, time)


_KINDS: Mapping[str, Callable[..., _Stepper]] = {"ours": _Ours, "diffusers": _Diffusers}


def main(kind: str, text: str) -> None:
    """Load, then answer until nothing more is asked."""
    task = StepTask.of_json(text)
    family = load_family(describe_base(Path(task.base)), Residence.of(task.memory, task.device))
    assert isinstance(family, StableDiffusion)
    stepper = _KINDS[kind](task, family, DrawnCache(task, family.dtype))
    peak = Peak(task.device)
    for line in sys.stdin:
        what, _, count = line.strip().partition(" ")
        if what == "parity":
            answer(_parity(stepper, task))
        elif what == "weights":
            answer({"weights": sum(weight.numel() for pair in stepper.learned.values() for weight in pair)})
        elif what == "forget":
            peak.begin()
            answer({})
        elif what == "memory":
            answer(peak.figures())
        else:
            answer(_seconds(stepper, task.device, int(count)))


def _seconds(stepper: _Stepper, device: str, count: int) -> Mapping[str, float]:
    """A step, of `count` in a row: on the clock, and of the processor, which nobody else slows."""
    synchronise(device)
    started, busy = time.perf_counter(), time.process_time()
    for _ in range(count):
        stepper.step()
    synchronise(device)
    return {"seconds": (time.perf_counter() - started) / count, "processor": (time.process_time() - busy) / count}


def _parity(stepper: _Stepper, task: StepTask) -> Mapping[str, float]:
    """Number of weights that learn, loss, and norm of its gradients, on drawn noise with a drawn A (B is nothing)."""
    learned = stepper.learned
    kept = {name: down.detach().clone() for name, (down, _) in learned.items()}
    same_start({name: down for name, (down, _) in learned.items()})
    source = torch.Generator().manual_seed(3)
    noisy, wanted = torch.randn(task.latent, generator=source), torch.randn(task.latent, generator=source)
    predicted = stepper.predict(noisy, torch.full((task.batch,), 0.5, dtype=torch.float64))
    loss: Any = (predicted.float() - wanted.to(predicted.device)).square().mean()
    loss.backward()
    gradients: Any = [weight.grad for pair in learned.values() for weight in pair]
    norm = float(torch.stack([gradient.square().sum() for gradient in gradients]).sum().sqrt())
    for name, (down, up) in learned.items():
        down.data.copy_(kept[name])
        down.grad.zero_()
        up.grad.zero_()
    return {
        "weights": sum(weight.numel() for pair in learned.values() for weight in pair),
        "loss": float(loss),
        "norm": norm,
    }


if __name__ == "__main__":
    main(*sys.argv[1:])
