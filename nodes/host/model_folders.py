"""Where the host and other packs keep captioners, face readers and CLIP, and where captioners' words are kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import folder_paths

from .folders import output_folder

if TYPE_CHECKING:
    from ...trainer.captions.captioners.store import CaptionStore
    from ...trainer.faces.registry import FaceFolders

_TAGGERS = ("wd14", "wd14_tagger", "wd_tagger")
_TALKERS = ("LLavacheckpoints", "LLM", "llm", "VLM")
_TAGGER_PACK = "comfyui-wd14-tagger"


def tagger_folders() -> tuple[Path, ...]:
    """models/wd14 first, where a missing tagger is told to go; then folders that other packs use."""
    return (*_registered(_TAGGERS), *_beside_other_packs())


def joycaption_folders() -> tuple[Path, ...]:
    """models/LLavacheckpoints first, as JoyCaption's own pack has it, then models/LLM and the like."""
    return _registered(_TALKERS)


def comfyui() -> Path:
    """The folder ComfyUI's own files lie in, its tokenizers among them."""
    return Path(str(folder_paths.__file__)).parent


def caption_store() -> CaptionStore:
    """What captioners said of which picture, under the output folder."""
    from ...trainer.captions.captioners.store import CaptionStore

    return CaptionStore(output_folder("likeness_captions", deep=True))


def face_folders() -> FaceFolders:
    """The host's `insightface`, `opencv` and `detection` folders, of which the first two are registered where nobody
    has, and for readers without faces `ccip`, `dino` and `clip_vision`."""
    from ...trainer.faces.registry import FaceFolders

    return FaceFolders(
        insightface=_offered("insightface"),
        opencv=(*_offered("opencv"), *_known("detection")),
        ccip=_registered(("ccip",)),
        dino=(*_registered(("dino",)), *clip_folders()),
    )


def clip_folders() -> tuple[Path, ...]:
    """models/clip_vision."""
    return _known("clip_vision")


def _registered(names: tuple[str, ...]) -> tuple[Path, ...]:
    """Folders registered under these names, else those of the names in the models folder; the first is always there."""
    found: list[Path] = []
    for name in names:
        if name in folder_paths.folder_names_and_paths:
            found += [Path(folder) for folder in folder_paths.get_folder_paths(name)]
        else:
            folder = Path(folder_paths.models_dir) / name
            found += [folder] if folder.is_dir() or name == names[0] else []
    return tuple(dict.fromkeys(found))


def _beside_other_packs() -> Iterator[Path]:
    if "custom_nodes" not in folder_paths.folder_names_and_paths:
        return
    for root in folder_paths.get_folder_paths("custom_nodes"):
        for folder in sorted(Path(root).iterdir()) if Path(root).is_dir() else ():
            if folder.name.lower() == _TAGGER_PACK:
                yield folder / "models"


def _offered(name: str) -> tuple[Path, ...]:
    if name not in folder_paths.folder_names_and_paths:
        folder_paths.add_model_folder_path(name, str(Path(folder_paths.models_dir) / name))
    return _known(name)


def _known(name: str) -> tuple[Path, ...]:
    if name not in folder_paths.folder_names_and_paths:
        return ()
    return tuple(Path(folder) for folder in folder_paths.get_folder_paths(name))
