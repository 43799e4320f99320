"""What a reader saw in a clip's frames, and how bright they were; frames themselves are let go."""

from collections import deque
from collections.abc import Generator as Work
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from PIL import Image

from ...errors import Cancelled, DatasetError
from ...faces.choose import FaceChoice, choose_face
from ...faces.face import Face, FaceReader
from ...faces.identity import CharacterIdentity
from ...runtime.work import Ask, never
from .frames import Frames
from .light import calmed, flicker_energy, luminance, movement
from .scale import is_read

FEWEST_FRAMES = 8
"""The end of a clip is held against its start by four frames each."""
TILES = 8
_TILE = 240


@dataclass(frozen=True, kw_only=True)
class Read:
    """One frame more was read."""

    clip: str
    done: int
    total: int


@dataclass(frozen=True, kw_only=True, eq=False)
class ClipSeen:
    """A clip of n frames. `likeness` (n,) to the references, NaN without a face; `faces` the embedding of each, None
    without; `yaw` (n,) degrees, NaN where not measured; `flickers` and `moves` (n - 2,) of brightness, as `light` has
    them. `tiles` are a few frames by their numbers, small.
    """

    name: str
    likeness: np.ndarray
    faces: tuple[np.ndarray | None, ...]
    yaw: np.ndarray
    flickers: np.ndarray
    moves: np.ndarray
    tiles: dict[int, Image.Image]

    @property
    def count(self) -> int:
        return len(self.faces)

    @cached_property
    def jumps(self) -> np.ndarray:
        """Variance of the face around a steady change, (n - 2,): 2/3 of |e_t - (e_t-1 + e_t+1) / 2|², which of noise
        alone is the noise's (Gasser, Sroka & Jennen-Steinmetz 1986); NaN where one of three frames has no face."""
        rows = zip(self.faces, self.faces[1:], self.faces[2:], strict=False)
        return np.array([_jump(*three) for three in rows])


def see(
    frames: Frames, reader: FaceReader, character: CharacterIdentity, cancelled: Ask = never
) -> Work[Read, None, ClipSeen]:
    """Yield as frames are read; return what was seen. DatasetError for too few frames or sizes that differ."""
    if frames.count < FEWEST_FRAMES:
        raise DatasetError(
            f"{frames.name} has {frames.count} frame{'' if frames.count == 1 else 's'}, and drift and flicker need "
            f"{FEWEST_FRAMES} or more; draw 16."
        )
    how = FaceChoice(policy="character", character=character.centroid, metric=character.metric)
    shown = {round(number * (frames.count - 1) / (TILES - 1)) for number in range(TILES)}
    found: list[Face | None] = []
    light: deque[np.ndarray] = deque(maxlen=3)
    energies: list[float] = []
    calm: list[np.ndarray] = []
    tiles: dict[int, Image.Image] = {}
    for number, frame in enumerate(frames):
        if cancelled():
            raise Cancelled(f"Stopped after {number} frames of {frames.name}; run again to start anew.")
        known = [face for face in reader.faces(frame) if is_read(face)]
        found.append(choose_face(known, frame.size, how))
        light.append(_fitting(frames, number, luminance(frame), light))
        if len(light) == light.maxlen:
            energies.append(flicker_energy(*light))
            calm.append(calmed(*light))
        if number in shown:
            tiles[number] = _small(frame)
        yield Read(clip=frames.name, done=number + 1, total=frames.count)
    return ClipSeen(
        name=frames.name,
        likeness=np.array([np.nan if face is None else character.likeness(face.embedding) for face in found]),
        faces=tuple(None if face is None else np.asarray(face.embedding, np.float64) for face in found),
        yaw=np.array([np.nan if face is None or face.yaw is None else face.yaw for face in found]),
        flickers=np.array(energies),
        moves=movement(np.stack(calm)),
        tiles=tiles,
    )


def _jump(before: np.ndarray | None, now: np.ndarray | None, after: np.ndarray | None) -> float:
    if before is None or now is None or after is None:
        return np.nan
    return 2 / 3 * float(np.square(now - (before + after) / 2).sum())


def _fitting(frames: Frames, number: int, light: np.ndarray, others: deque[np.ndarray]) -> np.ndarray:
    if others and light.shape != others[0].shape:
        raise DatasetError(f"Frame {number + 1} of {frames.name} has another shape than the first; give one clip.")
    return light


def _small(frame: Image.Image) -> Image.Image:
    tile = frame.convert("RGB")
    tile.thumbnail((_TILE, _TILE), Image.Resampling.LANCZOS)
    return tile
