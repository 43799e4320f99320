"""The training pictures that pictures are most like."""

from collections.abc import Callable, Sequence
from weakref import WeakKeyDictionary

from ..descriptor import Description, Descriptor


class NearestTraining:
    """What `descriptor` says of a picture and all training pictures; each picture is asked once."""

    def __init__(self, descriptor: Descriptor | None, training: Sequence[Description]) -> None:
        self._descriptor, self._training = descriptor, training
        self._copied: WeakKeyDictionary[Description, float | None] = WeakKeyDictionary()
        self._background: WeakKeyDictionary[Description, float | None] = WeakKeyDictionary()

    def look_at(self, picture: Description | None) -> None:
        """Ask now what will be asked for, so that asking later takes no time."""
        if picture is not None:
            self.copied(picture)
            self.background(picture)

    def copied(self, picture: Description) -> float | None:
        """The most that it is a copy of any, 0..1; None without a descriptor or training pictures."""
        return None if self._descriptor is None else self._most(self._copied, picture, self._descriptor.copied)

    def background(self, picture: Description) -> float | None:
        """The most that its background is that of any, 0..1; None besides where it has none."""
        if self._descriptor is None:
            return None
        return self._most(self._background, picture, self._descriptor.shared_background)

    def _most(
        self,
        known: "WeakKeyDictionary[Description, float | None]",
        picture: Description,
        how: Callable[[Description, Description], float | None],
    ) -> float | None:
        if picture not in known:
            found = [how(picture, other) for other in self._training]
            known[picture] = max((each for each in found if each is not None), default=None)
        return known[picture]
