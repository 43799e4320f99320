"""A character's pictures with the words that stand for it."""

import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from ..errors import DatasetError, few
from ..storage.values import canonical_json, checked_values
from .sample import Sample

ANY_SUBJECT = "person"
"""The class word of whoever nobody said more of."""


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """A file that is not in the dataset although it lies there, and the sentence that says why."""

    name: str
    why: str

    @property
    def sentence(self) -> str:
        """Why, with the name before it where the reason does not say it."""
        return self.why if self.name in self.why else f"{self.name}: {self.why}"


def told(left_out: Sequence[LeftOut]) -> list[str]:
    """One line a kind, with how many there are and a few of their names; a reason alone stays as it is."""
    return [left.sentence for left in by_kind(left_out)]


def by_kind(left_out: Sequence[LeftOut]) -> list[LeftOut]:
    """One for all that are left out for the same reason: the first, and in its sentence how many more."""
    kinds: dict[str, list[LeftOut]] = {}
    for left in left_out:
        stem = Path(left.name).stem
        kinds.setdefault(re.sub(r"\d+", "#", left.why.replace(stem, "")), []).append(left)
    return [group[0] if len(group) == 1 else _all_of(group) for group in kinds.values()]


def _all_of(group: Sequence[LeftOut]) -> LeftOut:
    names = few([left.name for left in group], 3)
    return LeftOut(name=group[0].name, why=f"{len(group)} files ({names}): {group[0].sentence}")


@dataclass(frozen=True, kw_only=True, repr=False)
class Dataset:
    """Samples, the trigger that will mean this character, and the class word it belongs to (`person`).

    `notes` say what reading the folder passed over or changed, one sentence a kind.

    As text it is one line, because hosts print what went into a node that failed.
    """

    samples: tuple[Sample, ...]
    trigger: str
    subject: str
    root: Path
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.trigger or any(letter.isspace() or letter == "," for letter in self.trigger):
            raise DatasetError(
                f"The trigger {self.trigger!r} must be one word without spaces or commas, like 'wrenna_character'."
            )

    def __repr__(self) -> str:
        return f"{len(self.samples)} pictures of {self.trigger}"

    @property
    def train(self) -> tuple[Sample, ...]:
        return tuple(sample for sample in self.samples if sample.split == "train")

    @property
    def held_out(self) -> tuple[Sample, ...]:
        return tuple(sample for sample in self.samples if sample.split == "held_out")

    def with_samples(self, samples: tuple[Sample, ...]) -> "Dataset":
        return replace(self, samples=samples)

    def known_by(self, references: Iterable[Sample]) -> "Dataset":
        """The same training pictures, and as held out those of `references` that are none of them."""
        own = {sample.sha256 for sample in self.train}
        others = (replace(sample, split="held_out") for sample in references if sample.sha256 not in own)
        return self.with_samples((*self.train, *others))

    def fingerprint(self) -> str:
        """Changes with pixels, captions, split, repeats and words; not with where the files lie."""
        rows = [
            (
                *(s.sha256, s.caption, s.split, s.repeats, s.masked),
                *([s.mask_sha256] if s.mask_sha256 else ()),
                *([list(s.alternatives)] if s.alternatives else ()),
            )
            for s in self.samples
        ]
        return hashlib.sha256(canonical_json([self.trigger, self.subject, rows]).encode()).hexdigest()

    def to_json(self) -> dict[str, Any]:
        samples = [sample.to_json() for sample in self.samples]
        return {**asdict(self), "samples": samples, "root": self.root.as_posix()}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Dataset":
        known = checked_values(cls, data, DatasetError)
        known["samples"] = tuple(Sample.from_json(sample) for sample in known["samples"])
        known["left_out"] = tuple(
            LeftOut(**checked_values(LeftOut, left, DatasetError)) for left in known.get("left_out", ())
        )
        known["notes"] = tuple(known.get("notes", ()))
        known["root"] = Path(known["root"])
        return cls(**known)
