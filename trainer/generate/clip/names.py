"""What AnimateDiff's files and diffusers call the layers of a motion module, and what its shapes tell.

Files (guoyww/AnimateDiff, `animatediff/models/motion_module.py`) put each module at
`<block>.motion_modules.<n>.temporal_transformer`, two attentions and their norms in lists and a table of positions in
each attention; diffusers' `MotionAdapter` names them as its other transformers, with one table a block.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from ...errors import ModelError

Shapes = Mapping[str, tuple[int, ...]]
_MODULE = re.compile(
    r"(?:module\.)?((?:down_blocks\.\d+|up_blocks\.\d+|mid_block)\.motion_modules\.\d+\.)(?:temporal_transformer\.)?(.+)"
)
_RENAMED = (
    (r"\.attention_blocks\.\d+\.pos_encoder\.pe$", ".pos_embed.pe"),
    (r"\.attention_blocks\.0\.", ".attn1."),
    (r"\.attention_blocks\.1\.", ".attn2."),
    (r"\.norms\.0\.", ".norm1."),
    (r"\.norms\.1\.", ".norm2."),
    (r"\.ff_norm\.", ".norm3."),
)
_SD15, _SDXL = (320, 640, 1280, 1280), (320, 640, 1280)
_TITLES: Mapping[tuple[int, ...], str] = {_SD15: "SD 1.5", _SDXL: "SDXL"}
_NOISE: Mapping[tuple[int, ...], Mapping[str, Any]] = {
    _SD15: {"beta_schedule": "linear", "beta_start": 0.00085, "beta_end": 0.012},
    _SDXL: {"beta_schedule": "scaled_linear", "beta_start": 0.00085, "beta_end": 0.02},
}
"""`noise_scheduler_kwargs` of AnimateDiff's configs/inference: inference-v3.yaml at cb5323b, of the SDXL branch
inference.yaml at d6f459d. Neither is the base's own."""
_USUAL_LENGTH = 32
_HEADS = 8
"""No file tells it; every published module has so many."""
_OTHERS = (
    (r"(?:motion_modules|temporal).*lora", "a motion LoRA, which changes a motion module and is none"),
    (r"controlnet_cond_embedding", "a SparseCtrl, which steers a motion module and is none"),
    (r"temporal_attentions", "a HotShot-XL motion module, which has another layout"),
    (r"lora_(?:unet|te)|lora_[AB]|\.hada_|\.lokr_", "a LoRA"),
    (r"model\.diffusion_model\.|first_stage_model\.", "a base model"),
    (r"double_blocks|single_blocks|transformer_blocks\.\d+\.attn\.", "a transformer's weights"),
)


@dataclass(frozen=True, kw_only=True)
class MotionLayout:
    """Sizes of a motion module: channels by level of the UNet, modules a level on the way down (one more on the way
    up), transformer blocks in each, and `longest`, how many positions in time it knows."""

    widths: tuple[int, ...]
    layers: int
    depth: int
    longest: int
    has_middle: bool

    @property
    def title(self) -> str:
        """Of the base that it was made for."""
        return _TITLES.get(self.widths, f"a UNet of {', '.join(map(str, self.widths))} channels")

    @property
    def noise(self) -> Mapping[str, Any]:
        """diffusers' settings of the noise that it learned to take away, which its base did not; none where nobody
        knows."""
        return _NOISE.get(self.widths, {})

    @property
    def config(self) -> dict[str, Any]:
        """diffusers' settings of its MotionAdapter."""
        return {
            "block_out_channels": self.widths,
            "motion_layers_per_block": self.layers,
            "motion_transformer_layers_per_block": self.depth,
            "motion_transformer_layers_per_mid_block": self.depth,
            "motion_num_attention_heads": _HEADS,
            "motion_max_seq_length": self.longest,
            "use_motion_mid_block": self.has_middle,
        }


def diffusers_name(name: str) -> str | None:
    """What diffusers' MotionAdapter calls a tensor of a file, whose names may be its own already; None for what is not
    of a motion module."""
    found = _MODULE.fullmatch(name)
    if found is None:
        return None
    place, rest = found.groups()
    for pattern, other in _RENAMED:
        rest = re.sub(pattern, other, rest)
    return place + rest


def other_kind(names: Iterable[str]) -> str:
    """What a file that is no motion module is, in words; "" when its names tell nothing."""
    listed = list(names)
    if "conv_in.weight" in listed and any(diffusers_name(name) for name in listed):
        return "a PIA module, which begins at a picture"
    return next((kind for mark, kind in _OTHERS if any(re.search(mark, name) for name in listed)), "")


def layout_of(shapes: Shapes) -> MotionLayout:
    """The sizes of tensors under diffusers' names; ModelError, with what is missing, where they are not of one."""
    levels = _numbers(r"down_blocks\.(\d+)\.", shapes)
    norm = "down_blocks.{}.motion_modules.0.norm.weight"
    if not levels or any(norm.format(level) not in shapes for level in range(levels)):
        raise ModelError("it lacks modules on the UNet's way down")
    widths = tuple(shapes[norm.format(level)][0] for level in range(levels))
    if any(width % _HEADS for width in widths):
        raise ModelError(f"its {', '.join(map(str, widths))} channels do not divide into {_HEADS} heads")
    table = next((shape for name, shape in shapes.items() if name.endswith(".pos_embed.pe")), (1, _USUAL_LENGTH, 0))
    return MotionLayout(
        widths=widths,
        layers=_numbers(r"down_blocks\.0\.motion_modules\.(\d+)\.", shapes),
        depth=_numbers(r"down_blocks\.0\.motion_modules\.0\.transformer_blocks\.(\d+)\.", shapes),
        longest=table[1],
        has_middle=any(name.startswith("mid_block.") for name in shapes),
    )


def _numbers(pattern: str, shapes: Shapes) -> int:
    """How many are counted through at the pattern's number."""
    return 1 + max((int(found[1]) for name in shapes if (found := re.match(pattern, name))), default=-1)
