"""Every picture is drawn once: what was drawn before from the same inputs is taken from where it is kept."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np
from PIL import Image

from ..errors import Cancelled, ModelError
from ..images.store import StoredImage
from ..runtime.work import Ask, Pace, Stopwatch, never
from ..storage.values import key_of
from .attachments import refuse_unsupported
from .render_store import RenderStore
from .shot import Generator, Shot

T = TypeVar("T")
_BLANK = 2.0
"""Standard deviation of the pixels, of 255."""
_BLANKS_IN_A_ROW = 3
_STOPPED = "Stopped after {done} pictures; they are kept, and the same settings go on from there."
_ALL_BLANK = (
    "The model returned {count} blank pictures in a row. Its numbers overflow: use a VAE that bears half precision, or "
    "start ComfyUI with --fp32-vae, and check that the model draws at all."
)


@dataclass(frozen=True, kw_only=True)
class RenderRequest(Generic[T]):
    """A shot for `what`."""

    what: T
    shot: Shot


@dataclass(frozen=True, kw_only=True)
class Rendering(Generic[T]):
    """A finished picture, kept under `key`; `seconds` is 0 for one that was remembered."""

    request: RenderRequest[T]
    key: str
    kept: StoredImage
    image: Image.Image
    seconds: float

    @property
    def is_new(self) -> bool:
        return self.seconds > 0

    @property
    def is_blank(self) -> bool:
        return is_blank(self.image)


def render_key(fingerprint: str, shot: Shot) -> str:
    """Names a picture by the weights that draw it and everything the shot says and holds."""
    return key_of("drawn", fingerprint, shot.by_content())


@dataclass(kw_only=True)
class RenderCache:
    """A generator with a memory. `fingerprint` names its weights: another model's pictures are never taken for its.

    `key` gives pictures their names; folders of earlier versions keep theirs. `in_batches` hands the generator all that
    is missing at once; without it every picture is drawn alone, since a batch rounds otherwise than its pictures do
    and what is missing differs after a Cancel. `refuses_blanks` keeps no blank picture and stops at three in a row.
    """

    generator: Generator
    store: RenderStore
    fingerprint: str
    cancelled: Ask = never
    key: Callable[[str, Shot], str] = render_key
    in_batches: bool = False
    refuses_blanks: bool = True
    drawn: int = field(default=0, init=False)
    """Pictures drawn so far; `remembered` ones were taken from the store."""
    remembered: int = field(default=0, init=False)
    pace: Pace = field(default_factory=Pace, init=False)
    """Of what was drawn."""
    _blanks: int = field(default=0, init=False)

    def render(self, requests: Sequence[RenderRequest[T]]) -> Iterator[Rendering[T]]:
        """A picture for every request, remembered ones first, then the others in order.

        Raises Cancelled between two pictures, with all that was drawn kept; ModelError for attachments that the
        generator does not support, when pictures are missing, and when three come out blank in a row.
        """
        for request in requests:
            refuse_unsupported(request.shot.attachments, self.generator.supports)
        missing: list[tuple[RenderRequest[T], str]] = []
        for request in requests:
            key = self.key(self.fingerprint, request.shot)
            known = self.store.find(key)
            if known is None:
                missing.append((request, key))
                continue
            self.remembered += 1
            yield Rendering(request=request, key=key, kept=known[0], image=known[1], seconds=0.0)
        self._stop_if_asked()
        watch = Stopwatch()
        images = self._images([request.shot for request, _ in missing])
        for number, (request, key) in enumerate(missing):
            image = next(images, None)
            if image is None:
                raise ModelError(f"The model drew {number} of {len(missing)} pictures; run it again.")
            yield self._finished(request, key, image, max(watch.read(), 1e-6))
            self._stop_if_asked()
            watch.read()

    def _images(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        if self.in_batches:
            yield from self.generator.generate(shots)
            return
        for shot in shots:
            yield from self.generator.generate([shot])

    def _finished(self, request: RenderRequest[T], key: str, image: Image.Image, seconds: float) -> Rendering[T]:
        is_lost = self.refuses_blanks and is_blank(image)
        # A blank picture is not remembered: the next run may have a VAE that bears its numbers.
        kept = self.store.put(image) if is_lost else self.store.keep(key, image)
        self.drawn += 1
        self.pace.add(seconds)
        self._blanks = self._blanks + 1 if is_lost else 0
        if self._blanks >= _BLANKS_IN_A_ROW:
            raise ModelError(_ALL_BLANK.format(count=self._blanks))
        return Rendering(request=request, key=key, kept=kept, image=image, seconds=seconds)

    def _stop_if_asked(self) -> None:
        if self.cancelled():
            raise Cancelled(_STOPPED.format(done=self.drawn))


def is_blank(image: Image.Image) -> bool:
    """One colour, or nearly: what a model leaves when its numbers overflow."""
    return float(np.asarray(image.convert("L"), np.float32).std()) < _BLANK
