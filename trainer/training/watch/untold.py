"""Stands where live likeness would be told."""

from collections.abc import Iterator, Mapping

from torch import Tensor

from ..run.events import Event, Noticed
from ..step.answer import Answer


class Unread:
    """A Watcher that says once, after the first step, that nobody reads faces."""

    def look(self, answer: Answer) -> None:
        """Sees nothing."""

    def tell(self, step: int) -> Iterator[Event]:
        if step == 1:
            what = "Nobody reads faces, so live likeness is not told. Choose a face reader that is installed."
            yield Noticed(step=step, what=what)

    def tensors(self) -> Mapping[str, Tensor]:
        return {}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Has nothing to go on with."""
