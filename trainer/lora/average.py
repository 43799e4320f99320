"""The mean of several LoRA files' changes, cut back to their rank: one candidate out of several training seeds."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import ModelError, few
from ..families.key_layout import ALPHA, DOWN, UP
from ..storage.tensor_file import write_tensors
from .file import Layer, opened_lora
from .metadata import with_hashes

_log = logging.getLogger(__name__)


def average_loras(paths: Sequence[Path], out: Path, metadata: Mapping[str, str], rank: int = 0) -> float:
    """Write the mean of the files' weight changes; the share of its energy that the cut back to rank kept, 0 to 1.

    Each layer keeps the first file's rank and alpha, or has `rank` and as much alpha for it. ModelError when the files
    do not change the same layers with plain LoRA.
    """
    if len(paths) < 2:
        raise ModelError("An average needs two LoRA files or more.")
    tensors: dict[str, Tensor] = {}
    kept, whole = 0.0, 0.0
    with ExitStack() as stack:
        files = [stack.enter_context(opened_lora(path)) for path in paths]
        for other in files[1:]:
            if set(other.prefixes) != set(files[0].prefixes):
                raise ModelError(f"{other.path.name} changes other layers than {files[0].path.name}; both must fit.")
        for file in files:
            if file.passed_over:
                _log.warning(
                    "%s: not in the average, as no part of a layer: %s.", file.path.name, few(file.passed_over)
                )
        for prefix in files[0].prefixes:
            layers = [file.layer(prefix) for file in files]
            _check(layers, [file.path.name for file in files])
            down, up, energy = mean_layer(layers, rank or int(layers[0].rank or 0))
            alpha = layers[0].scale * len(down)
            mean = {DOWN: down.half(), UP: up.half(), ALPHA: torch.tensor(alpha, dtype=torch.float16)}
            if not Layer(prefix, mean).is_finite:
                raise ModelError(f"The mean is too large for fp16 in {prefix}. Check these files: one is broken.")
            tensors |= {f"{prefix}.{name}": tensor for name, tensor in mean.items()}
            kept, whole = kept + energy[0], whole + energy[1]
    write_tensors(out, tensors, with_hashes(tensors, metadata))
    return kept / whole if whole else 1.0


def mean_layer(layers: Sequence[Layer], rank: int) -> tuple[Tensor, Tensor, tuple[float, float]]:
    """A and B of the mean change at the first layer's scale, and its energy kept and before.

    The mean is [B₁ B₂ …] [A₁; A₂; …] / n: QR of both thin factors leaves a core of n × rank for the SVD (Eckart and
    Young 1936), and the layer's own size is never reached.
    """
    first = layers[0]
    downs = torch.cat([layer.tensors[DOWN].flatten(1).double() for layer in layers])
    ups = torch.cat([layer.tensors[UP].flatten(1).double() * (layer.scale / len(layers)) for layer in layers], dim=1)
    algebra: Any = torch.linalg
    left, core_left = algebra.qr(ups)
    right, core_right = algebra.qr(downs.T)
    outer, strengths, inner = algebra.svd(core_left @ core_right.T)
    outer, inner = outer[:, :rank], inner[:rank]
    # An SVD may turn both sides round: the first large entry of each row of A is made positive.
    signs = torch.sign(inner.gather(1, inner.abs().argmax(1, keepdim=True)))
    roots = (strengths[:rank] / abs(first.scale)).sqrt()
    down = (inner * signs * roots[:, None]) @ right.T
    up = left @ (outer * signs.T * roots) * (1 if first.scale > 0 else -1)
    down = torch.nn.functional.pad(down, (0, 0, 0, rank - len(down)))
    up = torch.nn.functional.pad(up, (0, rank - up.shape[1]))
    energy = strengths.square()
    shapes = (rank, *first.tensors[DOWN].shape[1:]), (up.shape[0], rank, *first.tensors[UP].shape[2:])
    return down.view(shapes[0]).float(), up.view(shapes[1]).float(), (float(energy[:rank].sum()), float(energy.sum()))


def _check(layers: Sequence[Layer], names: Sequence[str]) -> None:
    for layer, name in zip(layers, names, strict=True):
        more = sorted(set(layer.tensors) - {DOWN, UP, ALPHA})
        if layer.kind != "lora" or more:
            what = ", ".join(more) if layer.kind == "lora" else layer.kind
            raise ModelError(f"{name} holds {what} in {layer.prefix}; only plain LoRA files have an average.")
        if not layer.is_finite:
            raise ModelError(f"{name} holds NaN or infinity in {layer.prefix}. Leave the file out of the average.")
        if not layer.scale:
            raise ModelError(f"{name} changes nothing in {layer.prefix}: its alpha is 0. Leave it out of the average.")
        mine, first = layer.tensors, layers[0].tensors
        if mine[DOWN].shape[1:] != first[DOWN].shape[1:] or mine[UP].shape[0] != first[UP].shape[0]:
            raise ModelError(f"{name} is of another model than {names[0]}: {layer.prefix} has another size.")
