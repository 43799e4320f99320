"""An adapter in the cross-attentions of Stable Diffusion's UNet, diffusers' UNet2DConditionModel."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ...errors import ModelError, few
from ...families.sd.model import StableDiffusion
from ..adapter import CrossAttention, Rows
from ..attention.numbers import numbered
from ..use import Use
from .call import Call
from .tap import Tap
from .window import Window

_QUERY, _OUT = "to_q", "to_out.0"


class MountedCross:
    """`placed` in a loaded UNet until removed; several stand one behind the other, in the order of mounting.

    Raises ModelError, with nothing mounted, where it has layers that the UNet has not, or of other widths.
    """

    def __init__(self, family: StableDiffusion, placed: CrossAttention, use: Use, name: str) -> None:
        unet: Any = family.denoiser
        attentions = cross_attentions(unet)
        _refuse_unfit(attentions, placed, name, family)
        last = len(family.signal) - 1
        window = Window.of(use, lambda part: last * (1 - part))
        self._call = Call(unet, window, _told)
        grids: dict[str, _Grid] = {}
        self._layers: list[_Layer] = []
        for number in sorted(placed.numbers):
            path, attention = attentions[number]
            inside = path.partition(".transformer_blocks.")[0]
            if inside not in grids:
                grids[inside] = _Grid(unet.get_submodule(inside))
            self._layers.append(_Layer(attention, number, placed, self._call, grids[inside]))
        self._grids = list(grids.values())

    def remove(self) -> None:
        for part in (self._call, *self._layers, *self._grids):
            part.remove()


def attention_paths(unet: Any) -> tuple[str, ...]:
    """Of self- and cross-attentions by number: their places in diffusers' `attn_processors`."""
    return numbered(unet.attn_processors)


def cross_attentions(unet: Any) -> dict[int, tuple[str, Any]]:
    """Path and module of the UNet's cross-attentions by number."""
    paths = enumerate(attention_paths(unet))
    return {number: (path, unet.get_submodule(path)) for number, path in paths if path.endswith(".attn2")}


def _told(inputs: Sequence[Any], named: Mapping[str, Any]) -> tuple[Any, int, tuple[int, int]]:
    sample = inputs[0] if inputs else named["sample"]
    return (inputs[1] if len(inputs) > 1 else named["timestep"]), len(sample), (0, 0)


class _Grid:
    """Rows and columns of the image tokens of a transformer among the UNet's levels."""

    def __init__(self, transformer: torch.nn.Module) -> None:
        self.size = (0, 0)
        self._handle = transformer.register_forward_pre_hook(self._see, with_kwargs=True)

    def remove(self) -> None:
        self._handle.remove()

    def _see(self, _transformer: Any, inputs: tuple[Any, ...], named: dict[str, Any]) -> None:
        height, width = (inputs[0] if inputs else named["hidden_states"]).shape[-2:]
        self.size = (height, width)


class _Layer:
    """One cross-attention: its query is kept, and what goes into `to_out` is changed."""

    def __init__(self, attention: Any, number: int, placed: CrossAttention, call: Call, grid: _Grid) -> None:
        self._number, self._placed, self._call, self._grid = number, placed, call, grid
        self._heads = int(attention.heads)
        self._query: Tensor | None = None
        self._taps = (
            Tap(attention, _QUERY, lambda module: module.register_forward_hook(self._keep)),
            Tap(attention, _OUT, lambda module: module.register_forward_pre_hook(self._change)),
        )
        self._handle = attention.register_forward_pre_hook(self._settle)

    def remove(self) -> None:
        for part in (self._handle, *self._taps):
            part.remove()

    def _settle(self, _attention: Any, _inputs: Any) -> None:
        if self._call.is_active:
            for tap in self._taps:
                tap.settle()

    def _keep(self, _module: Any, _inputs: Any, query: Tensor) -> None:
        if self._call.is_active:
            self._query = query

    def _change(self, _module: Any, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...] | None:
        query, self._query = self._query, None
        if query is None:
            return None
        text = inputs[0]
        rows = self._call.rows(self._heads, self._grid.size)
        return (self._placed.attend(self._number, query, text, rows).to(text.dtype), *inputs[1:])


@torch.no_grad()
def _refuse_unfit(
    attentions: Mapping[int, tuple[str, Any]], placed: CrossAttention, name: str, family: StableDiffusion
) -> None:
    title = family.spec.title
    if lacking := sorted(placed.numbers - set(attentions)):
        raise ModelError(
            f"{name} does not fit this base: it changes cross-attentions {few([str(n) for n in lacking])}, which this "
            f"{title} has not. Choose an adapter made for {title}."
        )
    for number in sorted(placed.numbers):
        _, attention = attentions[number]
        width = int(attention.inner_dim)
        blank = torch.zeros(1, 1, width, device=family.device, dtype=family.dtype)
        rows = Rows(conditional=(True,), latent=(0,), heads=int(attention.heads), grid=(1, 1))
        try:
            fits = placed.attend(number, blank, blank, rows).shape == blank.shape
        except (RuntimeError, ValueError, IndexError):
            fits = False
        if not fits:
            raise ModelError(
                f"{name} does not fit this base: cross-attention {number} of this {title} is {width} wide, the "
                f"adapter's is not. Choose an adapter made for {title}."
            )
