"""A base in several files as the host's own MODEL, CLIP and VAE, by the loaders of its core nodes."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import comfy.sd
import comfy.utils
import folder_paths

from ...trainer.errors import ModelError
from .models import HostBase

_CLIP_TYPES = {"flux1": "FLUX", "flux1_schnell": "FLUX"}
"""What Load CLIP is told of a family's text encoders."""
_VAE = "vae"


def load_split_files(family: str, files: Mapping[str, Path]) -> HostBase:
    """Of the diffusion model, the first of the `files`, its VAE and its text encoders; ModelError names what the host
    cannot load."""
    (_, model), *others = files.items()
    texts = [path.as_posix() for part, path in others if part != _VAE and path.is_file()]
    kind = getattr(comfy.sd.CLIPType, _CLIP_TYPES[family])
    embeddings = folder_paths.get_folder_paths("embeddings")
    return HostBase(
        _told(model, lambda: comfy.sd.load_diffusion_model(model.as_posix())),
        _told(Path(texts[-1]), lambda: comfy.sd.load_clip(texts, embeddings, kind)),
        _told(files[_VAE], lambda: _vae(files[_VAE])),
    )


def is_split(family: str, files: Mapping[str, Path]) -> bool:
    """Whether a base lies in a diffusion model's file with others beside it."""
    return family in _CLIP_TYPES and _VAE in files


def _vae(path: Path) -> Any:
    weights, metadata = comfy.utils.load_torch_file(path.as_posix(), return_metadata=True)
    vae = comfy.sd.VAE(sd=weights, metadata=metadata)
    vae.throw_exception_if_invalid()
    return vae


def _told(path: Path, load: Callable[[], Any]) -> Any:
    try:
        return load()
    except Exception as error:  # the host raises anything from RuntimeError to KeyError on what it does not know
        raise ModelError(f"ComfyUI cannot load {path.name}: {error or type(error).__name__}.") from error
