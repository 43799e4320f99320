"""Draws a comparison's pictures through a render cache, each under the name that comparisons of every version use."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from ..errors import Cancelled, RunError
from ..generate.render_cache import RenderCache, Rendering, RenderRequest
from ..generate.render_store import KeyedPictures
from ..generate.shot import Generator, Shot
from ..images.store import StoredImage
from ..runtime.work import Ask
from ..storage.values import canonical_json
from .plan import ComparePlan

FOLDER = "pictures"


@dataclass(frozen=True, kw_only=True)
class Compared:
    """One picture more: `done` of `total`, whose, and how long the rest may take (None while unknown)."""

    done: int
    total: int
    label: str
    seconds_left: float | None
    image: Image.Image


def picture_key(base: str, shot: Shot, strength: float) -> str:
    """Names a picture: the shot, and the contents of its LoRA and base rather than where they lie.

    `strength` is the plan's, which the control without a LoRA is named by too.
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
    def of(cls, plan: ComparePlan, lora: Path | None, base: str) -> "ColumnShots":
        """Raises ModelError when the LoRA cannot be read."""
        requests = tuple(
            RenderRequest(what=index, shot=plan.shot(probe, seed, lora))
            for index, probe in enumerate(plan.probes)
            for seed in probe.seeds
        )
        return cls(requests=requests, keys=tuple(picture_key(base, each.shot, plan.strength) for each in requests))


class Drawing:
    """How far a comparison's pictures are. Kept ones count at once; only drawn ones tell the pace."""

    def __init__(self, columns: Sequence[ColumnShots], generator: Generator, out: Path, cancelled: Ask) -> None:
        keys = {each.shot: key for column in columns for each, key in zip(column.requests, column.keys, strict=True)}
        self._cache = RenderCache(
            generator=generator,
            store=_Pictures(out / FOLDER),
            fingerprint="",
            cancelled=cancelled,
            key=lambda _, shot: keys[shot],
            in_batches=True,
            refuses_blanks=False,
        )
        self._total = sum(len(column.keys) for column in columns)
        self._missing = sum(not (out / picture_path(key)).is_file() for column in columns for key in column.keys)

    def column(self, label: str, shots: ColumnShots) -> Iterator[tuple[Rendering[int], Compared]]:
        """Every picture of a column, first those on disk.

        Raises Cancelled between two pictures; what was drawn by then is on disk.
        """
        try:
            for rendering in self._cache.render(shots.requests):
                left = self._cache.pace.left(max(self._missing - self._cache.drawn, 0)) if rendering.is_new else None
                image = rendering.image.convert("RGB")
                yield (
                    rendering,
                    Compared(done=self._done, total=self._total, label=label, seconds_left=left, image=image),
                )
        except Cancelled as stop:
            said = f"Stopped after {self._done} of {self._total} pictures; run again to go on from there."
            raise Cancelled(said) from stop

    @property
    def _done(self) -> int:
        return self._cache.drawn + self._cache.remembered


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
