"""An adapter in the blocks of FLUX.1's transformer, diffusers' FluxTransformer2DModel."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ...errors import ModelError, few
from ...families.flow.levels import shifted
from ...families.flux.model import Flux1
from ..adapter import FluxBlocks, Rows
from ..use import Use
from .call import Call
from .tap import Tap
from .window import Window

_NORM, _OUT = "norm_q", "to_out.0"


class MountedFlux:
    """`placed` in a loaded transformer until removed; several stand one behind the other, in the order of mounting.

    Raises ModelError, with nothing mounted, where it has blocks that the transformer has not, or of other widths.
    """

    def __init__(self, family: Flux1, placed: FluxBlocks, use: Use, name: str) -> None:
        transformer: Any = family.denoiser
        double, single = transformer.transformer_blocks, transformer.single_transformer_blocks
        _refuse_unfit(family, placed, name, len(double), len(single))
        shift = family.schedule.shift
        window = Window.of(use, lambda part: float(shifted(torch.tensor(1 - part, dtype=torch.float64), shift)))
        self._call = Call(transformer, window, _told)
        wanted = placed.attends | placed.joins | placed.follows
        self._blocks = [
            _Block(block, number, placed, self._call, is_double=number < len(double))
            for number, block in enumerate((*double, *single))
            if number in wanted
        ]

    def remove(self) -> None:
        for part in (self._call, *self._blocks):
            part.remove()


def _told(_inputs: Sequence[Any], named: Mapping[str, Any]) -> tuple[Any, int, tuple[int, int]]:
    last = named["img_ids"][-1]
    rows, columns = (int(place) + 1 for place in last[-2:].tolist())
    return named["timestep"], len(named["hidden_states"]), (rows, columns)


class _Block:
    """One block: its query is kept, and what the adapter says is added before the output projection or after all."""

    def __init__(self, block: Any, number: int, placed: FluxBlocks, call: Call, *, is_double: bool) -> None:
        self._number, self._placed, self._call = number, placed, call
        self._heads = int(block.attn.heads)
        self._query: Tensor | None = None
        self._taps: list[Tap] = []
        self._handles: list[Any] = []
        attention = block.attn
        if number in placed.attends | placed.joins:
            self._taps.append(Tap(attention, _NORM, lambda module: module.register_forward_hook(self._keep)))
        if number in placed.joins and is_double:
            self._taps.append(Tap(attention, _OUT, lambda module: module.register_forward_pre_hook(self._join)))
        elif number in placed.joins:
            self._handles.append(attention.register_forward_hook(self._join_single))
        if self._taps:
            self._handles.append(attention.register_forward_pre_hook(self._settle))
        self._handles.append(block.register_forward_hook(self._follow))

    def remove(self) -> None:
        for part in (*self._handles, *self._taps):
            part.remove()

    def _settle(self, _attention: Any, _inputs: Any) -> None:
        if self._call.is_active:
            for tap in self._taps:
                tap.settle()

    def _keep(self, _module: Any, _inputs: Any, query: Tensor) -> None:
        if self._call.is_active:
            self._query = query.transpose(1, 2)

    def _join(self, _module: Any, inputs: tuple[Tensor, ...]) -> tuple[Tensor, ...] | None:
        return None if self._query is None else (self._joined(inputs[0], self._query), *inputs[1:])

    def _join_single(self, _attention: Any, _inputs: Any, output: Tensor) -> Tensor | None:
        return None if self._query is None else self._joined(output, self._query)

    def _joined(self, attended: Tensor, query: Tensor) -> Tensor:
        added = self._placed.joined(self._number, query, self._call.rows(self._heads))
        return attended + added.to(attended.dtype)

    def _follow(self, _block: Any, _inputs: Any, output: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor] | None:
        query, self._query = self._query, None
        if not self._call.is_active or self._number not in self._placed.follows:
            return None
        text, image = output
        added = self._placed.followed(self._number, image, query, self._call.rows(self._heads))
        return text, image + added.to(image.dtype)


@torch.no_grad()
def _refuse_unfit(family: Flux1, placed: FluxBlocks, name: str, double: int, single: int) -> None:
    title = family.spec.title
    transformer: Any = family.denoiser
    wanted = placed.attends | placed.joins | placed.follows
    if lacking := sorted(number for number in wanted if number >= double + single):
        raise ModelError(
            f"{name} does not fit this base: it changes blocks {few([str(n) for n in lacking])}, and this {title} has "
            f"{double + single}. Choose an adapter made for {title}."
        )
    heads, head = int(transformer.config.num_attention_heads), int(transformer.config.attention_head_dim)
    blank = torch.zeros(1, 1, heads * head, device=family.device, dtype=family.dtype)
    query = blank.view(1, 1, heads, head).transpose(1, 2)
    rows = Rows(conditional=(True,), latent=(0,), heads=heads, grid=(1, 1))
    for number in sorted(wanted):
        try:
            said = [placed.joined(number, query, rows)] if number in placed.joins else []
            if number in placed.follows:
                said.append(placed.followed(number, blank, query if number in placed.attends else None, rows))
            fits = all(each.shape == blank.shape for each in said)
        except (RuntimeError, ValueError, IndexError):
            fits = False
        if not fits:
            raise ModelError(
                f"{name} does not fit this base: its block {number} is not {heads * head} wide, as this {title} is. "
                f"Choose an adapter made for {title}."
            )
