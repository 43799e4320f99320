"""What this machine's GPU takes besides the tensors that are counted, measured in a warm-up and kept."""

import json
import logging
import os
from dataclasses import dataclass
from typing import Any

import torch

from ...storage.atomic import write_atomically
from ...storage.user_cache import user_cache
from ...storage.values import json_file
from .machine import USUAL, Machine

_log = logging.getLogger(__name__)

_FILE, _MOST = "machines.json", 200
_CONTEXT = (64 * 2**20, 4 * 2**30)
_WORK = (0, 8 * 2**30)
_FACTOR = (1.0, 1.5)
"""Ends of what can be true."""


@dataclass(frozen=True, kw_only=True)
class Peaks:
    """Bytes at the most during some steps: that tensors had, that torch had reserved for them, and that the whole
    process had of the GPU when they ended (None where that is not told)."""

    allocated: int
    reserved: int
    process: int | None


def machine_from(peaks: Peaks, counted: int) -> Machine:
    """Of steps whose tensors were counted as so many bytes."""
    context = USUAL.context if peaks.process is None else peaks.process - peaks.reserved
    return Machine(
        context=_between(context, _CONTEXT),
        work=_between(peaks.allocated - counted, _WORK),
        factor=min(max(peaks.reserved / max(peaks.allocated, 1), _FACTOR[0]), _FACTOR[1]),
        is_measured=True,
    )


def machine_on(device: str, family: str) -> Machine:
    """As it was measured here for bases of that family, or as is usual."""
    kept = _read().get(_key(device, family))
    if kept is None:
        return USUAL
    try:
        return Machine(
            context=_checked(kept["context"], _CONTEXT),
            work=_checked(kept["work"], _WORK),
            factor=float(_checked(kept["factor"], _FACTOR)),
            is_measured=True,
        )
    except (KeyError, TypeError, ValueError):
        _log.warning("%s has what cannot be true of %s; usual figures are taken.", user_cache(_FILE), device)
        return USUAL


def keep_machine(device: str, family: str, machine: Machine) -> None:
    """For later plans; nothing is lost where it cannot be written."""
    known = _read()
    known[_key(device, family)] = {"context": machine.context, "work": machine.work, "factor": machine.factor}
    latest = dict(list(known.items())[-_MOST:])
    try:
        write_atomically(user_cache(_FILE), json.dumps(latest, indent=1).encode())
    except OSError:
        return


def process_bytes(device: str) -> int | None:
    """That this process has of a GPU, CUDA's own among them; None where the driver does not tell."""
    try:
        import pynvml  # pyright: ignore[reportMissingImports]
    except ImportError:
        return None
    library: Any = pynvml
    cuda: Any = torch.cuda
    try:
        library.nvmlInit()
        uuid = f"GPU-{cuda.get_device_properties(device).uuid}"
        handle = library.nvmlDeviceGetHandleByUUID(uuid)
        running = library.nvmlDeviceGetComputeRunningProcesses(handle)
    except (library.NVMLError, AttributeError, RuntimeError):
        return None
    used = next((each.usedGpuMemory for each in running if each.pid == os.getpid()), None)
    return None if used is None else int(used)


def _key(device: str, family: str) -> str:
    cuda: Any = torch.cuda
    name = cuda.get_device_name(device) if device.startswith("cuda") and cuda.is_available() else device
    return f"{name} | {family} | torch {torch.__version__}"


def _between(value: int, ends: tuple[int, int]) -> int:
    return min(max(value, ends[0]), ends[1])


def _checked(value: Any, ends: tuple[float, float]) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float) or not ends[0] <= value <= ends[1]:
        raise ValueError(value)
    return value


def _read() -> dict[str, Any]:
    path = user_cache(_FILE)
    try:
        return json_file(path)
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        _log.warning("%s cannot be read (%s); usual figures are taken.", path, error)
        return {}
