"""Draws a comparison's pictures through a render cache, each under the name that comparisons of every version use."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from PIL import Image

from ..errors import Cancelled, RunError
from ..generate.render_cache import RenderCache, RenderRequest
from ..generate.render_store import KeyedPictures
from ..generate.shot import Generator, Shot
from ..images.pixels import load_rgb
from ..images.store import StoredImage
from ..runtime.work import Ask
from ..storage.values import canonical_json
from .intervals import Key
from .pace import remember_pace
from .plan.compare_plan import ComparePlan

FOLDER = "pictures"
Phase = Literal["drawing", "reading"]
_PNG, _END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One picture more: `done` of `total` in its phase, whose, and how long the rest of it may take (None: unknown).

    `key` is its probe and seed, `path` where it lies.
    """

    done: int
    total: int
    label: str
    seconds_left: float | None
    path: Path
    key: Key
    phase: Phase = "drawing"
    drawn: Image.Image | None = field(default=None, repr=False, compare=False)

    @property
    def image(self) -> Image.Image:
        """Read from disk where it was not drawn just now; DatasetError when it is damaged."""
        return load_rgb(self.path) if self.drawn is None else self.drawn


def picture_key(base: str, shot: Shot, strength: float) -> str:
    """Names a picture: the shot, and the contents of its LoRA and base rather than where they lie.

    `strength` is the LoRA's, and the plan's for the control without one.
    """
    parts = {**shot.by_content(), "strength": strength, "base": base}
    return hashlib.sha256(canonical_json(parts).encode()).hexdigest()[:32]


def picture_path(key: str) -> str:
    """Where a picture lies, relative to the comparison's folder."""
    return f"{FOLDER}/{key}.png"


@dataclass(frozen=True, kw_only=True)
class ColumnShots:
    """A column's shots by the number of their probe, and their pictures' keys, both by probe and then seed."""

    requests: tuple[RenderRequest[int], ...]
    keys: tuple[str, ...]

    @classmethod
    def of(cls, plan: ComparePlan, lora: Path | None, base: str, strength: float | None = None) -> "ColumnShots":
        """At the plan's strength where none is given. Raises ModelError when the LoRA cannot be read."""
        at = plan.strength if strength is None else strength
        requests = tuple(
            RenderRequest(what=index, shot=plan.shot(probe, seed, lora, at))
            for index, probe in enumerate(plan.probes)
            for seed in probe.seeds
        )
        return cls(requests=requests, keys=tuple(picture_key(base, each.shot, at) for each in requests))

    def missing(self, out: Path) -> frozenset[str]:
        """Keys of those that are not drawn yet."""
        return frozenset(key for key in self.keys if not is_whole(out / picture_path(key)))


class Drawing:
    """How far a comparison's pictures are. Kept ones count at once and are not opened; drawn ones tell the pace."""

    def __init__(self, generator: Generator, out: Path, base: str, cancelled: Ask) -> None:
        self._keys: dict[Shot, str] = {}
        self._out, self._base = out, base
        self._cache = RenderCache(
            generator=generator,
            store=_Pictures(out / FOLDER),
            fingerprint="",
            cancelled=cancelled,
            key=lambda _, shot: self._keys[shot],
            in_batches=True,
            refuses_blanks=False,
        )
        self._missing: set[str] = set()
        self._done = self._total = 0

    def expect(self, columns: Sequence[ColumnShots]) -> None:
        """So many more are to come."""
        for column in columns:
            self._keys.update({each.shot: key for each, key in zip(column.requests, column.keys, strict=True)})
            self._total += len(column.keys)
            self._missing |= column.missing(self._out)

    def leave_out(self, column: ColumnShots) -> None:
        """A column that cannot be drawn counts no more; none of it was."""
        self._total -= len(column.keys)
        self._missing -= column.missing(self._out)

    def column(self, label: str, shots: ColumnShots) -> Iterator[Compared]:
        """Every picture of a column, first those on disk.

        Raises Cancelled between two pictures; what was drawn by then is on disk.
        """
        missing: list[RenderRequest[int]] = []
        for request, key in zip(shots.requests, shots.keys, strict=True):
            if is_whole(self._path(key)):
                yield self._compared(label, request, key, None)
            else:
                missing.append(request)
        try:
            for rendering in self._cache.render(missing):
                yield self._compared(label, rendering.request, rendering.key, rendering.image.convert("RGB"))
        except Cancelled as stop:
            said = f"Stopped after {self._done} of {self._total} pictures; run again to go on from there."
            raise Cancelled(said) from stop
        finally:
            shot = shots.requests[0].shot
            remember_pace(self._out, self._base, shot, self._cache.pace.each)

    def _compared(self, label: str, request: RenderRequest[int], key: str, drawn: Image.Image | None) -> Compared:
        self._done += 1
        is_new = drawn is not None
        return Compared(
            done=self._done,
            total=self._total,
            label=label,
            seconds_left=self._cache.pace.left(max(len(self._missing) - self._cache.drawn, 0)) if is_new else None,
            path=self._path(key),
            key=(request.what, request.shot.seed),
            drawn=drawn,
        )

    def _path(self, key: str) -> Path:
        return self._out / picture_path(key)


def is_whole(path: Path) -> bool:
    """Whether a PNG lies there from its first bytes to its last; one torn on a full disk is not."""
    try:
        with path.open("rb") as file:
            start = file.read(len(_PNG))
            file.seek(-len(_END), 2)
            return start == _PNG and file.read() == _END
    except OSError:
        return False


class _Pictures:
    """The comparison's folder of pictures, which says what to do when the disk refuses."""

    def __init__(self, folder: Path) -> None:
        self._kept = KeyedPictures(folder)

    def find(self, key: str) -> tuple[StoredImage, Image.Image] | None:
        return self._kept.find(key)

    def keep(self, key: str, image: Image.Image) -> StoredImage:
        try:
            return self._kept.keep(key, image)
        except OSError as fault:
            raise refused_write(self._kept.path(key), fault) from fault

    def put(self, image: Image.Image) -> StoredImage:
        return self._kept.put(image)


def refused_write(path: Path, fault: OSError) -> RunError:
    """What to say when a file cannot be written."""
    reason = fault.strerror or str(fault)
    return RunError(f"Cannot write {path}: {reason}. Free some space or choose another folder.")
