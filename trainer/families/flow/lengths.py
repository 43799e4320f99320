"""Captions of a batch by how long they are, for transformers that have no mask."""

from collections.abc import Callable, Iterator, Sequence

import torch
from torch import Tensor

from ..batch_rows import only_rows
from ..condition import Condition


def asked_by_length(conditions: Sequence[Condition], ask: Callable[[list[int], Sequence[Condition]], Tensor]) -> Tensor:
    """What `ask` answers for the rows of each length, in the order of the conditions."""
    answers: dict[int, Tensor] = {}
    for rows in by_length(conditions):
        with only_rows(rows):
            answers |= dict(zip(rows, ask(rows, [conditions[row] for row in rows]), strict=True))
    return torch.stack([answers[row] for row in range(len(conditions))])


def by_length(conditions: Sequence[Condition]) -> Iterator[list[int]]:
    """Rows of the conditions of each length, lengths in the order in which they come."""
    lengths = [len(condition["context"]) for condition in conditions]
    for length in dict.fromkeys(lengths):
        yield [row for row, other in enumerate(lengths) if other == length]
