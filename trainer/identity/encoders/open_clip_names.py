"""OpenCLIP's layout of an image encoder under transformers' names: as LAION published ViT-H and ViT-bigG first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Shapes = Mapping[str, tuple[int, ...]]
_ONES = {
    "visual.class_embedding": "vision_model.embeddings.class_embedding",
    "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
    "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
}
_NORMS = {"visual.ln_pre": "vision_model.pre_layrnorm", "visual.ln_post": "vision_model.post_layernorm"}
_BLOCK = "visual.transformer.resblocks."
_LAYERS = {
    "ln_1": "layer_norm1",
    "ln_2": "layer_norm2",
    "mlp.c_fc": "mlp.fc1",
    "mlp.c_proj": "mlp.fc2",
    "attn.out_proj": "self_attn.out_proj",
}
_PROJECTION = "visual.proj"


@dataclass(frozen=True)
class Stored:
    """Where a weight lies in a file: under another name, as a third of it (q, k, v), or turned."""

    name: str
    third: Literal[0, 1, 2] | None = None
    is_turned: bool = False


def stored_names(shapes: Shapes) -> dict[str, Stored]:
    """By transformers' name, where each weight of the encoder lies: in its own layout, under that very name."""
    if _PROJECTION not in shapes:
        return {name: Stored(name) for name in shapes}
    found = {new: Stored(old) for old, new in _ONES.items()} | {
        "visual_projection.weight": Stored(_PROJECTION, None, True)
    }
    for part in ("weight", "bias"):
        found |= {f"{new}.{part}": Stored(f"{old}.{part}") for old, new in _NORMS.items()}
        for number in sorted({name.split(".")[3] for name in shapes if name.startswith(_BLOCK)}):
            old, new = f"{_BLOCK}{number}", f"vision_model.encoder.layers.{number}"
            found |= {f"{new}.{to}.{part}": Stored(f"{old}.{by}.{part}") for by, to in _LAYERS.items()}
            for third, letter in enumerate("qkv"):
                found[f"{new}.self_attn.{letter}_proj.{part}"] = Stored(f"{old}.attn.in_proj_{part}", third)  # type: ignore[arg-type]
    return {name: stored for name, stored in found.items() if stored.name in shapes}


def shape_of(stored: Stored, shapes: Shapes) -> tuple[int, ...]:
    """Of the weight that lies there, as transformers has it."""
    shape = shapes[stored.name]
    if stored.is_turned:
        return shape[::-1]
    return shape if stored.third is None else (shape[0] // 3, *shape[1:])
