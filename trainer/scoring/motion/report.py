"""What is told of a clip: verdicts, numbers with intervals, a likeness a frame."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..intervals import Interval
from .gates import Verdict
from .measures import MotionMeasures
from .scale import Scale

_NAMES = (
    ("identity", "Likeness of the face"),
    ("drift", "Change of likeness from the first frame to the last"),
    ("hold", "The end against the start"),
    ("flicker", "Flicker of the face (1: as from picture to picture)"),
    ("light_flicker", "Flicker of brightness, levels of 255"),
    ("movement", "Movement, part of the contrast"),
    ("faces", "Frames with a face"),
)


@dataclass(frozen=True, kw_only=True, eq=False)
class MotionReport:
    """`likeness` is that of every frame, a row a clip, NaN without a face; `control` and `gain` are None without a clip
    drawn without the LoRA."""

    reader: str
    scale: Scale
    clip: MotionMeasures
    verdicts: tuple[Verdict, ...]
    likeness: tuple[np.ndarray, ...]
    control: MotionMeasures | None = None
    gain: Interval | None = None

    @property
    def kinds(self) -> tuple[str, ...]:
        """The verdicts' words, each once."""
        return tuple(dict.fromkeys(verdict.kind for verdict in self.verdicts))

    @property
    def text(self) -> str:
        """The report in words."""
        lines = [*(verdict.sentence for verdict in self.verdicts), "", *self._numbers(), self._measured_by()]
        return "\n".join([f"{', '.join(self.kinds).capitalize()}.", *lines])

    def _numbers(self) -> Iterator[str]:
        for name, words in _NAMES:
            ours, theirs = getattr(self.clip, name), self.control and getattr(self.control, name)
            beside = f", without the LoRA {theirs or 'not measured'}" if self.control else ""
            yield f"{words}: {ours or 'not measured'}{beside}."
        if self.gain is not None:
            yield f"The LoRA adds {self.gain} of likeness."

    def _measured_by(self) -> str:
        count, clip, scale = len(self.scale.character.embeddings), self.clip, self.scale
        told = f"{clip.frames} frames in {clip.clips} clip{'s' if clip.clips > 1 else ''}, read by {self.reader}"
        top = "" if scale.top is None else f" They reach {scale.top:.2f} among themselves."
        few = "" if scale.spread is not None else " Fewer than three: flicker of the face has no scale."
        return f"{told}, against {count} reference{'s' if count > 1 else ''}; {scale.floor:.2f} is accepted.{top}{few}"

    def to_json(self) -> dict[str, Any]:
        return {
            "verdicts": [{"kind": one.kind, "sentence": one.sentence} for one in self.verdicts],
            "reader": self.reader,
            "metric": self.scale.character.metric.name,
            "references": len(self.scale.character.embeddings),
            "floor": self.scale.floor,
            "top": self.scale.top,
            "clip": self.clip.to_json(),
            "control": self.control and self.control.to_json(),
            "gain": self.gain and self.gain.to_json(),
            "likeness": [[_known(value) for value in row] for row in self.likeness],
        }


def _known(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None
