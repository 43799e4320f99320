"""Parts of a base in the layout of diffusers: each a folder with its config and its tensors, in one file or several."""

from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import torch

from ...errors import ModelError
from ...storage.values import read_json
from .filled import Arrived, filled
from .tensors import Place, StoredTensors

_TEXT_MODEL = "text_model."


class FolderPart:
    """One of a diffusers folder's parts."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder / name
        self._name = name

    @cached_property
    def config(self) -> dict[str, Any]:
        """Of the library's class, without its private entries."""
        settings = read_json(self.folder / "config.json", ModelError)
        return {key: value for key, value in settings.items() if not key.startswith("_")}

    @cached_property
    def stored(self) -> StoredTensors:
        return StoredTensors(weight_files(self.folder))

    def load(
        self,
        make: Callable[[], Any],
        dtype: torch.dtype,
        place: Callable[[str], str] = lambda name: name,
        arrived: Arrived | None = None,
    ) -> Any:
        """With the folder's weights; `place` is where they lie under another name than the model's."""
        return filled(make, self.stored, lambda name: Place(place(name)), dtype, self._name, arrived)


def load_clip(part: FolderPart, kind: Any) -> Any:
    """A text encoder of CLIP, `kind` of transformers' classes, in full precision."""
    from transformers import CLIPTextConfig

    stored = part.stored.shapes

    def place(parameter: str) -> str:
        # Some versions of transformers leave this level out, in the model or in what they saved, and then begin with
        # random weights without a fault.
        bare = parameter.removeprefix(_TEXT_MODEL)
        return next((n for n in (parameter, _TEXT_MODEL + bare, bare) if n in stored), parameter)

    return part.load(lambda: kind(CLIPTextConfig(**part.config)), torch.float32, place)


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a part: all of one variant where there are several."""
    paths = sorted(folder.glob("*.safetensors"))
    plain = [path for path in paths if path.name.count(".") == 1]
    return plain or paths


def part_faults(folder: Path, part: str) -> list[str]:
    """What a folder of diffusers lacks of a part."""
    faults: list[str] = []
    if not (folder / part / "config.json").is_file():
        faults.append(f"{folder} lacks {part}/config.json.")
    if not any((folder / part).glob("*.safetensors")):
        faults.append(f"{folder} has no .safetensors weights in {part}. Save the base as safetensors.")
    return faults
