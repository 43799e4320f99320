"""Is this folder an SDXL base in the diffusers layout, and which one."""

import hashlib
from pathlib import Path

from ..errors import ModelError
from ..values import read_json
from .base import Base

_PARTS = ("unet", "vae", "text_encoder", "text_encoder_2")
_CHUNK_BYTES = 1 << 22


def describe_sdxl(folder: Path) -> Base:
    """The base in `folder`; ModelError names everything that is missing or of another kind."""
    if not folder.is_dir():
        raise ModelError(f"There is no base model folder {folder}. Choose a folder in the diffusers layout.")
    if not (folder / "model_index.json").is_file():
        raise ModelError(f"{folder} has no model_index.json. Choose a folder in the diffusers layout.")
    kind = str(read_json(folder / "model_index.json", ModelError).get("_class_name", ""))
    if "StableDiffusionXL" not in kind:
        raise ModelError(f"{folder} holds a {kind or 'model of unknown kind'}. Choose an SDXL base.")
    faults = [fault for part in _PARTS for fault in _part_faults(folder, part)]
    faults += [f"{folder} lacks the folder {name}." for name in _TOKENIZERS if not (folder / name).is_dir()]
    if not (folder / _SCHEDULER).is_file():
        faults.append(f"{folder} lacks {_SCHEDULER}.")
    if faults:
        raise ModelError.all_of(faults)
    if read_json(folder / "unet" / "config.json", ModelError).get("addition_embed_type") != "text_time":
        raise ModelError(f"The UNet in {folder} takes no size conditioning, so it is not SDXL. Choose an SDXL base.")
    return Base(family="sdxl", path=folder, name=folder.name, sha256=_weights_hash(folder))


_TOKENIZERS = ("tokenizer", "tokenizer_2")
_SCHEDULER = "scheduler/scheduler_config.json"


def weight_variant(folder: Path) -> str | None:
    """`fp16` when a part's weights exist only as `*.fp16.safetensors`."""
    names = [path.name for path in folder.glob("*.safetensors")]
    return "fp16" if names and all(".fp16." in name for name in names) else None


def _part_faults(folder: Path, part: str) -> list[str]:
    faults: list[str] = []
    if not (folder / part / "config.json").is_file():
        faults.append(f"{folder} lacks {part}/config.json.")
    if not any((folder / part).glob("*.safetensors")):
        faults.append(f"{folder} has no .safetensors weights in {part}. Save the base as safetensors.")
    return faults


def _weights_hash(folder: Path) -> str:
    digest = hashlib.sha256()
    for path in sorted(weights for part in _PARTS for weights in (folder / part).glob("*.safetensors")):
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    return digest.hexdigest()
