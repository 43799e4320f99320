"""The mean of several LoRA files' changes, cut back to their rank: one candidate out of several training seeds."""

import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import ModelError, few, shortened
from ..families.key_layout import ALPHA, DOWN, UP
from ..families.registry import one_prefix
from ..recipe.output import SavePrecision
from ..storage.tensor_file import write_tensors
from .file import Layer, LoraFile, opened_lora
from .metadata import with_hashes
from .save import DTYPES

_log = logging.getLogger(__name__)


def average_loras(
    paths: Sequence[Path],
    out: Path,
    metadata: Mapping[str, str],
    rank: int = 0,
    precision: SavePrecision = "fp16",
) -> float:
    """Write the mean of the files' weight changes; the share of its energy that the cut back to rank kept, 0 to 1.

    Each layer keeps the first file's rank and alpha, or has `rank` and as much alpha for it, stored in `precision`.
    Layers meet whatever the files call them. ModelError when the files do not change the same layers with plain LoRA.
    """
    if len(paths) < 2:
        raise ModelError("An average needs two LoRA files or more.")
    tensors: dict[str, Tensor] = {}
    kept, whole, dtype = 0.0, 0.0, DTYPES[precision]
    with ExitStack() as stack:
        files = [stack.enter_context(opened_lora(path)) for path in paths]
        for file in files:
            if file.passed_over:
                _log.warning(
                    "%s: not in the average, as no part of a layer: %s.", file.path.name, few(file.passed_over)
                )
        for prefixes in _together(files):
            layers = [file.layer(prefix) for file, prefix in zip(files, prefixes, strict=True)]
            _check(layers, [file.path.name for file in files])
            down, up, energy = mean_layer(layers, rank or int(layers[0].rank or 0))
            alpha = layers[0].scale * len(down)
            mean = {DOWN: down.to(dtype), UP: up.to(dtype), ALPHA: torch.tensor(alpha, dtype=dtype)}
            prefix = min(prefixes, key=_how_readable)
            if not Layer(prefix, mean).is_finite:
                raise ModelError(
                    f"The mean is too large for {precision} in {prefix}. Check these files: one is broken."
                )
            tensors |= {f"{prefix}.{name}": tensor for name, tensor in mean.items()}
            kept, whole = kept + energy[0], whole + energy[1]
    write_tensors(out, tensors, with_hashes(tensors, metadata))
    return kept / whole if whole else 1.0


def _together(files: Sequence[LoraFile]) -> list[tuple[str, ...]]:
    """What each file calls every layer, in the order of the first; ModelError where they change different layers."""
    titles = {file.made_for: file.path.name for file in files if file.made_for}
    if len(titles) > 1:
        said = " and ".join(f"{name} is a LoRA for {title}" for title, name in titles.items())
        raise ModelError(f"{said}: LoRAs for different bases have no average.")
    named = one_prefix(next(iter(titles), ""))
    known = [{named(prefix): prefix for prefix in file.prefixes} for file in files]
    for file, names in zip(files, known, strict=True):
        if len(names) < len(file.prefixes):
            twice = sorted(set(file.prefixes) - set(names.values()))
            raise ModelError(f"{file.path.name} names layers twice in two spellings, {few(twice)}. Get the file again.")
        if more := sorted({*names} ^ {*known[0]}):
            where = names if more[0] in names else known[0]
            raise ModelError(
                f"{file.path.name} changes other layers than {files[0].path.name}; both must fit. Only one of them has "
                f"{few([shortened(where.get(name, name)) for name in more])}."
            )
    return [tuple(names[name] for names in known) for name in known[0]]


def _how_readable(prefix: str) -> tuple[bool, bool]:
    """kohya's spelling, which every program reads, before others, and PEFT's, which few do, last."""
    return not prefix.startswith("lora_"), prefix.startswith("base_model.")


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
        if _sizes(layer) != _sizes(layers[0]):
            raise ModelError(f"{name} is of another model than {names[0]}: {layer.prefix} has another size.")


def _sizes(layer: Layer) -> tuple[int, ...]:
    """Outputs, inputs and kernel; a 1 × 1 convolution is a matrix, and some files hold it as one."""
    out, *inner = len(layer.tensors[UP]), *layer.tensors[DOWN].shape[1:]
    return out, *(inner[:1] if set(inner[1:]) <= {1} else inner)
