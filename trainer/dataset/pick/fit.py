"""Which pictures are not fit to be picked, and why."""

from collections.abc import Sequence
from dataclasses import dataclass

from ...faces.face import FaceReader
from ..audit.observation import Observation
from ..checks.duplicates import chains, exact_pairs, near_pairs
from ..checks.rules import Rules
from ..sample import Sample


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """One picture of the folder, by its place in it."""

    index: int
    sample: Sample
    seen: Observation

    @property
    def face_height(self) -> float:
        """Pixels; 0 without a face."""
        box = self.sample.face.box if self.sample.face else (0.0, 0.0, 0.0, 0.0)
        return box[3] - box[1]

    @property
    def focus(self) -> float:
        return (self.seen.facts.focus or 0.0) if self.seen.facts else 0.0


def unfit(one: Candidate, reader: FaceReader | None, smallest_face: int) -> str | None:
    """The first reason against a picture, as a sentence."""
    if one.seen.fault is not None:
        return one.seen.fault
    limit = Rules().focus
    if one.seen.facts is not None and one.seen.facts.focus is not None and one.focus < limit:
        return f"Nothing in it is in focus ({one.focus:.0f}, {limit:.0f} is the least)."
    if 0 < one.face_height < smallest_face:
        return f"Its face is {one.face_height:.0f} pixels high; {smallest_face} is the least."
    like = one.sample.likeness
    if reader is not None and like is not None and like.value is not None and like.value < reader.same_person:
        seen, least = f"{like.value:.2f} to {like.against}", f"{reader.same_person:.2f}"
        return f"It looks like somebody else: likeness {seen}, where {least} is the least ({reader.name})."
    return None


def copies(fit: Sequence[Candidate]) -> dict[int, str]:
    """For every picture that shows the same as a better one: why it stays out, by its place."""
    best: dict[int, Candidate] = {}
    for group in _groups(fit):
        first = max(group, key=_rank)
        best.update({one.index: first for one in group if one is not first})
    return {index: f"It shows the same as {first.sample.path.name}, which is kept." for index, first in best.items()}


def _rank(one: Candidate) -> tuple[bool, float, float, int]:
    """What is held out stays: a copy of it may not be trained on. Then the larger and sharper, then the earlier."""
    return one.sample.split == "held_out", one.face_height, one.focus, -one.index


def _groups(fit: Sequence[Candidate]) -> list[list[Candidate]]:
    """Chains of pictures of one original, of the same pixels, or alike to the eye."""
    families = [one.sample.family for one in fit]
    facts = [one.seen.facts for one in fit]
    known = [place for place, fact in enumerate(facts) if fact is not None]
    hashes = [(fact.hash, fact.mirrored) for fact in facts if fact is not None]
    near = near_pairs([h for h, _ in hashes], [m for _, m in hashes], [families[place] for place in known])
    links = [(pair.one, pair.other) for pair in exact_pairs(families)]
    links += [(known[pair.one], known[pair.other]) for pair in near]
    return [[fit[place] for place in chain] for chain in chains(len(fit), links)]
