"""A flow base as the host's own MODEL, CLIP and VAE, by the loaders of its core nodes: from its several files, or from
a folder of diffusers with text encoders of the host's own sizes."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import comfy.sd
import comfy.utils
import folder_paths

from ...trainer.errors import ModelError
from ...trainer.families.base import ASSISTANT
from .models import HostBase

_CLIP_TYPES = {"flux1": "FLUX", "flux1_schnell": "FLUX"}
"""What Load CLIP is told of a family's text encoders."""
_VAE, _FOLDER = "vae", "folder"
_TEXTS = ("text_encoder", "text_encoder_2")

Files = tuple[Path, ...]


def is_split(family: str, files: Mapping[str, Path]) -> bool:
    """Whether a base lies in a diffusion model's file with others beside it, or in such a folder."""
    if family not in _CLIP_TYPES:
        return False
    if _FOLDER not in files:
        return _VAE in files
    from ...trainer.families.flux.parts import is_t5

    return is_t5(files[_FOLDER])


def load_split_files(family: str, files: Mapping[str, Path]) -> HostBase:
    """ModelError names the file or folder that the host cannot load."""
    model, texts, vae = _parts(files)
    load_texts = partial(load_clip, texts=texts, kind=_CLIP_TYPES[family])
    return HostBase(
        _told(model, partial(load_model, model)), _told(texts[-1], load_texts), _told(vae, partial(_vae, vae))
    )


def _parts(files: Mapping[str, Path]) -> tuple[Files, tuple[Files, ...], Files]:
    """Files of the diffusion model, of each text encoder and of the VAE."""
    if _FOLDER not in files:
        (_, model), *others = files.items()
        texts = tuple((path,) for part, path in others if part not in (_VAE, ASSISTANT) and path.is_file())
        return (model,), texts, (files[_VAE],)
    from ...trainer.families.flow.folder import weight_files

    model, first, second, vae = (tuple(weight_files(files[_FOLDER] / part)) for part in ("transformer", *_TEXTS, _VAE))
    return model, (first, second), vae


def load_model(paths: Files, disable_dynamic: bool = False) -> Any:
    """As a model patcher; the host calls this again when it needs a copy of another kind."""
    weights, metadata = _read(paths)
    model = comfy.sd.load_diffusion_model_state_dict(weights, metadata=metadata, disable_dynamic=disable_dynamic)
    if model is None:
        raise ModelError("the host knows no such model")
    model.cached_patcher_init = (load_model, (paths,))
    return model


def load_clip(texts: tuple[Files, ...], kind: str, disable_dynamic: bool = False) -> Any:
    """Text encoders of the files, one group an encoder."""
    weights: list[Any] = []
    for paths in texts:
        read, metadata = _read(paths)
        weights.append(comfy.utils.convert_old_quants(read, model_prefix="", metadata=metadata)[0])
    clip = comfy.sd.load_text_encoder_state_dicts(
        weights,
        embedding_directory=folder_paths.get_folder_paths("embeddings"),
        clip_type=getattr(comfy.sd.CLIPType, kind),
        disable_dynamic=disable_dynamic,
    )
    clip.patcher.cached_patcher_init = (_clip_patcher, (texts, kind))
    return clip


def _clip_patcher(texts: tuple[Files, ...], kind: str, disable_dynamic: bool = False) -> Any:
    return load_clip(texts, kind, disable_dynamic).patcher


def _vae(paths: Files) -> Any:
    weights, metadata = _read(paths)
    vae = comfy.sd.VAE(sd=weights, metadata=metadata)
    vae.throw_exception_if_invalid()
    return vae


def _read(paths: Files) -> tuple[dict[str, Any], Any]:
    """All tensors of the files, and what the first says of itself."""
    weights: dict[str, Any] = {}
    told: Any = None
    for path in paths:
        read, metadata = comfy.utils.load_torch_file(path.as_posix(), safe_load=True, return_metadata=True)
        weights |= read
        told = told or metadata
    return weights, told


def _told(paths: Files, load: Callable[[], Any]) -> Any:
    try:
        return load()
    except Exception as error:  # the host raises anything from RuntimeError to KeyError on what it does not know
        raise ModelError(f"ComfyUI cannot load {paths[0].name}: {error or type(error).__name__}.") from error
