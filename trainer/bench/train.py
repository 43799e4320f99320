"""`bench train`: our step beside that of diffusers' example and of the host's trainer, each in a process of its own,
what the loop adds to it, and how soon training begins."""

import os
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from ..errors import LikenessError
from ..families.registry import describe_base
from ..recipe.memory import Memory
from ..training.memory.cards import CARDS, settings_in_words, solved, usable
from ..training.memory.planner import Planner
from .arms import Arm
from .inputs.random_sdxl import MID, REAL, write_random_sdxl
from .step_task import StepTask
from .whole_run import demo_run, whole_run

_WARM, _ROUNDS, _STEPS = 2, 8, 1
_SIDE, _RANK = 256, 16
_REAL_SIDE, _REAL_RANK, _REAL_ROUNDS, _REAL_STEPS, _REAL_WARM = 1024, 32, 4, 25, 10
_LOSS, _NORM = 1e-3, 0.02
"""How far apart losses, and norms of gradients, of arms may be that are compared, as shares."""
_HOST_STEP = Path(__file__).with_name("host_step.py")
_NO_HOST = "There is no ComfyUI to compare with; set COMFYUI_PATH to one."
_FLOP = 14.6e12
"""Of one picture of SDXL at 1024 px, forward and backward through a frozen UNet, without checkpointing."""
_DENSE = {"H200": 989e12, "H100": 989e12, "A100": 312e12, "4090": 165e12, "3090": 71e12}
"""bf16 operations a second without sparsity, as the makers tell, fp32 sums."""


@dataclass(frozen=True, kw_only=True)
class _Told:
    """Of one arm: seconds of every round, its processor's, and MiB at the peak and above the loaded model."""

    seconds: Sequence[float]
    processor: Sequence[float]
    memory: Mapping[str, float | None]

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


def bench_train(out: Path | None = None, device: str = "cpu") -> dict[str, Any]:
    """Ratios of our step's time to the others' (medians of interleaved rounds) and of memory at the peak of steps.

    Like for like: the same file, pictures, rank, batch, precision, plain AdamW, no checkpointing, nothing compiled;
    against diffusers the same layers, against the host, which trains every weight, all that a LoRA here can wrap.
    Loading and encoding are left out of both. On a processor a UNet of 220 million weights in SDXL's architecture at
    256 px, fp32; on a GPU SDXL at its real size, 1024 px, bf16, whose file of 7 GB is kept in `out`.
    """
    with tempfile.TemporaryDirectory(prefix="likeness-bench-") as scratch:
        folder = out or Path(scratch)
        if device == "cpu":
            return {"device": "cpu", **_on_processor(folder)}
        if not torch.cuda.is_available():
            raise LikenessError(f"There is no device {device!r} on this machine; leave --device out for the processor.")
        return {"device": torch.cuda.get_device_name(device), **_on_gpu(folder, device)}


def _on_processor(folder: Path) -> dict[str, Any]:
    base = _file(folder, "mid")
    task = StepTask(base=str(base), side=_SIDE, batch=1, rank=_RANK)
    return {
        "model": base.stem,
        "resolution": _SIDE,
        "batch": task.batch,
        **_compared(task, _WARM, _ROUNDS, _STEPS),
        **whole_run(base, _SIDE, folder / "run", "cpu"),
        **{f"demo_{name}": value for name, value in demo_run(folder / "demo").items()},
    }


def _on_gpu(folder: Path, device: str) -> dict[str, Any]:
    base = _file(folder, "real")
    memory = Memory(precision="bf16", gradient_checkpointing=False, cache="memory")
    task = StepTask(base=str(base), side=_REAL_SIDE, batch=1, rank=_REAL_RANK, memory=memory, device=device)
    one = _compared(task, _REAL_WARM, _REAL_ROUNDS, _REAL_STEPS)
    four = _compared(replace(task, batch=4), _REAL_WARM, _REAL_ROUNDS, _REAL_STEPS)
    dense = next((rate for name, rate in _DENSE.items() if name in torch.cuda.get_device_name(device)), None)
    seconds = four["seconds_per_step"]
    return {
        "model": base.stem,
        "resolution": _REAL_SIDE,
        **one,
        "seconds_per_step_batch1": one["seconds_per_step"],
        **{f"{name}_batch4": value for name, value in four.items()},
        "mfu_batch4": None if dense is None else round(4 * _FLOP / seconds / dense, 4),
        **_presets(task),
        **whole_run(base, _REAL_SIDE, folder / "run", device),
    }


def _file(folder: Path, name: str) -> Path:
    path = folder / f"random_sdxl_{name}.safetensors"
    if not path.is_file():
        write_random_sdxl(path, sizes={"mid": MID, "real": REAL}[name])
    return path


