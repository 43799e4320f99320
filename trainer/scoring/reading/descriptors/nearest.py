"""The training pictures that pictures are most like."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from weakref import WeakKeyDictionary

from ..descriptor import Description, Descriptor, Gallery, WithGallery


class Kept(Protocol):
    """Where answers are kept from one comparison to the next."""

    def get(self, key: str) -> Any: ...

    def keep(self, key: str, reading: Any) -> None: ...


class NearestTraining:
    """What `descriptor` says of a picture and all training pictures; each picture is asked once."""

    def __init__(self, descriptor: Descriptor | None, training: Sequence[Description]) -> None:
        self._descriptor, self._training = descriptor, training
        self._gallery = None if descriptor is None else _gallery(descriptor, training)
        self._copied: WeakKeyDictionary[Description, float | None] = WeakKeyDictionary()
        self._background: WeakKeyDictionary[Description, float | None] = WeakKeyDictionary()
        self._kept: Kept | None = None

    @property
    def name(self) -> list[str]:
        """Everything that the answers depend on besides the picture."""
        return [self._descriptor.name if self._descriptor else "", *sorted(_digest(each) for each in self._training)]

    def keep_in(self, kept: Kept) -> None:
        """Answer from there what was asked before; it must be of this `name`."""
        self._kept = kept

    def look_at(self, picture: Description | None, *, around: bool = True) -> None:
        """Ask now what will be asked for, so that asking later takes no time; of what lies `around` the face too."""
        if picture is None:
            return
        self.copied(picture)
        if around:
            self.background(picture)

    def copied(self, picture: Description) -> float | None:
        """The most that it is a copy of any, 0..1; None without a descriptor or training pictures."""
        if self._gallery is None:
            return None
        return self._most("copied", self._copied, picture, self._gallery.copied)

    def background(self, picture: Description) -> float | None:
        """The most that its background is that of any, 0..1; None besides where it has none."""
        if self._gallery is None:
            return None
        return self._most("background", self._background, picture, self._gallery.background)

    def _most(
        self,
        what: str,
        known: "WeakKeyDictionary[Description, float | None]",
        picture: Description,
        how: Callable[[Description], float | None],
    ) -> float | None:
        if picture not in known:
            known[picture] = self._answer(what, picture, how)
        return known[picture]

    def _answer(self, what: str, picture: Description, how: Callable[[Description], float | None]) -> float | None:
        key = f"{what} {_digest(picture)}"
        if self._kept is not None and (kept := self._kept.get(key)) is not None:
            return kept[0]
        most = how(picture)
        if self._kept is not None:
            self._kept.keep(key, [most])
        return most


@dataclass(frozen=True, eq=False)
class _OneByOne:
    """The gallery of a descriptor that has none of its own."""

    descriptor: Descriptor
    pictures: Sequence[Description]

    def copied(self, one: Description) -> float | None:
        return max((self.descriptor.copied(one, other) for other in self.pictures), default=None)

    def background(self, one: Description) -> float | None:
        found = (self.descriptor.shared_background(one, other) for other in self.pictures)
        return max((each for each in found if each is not None), default=None)


def _gallery(descriptor: Descriptor, training: Sequence[Description]) -> Gallery:
    if isinstance(descriptor, WithGallery):
        return descriptor.gallery(training)
    return _OneByOne(descriptor, training)


def _digest(description: Description) -> str:
    around = b"" if description.background is None else description.background.tobytes()
    return hashlib.sha256(description.whole.tobytes() + b"/" + around).hexdigest()[:24]
