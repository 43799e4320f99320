"""Stands where something would be told that this run cannot tell."""

from collections.abc import Iterator, Mapping, Sequence

from torch import Tensor

from ..run.events import Event, Noticed
from ..step.answer import Answer

NO_READER = "Nobody reads faces, so live likeness is not told. Choose a face reader that is installed."


class Untold:
    """A Watcher that says once, after the first step and in one go, what is not told and what would help: `whys`, a
    sentence or two each."""

    def __init__(self, whys: Sequence[str]) -> None:
        self._what = " ".join(whys)

    def look(self, answer: Answer) -> None:
        """Sees nothing."""

    def tell(self, step: int) -> Iterator[Event]:
        if step == 1:
            yield Noticed(step=step, what=self._what)

    def tensors(self) -> Mapping[str, Tensor]:
        return {}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Has nothing to go on with."""
