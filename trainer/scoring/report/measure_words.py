"""What measures are called, and what they say, in picture, page, panel and model card. A measure that has no words
here is shown all the same, by its own name."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from ..intervals import Interval
from .report import Report

Unit = Literal["number", "percent", "degrees"]


@dataclass(frozen=True, kw_only=True)
class MeasureWords:
    """`says` is one sentence; `better` tells which end of the scale is good, "" where neither is.

    `needs` ends the sentence "… is not measured: " by what would measure it.
    """

    title: str
    says: str
    unit: Unit = "number"
    better: Literal["high", "low", ""] = "high"
    needs: str = ""

    def value(self, measured: Interval | None) -> str:
        """The value alone; a dash for what was not measured."""
        return "–" if measured is None else self._said(measured.value)

    def between(self, measured: Interval) -> str:
        """The interval's ends."""
        return f"{self._said(measured.low)} to {self._said(measured.high)}"

    def _said(self, value: float) -> str:
        digits = {"percent": 2, "degrees": 0, "number": 2}[self.unit]
        plain = round(value, digits) + 0.0  # nothing is said to be below zero that is not
        if self.unit == "percent":
            return f"{plain:.0%}"
        return f"{plain:.0f}°" if self.unit == "degrees" else f"{plain:.2f}"


_FACE = "a face reader finds no face in these pictures"
_READER = "no reader is there for what these prompts ask"

MEASURE_WORDS: Mapping[str, MeasureWords] = {
    "identity": MeasureWords(
        title="Identity",
        says="How alike the drawn faces are to the character's real pictures, 1 for the same.",
        needs=_FACE,
    ),
    "trigger_only": MeasureWords(
        title="Trigger alone", says="Identity where the prompt is the trigger and nothing else.", needs=_FACE
    ),
    **{
        f"identity_{angle}": MeasureWords(
            title=f"Identity, {angle.replace('_', '-')}",
            says="Identity of heads turned so, against real pictures turned alike.",
            needs="a face reader that tells angles, and pictures turned so",
        )
        for angle in ("front", "three_quarter", "profile", "tilted")
    },
    "following": MeasureWords(
        title="Following", says="Part of what prompts ask for that is in the pictures.", unit="percent", needs=_READER
    ),
    "pose": MeasureWords(
        title="Pose",
        says="Pictures whose head is turned as the prompt asks.",
        unit="percent",
        needs="a face reader that tells angles, and prompts that ask for them",
    ),
    "pose_spread": MeasureWords(
        title="Pose spread",
        says="How far heads turn over prompts that ask for it, against the control's.",
        unit="percent",
        needs="a face reader that tells angles, and prompts that ask for different ones",
    ),
    "expression": MeasureWords(
        title="Expression",
        says="Pictures that show the expression the prompt asks for, by mouth and eyes.",
        unit="percent",
        needs="a face reader with landmarks, and prompts that ask for expressions",
    ),
    "variety": MeasureWords(
        title="Variety",
        says="How much pictures of one prompt differ, against the control's.",
        unit="percent",
        needs="two seeds or more of the trigger alone",
    ),
    "leak": MeasureWords(
        title="Leak",
        says="Identity without the trigger above the control's: 0 where the character stays away.",
        better="low",
        needs="a prompt without the trigger",
    ),
    "untriggered": MeasureWords(
        title="Without trigger",
        says="Identity where the prompt does not name the trigger.",
        better="low",
        needs="a prompt without the trigger",
    ),
    "top1": MeasureWords(
        title="Nearest of all",
        says="Pictures whose face is nearer to the character than to anybody else known.",
        unit="percent",
        needs="faces of other people",
    ),
    "bleed": MeasureWords(
        title="Others turned",
        says="Described other people who turned into the character.",
        unit="percent",
        better="low",
        needs="a prompt of somebody else",
    ),
    "face_rate": MeasureWords(title="Faces", says="Pictures in which a face is found.", unit="percent", needs=_FACE),
    "copies": MeasureWords(
        title="Copies",
        says="Pictures that repeat a training picture.",
        unit="percent",
        better="low",
        needs="the training pictures",
    ),
    "background_leak": MeasureWords(
        title="Background leak",
        says="How much more of a training background there is than in the control's pictures.",
        unit="percent",
        better="low",
        needs="the training pictures, and prompts that name a place",
    ),
    "style_contamination": MeasureWords(
        title="Style leak",
        says="Pictures asked for another style that came in the training pictures' own, above the control's.",
        unit="percent",
        better="low",
        needs="a reader of styles, and prompts that ask for one",
    ),
    "broken": MeasureWords(
        title="Broken",
        says="Pictures that show nothing: black, blank or of one colour.",
        unit="percent",
        better="low",
        needs="pictures",
    ),
    "nearest": MeasureWords(
        title="Nearest training picture",
        says="Mean difference to the nearest training picture, 0 for the same again.",
        better="",
        needs="the training pictures",
    ),
    "held_out_rise": MeasureWords(
        title="Held-out loss rise",
        says="Loss on pictures that were not trained on, over its lowest so far.",
        better="low",
        needs="losses on held-out pictures in the run's log",
    ),
}
MAIN = ("identity", "following", "variety", "leak")
"""The few that decide, in the picture and at the top of the panel."""


def words_of(name: str) -> MeasureWords:
    """Words of a measure by name; for one that has none, its name, as it stands."""
    plain = name.replace("_", " ").strip() or name
    known = MEASURE_WORDS.get(name) or MEASURE_WORDS.get(name.replace("-", "_"))
    return known or MeasureWords(title=plain[:1].upper() + plain[1:], says="", better="")


def measured_names(report: Report) -> list[str]:
    """Every measure that any column has: in the order of the words, then those without words as they come."""
    held = [name for scores in report.columns for name, measured in scores.measures.items() if measured is not None]
    names = list(dict.fromkeys(held))
    return [name for name in MEASURE_WORDS if name in names] + [name for name in names if name not in MEASURE_WORDS]


def main_names(report: Report) -> list[str]:
    """Those of MAIN that are measured."""
    return [name for name in MAIN if name in measured_names(report)]


def unmeasured(report: Report) -> list[str]:
    """A sentence for each measure with words that no column has: what would measure it."""
    there = {*measured_names(report)}
    return [
        f"{words.title} is not measured: {words.needs}." if words.needs else f"{words.title} is not measured."
        for name, words in MEASURE_WORDS.items()
        if name not in there
    ]


def ends_of(report: Report, name: str) -> tuple[float, float]:
    """The ends of the scale on which every column's interval of a measure is drawn: 0 to 1 where that holds all."""
    found = [scores.measures.get(name) for scores in report.columns]
    values = [bound for each in found if each is not None for bound in (each.low, each.high)]
    low, high = min([0.0, *values]), max([0.0, *values])
    return low, max(high, 1.0 if words_of(name).unit != "degrees" else high, low + 1e-9)
