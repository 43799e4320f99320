"""How much memory this process has needed."""

import sys
from pathlib import Path
from typing import Any

import torch


def peak_mb() -> int | None:
    """Most memory this process ever held, MiB; None where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows has none
        return None
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(used / (1024 * 1024 if sys.platform == "darwin" else 1024))


class Peak:
    """The most memory that was held at once since this was made, in RAM or, for a GPU, of what torch gave out there."""

    def __init__(self, device: str) -> None:
        self._device = device
        cuda: Any = torch.cuda
        if device.startswith("cuda"):
            cuda.reset_peak_memory_stats(device)
            self._before = cuda.memory_allocated(device)
        else:
            self._before = _status("VmRSS")
            marks = Path("/proc/self/clear_refs")
            if marks.is_file():
                # proc(5): 5 begins the count of the most that was resident anew.
                marks.write_text("5")

    def figures(self) -> dict[str, float | None]:
        """MiB: `peak`, `above` what was held before, and on a GPU what torch had `reserved`; None off Linux."""
        if self._device.startswith("cuda"):
            cuda: Any = torch.cuda
            peak = cuda.max_memory_allocated(self._device)
            reserved = cuda.max_memory_reserved(self._device)
            return {"peak": _mib(peak), "above": _mib(peak - self._before), "reserved": _mib(reserved)}
        peak = _status("VmHWM")
        if peak is None or self._before is None:
            return {"peak": None, "above": None}
        return {"peak": _mib(peak), "above": _mib(peak - self._before)}


def _status(name: str) -> int | None:
    """Bytes, of Linux' account of this process."""
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.is_file() else ()
    found = next((line.split()[1] for line in lines if line.startswith(f"{name}:")), None)
    return None if found is None else int(found) * 1024


def _mib(size: int) -> float:
    return round(size / 2**20, 1)
