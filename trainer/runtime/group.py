"""Processes that train one adapter together; one process alone is a group of one."""

from typing import Protocol

from torch import Tensor


class Group(Protocol):
    """`rank` of `world` processes, 0 the one that writes and tells.

    Every process makes the same calls in the same order. RunError, in each that is left, when one has ended.
    """

    @property
    def rank(self) -> int: ...

    @property
    def world(self) -> int: ...

    def add_up(self, tensor: Tensor) -> None:
        """Put into `tensor` the sum of all processes' tensors, in place; all get the same bytes."""
        ...

    def any(self, flag: bool) -> bool:
        """Whether any process says so; all are told the same."""
        ...

    def told(self, data: bytes = b"") -> bytes:
        """What the first process says, the others' `data` aside."""
        ...

    def gathered(self, word: str = "") -> list[str]:
        """What every process says, by rank."""
        ...


class Alone:
    """One process: nothing is added and nobody waits."""

    rank, world = 0, 1

    def add_up(self, tensor: Tensor) -> None:
        pass

    def any(self, flag: bool) -> bool:
        return flag

    def told(self, data: bytes = b"") -> bytes:
        return data

    def gathered(self, word: str = "") -> list[str]:
        return [word]


ALONE: Group = Alone()
