"""Every family that can be trained on, and the way from files to a loaded one."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from ..errors import ModelError
from ..storage.file_sample import files_sample
from ..storage.tensor_header import Header, read_header
from ..storage.values import read_json
from .base import ASSISTANT, Base, Predicts
from .family import Family
from .flux.spec import FLUX1, FLUX1_SCHNELL
from .lora_names import parts_by_layer
from .lora_origin import made_for
from .options import FamilyOptions
from .residence import Residence
from .sd.spec import SD15, SDXL
from .spec import FamilySpec

FAMILIES: tuple[FamilySpec, ...] = (SDXL, SD15, FLUX1, FLUX1_SCHNELL)

_OTHERS = {
    "FLUX.2, which has no trainer here": ("double_stream_modulation_img.",),
    "Chroma, which has no trainer here": ("distilled_guidance_layer.",),
    "Hunyuan Video, which has no trainer here": ("txt_in.individual_token_refiner.",),
    "Stable Diffusion 3": ("joint_blocks.0.",),
    "the SDXL refiner": ("conditioner.embedders.0.model.",),
    "Stable Diffusion 2": ("cond_stage_model.model.",),
    "a ControlNet": ("control_model.", "controlnet_"),
    "an IP-Adapter": ("ip_adapter.1.", "image_proj."),
    "a motion module": ("motion_modules.",),
}
"""What a file may be that is no base of ours, by parts of its tensors' names; the first that fits is said."""
_RELATIVES = {
    "a relative of FLUX that is not known here (FLUX.1 has other layers)": ("double_blocks.0.", "single_blocks.0."),
}
"""The same, of what is none of the families either."""
_ADAPTERS = ("adapter_config.json", "pytorch_lora_weights.safetensors")
_EMA, _UNET = "model_ema.", "model.diffusion_model."
_PARTS = {
    "a UNet alone": ("input_blocks.", "down_blocks.", "conv_in."),
    "a VAE alone": ("decoder.", "first_stage_model."),
    "a text encoder alone": ("text_model.", "transformer.resblocks.", "encoder.block."),
    "an embedding (textual inversion)": ("emb_params", "clip_l", "clip_g", "string_to_param"),
}
"""The same by how names begin, for files that are no whole model."""


def describe_base(path: Path, predicts: Predicts = "", parts: Mapping[str, Path] | None = None) -> Base:
    """The base in a folder in the diffusers layout or in a checkpoint file; ModelError names what is wrong with it.

    `parts` are files that it needs besides, by the names of `FamilySpec.file_parts`; what is not named is looked for.
    `assistant` among them is a LoRA that any base may be trained with.
    """
    parts = dict(parts or {})
    assistant = parts.pop(ASSISTANT, None)
    if path.is_dir():
        if parts:
            raise ModelError(f"{path} is a folder with all its parts; name no others ({', '.join(parts)}).")
        base = _folder_spec(path).describe_folder(path)
    elif path.is_file():
        header = read_header(path)
        base = _file_spec(path, header).describe_file(path, header, parts)
    else:
        raise ModelError(
            f"There is no base model {path}. Choose a checkpoint file, or a folder in the diffusers layout."
        )
    title = spec_of(base).title
    if predicts and not spec_of(base).weighs_snr:
        raise ModelError(f"{title} predicts flow, not {predicts}; leave it to what the file says.")
    base = replace(base, predicts=predicts)
    return base if assistant is None else _assisted(base, assistant)


def _assisted(base: Base, path: Path) -> Base:
    """The base with its training assistant, which makes it another one to whatever is kept by its name."""
    header = read_header(path)
    if not _lora(header):
        raise ModelError(
            f"{path.name} is {named_kind(header) or 'no LoRA'}. Choose the base's training assistant, a LoRA."
        )
    digest = hashlib.sha256(f"{base.sha256} {files_sample([path])}".encode()).hexdigest()
    return replace(base, sha256=digest, files={**base.files, ASSISTANT: path})


