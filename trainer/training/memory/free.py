"""How much of a device's memory a run may have now, other programs being what they are."""

from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True, kw_only=True)
class DeviceMemory:
    """Bytes: of the card, free now, and taken by this process through torch, which gives them to what comes next."""

    total: int
    free: int
    ours: int

    def for_a_run(self, context: int) -> int:
        """What a run may need in all, with what is there already of it: its tensors and CUDA's `context`."""
        return min(self.total, self.free + self.ours + context)

    @property
    def others(self) -> int:
        """Taken by other programs, and by CUDA for this one."""
        return self.total - self.free - self.ours


def device_memory(device: str) -> DeviceMemory | None:
    """None where the device does not tell."""
    cuda: Any = torch.cuda
    if not device.startswith("cuda") or not cuda.is_available():
        return None
    free, total = cuda.mem_get_info(device)
    return DeviceMemory(total=int(total), free=int(free), ours=int(cuda.memory_reserved(device)))
