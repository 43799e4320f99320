"""What a file's tensors change of one weight, made whole, as the host makes it (ComfyUI's `weight_adapter`)."""

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from ...families.key_layout import ALPHA, DORA, DOWN, UP
from ...families.lora_names import DIFF, DIFF_BIAS, GLORA, MID, NORM, NORM_BIAS, kind_of

Parts = Mapping[str, Tensor]
# LyCORIS' Tucker core t is (rank of a, rank of b, h, w).
_TUCKER = "ij...,jr,ip->pr..."


def change_of(parts: Parts, weight: Tensor) -> Tensor:
    """ΔW of `weight`, fp32, in its shape; RuntimeError or KeyError for parts that do not fit it."""
    delta = _MAKERS[kind_of(parts)](parts, weight).reshape(weight.shape)
    if DORA not in parts:
        return delta
    merged, lengths = weight + delta, parts[DORA]
    # Of the outputs, or in LyCORIS' first files of the inputs.
    kept = 0 if len(lengths) == len(weight) else 1
    lengths_now = merged.transpose(0, kept).flatten(1).square().sum(1).sqrt().clamp(min=1e-12)
    shape = [1] * weight.ndim
    shape[kept] = -1
    return merged * (lengths.reshape(shape) / lengths_now.view(shape)) - weight


def bias_change_of(parts: Parts) -> Tensor | None:
    """What is added to the bias, (out,); None for nothing."""
    return next((parts[name].flatten() for name in (DIFF_BIAS, NORM_BIAS) if name in parts), None)


def _low_rank(parts: Parts, _: Tensor) -> Tensor:
    up, down = parts[UP].flatten(1), parts[DOWN].flatten(1)
    if MID in parts:
        return torch.einsum("mn...,im,nj->ij...", parts[MID], up, down) * _scale(parts, len(down))
    return up @ down * _scale(parts, len(down))


def _loha(parts: Parts, _: Tensor) -> Tensor:
    one, two = (_product(parts, f"hada_w{n}", f"hada_t{n}") for n in (1, 2))
    return one * two * _scale(parts, len(parts["hada_w1_b"]))


def _lokr(parts: Parts, _: Tensor) -> Tensor:
    outer, inner = (_product(parts, f"lokr_w{n}", f"lokr_t{n}") for n in (1, 2))
    outer = outer.view(*outer.shape, *[1] * (inner.ndim - outer.ndim))
    # The second factor's rank counts where both have one; where neither has, alpha says nothing.
    rank = next((len(parts[name]) for name in ("lokr_w2_b", "lokr_w1_b") if name in parts), None)
    return torch.kron(outer, inner.contiguous()) * (1.0 if rank is None else _scale(parts, rank))


def _glora(parts: Parts, weight: Tensor) -> Tensor:
    """B + W A. Of LyCORIS' first files the two factors of each lie the other way round."""
    a1, a2, b1, b2 = (parts[name].flatten(1) for name in GLORA)
    is_old = b2.shape[1] == b1.shape[0] == a1.shape[0] == a2.shape[1]
    is_new = b2.shape[0] == b1.shape[1] == a1.shape[1] == a2.shape[0]
    if is_old and is_new:
        is_new = not (len(a2) == weight.shape[0] == weight.shape[1])
    if is_new:
        within = torch.einsum("oi...,ij,jk->ok...", weight, a1, a2)
        return (within + (b1 @ b2).reshape(weight.shape)) * _scale(parts, len(a2))
    within = weight.flatten(1) @ a2 @ a1
    return (within + b2 @ b1).reshape(weight.shape) * _scale(parts, len(a1))


def _difference(parts: Parts, weight: Tensor) -> Tensor:
    return next((parts[name] for name in (DIFF, NORM) if name in parts), torch.zeros_like(weight))


_MAKERS: Mapping[str, Callable[[Parts, Tensor], Tensor]] = {
    "lora": _low_rank,
    "dora": _low_rank,
    "loha": _loha,
    "lokr": _lokr,
    "glora": _glora,
    "diff": _difference,
    "norm": _difference,
}
APPLIED = tuple(_MAKERS)
"""Kinds of layers that can be applied here."""


def _product(parts: Parts, name: str, core: str) -> Tensor:
    if name in parts:
        return parts[name]
    left, right = parts[f"{name}_a"], parts[f"{name}_b"]
    if core in parts:
        einsum: Any = torch.einsum
        return einsum(_TUCKER, parts[core], right, left)
    return left @ right.flatten(1)


def _scale(parts: Parts, rank: int) -> float:
    return float(parts[ALPHA]) / rank if ALPHA in parts else 1.0
