"""The files that a base consists of besides the one that it is chosen by: found by name and content, or given."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatch
from pathlib import Path

from ..errors import ModelError
from ..storage.tensor_header import read_header
from .spec import FilePart

_ALIASES = {"text_encoders": ("text_encoders", "clip"), "diffusion_models": ("diffusion_models", "unet")}
"""ComfyUI's folders by their newer name, and by the older one that it still reads."""
_CHOSEN_FROM = ("diffusion_models", "unet", "checkpoints")


def find_parts(path: Path, parts: Sequence[FilePart], given: Mapping[str, Path]) -> dict[str, Path]:
    """Where each part lies, beside the models folder that `path` lies in, or in `path`'s own.

    ModelError names what is missing and where it goes, and what is named by hand and is something else.
    """
    unknown = sorted(set(given) - {part.name for part in parts})
    if unknown:
        known = ", ".join(part.name for part in parts) or "none"
        raise ModelError(f"{path.name} has no part {unknown[0]!r}; parts that can be named are: {known}.")
    found: dict[str, Path] = {}
    faults: list[str] = []
    for part in parts:
        place = _given(part, given[part.name]) if part.name in given else best_part(part, _beside(path, part))
        if place is not None:
            found[part.name] = place
        elif not part.is_optional:
            faults.append(_missing(path, part))
    if faults:
        raise ModelError.all_of(faults)
    return found


def best_part(part: FilePart, candidates: Iterable[Path]) -> Path | None:
    """The first of the candidates by the part's usual names that is one, else the first that is one at all."""
    paths = list(candidates)

    def rank(path: Path) -> int:
        names = (n for n, usual in enumerate(part.usual) if fnmatch(path.name.lower(), usual.lower()))
        return next(names, len(part.usual))

    found = [path for path in sorted(paths, key=rank) if part.marks and is_part(part, path)]
    # What is of another size is still said to be so rather than missing.
    return next((path for path in found if part.fits(read_header(path))), next(iter(found), None))


def is_part(part: FilePart, path: Path) -> bool:
    """Whether the file's tensors are those of such a part; a broken file is none."""
    try:
        names = read_header(path).shapes
    except ModelError:
        return False
    return all(mark in names for mark in part.marks) and not any(mark in names for mark in part.absent)


def _given(part: FilePart, path: Path) -> Path:
    if part.marks:
        read_header(path)
        if not is_part(part, path):
            raise ModelError(f"{path.name} is not {part.title}. Choose {_usual(part)}.")
    elif not path.is_dir():
        raise ModelError(f"There is no folder {path}: name {part.title}.")
    return path


def _beside(path: Path, part: FilePart) -> Iterator[Path]:
    """Files in the models folder's own folder for such parts, else where the base itself lies."""
    place = path.absolute()
    models = next((above.parent for above in place.parents if above.name in _CHOSEN_FROM), place.parent)
    for name in _ALIASES.get(part.folder, (part.folder,)):
        yield from sorted((models / name).rglob("*.safetensors"))
    # Whoever keeps no models folder keeps all files together.
    yield from sorted(place.parent.glob("*.safetensors"))


def _missing(path: Path, part: FilePart) -> str:
    return (
        f"{path.name} needs {part.title}, which is not here: put {_usual(part)} into models/{part.folder}, or name the "
        f"file (--part {part.name}=FILE)."
    )


def _usual(part: FilePart) -> str:
    return part.usual[0] if part.usual else part.title