def files_words(path: Path) -> tuple[FamilySpec, Predicts]:
    """What a base's files say of themselves, without reading a weight: family and what they predict, "" for flow."""
    from .sd.describe import SCHEDULER
    from .sd.parts import file_prediction, predicts_of

    header = None if path.is_dir() else read_header(path)
    spec = _folder_spec(path) if header is None else _file_spec(path, header)
    if not spec.weighs_snr:
        return spec, ""
    return spec, predicts_of(file_prediction(header) if header else read_json(path / SCHEDULER, ModelError))


def spec_of(base: Base) -> FamilySpec:
    """The family that a base belongs to; ModelError for one that is not known here."""
    for spec in FAMILIES:
        if spec.name == base.family:
            return spec
    raise ModelError(f"{base.name} is of the family {base.family!r}, which this version cannot load. Update Likeness.")


def load_family(base: Base, residence: Residence | None = None, options: FamilyOptions | None = None) -> Family:
    """The base ready to train on or draw with; its parts load when first used."""
    return spec_of(base).load(base, residence or Residence(), options or FamilyOptions())


def lora_made_for(header: Header) -> str:
    """The title of the base that a LoRA file with this header was made for; "" where it is not told."""
    return made_for(FAMILIES, header.shapes, header.metadata)


def named_kind(header: Header) -> str:
    """What a file is by the names of its tensors, to follow "it is"; "" for what is not known here."""
    spec = next((spec for spec in FAMILIES if spec.holds(header)), None)
    return _other(header) or (f"{_a(spec.title)} checkpoint" if spec else _part(header))


def _file_spec(path: Path, header: Header) -> FamilySpec:
    """Others are asked first: a LoRA, a ControlNet or a refiner has names of a base among its own."""
    found = next((spec for spec in FAMILIES if spec.holds(header)), None)
    other = _other(header)
    if found is None or other:
        what = other or _part(header) or _relative(header) or "no checkpoint that is known here"
        raise ModelError(f"{path.name} is {what}. Choose {_titles()} checkpoint.")
    return found


def _other(header: Header) -> str:
    names = header.shapes
    if any(name.startswith(_EMA) for name in names) and not any(name.startswith(_UNET) for name in names):
        return (
            "a checkpoint of averaged weights alone (EMA), whose UNet lies in model_ema and which no program draws with"
        )
    if lora := _lora(header):
        return lora
    return _marked(header, _OTHERS)


def _relative(header: Header) -> str:
    return _marked(header, _RELATIVES)


def _marked(header: Header, kinds: Mapping[str, tuple[str, ...]]) -> str:
    names = header.shapes
    found = (kind for kind, marks in kinds.items() if any(mark in name for mark in marks for name in names))
    return next(found, "")


def _lora(header: Header) -> str:
    """A LoRA by its layers; a checkpoint with some of a LoRA's names in it is none."""
    layers, rest = parts_by_layer(header.shapes)
    if not layers or len(rest) > sum(map(len, layers.values())):
        return ""
    base = lora_made_for(header)
    return f"a LoRA for {base}" if base else "a LoRA"


def _part(header: Header) -> str:
    return next((kind for kind, starts in _PARTS.items() if any(n.startswith(starts) for n in header.shapes)), "")


def _folder_spec(folder: Path) -> FamilySpec:
    if any((folder / name).is_file() for name in _ADAPTERS):
        raise ModelError(f"{folder} holds a LoRA. Choose {_titles()} base to train on.")
    if not (folder / "model_index.json").is_file():
        raise ModelError(f"{folder} has no model_index.json. Choose a folder in the diffusers layout.")
    kind = str(read_json(folder / "model_index.json", ModelError).get("_class_name", ""))
    for spec in FAMILIES:
        if any(re.fullmatch(pattern, kind) for pattern in spec.pipelines) and spec.fits_folder(folder):
            return spec
    raise ModelError(f"{folder} holds a {kind or 'model of unknown kind'}. Choose {_titles()} base.")


def _a(title: str) -> str:
    """An SDXL, a FLUX.1."""
    return f"{'an' if title.startswith('S') else 'a'} {title}"


def _titles() -> str:
    """An SDXL, SD 1.5 or FLUX.1."""
    *most, last = [spec.title for spec in FAMILIES]
    return f"an {', '.join(most)} or {last}"
