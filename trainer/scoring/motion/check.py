"""Clips of a character, checked: read frame by frame, measured, held against their gates and the same without LoRA."""

from collections.abc import Generator as Work
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from ...errors import DatasetError
from ...faces.face import FaceReader
from ...runtime.work import Ask, never
from . import series
from .frames import Frames
from .gates import verdicts
from .measures import measured
from .report import MotionReport
from .scale import Scale
from .seen import ClipSeen, Read, see


@dataclass(frozen=True, kw_only=True, eq=False)
class CheckedMotion:
    """The report, and what was seen for its picture."""

    report: MotionReport
    clips: tuple[ClipSeen, ...]
    control: tuple[ClipSeen, ...]


def check_motion(
    clips: Sequence[Frames],
    references: Sequence[Image.Image],
    reader: FaceReader,
    *,
    control: Sequence[Frames] = (),
    cancelled: Ask = never,
) -> Work[Read, None, CheckedMotion]:
    """Yield every frame as it is read. `control` are the same clips drawn without the LoRA.

    FaceError where the references show no face or the reader tells nobody apart; DatasetError for too few frames;
    Cancelled between two frames.
    """
    if not clips:
        raise DatasetError("There is no clip to check; give frames.")
    scale = Scale.of(references, reader)
    ours: list[ClipSeen] = []
    theirs: list[ClipSeen] = []
    for seen, some in ((ours, clips), (theirs, control)):
        for frames in some:
            seen.append((yield from see(frames, reader, scale.character, cancelled)))
    clip, base = measured(ours, scale), measured(theirs, scale) if theirs else None
    gain = series.difference([one.likeness for one in ours], [one.likeness for one in theirs])
    report = MotionReport(
        reader=reader.name,
        scale=scale,
        clip=clip,
        verdicts=verdicts(clip, scale, base, gain),
        likeness=tuple(one.likeness for one in ours),
        control=base,
        gain=gain,
    )
    return CheckedMotion(report=report, clips=tuple(ours), control=tuple(theirs))
