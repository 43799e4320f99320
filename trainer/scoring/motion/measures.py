"""What is measured of clips: identity, drift, flicker and movement, each with its interval."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import sqrt
from typing import Any

import numpy as np

from ...faces.metric import Metric, alike
from ..intervals import Interval, share
from . import series
from .scale import Scale
from .seen import FEWEST_FRAMES, ClipSeen

_QUARTER = 4
_PART = FEWEST_FRAMES // 2


@dataclass(frozen=True, kw_only=True)
class MotionMeasures:
    """Of one or several clips of the same. None: not measured, which is never zero.

    `identity`: mean likeness of the face to the references. `drift`: what it gains (loses, below 0) over a clip, by
    least squares. `hold`: how like the end's faces are to the start's, less what the start's are among themselves.
    `flicker` of the face: 0 for a steady change, 1 when neighbouring frames differ as separate pictures of the
    character do. `light_flicker`: in levels of 255. `movement`: in parts of the picture's contrast. `faces`: part of
    the frames with a face. `turn`: degrees between the most left and the most right of the face's directions.
    """

    clips: int
    frames: int
    identity: Interval | None
    drift: Interval | None
    hold: Interval | None
    flicker: Interval | None
    light_flicker: Interval | None
    movement: Interval | None
    faces: Interval | None
    turn: float | None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def measured(clips: Sequence[ClipSeen], scale: Scale) -> MotionMeasures:
    """Of clips held against one scale."""
    likeness, metric = [clip.likeness for clip in clips], scale.character.metric
    jumps = None if scale.spread is None else series.mean([clip.jumps / scale.spread for clip in clips])
    turns = [float(np.nanmax(clip.yaw) - np.nanmin(clip.yaw)) for clip in clips if np.isfinite(clip.yaw).any()]
    return MotionMeasures(
        clips=len(clips),
        frames=sum(clip.count for clip in clips),
        identity=series.mean(likeness),
        drift=series.slope(likeness),
        hold=series.mean([held for clip in clips if (held := _held(clip, metric)) is not None]),
        flicker=series.changed(jumps, _root),
        light_flicker=series.changed(series.mean([clip.flickers for clip in clips]), _root),
        movement=series.changed(series.mean([clip.moves for clip in clips]), _root),
        faces=share(face is not None for clip in clips for face in clip.faces),
        turn=max(turns, default=None),
    )


def _root(value: float) -> float:
    """Of a mean square, whose interval may reach below 0."""
    return sqrt(max(value, 0.0))


def _held(clip: ClipSeen, metric: Metric) -> np.ndarray | None:
    """Likeness of each of the end's faces to the start's mean, less what the start's have among themselves."""
    length = max(_PART, clip.count // _QUARTER)
    start = [face for face in clip.faces[:length] if face is not None]
    end = [face for face in clip.faces[-length:] if face is not None]
    if len(start) < _QUARTER or len(end) < _QUARTER:
        return None
    rows = np.stack(start)
    usual = float(metric.to_the_others(rows).mean())
    # A mean of one more face is nearer to everybody: each end's face is held against as many as each start's is.
    means = [metric.mean(np.delete(rows, number, axis=0)) for number in range(len(rows))]
    return np.array([float(np.mean([alike(metric, face, mean) for mean in means])) - usual for face in end])
