"""What a checkpoint file or a folder holds, and everything that keeps it from being trained on."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

from ...errors import ModelError
from ...storage.file_hash import file_sha256
from ...storage.tensor_header import Header
from ...storage.values import read_json
from ..base import CHECKPOINT, FOLDER, Base
from ..part_files import find_parts
from .layout import UNET, VAE, Layout

SCHEDULER = "scheduler/scheduler_config.json"
_CHANNELS = 4
_EDM = ("edm_mean", "edm_std", "edm_vpred.sigma_max", "edm_vpred.sigma_min")
_QUANTISED = ("scale_weight", ".absmax", "weight_scale")
_SD2_CONTEXT = 1024
_CHUNK_BYTES = 1 << 22


def describe_checkpoint(path: Path, header: Header, given: Mapping[str, Path], layout: Layout) -> Base:
    """The base in a file of Stability's layout; ModelError says what it lacks, or why it has no trainer here."""
    find_parts(path, (), given)
    faults = [f"{path.name} holds no {part}." for part in _missing(header, layout)]
    if faults:
        raise ModelError.all_of([*faults, "Choose a whole checkpoint, with UNet, text encoders and VAE."])
    channels = header.shapes[f"{UNET}input_blocks.0.0.weight"][1]
    if channels != _CHANNELS:
        raise ModelError(f"{path.name} takes {channels} channels (inpainting or edit). Choose a plain base.")
    if any(mark in header.shapes for mark in _EDM):
        raise ModelError(f"{path.name} was trained in EDM's way (as Playground 2.5), which has no trainer here.")
    if any(name.endswith(_QUANTISED) for name in header.shapes):
        raise ModelError(f"{path.name} is quantised. Choose the bf16, fp16 or fp32 file of the same model.")
    return Base(family=layout.family, name=path.stem, sha256=file_sha256(path), files={CHECKPOINT: path})


def describe_folder(folder: Path, layout: Layout) -> Base:
    """The base in a folder of diffusers; ModelError names everything that is missing or of another kind."""
    parts = ("unet", "vae", *layout.folders)
    faults = [fault for part in parts for fault in _part_faults(folder, part)]
    tokenizers = [name.replace("text_encoder", "tokenizer") for name in layout.folders]
    faults += [f"{folder} lacks the folder {name}." for name in tokenizers if not (folder / name).is_dir()]
    if not (folder / SCHEDULER).is_file():
        faults.append(f"{folder} lacks {SCHEDULER}.")
    if faults:
        raise ModelError.all_of(faults)
    _check_unet(folder, layout)
    return Base(family=layout.family, name=folder.name, sha256=_weights_hash(folder, parts), files={FOLDER: folder})


def _missing(header: Header, layout: Layout) -> list[str]:
    names = header.shapes
    has_clip = any(f"{prefix}embeddings.token_embedding.weight" in names for prefix in layout.clip_l)
    parts = {"text encoder": has_clip, "VAE": f"{VAE}encoder.conv_in.weight" in names}
    if layout.open_clip:
        parts["second text encoder"] = f"{layout.open_clip}token_embedding.weight" in names
    return [part for part, is_there in parts.items() if not is_there]


def _check_unet(folder: Path, layout: Layout) -> None:
    config = read_json(folder / "unet" / "config.json", ModelError)
    if layout.has_sizes and config.get("addition_embed_type") != "text_time":
        raise ModelError(f"The UNet in {folder} takes no size conditioning, so it is not SDXL. Choose an SDXL base.")
    if not layout.has_sizes and config.get("cross_attention_dim", 0) >= _SD2_CONTEXT:
        raise ModelError(f"{folder} holds Stable Diffusion 2, which has no trainer here. Choose SDXL or SD 1.5.")
    channels = config.get("in_channels", _CHANNELS)
    if channels != _CHANNELS:
        raise ModelError(f"The UNet in {folder} takes {channels} channels (inpainting or edit). Choose a plain base.")


def _part_faults(folder: Path, part: str) -> list[str]:
    faults: list[str] = []
    if not (folder / part / "config.json").is_file():
        faults.append(f"{folder} lacks {part}/config.json.")
    if not any((folder / part).glob("*.safetensors")):
        faults.append(f"{folder} has no .safetensors weights in {part}. Save the base as safetensors.")
    return faults


def _weights_hash(folder: Path, parts: tuple[str, ...]) -> str:
    digest = hashlib.sha256()
    for path in sorted(weights for part in parts for weights in (folder / part).glob("*.safetensors")):
        digest.update(path.relative_to(folder).as_posix().encode())
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK_BYTES):
                digest.update(chunk)
    return digest.hexdigest()
