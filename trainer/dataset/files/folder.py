"""Datasets as folders: kohya's `10_sage_character/001.png` with `001.txt`, a flat folder, or `dataset.json`."""

import errno
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...errors import DatasetError, refusal
from ...images.alpha import ON_WHITE, Alpha
from ...runtime.steps import Progress, silent
from ...runtime.work import never
from ..dataset import ANY_SUBJECT, Dataset, LeftOut
from ..sample import Sample
from ..split import hold_out, suggested_held_out
from .aitoolkit import with_trigger
from .caption_record import CaptionRecord
from .folder_name import plain_word, trigger_of_name
from .index import INDEX, read_index
from .ingest import ingest, pixels_inside, read_sample
from .layout import CaptionUnreadable, ImageFolder, caption_beside, image_folders, listed, pictures, readable_name
from .unused import notes_on


@dataclass(frozen=True, kw_only=True)
class _Given:
    trigger: str | None
    subject: str | None
    alpha: Alpha


def read_dataset(  # noqa: PLR0913
    folder: Path,
    *,
    trigger: str | None = None,
    subject: str | None = None,
    held_out: int | None = 0,
    recursive: bool = False,
    alpha: Alpha = ON_WHITE,
    strict: bool = False,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = never,
) -> Dataset:
    """Read `dataset.json` if there is one, else kohya folders, else the folder's pictures with captions beside them.

    A folder that says which pictures are held out keeps that; else the last `held_out` are, None for as many as suit
    its size. Without a `trigger` the folders' names give it: kohya's, else the folder's own; without a `subject`
    kohya's `10_ohwx woman` does, else it is `person`. Pictures without a caption get ""; a caption counts as by hand
    unless `.captions.json` says who wrote it.
    `dataset.json` brings its own subject and alpha.
    Files that cannot be used are in `left_out`; when `strict`, or when none can be used, DatasetError names them all.
    Progress is told of every picture; Cancelled is raised between two when `cancelled` says so.
    """
    try:
        if not folder.is_dir():
            raise DatasetError(f"{folder} is not a folder; give the folder that holds the pictures.")
        if (folder / INDEX).is_file():
            dataset = read_index(folder, trigger, progress=progress, cancelled=cancelled)
        else:
            found = image_folders(folder, recursive=recursive)
            given = _Given(trigger=trigger, subject=subject or None, alpha=alpha)
            dataset = _read(folder, found, given, progress, cancelled)
    except OSError as fault:
        if fault.errno == errno.ENAMETOOLONG:
            raise DatasetError(refusal(fault, folder)) from fault
        raise DatasetError(f"{folder} may not be read ({fault.strerror}); change its permissions.") from fault
    if not dataset.samples or (strict and dataset.left_out):
        raise DatasetError.all_of([left.why for left in dataset.left_out])
    count = suggested_held_out(len(dataset.samples)) if held_out is None else held_out
    if not count or dataset.held_out:
        return dataset
    return dataset.with_samples(hold_out(dataset.samples, count))


def _read(
    folder: Path, found: Sequence[ImageFolder], given: _Given, progress: Progress, cancelled: Callable[[], bool]
) -> Dataset:
    rows = listed([source for source in found if source.repeats])
    unused = (*_never_trained(found), *_beside(folder, found))
    if not rows and not unused:
        raise DatasetError(f"{folder} holds no pictures; put PNG, JPEG or WebP files into it.")
    trigger = given.trigger or _trigger(folder, found)
    empty = Dataset(samples=(), trigger=trigger, subject=_subject(found, given), root=folder)
    root = folder.resolve()
    records = {inside: CaptionRecord(inside) for inside in {path.parent for _, path in rows}}

    def read(row: tuple[ImageFolder, Path]) -> Sample:
        source, path = row
        sample = read_sample(path, root, given.alpha)
        text = _caption(path)
        caption, *others = with_trigger(text, trigger).split("\n")
        author = records[path.parent].author(path.with_suffix(".txt").name, text)
        told = replace(sample, caption=caption, alternatives=tuple(others), author=author)
        return replace(told, split=source.split, repeats=source.repeats)

    def name(row: tuple[ImageFolder, Path]) -> str:
        return row[1].relative_to(folder).as_posix()

    def pixels(row: tuple[ImageFolder, Path]) -> int:
        return pixels_inside(row[1], root)

    samples, faulty = ingest(rows, read, name, pixels, progress=progress, cancelled=cancelled)
    notes = (*_names_read(found, given, trigger, empty.subject), *notes_on(folder, found, [path for _, path in rows]))
    return replace(empty, samples=samples, left_out=(*unused, *faulty), notes=notes)


def _caption(picture: Path) -> str:
    try:
        return caption_beside(picture) or ""
    except CaptionUnreadable:  # told once for all of them
        return ""


def _names_read(found: Sequence[ImageFolder], given: _Given, trigger: str, subject: str) -> Iterator[str]:
    """What a folder's name was split into, where it has spaces: trainers and people disagree on that."""
    split = next((source for source in found if source.subject), None)
    if split is None:
        return
    taken = [f"trigger {trigger}"] if given.trigger is None else []
    taken += [f"class word {subject}"] if given.subject is None and subject != ANY_SUBJECT else []
    if taken:
        said = f"The folder {split.folder.name} gives the {' and '.join(taken)}"
        yield f"{said}; write others into trigger and subject if that is wrong."
    if given.subject == ANY_SUBJECT and split.subject in _class_words(found, given):
        # What saved workflows and commands say that were written when it stood for nothing.
        yield f"The subject is {ANY_SUBJECT}, as given; leave it empty for the folder's own class word {split.subject}."


def _never_trained(found: Sequence[ImageFolder]) -> tuple[LeftOut, ...]:
    return tuple(
        LeftOut(
            name=source.folder.name,
            why=f"{source.folder.name} asks for 0 repeats; name it 1_{source.trigger} or more.",
        )
        for source in found
        if not source.repeats
    )


def _beside(root: Path, found: Sequence[ImageFolder]) -> tuple[LeftOut, ...]:
    """Pictures beside folders with repeats, where kohya's trainers do not look."""
    if any(source.folder == root for source in found):
        return ()
    folder = next((source for source in found if source.repeats), found[0]).folder.name
    return tuple(
        LeftOut(name=name, why=f"{name} lies beside the folders that are trained on; move it into {folder}.")
        for name in (readable_name(path.name) for path in pictures(ImageFolder(root)))
    )


def _trigger(folder: Path, found: Sequence[ImageFolder]) -> str:
    words = sorted({source.trigger for source in found if source.trigger})
    if len(words) == 1:
        return words[0]
    if words:
        raise DatasetError(f"The folders name the triggers {', '.join(words)}; keep one, or give the trigger.")
    return trigger_of_name(folder.resolve().name)


def _subject(found: Sequence[ImageFolder], given: _Given) -> str:
    """The class word that is given, else that of kohya's `10_ohwx woman`."""
    words = _class_words(found, given)
    return given.subject or (words.pop() if len(words) == 1 else ANY_SUBJECT)


def _class_words(found: Sequence[ImageFolder], given: _Given) -> set[str]:
    """Those in the folders' names, unless the whole name is said to be the trigger."""
    return {source.subject for source in found if source.subject and plain_word(source.folder.name) != given.trigger}
