"""What a denoiser is told of one caption."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..runtime.reading import moved


@dataclass(frozen=True, eq=False)
class Condition:
    """Tensors by name, none of them with a batch dimension; two captions may differ in length."""

    tensors: Mapping[str, Tensor]

    def __getitem__(self, name: str) -> Tensor:
        return self.tensors[name]

    def to(self, device: torch.device | str, dtype: torch.dtype) -> "Condition":
        """On a device; numbers that are not whole in `dtype`."""
        place = torch.device(device)
        return Condition(
            {
                name: moved(tensor, place, dtype if tensor.is_floating_point() else tensor.dtype)
                for name, tensor in self.tensors.items()
            }
        )


def stacked(conditions: Sequence[Condition], name: str) -> Tensor:
    """One tensor of n captions of one length, (n, …)."""
    return torch.stack([condition[name] for condition in conditions])


def padded(conditions: Sequence[Condition], name: str) -> tuple[Tensor, Tensor]:
    """Tensors of unequal lengths with zeros behind the shorter ones, (n, longest, …), and which places are told,
    (n, longest)."""
    rows = [condition[name] for condition in conditions]
    longest = max(len(row) for row in rows)
    mask = torch.tensor([[place < len(row) for place in range(longest)] for row in rows], device=rows[0].device)
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True), mask


def rows_of(tensors: Mapping[str, Tensor]) -> list[Condition]:
    """A batch (n, …) as n conditions, gradients and all."""
    count = len(next(iter(tensors.values())))
    return [Condition({name: tensor[row] for name, tensor in tensors.items()}) for row in range(count)]
