"""Processes that train one adapter together; one process alone is a group of one."""

from typing import Protocol

from torch import Tensor


class Group(Protocol):
    """`rank` of `world` processes, 0 the one that writes and tells."""

    @property
    def rank(self) -> int: ...

    @property
    def world(self) -> int: ...

    def add_up(self, tensor: Tensor) -> None:
        """Put into `tensor` the sum of all processes' tensors, in place."""
        ...

    def any(self, flag: bool) -> bool:
        """Whether any process says so; all are told the same."""
        ...

    def wait(self) -> None:
        """Until all processes are here."""
        ...


class Alone:
    """One process: nothing is added and nobody waits."""

    rank, world = 0, 1

    def add_up(self, tensor: Tensor) -> None:
        pass

    def any(self, flag: bool) -> bool:
        return flag

    def wait(self) -> None:
        pass


ALONE: Group = Alone()
