"""EVA02-CLIP-L-14-336's file: recognised, and its picture half read."""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from ...errors import ModelError
from .eva_clip import TAPS, EvaVision, depth
from .filled import Shapes, filled, under

SIDE = 336
"""Pixels of the picture that PuLID's hidden states were learned from."""
_NAME, _FILE = "EVA02-CLIP-L-14-336", "EVA02_CLIP_L_336_psz14_s6B.pt or its .safetensors"
_ROOTS = ("visual.", "module.visual.", "model.visual.", "state_dict.visual.", "")
_ANGLES = "rope.freqs_"
"""Of positions: buffers that some files carry, and that follow from the sizes."""
_OTHERS = {
    "vision_model.": "a CLIP or SigLIP vision model in the layout of transformers",
    "transformer.resblocks.": "a CLIP in OpenAI's layout",
    "trunk.": "a model in timm's layout",
    "ip_adapter.": "an identity adapter",
    "id_adapter.": "an identity adapter",
    "pulid_encoder.": "an identity adapter",
}


def recognises_eva(shapes: Shapes) -> bool:
    """Whether a file has the picture half of an EVA02-CLIP in it."""
    return any(f"{root}blocks.0.attn.inner_attn_ln.weight" in shapes for root in _ROOTS)


def eva_of(path: Path, tensors: Mapping[str, Tensor]) -> EvaVision:
    """The picture half, fp32 on the CPU, of the tensors in `path`; ModelError says what else it is or what it lacks.

    Names are those of the published file, with `visual.` before them or without; the text's half is left alone.
    """
    names = {name: () for name in tensors}
    if not recognises_eva(names):
        other = next((what for mark, what in _OTHERS.items() if any(mark in name for name in names)), "another file")
        raise ModelError(f"{path.name} is {other}, and PuLID sees through {_NAME}: choose {_FILE}.")
    root = next(root for root in _ROOTS if f"{root}blocks.0.attn.inner_attn_ln.weight" in names)
    own = {name: tensor for name, tensor in under(tensors, root).items() if _ANGLES not in name}
    if not root:
        own = {name: tensor for name, tensor in own.items() if not name.startswith("text.") and name != "logit_scale"}
    model = filled(EvaVision, own, path.name)
    found = depth({name: () for name in own})
    if model.side != SIDE or found <= TAPS[-1]:
        raise ModelError(
            f"{path.name} is an EVA-CLIP of {found} blocks for pictures of {model.side} pixels, and PuLID sees through "
            f"{_NAME}: choose {_FILE}."
        )
    return model
