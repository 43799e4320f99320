"""Whether a made picture may be kept: the same person by pictures it was not made from, and what was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...dataset.audit.audit import Audit
from ...dataset.audit.observation import Observation, Readers
from ...dataset.coverage.coverage import Coverage, cover
from ...dataset.coverage.observe import CoverageRow
from ...dataset.sample import Sample
from ...faces.face import AttributeReader, FaceReader
from ...faces.identity import CharacterIdentity, made_face_floor
from ...faces.metric import alike, part_of
from ..rounds import Verdict
from .gap import Gap
from .reference import SetReference
from .view import ANOTHER

_TURNED = 0.75
"""A profile is held to so much of the floor: a turned head lowers every likeness by itself."""


@dataclass(frozen=True, kw_only=True)
class FillVerdict(Verdict):
    """`identity` is taken to `against`, `reference` to the nearest reference; `found` is the bucket it really shows."""

    against: str = ""
    reference: float | None = None
    found: str | None = None


class FillJudge:
    """Judges against one set of pictures, as `audit` saw them; `before` is what those that are trained on cover."""

    def __init__(
        self, audit: Audit, before: Coverage, faces: FaceReader | None, attributes: AttributeReader | None, nearest: int
    ) -> None:
        self._readers = Readers(faces, attributes, audit.rules.side)
        self._rows = audit.trained_rows
        self.before = before
        self._expressions, self._nearest, self._reader = audit.expressions, nearest, faces
        self._metric = audit.metric
        self._own = [(sample, face) for sample, seen in zip(audit.dataset.samples, audit.seen, strict=True)
                     if (face := _face(seen)) is not None and not sample.is_made]  # fmt: skip
        own = [face for _, face in self._own]
        self.floor = None if audit.same_person is None else made_face_floor(own, audit.same_person, audit.metric)

    @property
    def reader(self) -> str:
        return self._reader.name if self._reader else ""

    def verdict(self, sample: Sample, gap: Gap, references: Sequence[SetReference]) -> tuple[FillVerdict, Observation]:
        """Of a picture on disk that was made to fill `gap`."""
        seen = self._readers.observe(sample)
        if seen.fault is not None or seen.row is None:
            return FillVerdict(fault=seen.fault or "it cannot be read"), seen
        found, is_hit = self._bucket(seen.row, gap)
        face = _face(seen)
        identity, against = (None, "") if face is None else self._identity(face, references)
        known = [one.embedding for one in references if one.embedding is not None]
        near = [] if face is None else [alike(self._metric, face, one) for one in known]
        faults = (
            self._face_fault(seen, identity, found),
            None if is_hit is not False else f"it shows {found or 'nothing that can be told'}",
            None if is_hit and self._is_new(gap) else self._copy_fault(seen, references),
        )
        return FillVerdict(
            identity=identity,
            against=against,
            reference=max(near, default=None),
            found=found,
            fault=next((fault for fault in faults if fault), None),
            note=f"nobody here tells its {gap.axis}" if is_hit is None else None,
        ), seen

    def _identity(self, face: np.ndarray, references: Sequence[SetReference]) -> tuple[float, str]:
        """To what is held out, else to the other pictures, and only then to what it was made from."""
        used = {one.sample.family for one in references}
        held = [known for sample, known in self._own if sample.split == "held_out"]
        others = [known for sample, known in self._own if sample.family not in used]
        mine = [one.embedding for one in references if one.embedding is not None]
        for known, words in ((held, "held-out pictures"), (others, "the other pictures"), (mine, "its own reference")):
            if character := CharacterIdentity.of(known, self._metric):
                return character.likeness(face), words
        return 0.0, "nothing"

    def _bucket(self, row: CoverageRow, gap: Gap) -> tuple[str | None, bool | None]:
        """Where the picture lies on the gap's axis, and whether that is what was asked; None: nobody can tell."""
        coverage = cover([*self._rows, row], self._expressions)
        axis = coverage.axes[gap.axis]
        found = coverage.bucket_of(row.sha256).get(gap.axis)
        if found is None:
            return None, None if row.face is not None or self._reader is None else False
        if gap.bucket == ANOTHER:
            return found, len(axis.buckets[found]) == 1
        return found, found.lower() == gap.bucket.lower()

    def _is_new(self, gap: Gap) -> bool:
        """Whether the set shows nothing of the kind: hitting it then proves that something changed."""
        return gap.bucket == ANOTHER or not self.before.axes[gap.axis].buckets.get(gap.bucket)

    def _face_fault(self, seen: Observation, identity: float | None, found: str | None) -> str | None:
        if self._reader is None:
            return None
        if seen.portrait is None:
            return "no face is found in it"
        if seen.faces is not None and seen.faces > 1:
            return f"{seen.faces} people are in it"
        if identity is None or self.floor is None:
            return None
        floor = part_of(self._metric, self.floor, _TURNED if found and "profile" in found else 1.0)
        return f"another face, below {floor:.2f}" if identity < floor else None

    def _copy_fault(self, seen: Observation, references: Sequence[SetReference]) -> str | None:
        if seen.facts is None:
            return None
        if any((seen.facts.hash ^ one.hash).bit_count() <= self._nearest for one in references):
            return "it is the reference again"
        return None


def _face(seen: Observation) -> np.ndarray | None:
    portrait = seen.portrait
    return portrait.embedding if portrait is not None and portrait.embedding.size else None
