"""Draws shots one at a time, each once: what was drawn before from the same inputs is taken from the shelf."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from PIL import Image

from ..errors import Cancelled, ModelError
from ..images.store import ImageStore, StoredImage
from ..storage.values import key_of
from .shot import Generator, Shot

T = TypeVar("T")
_BLANK = 2.0
"""Standard deviation of the pixels, of 255."""
_BLANK_AT_FIRST = 3
_STOPPED = "Stopped after {done} pictures; they are kept, and the same settings go on from there."
_ALL_BLANK = (
    "The model returned {count} blank pictures in a row. Its numbers overflow: use a VAE that bears half precision, or "
    "start ComfyUI with --fp32-vae, and check that the model draws at all."
)


@dataclass(frozen=True, kw_only=True)
class Order(Generic[T]):
    """A shot for `what`. `files` are the sha256 of what the shot names by path."""

    what: T
    shot: Shot
    files: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Canvas(Generic[T]):
    """A finished picture; `seconds` is 0 for one that was remembered."""

    order: Order[T]
    kept: StoredImage
    image: Image.Image
    seconds: float

    @property
    def is_new(self) -> bool:
        return self.seconds > 0

    @property
    def is_blank(self) -> bool:
        return is_blank(self.image)


class Easel:
    """`fingerprint` names the generator's weights: pictures of another model are never taken for this one's."""

    def __init__(
        self, generator: Generator, shelf: ImageStore, *, fingerprint: str, cancelled: Callable[[], bool]
    ) -> None:
        self._generator, self._shelf, self._fingerprint, self._cancelled = generator, shelf, fingerprint, cancelled
        self._drawn = self._blank = 0

    def draw(self, orders: Sequence[Order[T]]) -> Iterator[Canvas[T]]:
        """A picture for every order, remembered ones first.

        Raises Cancelled between two pictures, ModelError when three come out blank in a row.
        """
        missing: list[Order[T]] = []
        for order in orders:
            known = self._shelf.find(self._key(order))
            if known is None:
                missing.append(order)
            else:
                yield Canvas(order=order, kept=known[0], image=known[1], seconds=0.0)
        self._stop_if_asked()
        for order in missing:
            yield self._made(order)
            self._stop_if_asked()

    def _made(self, order: Order[T]) -> Canvas[T]:
        before = time.monotonic()
        # Alone: a batch rounds otherwise than its pictures do, and what is missing differs after a Cancel.
        image = next(iter(self._generator.generate([order.shot])))
        seconds = max(time.monotonic() - before, 1e-6)
        blank = is_blank(image)
        # A blank picture is not remembered: the next run may have a VAE that bears its numbers.
        kept = self._shelf.put(image) if blank else self._shelf.keep(self._key(order), image)
        self._drawn += 1
        self._blank = self._blank + 1 if blank else 0
        if self._blank >= _BLANK_AT_FIRST:
            raise ModelError(_ALL_BLANK.format(count=self._blank))
        return Canvas(order=order, kept=kept, image=image, seconds=seconds)

    def _key(self, order: Order[T]) -> str:
        shot = order.shot
        size = (shot.width, shot.height)
        numbers = (*size, shot.seed, shot.steps, shot.guidance, shot.denoise, shot.strength if shot.lora else 0)
        return key_of("drawn", self._fingerprint, order.files, shot.prompt, shot.negative, *numbers)

    def _stop_if_asked(self) -> None:
        if self._cancelled():
            raise Cancelled(_STOPPED.format(done=self._drawn))


def is_blank(image: Image.Image) -> bool:
    """One colour, or nearly: what a model leaves when its numbers overflow."""
    return float(np.asarray(image.convert("L"), np.float32).std()) < _BLANK
