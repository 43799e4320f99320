"""Where a WD tagger's two files lie: the network and the list of its words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...errors import ModelError

DEFAULT_TAGGER = "wd-eva02-large-tagger-v3"
PHOTO_TAGGER = "idolsankaku-eva02-large-tagger-v1"
REPOSITORIES = {
    DEFAULT_TAGGER: "SmilingWolf/wd-eva02-large-tagger-v3",
    "wd-vit-large-tagger-v3": "SmilingWolf/wd-vit-large-tagger-v3",
    "wd-swinv2-tagger-v3": "SmilingWolf/wd-swinv2-tagger-v3",
    "wd-convnext-tagger-v3": "SmilingWolf/wd-convnext-tagger-v3",
    "wd-vit-tagger-v3": "SmilingWolf/wd-vit-tagger-v3",
    PHOTO_TAGGER: "deepghs/idolsankaku-eva02-large-tagger-v1",
}
"""On the Hugging Face hub; all Apache-2.0. The photo tagger knows photographs better than the others do."""

_MODEL, _WORDS = "model.onnx", "selected_tags.csv"


@dataclass(frozen=True)
class TaggerFiles:
    name: str
    model: Path
    words: Path


def find_taggers(folders: Sequence[Path]) -> tuple[TaggerFiles, ...]:
    """Every tagger in these folders, by name; the first folder wins where two hold the same.

    Known layouts: `<name>.onnx` with `<name>.csv`, and `<name>/model.onnx` with `selected_tags.csv`, also as the hub's
    own cache keeps it.
    """
    found: dict[str, TaggerFiles] = {}
    for folder in folders:
        for files in _taggers_in(folder):
            if files.model.is_file() and files.words.is_file():
                found.setdefault(files.name, files)
    return tuple(found[name] for name in sorted(found))


def find_tagger(name: str, folders: Sequence[Path]) -> TaggerFiles:
    """The tagger of this name; ModelError says which file is missing and where to get it."""
    wanted = name.removesuffix(".onnx")
    for files in find_taggers(folders):
        if files.name == wanted:
            return files
    for folder in folders:
        for files in _taggers_in(folder):
            if files.name == wanted:
                raise ModelError(
                    f"The tagger {wanted} lacks its words: put {_source(wanted, _WORDS)} beside "
                    f"{files.model.name} as {files.words.name}."
                )
    raise ModelError(_missing(wanted, folders))


def _missing(name: str, folders: Sequence[Path]) -> str:
    places = ", ".join(str(folder) for folder in folders) or "any folder, for none was given"
    home = f"{folders[0]}/{name}" if folders else f"models/wd14/{name}"
    there = ", ".join(files.name for files in find_taggers(folders)) or "none"
    return (
        f"The tagger {name} is not in {places} (found there: {there}). "
        f"Put {_source(name, f'{_MODEL} and {_WORDS}')} into {home}."
    )


def _source(name: str, files: str) -> str:
    return f"{files} of {REPOSITORIES[name]} on Hugging Face (Apache-2.0)" if name in REPOSITORIES else f"its {files}"


def _taggers_in(folder: Path) -> Iterator[TaggerFiles]:
    if not folder.is_dir():
        return
    for path in sorted(folder.rglob("*.onnx")):
        if path.name == _MODEL:
            yield TaggerFiles(_folder_name(path.parent), path, path.with_name(_WORDS))
        else:
            yield TaggerFiles(path.stem, path, path.with_suffix(".csv"))


def _folder_name(folder: Path) -> str:
    """The hub's cache keeps a repository in `models--owner--name/snapshots/<commit>`."""
    cached = folder.parent.name == "snapshots" and folder.parent.parent.name.startswith("models--")
    return folder.parent.parent.name.rpartition("--")[2] if cached else folder.name
