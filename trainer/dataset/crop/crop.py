"""Crops a dataset to faces, or to bodies with close-ups of the same originals, framed alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import Cancelled, DatasetError
from ...faces.choose import FaceChoice
from ...faces.face import FaceReader
from ...faces.frequent import choice_over
from ...runtime.steps import Progress, silent
from ...runtime.work import never
from ..dataset import Dataset, LeftOut
from .body import BodyCrop, body_crop
from .cutter import Cutter
from .face import Seen, marked_face, seen_faces, sought_turned
from .geometry import Crop, FaceCrop, face_crop
from .parts import to_bodies, to_faces
from .report import Cut, Framing, listed, sentences
from .store import CropStore, FoundFace

__all__ = ["BodyCrop", "Crop", "Cropped", "Cut", "FaceCrop", "Framing", "body_crop", "crop_dataset", "face_crop"]
_TEXT = "Cropping stopped after {done} of {total} steps; run again to go on from there."


@dataclass(frozen=True, kw_only=True)
class Cropped:
    """The new dataset, what was cut out of what, how alike the faces are framed, and what there is to say of it.

    `left_out` are this step's; `dataset.left_out` has them too. `framing` is of close-ups only; None without any.
    """

    dataset: Dataset
    cuts: tuple[Cut, ...]
    framing: Framing | None
    left_out: tuple[LeftOut, ...]
    texts: tuple[str, ...]
    reader: str | None


def crop_dataset(  # noqa: PLR0913
    dataset: Dataset,
    rule: FaceCrop | BodyCrop,
    reader: FaceReader | None,
    out: Path,
    *,
    choice: FaceChoice | None = None,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = never,
) -> Cropped:
    """Find every face on the original, then cut; pictures go to `out/<sha256>.png` and are never cut twice.

    Of several faces the one that `choice` means is taken, else that of the person whom most pictures show. Without
    `reader` the faces marked in the dataset are used. Progress counts two steps a picture. Raises Cancelled between
    pictures, with what was done kept, and DatasetError when no picture is left.
    """
    steps = _Steps(2 * len(dataset.samples), progress, cancelled)
    shelf = CropStore(out)
    if reader is None:
        faces, broken, several = _marked(dataset, steps), [], ()
    else:
        seen, broken = _looked(dataset, reader, shelf, steps)
        how = choice or choice_over([one.faces for one in seen.values()], reader.same_person, reader.metric)
        seen = {sha256: sought_turned(one, how, reader, shelf) for sha256, one in seen.items()}
        faces = {sha256: one.chosen(how) for sha256, one in seen.items()}
        several = _several([one for one in seen.values() if one.shows_several], how)
    whole = dataset.with_samples(tuple(sample for sample in dataset.samples if sample.sha256 in faces))
    cutter = Cutter(shelf, faces, steps.next)
    parts = to_faces(cutter, whole, rule) if isinstance(rule, FaceCrop) else to_bodies(cutter, whole, rule)
    left_out = (*broken, *parts.left_out)
    if not parts.samples:
        raise DatasetError(
            "No picture is left after cropping.\n" + "\n".join(f"{one.name}: {one.why}" for one in left_out)
        )
    framing = Framing.of([one.crop for one in parts.cuts if one.kind == "face"])
    return Cropped(
        dataset=replace(dataset, samples=parts.samples, root=out, left_out=(*dataset.left_out, *left_out)),
        cuts=parts.cuts,
        framing=framing,
        left_out=left_out,
        texts=(*parts.texts, *several, *sentences(parts.cuts, framing, rule, cutter.knows_eyes)),
        reader=reader.name if reader else None,
    )


def _marked(dataset: Dataset, steps: "_Steps") -> dict[str, FoundFace | None]:
    faces: dict[str, FoundFace | None] = {}
    for sample in dataset.samples:
        steps.next(sample.path.name)
        faces[sample.sha256] = marked_face(sample)
    return faces


def _looked(
    dataset: Dataset, reader: FaceReader, shelf: CropStore, steps: "_Steps"
) -> tuple[dict[str, Seen], list[LeftOut]]:
    seen: dict[str, Seen] = {}
    broken: list[LeftOut] = []
    for sample in dataset.samples:
        steps.next(sample.path.name)
        try:
            seen[sample.sha256] = seen_faces(sample, reader, shelf)
        except DatasetError as fault:
            broken.append(LeftOut(name=sample.path.name, why=str(fault)))
    return seen, broken


def _several(seen: Sequence[Seen], how: FaceChoice) -> tuple[str, ...]:
    if not seen:
        return ()
    count = "1 picture shows" if len(seen) == 1 else f"{len(seen)} pictures show"
    whose = "the one most like the character's" if how.policy == "character" else f"the {how.policy} one"
    text = f"{count} several faces, of which {whose} was taken: {listed([one.sample.path.name for one in seen])}."
    return (text,)


class _Steps:
    """Counts steps, reports them, and stops between two when asked to."""

    def __init__(self, total: int, progress: Progress, cancelled: Callable[[], bool]) -> None:
        self._done, self._total = 0, total
        self._progress, self._cancelled = progress, cancelled

    def next(self, name: str) -> None:
        if self._cancelled():
            raise Cancelled(_TEXT.format(done=self._done, total=self._total))
        self._done += 1
        self._progress(self._done, self._total, name)
