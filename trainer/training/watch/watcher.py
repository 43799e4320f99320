"""Who looks on while a run learns, and tells what it sees."""

from collections.abc import Iterator, Mapping
from typing import Protocol

from torch import Tensor

from ..run.events import Event
from ..step.answer import Answer

_OURS = "watch."


class Watcher(Protocol):
    """Learns nothing and changes nothing that is learned: a run without it ends in the same bytes."""

    def look(self, answer: Answer) -> None:
        """Is shown every forward pass; what waits for the device costs speed."""
        ...

    def tell(self, step: int) -> Iterator[Event]:
        """What there is to say after update `step`."""
        ...

    def tensors(self) -> Mapping[str, Tensor]:
        """What a resumed run needs to go on telling as if it had not stopped."""
        ...

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Continue from `tensors`; what is not there was not yet seen."""
        ...


class Watchers:
    """Several as one; each has a name, under which its tensors are kept. They join once what they watch is made."""

    def __init__(self) -> None:
        self._watchers: dict[str, Watcher] = {}
        self._seen: list[Answer] = []

    def join(self, watchers: Mapping[str, Watcher]) -> None:
        """Look on from now on, in the order of `watchers`."""
        self._watchers.update(watchers)

    def look(self, answer: Answer) -> None:
        """Is kept until they `see` it: of an update that was cut short they have seen nothing."""
        if self._watchers:
            self._seen.append(answer)

    def see(self) -> None:
        """The update is made: what was kept of it is shown to each."""
        for answer in self._seen:
            for watcher in self._watchers.values():
                watcher.look(answer)
        self._seen.clear()

    def tell(self, step: int) -> Iterator[Event]:
        for watcher in self._watchers.values():
            yield from watcher.tell(step)

    def tensors(self) -> dict[str, Tensor]:
        """All begin with `watch.`, so that they lie beside what the optimizer keeps."""
        return {
            f"{_OURS}{name}.{key}": tensor
            for name, watcher in self._watchers.items()
            for key, tensor in watcher.tensors().items()
        }

    def restore(self, tensors: dict[str, Tensor]) -> None:
        """Take what is the watchers' out of `tensors`."""
        kept = {key: tensors.pop(key) for key in [*tensors] if key.startswith(_OURS)}
        for name, watcher in self._watchers.items():
            start = f"{_OURS}{name}."
            watcher.restore({key.removeprefix(start): each for key, each in kept.items() if key.startswith(start)})
