"""Which base model a LoRA file was made for, by its layers' names and sizes, else by what it says of itself."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from .key_layout import DOWN, UP
from .lora_names import parts_by_layer
from .spec import FamilySpec

_OTHERS = {
    "FLUX.2": r"double_stream_modulation_(?:img|txt)|single_stream_modulation|to_qkv_mlp_proj",
    "Qwen-Image": r"transformer_blocks_\d+_(?:img|txt)_(?:mlp|mod)",
    "Stable Diffusion 3": r"joint_blocks_\d|transformer_blocks_\d+_(?:attn_add_[qkv]_proj|ff_context)",
    "Wan": r"blocks_\d+_(?:self_attn|cross_attn|ffn)_",
    "Stable Cascade": r"lora_prior_",
}
"""By the names of layers with underscores for dots; models that have no trainer here."""
_CONTEXT = re.compile(r".*attn2_to_[kv]")
_WIDTHS = {768: "SD 1.5", 1024: "Stable Diffusion 2", 2048: "SDXL"}
"""What cross attention reads of a caption, numbers a word."""
_INTO_MLP = re.compile(r"(?:(single)|double)_blocks_\d+_(?:linear1|(?:img|txt)_mlp_0)$")
_SAID = {
    r"sdxl|stable-diffusion-xl": "SDXL",
    r"sd_v1|sd_1|stable-diffusion-v1": "SD 1.5",
    r"sd_v2|stable-diffusion-v2": "Stable Diffusion 2",
    r"sd3|stable-diffusion-3": "Stable Diffusion 3",
    r"flux[-_.]?2": "FLUX.2",
    r"z[-_]?image": "Z-Image",
    r"flux": "FLUX.1",
}
_TEXT = re.compile(
    r"(?:base_model\.model\.)?(?:lora_te\d?_|text_encoders?[._\d]|te\d?\.|text_model\.|clip_[lgh]\.|lora_prior_te)"
)


def made_for(specs: Sequence[FamilySpec], shapes: Mapping[str, tuple[int, ...]], metadata: Mapping[str, str]) -> str:
    """The title of the base that a file with these tensors was made for; "" where it is not told."""
    layers, _ = parts_by_layer(shapes)
    flat = [prefix.replace(".", "_") for prefix in layers]
    downs = {prefix.replace(".", "_"): shapes[parts[DOWN]] for prefix, parts in layers.items() if DOWN in parts}
    return (
        _first(_OTHERS.items(), flat)
        or _flux2({prefix: {part: shapes[key] for part, key in parts.items()} for prefix, parts in layers.items()})
        or next((_WIDTHS[w] for w in _contexts(downs) if w in _WIDTHS), "")
        or _first(((spec.title, mark) for spec in specs for mark in spec.lora_marks), flat)
        or _said(metadata)
    )


def is_text_only(prefixes: Collection[str]) -> bool:
    """Whether all of a file's layers are the text encoders'."""
    return bool(prefixes) and all(_TEXT.match(prefix) for prefix in prefixes)


def _flux2(layers: Mapping[str, Mapping[str, tuple[int, ...]]]) -> str:
    """FLUX.2 and FLUX.1 call the layers of their blocks alike; the ways into their MLPs are of other sizes."""
    for prefix, parts in layers.items():
        found = _INTO_MLP.search(prefix.replace(".", "_"))
        if found and DOWN in parts and UP in parts:
            wide = 9 if found[1] else 6
            return "FLUX.2" if parts[UP][0] == wide * parts[DOWN][1] else ""
    return ""


def _contexts(downs: Mapping[str, tuple[int, ...]]) -> Iterable[int]:
    return (shape[1] for prefix, shape in downs.items() if _CONTEXT.fullmatch(prefix) and len(shape) > 1)


def _first(marks: Iterable[tuple[str, str]], names: Sequence[str]) -> str:
    return next((title for title, mark in marks if any(re.search(mark, name) for name in names)), "")


def _said(metadata: Mapping[str, str]) -> str:
    words = metadata.get("ss_base_model_version", "") or metadata.get("modelspec.architecture", "")
    return next((title for mark, title in _SAID.items() if re.search(mark, words.lower())), "")
