"""The latest captions' conditions, so that the text encoders are asked once for each."""

from collections import OrderedDict
from collections.abc import Callable

from .condition import Condition

_MOST = 256


class RememberedCaptions:
    """Asks `encode` for what it does not remember."""

    def __init__(self, encode: Callable[[str], Condition]) -> None:
        self._encode = encode
        self._kept: OrderedDict[str, Condition] = OrderedDict()

    def of(self, caption: str) -> Condition:
        """Of one caption."""
        if caption not in self._kept:
            self._kept[caption] = self._encode(caption)
        self._kept.move_to_end(caption)
        while len(self._kept) > _MOST:
            self._kept.popitem(last=False)
        return self._kept[caption]

    def forget(self) -> None:
        """Ask anew from now on."""
        self._kept.clear()
