"""Where JoyCaption lies on the disk."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, cast

from ...errors import ModelError
from ...storage.values import json_value

DEFAULT_JOYCAPTION = "llama-joycaption-beta-one-hf-llava"
REPOSITORY = f"fancyfeast/{DEFAULT_JOYCAPTION}"
LICENCE = "Llama 3.1 community licence with its use policy"


def find_joycaptions(folders: Sequence[Path]) -> tuple[Path, ...]:
    """Every Llava model in these folders: the folders themselves and those directly inside, in order."""
    found: dict[str, Path] = {}
    for folder in folders:
        for candidate in _candidates(folder):
            if _is_llava(candidate):
                found.setdefault(candidate.name, candidate)
    return tuple(found.values())


def find_joycaption(name: str, folders: Sequence[Path]) -> Path:
    """The model of this name; ModelError says where to get it."""
    models = {model.name: model for model in find_joycaptions(folders)}
    if name in models:
        return models[name]
    places = ", ".join(str(folder) for folder in folders) or "any folder, for none was given"
    home = f"{folders[0]}/{name}" if folders else f"models/LLavacheckpoints/{name}"
    raise ModelError(
        f"{name} is not in {places} (found there: {', '.join(models) or 'none'}). Put all files of {REPOSITORY} on "
        f"Hugging Face (17 GB, {LICENCE}) into {home}."
    )


def _candidates(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield folder
        yield from sorted(child for child in folder.iterdir() if child.is_dir())


def _is_llava(folder: Path) -> bool:
    try:
        config: Any = json_value((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and cast(dict[str, Any], config).get("model_type") == "llava"