def _compared(task: StepTask, warm: int, rounds: int, steps: int) -> dict[str, Any]:
    wide = replace(task, targets="attention_mlp_conv")
    host = _host()
    with ExitStack() as stack:
        arms = {
            "ours": stack.enter_context(Arm.ours("ours", task.json())),
            "diffusers": stack.enter_context(Arm.ours("diffusers", task.json())),
        }
        parity = _parity(arms)
        if host is not None:
            arms["ours_wide"] = stack.enter_context(Arm.ours("ours", wide.json()))
            arms["host"] = stack.enter_context(Arm([_interpreter(host), _HOST_STEP, host, task.json()]))
        told = _in_turns(arms, warm, rounds, steps)
        weights = {} if host is None else {name: arms[name].ask("weights")["weights"] for name in ("ours_wide", "host")}
    ours, theirs = told["ours"], told["diffusers"]
    return {
        "ratio_vs_diffusers": round(ours.median / theirs.median, 3),
        "ratio_vs_diffusers_by_processor": _ratio(ours.processor, theirs.processor),
        "ratio_vs_host": None if host is None else round(told["ours_wide"].median / told["host"].median, 3),
        **({"no_host": _NO_HOST} if host is None else {}),
        "seconds_per_step": round(ours.median, 4),
        **{f"{name}_seconds_per_step": round(each.median, 4) for name, each in told.items() if name != "ours"},
        "peak_ratio_vs_diffusers": _of_memory(ours, theirs, "peak"),
        "above_model_ratio_vs_diffusers": _of_memory(ours, theirs, "above"),
        "memory_mib": {name: each.memory for name, each in told.items()},
        "parity": parity,
        "learned_weights": weights,
    }


def _in_turns(arms: Mapping[str, Arm], warm: int, rounds: int, steps: int) -> dict[str, _Told]:
    """All arms by turns, forwards and backwards, so that a busy moment hits each."""
    seconds: dict[str, list[Mapping[str, float]]] = {name: [] for name in arms}
    for arm in arms.values():
        arm.ask(f"steps {warm}")
        arm.ask("forget")
    for number in range(rounds):
        for name in [*arms][:: 1 if number % 2 else -1]:
            seconds[name].append(arms[name].ask(f"steps {steps}"))
    return {
        name: _Told(
            seconds=[each["seconds"] for each in seconds[name]],
            processor=[each["processor"] for each in seconds[name]],
            memory=arm.ask("memory"),
        )
        for name, arm in arms.items()
    }


def _parity(arms: Mapping[str, Arm]) -> dict[str, Any]:
    """What both said of one forward and backward pass; LikenessError when they do not train the same."""
    ours, theirs = (arms[name].ask("parity") for name in ("ours", "diffusers"))
    apart = {name: abs(ours[name] / theirs[name] - 1) for name in ("loss", "norm")}
    if ours["weights"] != theirs["weights"] or not (apart["loss"] <= _LOSS and apart["norm"] <= _NORM):
        raise LikenessError(f"Ours and diffusers' do not train the same: {dict(ours)} and {dict(theirs)}.")
    return {"weights": ours["weights"], "loss_apart": apart["loss"], "gradient_norm_apart": apart["norm"]}


def _ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    return round(statistics.median(ours) / statistics.median(theirs), 3)


def _of_memory(ours: _Told, theirs: _Told, name: str) -> float | None:
    mine, other = ours.memory[name], theirs.memory[name]
    return round(mine / other, 3) if mine and other else None


def _presets(task: StepTask) -> dict[str, Any]:
    """For each card that is sold, with the settings that the memory plan finds for it: what torch had given out at most
    while three steps were made, and what the plan says of them; CUDA's own context is in the plan alone."""
    peaks: dict[str, float | None] = {}
    plans: dict[str, float] = {}
    settings: dict[str, str] = {}
    planner = Planner(describe_base(Path(task.base)), (task.side, task.side), draws=False)
    for card in CARDS:
        found = solved(planner, task.recipe, usable(card))
        if found is None:
            continue
        name = f"{card}gb"
        settings[name] = settings_in_words(found)
        plans[name] = round(planner.plan(found).training / 2**30, 2)
        memory = replace(found.memory, cache="memory")
        with Arm.ours("ours", replace(task, batch=found.schedule.batch, memory=memory).json()) as arm:
            arm.ask("steps 3")
            peak = arm.ask("memory")["peak"]
        peaks[name] = None if peak is None else round(peak / 1024, 2)
    return {"peak_gib": peaks, "planned_gib": plans, "preset_settings": settings}


def _host() -> Path | None:
    folder = Path(os.environ.get("COMFYUI_PATH") or Path.home() / "comfy" / "ComfyUI")
    return folder if (folder / "comfy_extras" / "nodes_train.py").is_file() else None


def _interpreter(host: Path) -> Path:
    own = host / ".venv" / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    return own if own.is_file() else Path(sys.executable)
