"""fp16's narrow range: gradients are made larger before they pass through it, and an update that overflowed is left
out (Micikevicius et al. 2018, §3.2)."""

import torch
from torch import Tensor

from ...recipe.memory import Precision

_FIRST, _LEAST = 2.0**14, 1.0
_PATIENCE = 200


class LossScale:
    """The factor, halved at an overflow and doubled after 200 updates without one; always 1 but in fp16."""

    def __init__(self, precision: Precision) -> None:
        self.is_used = precision == "fp16"
        self.factor = _FIRST if self.is_used else 1.0
        self._calm = 0

    def passed(self, *, is_finite: bool) -> bool:
        """Whether the update may be made; False means that a smaller factor should be tried on the next one."""
        if is_finite:
            self._calm += 1
            if self.is_used and self._calm % _PATIENCE == 0:
                self.factor *= 2
            return True
        self._calm = 0
        self.factor /= 2
        return False

    @property
    def may_overflow(self) -> bool:
        """Whether a gradient that is not a number may be the factor's fault."""
        return self.factor > _LEAST

    def tensors(self) -> dict[str, Tensor]:
        return {"loss_scale": torch.tensor([self.factor, float(self._calm)], dtype=torch.float64)}

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Take what is the loss scale's out of `tensors`."""
        kept = tensors.pop("loss_scale", None)
        if kept is not None:
            self.factor, self._calm = float(kept[0]), int(kept[1])
