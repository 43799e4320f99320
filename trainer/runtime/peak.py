"""How much memory this process has needed."""

import sys
from pathlib import Path
from typing import Any


def peak_mb() -> int | None:
    """Most memory this process ever held, MiB; None where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows has none
        return None
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(used / (1024 * 1024 if sys.platform == "darwin" else 1024))


class Peak:
    """The most memory that was held at once since `begin`, in RAM or, for a GPU, of what torch gave out there."""

    def __init__(self, device: str) -> None:
        self._device = device
        self._before = _cuda().memory_allocated(device) if device.startswith("cuda") else _status("VmRSS")
        self.begin()

    def begin(self) -> None:
        """Count anew; what was held when this was made stays what `above` is told from."""
        marks = Path("/proc/self/clear_refs")
        if self._device.startswith("cuda"):
            _cuda().reset_peak_memory_stats(self._device)
        elif marks.is_file():
            # proc(5): 5 begins the count of the most that was resident anew.
            marks.write_text("5")

    def figures(self) -> dict[str, float | None]:
        """MiB: `peak`, `above` what was held before, and on a GPU what torch had `reserved`; None off Linux."""
        peak = _cuda().max_memory_allocated(self._device) if self._device.startswith("cuda") else _status("VmHWM")
        above = None if peak is None or self._before is None else peak - self._before
        told = {"peak": _mib(peak), "above": _mib(above)}
        if self._device.startswith("cuda"):
            told["reserved"] = _mib(_cuda().max_memory_reserved(self._device))
        return told


def _cuda() -> Any:
    # Commands that only say what they can do, and those of pictures alone, import this and wait for no torch.
    import torch

    return torch.cuda


def _status(name: str) -> int | None:
    """Bytes, of Linux' account of this process."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.is_file() else ()
    found = next((line.split()[1] for line in lines if line.startswith(f"{name}:")), None)
    return None if found is None else int(found) * 1024


def _mib(size: int | None) -> float | None:
    return None if size is None else round(size / 2**20, 1)
