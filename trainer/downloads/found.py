"""Whether a model of the table is on this machine, asked of whoever would open it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..captions.captioners.joycaption_files import find_joycaptions
from ..captions.captioners.tagger_files import find_taggers
from ..errors import ModelError
from ..faces.registry import FaceFolders, lack_of
from ..identity.installed import Folders, encoder_file, named_files
from ..identity.presets import ADAPTER_FOLDERS, ENCODER_FOLDERS
from ..scoring.reading.attributes.image_text import find_image_text
from .table import Model, models, size_words


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where models may lie: the folders that each kind is read from."""

    faces: FaceFolders = field(default_factory=FaceFolders)
    taggers: Sequence[Path] = ()
    talkers: Sequence[Path] = ()
    adapters: Folders = field(default_factory=dict[str, Sequence[Path]])
    words: Sequence[Path] = ()

    @classmethod
    def below(cls, roots: Sequence[Path]) -> "Places":
        """Those of folders that are laid out as ComfyUI's models folder is."""

        def named(*names: str) -> tuple[Path, ...]:
            return tuple(root / name for root in roots for name in names)

        adapters = {name: named(place) for name, place in ADAPTER_FOLDERS.items()}
        encoders = {name: named(name) for name in ENCODER_FOLDERS if name not in adapters}
        return cls(
            faces=FaceFolders(
                insightface=named("insightface"),
                opencv=named("opencv", "detection"),
                ccip=named("ccip"),
                dino=named("dino", "clip_vision"),
            ),
            taggers=named("wd14", "wd14_tagger", "wd_tagger"),
            talkers=named("LLavacheckpoints", "LLM", "llm", "VLM"),
            adapters={**adapters, **encoders},
            words=named("clip_vision"),
        )


def lack(model: Model, places: Places) -> str | None:
    """What is missing of a model, in a sentence; None where it is ready."""
    kind, *of = model.check.split()
    return _LACKS[kind](model, places, *of)


def model_rows(places: Places) -> list[dict[str, Any]]:
    """Every model as JSON, with `lacks`: "" where it is here."""
    return [
        {
            "group": model.group,
            "title": model.title,
            "what": model.what,
            "licence": model.licence,
            "use": model.use,
            "folder": f"models/{model.folder}",
            "page": model.page,
            "note": model.note,
            "size": size_words(model.bytes),
            "files": [
                {"name": file.name, "link": file.link, "size": size_words(file.bytes) if file.bytes else ""}
                for file in model.files
            ],
            "lacks": lack(model, places) or "",
        }
        for model in models()
    ]


def _reader(_: Model, places: Places, name: str) -> str | None:
    return lack_of(name, places.faces)


def _tagger(model: Model, places: Places, name: str) -> str | None:
    return _unless(any(files.name == name for files in find_taggers(places.taggers)), model)


def _joycaption(model: Model, places: Places, name: str) -> str | None:
    return _unless(any(found.name == name for found in find_joycaptions(places.talkers)), model)


def _adapter(model: Model, places: Places, kind: str, family: str) -> str | None:
    return _unless(any(file.family == family for file in named_files(kind, places.adapters)), model)


def _encoder(_: Model, places: Places, name: str) -> str | None:
    try:
        encoder_file(name, places.adapters)
    except ModelError as fault:
        return str(fault)
    return None


def _words(model: Model, places: Places) -> str | None:
    return _unless(find_image_text(places.words) is not None, model)


def _unless(is_here: bool, model: Model) -> str | None:
    names = ", ".join(file.name for file in model.files)
    return None if is_here else f"Put {names} into models/{model.folder}."


_LACKS: Mapping[str, Callable[..., str | None]] = {
    "reader": _reader,
    "tagger": _tagger,
    "joycaption": _joycaption,
    "adapter": _adapter,
    "encoder": _encoder,
    "words": _words,
}
