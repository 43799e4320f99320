"""What was measured of one checkpoint, or of the control: plain frozen values, JSON in and out."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from ..errors import RunError
from ..storage.values import checked_values
from .intervals import Interval
from .measures.measure import MEASURES
from .measures.memorisation import Memorisation
from .reading.observation import Batch, PictureScore

FlagKind = Literal["broken", "overtrained", "weak"]


@dataclass(frozen=True)
class Flag:
    """Why a checkpoint is not to be chosen."""

    kind: FlagKind
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Scores:
    """One column of the comparison, named by its `label`; `lora` is None for the control. None anywhere means not
    measured, never low.

    `step` is None where the file tells none, `seed` the training seed where runs of several are compared.
    `measures` are those of measures/measure.py by name. `likeness` is identity between the control (0) and real
    pictures (1), `slots` the part that followed, a slot. `file` names the contents of the LoRA, "" in old reports:
    files of other folders may be called alike.
    """

    label: str
    step: int | None
    lora: str | None
    measures: Mapping[str, Interval | None]
    likeness: float | None = None
    slots: Mapping[str, float]
    memorisation: Memorisation | None = None
    flags: tuple[Flag, ...] = ()
    cautions: tuple[str, ...] = ()
    pictures: tuple[PictureScore, ...] = ()
    seed: int | None = None
    strength: float = 1.0
    file: str = ""

    @property
    def is_control(self) -> bool:
        return self.lora is None

    @property
    def identity(self) -> Interval | None:
        return self.measures.get("identity")

    @property
    def trigger_only(self) -> Interval | None:
        return self.measures.get("trigger_only")

    @property
    def untriggered(self) -> Interval | None:
        return self.measures.get("untriggered")

    @property
    def leak(self) -> Interval | None:
        return self.measures.get("leak")

    @property
    def bleed(self) -> Interval | None:
        return self.measures.get("bleed")

    @property
    def top1(self) -> Interval | None:
        return self.measures.get("top1")

    @property
    def face_rate(self) -> Interval | None:
        return self.measures.get("face_rate")

    @property
    def following(self) -> Interval | None:
        return self.measures.get("following")

    @property
    def variety(self) -> Interval | None:
        return self.measures.get("variety")

    @property
    def copies(self) -> Interval | None:
        return self.measures.get("copies")

    @property
    def held_out_rise(self) -> Interval | None:
        return self.measures.get("held_out_rise")

    @property
    def overtrained(self) -> bool:
        return any(flag.kind == "overtrained" for flag in self.flags)

    def to_json(self) -> dict[str, Any]:
        measures = {name: measured and measured.to_json() for name, measured in self.measures.items()}
        return {
            "label": self.label,
            "step": self.step,
            "lora": self.lora,
            "measures": measures,
            "likeness": self.likeness,
            "slots": dict(self.slots),
            "memorisation": self.memorisation and self.memorisation.to_json(),
            "flags": [asdict(flag) for flag in self.flags],
            "cautions": list(self.cautions),
            "pictures": [asdict(picture) for picture in self.pictures],
            "seed": self.seed,
            "strength": self.strength,
            "file": self.file,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Scores":
        """Raises RunError naming every key it does not know or lacks. Reports of before `measures` are read too."""
        known = checked_values(cls, data if "measures" in data else _renamed(data), RunError)
        known["pictures"] = tuple(_picture(row) for row in known.get("pictures", ()))
        kept = {name: row and Interval.from_json(row) for name, row in known["measures"].items()}
        known["measures"] = kept if "measures" in data else kept | _shares(known["pictures"])
        if known.get("memorisation"):
            known["memorisation"] = Memorisation.from_json(known["memorisation"])
        known["flags"] = tuple(Flag(**checked_values(Flag, row, RunError)) for row in known.get("flags", ()))
        known["cautions"] = tuple(known.get("cautions", ()))
        return cls(**known)


def is_same_file(one: Scores, other: Scores) -> bool:
    """Whether two columns are one LoRA file, at whatever strength; never for the control."""
    if one.is_control or other.is_control:
        return one.label == other.label
    return _file(one) == _file(other)


def _file(scores: Scores) -> tuple[str, str | None, int | None, int | None]:
    return scores.file, scores.lora, scores.step, scores.seed


def main_strength(checkpoints: Sequence[Scores], wanted: float | None = None) -> float:
    """The strength whose columns compete: the wanted one where any has it, else the commonest."""
    counts = Counter(scores.strength for scores in checkpoints)
    if wanted is not None and counts[wanted]:
        return wanted
    return max(counts, key=lambda strength: (counts[strength], strength), default=1.0)


_INTERVALS = {
    "identity": "identity",
    "bare": "trigger_only",
    "untriggered": "untriggered",
    "leak": "leak",
    "following": "following",
    "spread": "variety",
}
"""Intervals that reports of before `measures` held beside the rest, and their names now."""
_SHARES = {"turned": "bleed", "top1": "top1", "face_rate": "face_rate", "nearest": "nearest"}
"""Numbers that they held without an interval; it is taken from their pictures."""


def _renamed(old: Mapping[str, Any]) -> dict[str, Any]:
    gone = {*_INTERVALS, *_SHARES, "recall"}
    kept = {name: value for name, value in old.items() if name not in gone}
    measures = {new: old.get(name) for name, new in _INTERVALS.items()}
    return {**kept, "measures": measures, "memorisation": old.get("recall")}


def _shares(pictures: tuple[PictureScore, ...]) -> dict[str, Interval | None]:
    batch = Batch(pictures=pictures)
    return {name: MEASURES[name](batch) for name in (*_SHARES.values(), "copies")}


def _picture(row: Mapping[str, Any]) -> PictureScore:
    names = {"first": "top1", "turned": "bleed"}
    return PictureScore(
        **checked_values(PictureScore, {names.get(key, key): value for key, value in row.items()}, RunError)
    )
