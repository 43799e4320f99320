"""What lies in a dataset's folder and is not used, or not as its name promises: one sentence a kind."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from ...errors import DatasetError, few
from ...images.masks import is_mask
from ...images.picture_file import FOREIGN, SUFFIXES
from .layout import (
    CAPTION_SUFFIXES,
    HELD_OUT,
    INDEX,
    CaptionUnreadable,
    ImageFolder,
    caption_text_of,
    natural,
    one_line,
    readable_name,
)

_TEXTS = (
    *CAPTION_SUFFIXES, ".captions", ".cap", ".tags", ".tag", ".json", ".jsonl", ".csv", ".tsv", ".md", ".yaml", ".yml",
    ".toml", ".xml", ".rtf", ".docx",
)  # fmt: skip
_NAMED = 3
_DEEPEST = 6


def notes_on(root: Path, found: Sequence[ImageFolder], pictures: Sequence[Path]) -> tuple[str, ...]:
    """Sentences on the folders that were read and the pictures that were found in them."""
    folders = list(dict.fromkeys([root, *(path.parent for path in pictures), *(source.folder for source in found)]))
    files = [path for folder in folders for path in natural(folder.iterdir()) if _is_shown(path) and path.is_file()]
    return (
        *_captions(root, files, pictures),
        *_read_otherwise(root, pictures),
        *_folders(root, found, set(folders)),
        *_unlisted(root, files, pictures),
    )


def _captions(root: Path, files: Sequence[Path], pictures: Sequence[Path]) -> Iterator[str]:
    owned = {path.with_suffix("") for path in pictures} | {p.with_suffix("") for p in files if _is_picture(p)}
    whole = set(pictures)
    texts = [path for path in files if path.suffix.lower() in _TEXTS and path.name != INDEX]
    captions = [path for path in texts if path.suffix in CAPTION_SUFFIXES]
    other = [path for path in texts if path not in captions and (_of_picture(path, owned, whole) or _tells_all(path))]
    named_twice = [path for path in captions if path.with_suffix("") in whole]
    alone = [path for path in captions if path.with_suffix("") not in owned and path not in named_twice]
    other += [path for path in texts if path.suffix.lower() in CAPTION_SUFFIXES and path not in (*captions, *other)]
    yield from _line("caption file", alone, root, "no picture of that name lies beside; rename it like its picture.")
    yield from _line(
        "file", [*other, *named_twice], root, "not read as a caption; the caption of 1.png is 1.txt or 1.caption."
    )


def _of_picture(path: Path, owned: set[Path], whole: set[Path]) -> bool:
    return path.with_suffix("") in owned or path.with_suffix("") in whole


def _tells_all(path: Path) -> bool:
    """Whether one file holds the captions of many pictures, as other tools keep them."""
    return path.suffix.lower() in (".json", ".jsonl", ".csv") and any(
        word in path.stem.lower() for word in ("meta", "caption", "tags", "label")
    )


def _read_otherwise(root: Path, pictures: Sequence[Path]) -> Iterator[str]:
    kinds: dict[str, list[Path]] = defaultdict(list)
    hidden: list[Path] = []
    owners: dict[Path, list[Path]] = defaultdict(list)
    for picture in pictures:
        there = [path for suffix in CAPTION_SUFFIXES if (path := picture.with_suffix(suffix)).is_file()]
        if not there:
            continue
        owners[there[0]].append(picture)
        texts = [_text(path) for path in there]
        kinds[texts[0][1]].append(there[0])
        if len(there) > 1 and texts[1][0] not in ("", texts[0][0]):
            hidden.append(there[1])
    shared = [path for group in owners.values() if len(group) > 1 for path in group]
    yield from _line("caption file", kinds.pop("?", []), root, "its encoding cannot be told, so its picture has no "
                     "caption; save it as UTF-8.")  # fmt: skip
    for kind in sorted(kind for kind in kinds if kind):
        yield from _line("caption file", kinds[kind], root, f"read as {kind}; save as UTF-8 for other trainers.")
    yield from _line("caption", hidden, root, "a .txt beside it is read instead, empty or not; keep one of the two.")
    yield from _line("picture", shared, root, "another picture has the same caption file; rename one of them.")


def _text(path: Path) -> tuple[str, str]:
    """The text on one line and how it was read, `?` where it cannot be; a file that is refused is told elsewhere."""
    try:
        read = caption_text_of(path)
    except CaptionUnreadable:
        return "", "?"
    except (DatasetError, OSError):
        return "", ""
    return one_line(read.text), read.kind


def _folders(root: Path, found: Sequence[ImageFolder], read: set[Path]) -> Iterator[str]:
    skipped = [
        folder
        for start in dict.fromkeys([root, *(source.folder for source in found)])
        for folder in _below(start, read)
    ]
    yield from _line(
        "folder of pictures", list(dict.fromkeys(skipped)), root, "not read; move its pictures beside the others."
    )


def _below(folder: Path, read: set[Path], depth: int = 0) -> Iterator[Path]:
    """Folders with pictures below one that are not read; links are not followed down."""
    try:
        inside = [path for path in natural(folder.iterdir()) if _is_shown(path) and path.is_dir()]
    except OSError:
        return
    for path in inside:
        if path.name == HELD_OUT or is_mask(path):
            continue
        if path not in read and _holds(path):
            yield path
        if depth < _DEEPEST and not path.is_symlink():
            yield from _below(path, read, depth + 1)


def _holds(folder: Path) -> bool:
    try:
        return any(_is_picture(path) for path in folder.iterdir())
    except OSError:
        return False


def _unlisted(root: Path, files: Iterable[Path], pictures: Sequence[Path]) -> Iterator[str]:
    """Pictures that `dataset.json` does not list; without one every picture in a folder is read or left out by name."""
    if (root / INDEX).is_file():
        known = set(pictures)
        stray = [path for path in files if _is_picture(path) and path not in known]
        yield from _line("picture", stray, root, f"not listed in {INDEX}; move {INDEX} elsewhere to read the folder.")


def _is_picture(path: Path) -> bool:
    return path.suffix.lower() in (*SUFFIXES, *FOREIGN) and _is_shown(path) and not is_mask(path)


def _is_shown(path: Path) -> bool:
    return not path.name.startswith(".")


def _line(what: str, paths: Sequence[Path], root: Path, why: str) -> Iterator[str]:
    if paths:
        paths = list(dict.fromkeys(paths))
        names = [readable_name(path.relative_to(root).as_posix()) for path in paths]
        first, _, rest = what.partition(" of ")
        many = what if len(paths) == 1 else f"{first}s{' of ' + rest if rest else ''}"
        yield f"{len(paths)} {many} ({few(names, _NAMED)}): {why}"
