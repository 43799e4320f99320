"""How strongly, when and where an adapter is used."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from torch import Tensor

from ..errors import ModelError

Combine = Literal["concat", "add", "subtract", "average", "norm average"]
Scaling = Literal["V only", "K+V", "K+V w/ C penalty", "K+mean(V) w/ C penalty"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Use:
    """`weight` 0 changes no bit. `start` and `end` are parts of the way from noise to a picture, both included.

    `mask` (h, w) or (b, h, w), 0 to 1, limits it to a region, whatever the size. `weight_type`, `scaling` and `combine`
    have the names of the popular IP-Adapter pack. `shortcut`: how much of the picture joins the face in FaceID Plus v2.
    `options` are an adapter's own (PuLID: `method`, `zeros`; others: `each`, where every latent of a batch has the
    reference of its place).
    """

    weight: float = 0.6
    weight_type: str = "linear"
    scaling: Scaling = "V only"
    combine: Combine = "concat"
    start: float = 0.0
    end: float = 1.0
    mask: Tensor | None = None
    shortcut: float = 1.0
    options: Mapping[str, float | str] = field(default_factory=dict[str, float | str])

    def __post_init__(self) -> None:
        if not (math.isfinite(self.weight) and math.isfinite(self.shortcut)):
            raise ModelError(f"An adapter's weight cannot be {self.weight} nor its shortcut {self.shortcut}.")
        if not 0 <= self.start <= self.end <= 1:
            raise ModelError(
                f"An adapter cannot begin at {self.start:g} and end at {self.end:g}: give both as parts of the way "
                "from 0 to 1, the beginning first."
            )


def refuse_unet_settings(use: Use, name: str) -> None:
    """ModelError for what only IP-Adapters of SD 1.5 and SDXL heed: an adapter for FLUX.1 would leave it out."""
    if use.weight_type != "linear":
        raise ModelError(
            f"Weight types spread an adapter's weight over the layers of a UNet; {name} is for FLUX.1, which has none "
            f"of them. Set weight_type to 'linear', not {use.weight_type!r}."
        )
    refuse_scaling(use, name)


def refuse_scaling(use: Use, name: str) -> None:
    """ModelError for any but the first: adapters with a formula of their own would leave it out."""
    if use.scaling != "V only":
        raise ModelError(
            f"{name} has one way to put its weight on, and no {use.scaling!r}: that is for IP-Adapters of SD 1.5 and "
            "SDXL. Set scaling to 'V only'."
        )
