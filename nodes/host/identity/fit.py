"""Whether an adapter fits the model that it is to be mounted on: it is asked, with a token of nothing."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ....trainer.errors import ModelError, few
from ....trainer.identity.adapter import CrossAttention, FluxBlocks, Rows
from .layers import cross_attentions


def refuse_unfit_layers(unet: Any, placed: CrossAttention, name: str) -> None:
    """ModelError where a layer is missing or of another width."""
    layers = cross_attentions(unet)
    _refuse_lacking("cross-attention", sorted(placed.numbers - layers.keys()), len(layers), name)
    for number in sorted(placed.numbers):
        layer = layers[number]
        blank = torch.zeros(1, 1, layer.width)
        if not _fits(blank, lambda n=number, b=blank, h=layer.heads: [placed.attend(n, b, b, _rows(h))]):
            raise _unfit(name, f"cross-attention {number}", layer.width)


def refuse_unfit_blocks(flux: Any, placed: FluxBlocks, name: str) -> None:
    """ModelError where a block is missing or of another width."""
    count, heads = len(flux.double_blocks) + len(flux.single_blocks), flux.num_heads
    wanted = placed.attends | placed.joins | placed.follows
    _refuse_lacking("block", sorted(number for number in wanted if number >= count), count, name)
    blank = torch.zeros(1, 1, flux.hidden_size)
    query = blank.unflatten(-1, (heads, -1)).transpose(1, 2)
    for number in sorted(wanted):

        def said(number: int = number) -> list[Tensor]:
            asked = query if number in placed.attends else None
            followed = [placed.followed(number, blank, asked, _rows(heads))] if number in placed.follows else []
            return followed + ([placed.joined(number, query, _rows(heads))] if number in placed.joins else [])

        if not _fits(blank, said):
            raise _unfit(name, f"block {number}", flux.hidden_size)


def _rows(heads: int) -> Rows:
    return Rows(conditional=(True,), latent=(0,), heads=heads, grid=(1, 1))


def _fits(blank: Tensor, said: Callable[[], list[Tensor]]) -> bool:
    try:
        return all(each.shape == blank.shape for each in said())
    except (RuntimeError, ValueError, IndexError):
        return False


def _refuse_lacking(what: str, lacking: list[int], count: int, name: str) -> None:
    if lacking:
        raise ModelError(
            f"{name} does not fit this model: it changes {what} {few([str(number) for number in lacking])}, and the "
            f"model has {count} of them. Connect a full-sized model, or choose an adapter made for this one."
        )


def _unfit(name: str, where: str, width: int) -> ModelError:
    return ModelError(
        f"{name} does not fit this model: {where} of the model is {width} wide and the adapter's is not. Connect a "
        "model of the family that it was made for."
    )
