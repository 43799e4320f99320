"""`dataset.json`: everything known of a dataset whose pictures lie in the same folder."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from ...errors import DatasetError
from ...images.alpha import Alpha
from ...images.pixels import load_picture, stored_sha256
from ...runtime.steps import Progress, silent
from ...runtime.work import never
from ...storage.values import json_value
from ..dataset import Dataset
from ..sample import Sample
from .aitoolkit import with_trigger
from .caption_lines import caption_text
from .ingest import ingest, own_mask_sha256, pixels_inside, read_sample
from .layout import INDEX, CaptionUnreadable, ImageFolder, caption_beside, lies_in
from .unused import notes_on


def read_index(
    folder: Path,
    trigger: str | None = None,
    *,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = never,
) -> Dataset:
    """The dataset as it was saved, without files that are missing, changed or elsewhere: those are left out by name.

    A caption file beside a picture wins: saving keeps the two equal, so where they differ it was edited since.
    """
    saved = _saved(folder / INDEX)
    if not saved.samples:
        raise DatasetError(f"{folder / INDEX} lists no pictures; move it elsewhere to read the folder itself.")
    word, root = trigger or saved.trigger, folder.resolve()
    renamed: dict[str, str] = {}

    def read(sample: Sample) -> Sample:
        path = folder / sample.path
        seen = read_sample(path, root, Alpha(matte=sample.matte, masked=sample.masked))
        if seen.sha256 != sample.sha256 and stored_sha256(path, sample.matte) == sample.sha256:
            # It was saved before embedded colour profiles were heeded.
            renamed[sample.sha256] = seen.sha256
        elif seen.sha256 != sample.sha256:
            raise DatasetError(
                f"{path.name} has changed since {INDEX} was written; delete {INDEX} to read the folder afresh."
            )
        if seen.mask_sha256 != sample.mask_sha256 and not _says_the_same(seen, sample):
            raise DatasetError(f"The mask of {path.name} has changed since {INDEX} was written; delete {INDEX}.")
        found = replace(sample, path=path, sha256=seen.sha256, mask=seen.mask, width=seen.width, height=seen.height)
        if seen.mask_sha256 != sample.mask_sha256:
            found = replace(found, masked=seen.masked, mask_sha256=None)
        return _edited(found, word)

    samples, faulty = ingest(
        saved.samples,
        read,
        lambda sample: sample.path.as_posix(),
        lambda sample: pixels_inside(folder / sample.path, root),
        progress=progress,
        cancelled=cancelled,
    )
    samples = tuple(replace(one, source=renamed.get(one.source or "", one.source)) for one in samples)
    names = {left.name for left in faulty}
    left_out = (*(left for left in saved.left_out if left.name not in names), *faulty)
    paths = [path for sample in saved.samples if _lies_below(path := folder / sample.path, root)]
    notes = notes_on(folder, [ImageFolder(inside) for inside in dict.fromkeys(path.parent for path in paths)], paths)
    return replace(saved, samples=samples, root=folder, trigger=word, left_out=left_out, notes=notes)


def _lies_below(path: Path, root: Path) -> bool:
    """Whether a folder of the set holds the file, or did; a name in the index may lead anywhere."""
    return path.parent.is_dir() and lies_in(path, root)


def _says_the_same(seen: Sample, saved: Sample) -> bool:
    """Whether the mask that was saved says no more than the picture itself, which counts as none now."""
    if seen.mask is not None or saved.mask is None:
        return False
    picture = load_picture(seen.path, seen.matte)
    return saved.mask_sha256 == own_mask_sha256(picture.mask, picture.rgb.size)


def index_of(dataset: Dataset, root: Path) -> bytes:
    """The file's contents, paths relative to the resolved `root` in which all pictures lie."""
    inside = tuple(_inside(sample, root) for sample in dataset.samples)
    data = replace(dataset, samples=inside, root=Path()).to_json()
    return json.dumps(data, indent=2, ensure_ascii=False).encode() + b"\n"


def _inside(sample: Sample, root: Path) -> Sample:
    mask = None if sample.mask is None else sample.mask.resolve().relative_to(root)
    return replace(sample, path=sample.path.resolve().relative_to(root), mask=mask)


def _edited(sample: Sample, trigger: str) -> Sample:
    try:
        text = caption_beside(sample.path)
    except CaptionUnreadable:  # told once for all of them
        return sample
    if text is None or with_trigger(text, trigger) == caption_text(sample):
        return sample
    caption, *others = with_trigger(text, trigger).split("\n")
    return replace(sample, caption=caption, alternatives=tuple(others), author="hand" if text else "none")


def foreign_index(folder: Path) -> str | None:
    """Why nothing may be written over the `dataset.json` in a folder, None where there is none or it is of ours."""
    try:
        _saved(folder / INDEX)
    except FileNotFoundError:
        return None
    except DatasetError as fault:
        return str(fault)
    return None


def _saved(path: Path) -> Dataset:
    data = _parsed(path)
    try:
        return Dataset.from_json(data)
    except DatasetError as fault:
        raise DatasetError(_foreign(path, " ".join(str(fault).split()))) from None
    except (TypeError, AttributeError, KeyError, ValueError) as fault:
        raise DatasetError(_foreign(path, str(fault))) from None


def _foreign(path: Path, why: str) -> str:
    return (
        f"{path} is not a dataset of ours ({why}); another program may need it: move or rename it, and the folder "
        "itself is read."
    )


def _parsed(path: Path) -> dict[str, Any]:
    try:
        data: object = json_value(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as fault:
        raise DatasetError(_foreign(path, f"not valid JSON: {fault}")) from None
    if not isinstance(data, dict):
        raise DatasetError(_foreign(path, "not an object"))
    return cast(dict[str, Any], data)
