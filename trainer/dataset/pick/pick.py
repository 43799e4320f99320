"""Picks from a large folder the pictures to train on: of this person, sharp, and together showing the most."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from PIL import Image

from ...errors import DatasetError
from ...faces.face import EXPRESSIONS, AttributeReader, FaceReader
from ...runtime.steps import Progress, Steps, silent, stepped
from ...runtime.work import never
from ..audit.observation import Observation, Readers
from ..checks.rules import Rules
from ..coverage.coverage import Coverage, cover
from ..dataset import Dataset, LeftOut
from ..sample import Likeness, Sample
from .balance import balanced
from .fit import Candidate, copies, unfit
from .likeness import character_of, likenesses

SMALLEST_FACE = 64
"""Pixels of face height below which recognisers, which see 112, guess."""
_STOPPED = "Picking stopped after {done} of {total} pictures."


@dataclass(frozen=True, kw_only=True)
class Picked:
    """The picked pictures with those held out, why the others stayed out, and what the picked ones show.

    `likeness` has every picture that was looked at, by sha256. `text` sums up in a sentence.
    """

    dataset: Dataset
    left_out: tuple[LeftOut, ...]
    likeness: Mapping[str, Likeness]
    coverage: Coverage
    reader: str | None
    text: str


def pick(  # noqa: PLR0913
    dataset: Dataset,
    count: int = 30,
    *,
    faces: FaceReader | None,
    baselines: Sequence[Image.Image] = (),
    attributes: AttributeReader | None = None,
    smallest_face: int = SMALLEST_FACE,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = never,
) -> Picked:
    """Pick `count` pictures: copies, unsharp ones, small faces and strangers go; of the rest those that show the most.

    Likeness is to the mean of `baselines` (three are good), else of every picture to the others; of no face and of
    profiles it is not measured and nothing is concluded. Pictures without a face are taken only to fill up. The same
    input gives the same pick. Held-out pictures stay as they are. Raises Cancelled between pictures, DatasetError
    when nothing fits.
    """
    if count < 1:
        raise DatasetError(f"There are {count} pictures to pick; pick 10 to 50, best 20 to 30.")
    readers = Readers(faces, attributes, Rules().side)
    looks = _look(dataset.samples, readers, progress, cancelled)
    character = character_of(faces, baselines)
    seen = readers.settled(dataset.samples, looks, None if character is None else character.centroid)
    found = likenesses(seen, faces, character)
    samples = tuple(
        replace(sample, face=one.mark or sample.face, likeness=like)
        for sample, one, like in zip(dataset.samples, seen, found, strict=True)
    )
    candidates = [Candidate(index=n, sample=s, seen=one) for n, (s, one) in enumerate(zip(samples, seen, strict=True))]
    out = {one.index: why for one in candidates if (why := unfit(one, faces, smallest_face)) is not None}
    fit = [one for one in candidates if one.index not in out]
    # Held-out pictures stay whether they are fit or not, so none of their copies is trained on.
    held = [one for one in candidates if one.index in out and one.sample.split == "held_out"]
    out.update(copies([*fit, *held]))
    words = tuple(attributes.slots.get("expression", EXPRESSIONS)) if attributes else EXPRESSIONS
    free = [one for one in fit if one.index not in out and one.sample.split == "train"]
    if not free:
        reasons = "\n".join(f"{samples[index].path.name}: {why}" for index, why in sorted(out.items()))
        raise DatasetError(f"No picture is fit to be picked.\n{reasons}")
    chosen = balanced(free, count, words)
    out.update({one.index: why for one, why in chosen.others})
    return _picked(dataset, samples, seen, out, words, faces)


def _picked(
    dataset: Dataset,
    samples: Sequence[Sample],
    seen: Sequence[Observation],
    out: Mapping[int, str],
    words: Sequence[str],
    faces: FaceReader | None,
) -> Picked:
    kept = [n for n, sample in enumerate(samples) if n not in out or sample.split == "held_out"]
    left_out = tuple(
        LeftOut(name=samples[n].path.name, why=why) for n, why in sorted(out.items()) if samples[n].split == "train"
    )
    rows = [row for n in kept if samples[n].split == "train" and (row := seen[n].row) is not None]
    return Picked(
        dataset=replace(dataset, samples=tuple(samples[n] for n in kept), left_out=(*dataset.left_out, *left_out)),
        left_out=left_out,
        likeness={sample.sha256: sample.likeness for sample in samples if sample.likeness is not None},
        coverage=cover(rows, words),
        reader=faces.name if faces else None,
        text=f"{len(rows)} of {len(dataset.train)} pictures were picked; {len(left_out)} stayed out.",
    )


def _look(
    samples: Sequence[Sample], readers: Readers, progress: Progress, cancelled: Callable[[], bool]
) -> list[Observation]:
    steps = Steps(len(samples), _STOPPED, progress, cancelled)
    looks = stepped(samples, readers.observe, steps, lambda sample: sample.path.name, lambda sample: sample.pixels)
    return [one for _, one in looks]
