"""Is this LoRA alive: how far it changes each block, which layers it leaves as they are, what is broken in it."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from .file import Layer, opened_lora

BAND = (3e-5, 2e-2)
"""Root mean square of a change by which pictures are usually made.

Below it an update or two of any preset lies; above it a change is as large as the weights of the base (about 0.02 in
SDXL), and pictures break. A rule of thumb by the arithmetic of AdamW at 1e-4, not a measurement.
"""
_DEAD = 1e-9
_TE1_LAYER = re.compile(r"lora_te1_text_model_encoder_layers_(\d+)_")
_BLOCK = re.compile(
    r"(?:lora_|lycoris_)?(te\d?|unet|text_encoder(?:_2)?|transformer|diffusion_model)[._]"
    r"(?:text_model[._])?(?:encoder[._]layers[._]\d+|((?:input|output|down|up|double|single)_blocks[._]\d+"
    r"|single_transformer_blocks[._]\d+|transformer_blocks[._]\d+|middle_block|mid_block))?"
)


@dataclass(frozen=True, kw_only=True)
class BlockHealth:
    """One block's change: `rms` of a weight's, `norm` of all of it, and how many of its layers change nothing."""

    name: str
    layers: int
    dead: int
    rms: float
    norm: float


@dataclass(frozen=True, kw_only=True)
class Health:
    """A LoRA file in figures. `dead` change nothing, `broken` hold NaN or infinity; both by prefix."""

    path: Path
    kinds: tuple[str, ...]
    ranks: tuple[int, ...]
    scale: float
    blocks: tuple[BlockHealth, ...]
    dead: tuple[str, ...]
    broken: tuple[str, ...]
    layers: int
    rms: float
    metadata: dict[str, str] = field(default_factory=dict[str, str])

    @property
    def faults(self) -> tuple[str, ...]:
        """What is wrong, a sentence each; empty for a LoRA that looks well."""
        return tuple(_faults(self))

    @property
    def verdict(self) -> str:
        """One sentence."""
        if self.faults:
            return self.faults[0]
        return f"{self.path.name} looks well: {self.layers} layers, a mean change of {self.rms:.1e}."


def check_lora(path: Path) -> Health:
    """The health of anybody's file, read a layer at a time; ModelError when it is no LoRA or cut short."""
    found: dict[str, list[tuple[Layer, float | None]]] = {}
    kinds, ranks, scales = set[str](), set[int](), list[float]()
    dead: list[str] = []
    broken: list[str] = []
    with opened_lora(path) as file:
        for layer in file.layers():
            kinds.add(layer.kind)
            if layer.rank:
                ranks.add(layer.rank)
                scales.append(layer.scale)
            square = layer.square_norm() if _is_finite(layer) else None
            if not _is_finite(layer):
                broken.append(layer.prefix)
            elif square is not None and square <= _DEAD**2 * (layer.size or 1):
                dead.append(layer.prefix)
            found.setdefault(block_of(layer.prefix), []).append((_weightless(layer), square))
        metadata = dict(file.metadata)
        count = len(file.prefixes)
    blocks = tuple(_block(name, rows) for name, rows in sorted(found.items(), key=lambda row: _natural(row[0])))
    squares = [(square, layer.size) for rows in found.values() for layer, square in rows if square is not None]
    return Health(
        path=path,
        kinds=tuple(sorted(kinds)),
        ranks=tuple(sorted(ranks)),
        scale=sum(scales) / len(scales) if scales else 1.0,
        blocks=blocks,
        dead=tuple(dead),
        broken=tuple(broken),
        layers=count,
        rms=_rms(squares),
        metadata=metadata,
    )


def block_of(prefix: str) -> str:
    """`unet input_blocks_4` of `lora_unet_input_blocks_4_1_…`; `te1` for a text encoder; else the prefix's start."""
    found = _BLOCK.match(prefix)
    if not found:
        return prefix.split(".")[0].split("_")[0] or "other"
    part, block = found.groups()
    return f"{part} {block.replace('.', '_')}" if block else part


def health_lines(health: Health) -> list[str]:
    """What to read of it."""
    scale = f"alpha / rank {health.scale:.3g}"
    ranks = " to ".join(dict.fromkeys(str(rank) for rank in (*health.ranks[:1], *health.ranks[-1:])))
    lines = [health.verdict, *health.faults[1:]]
    lines.append(f"{', '.join(health.kinds)}, rank {ranks or 'none'}, {scale}, {health.layers} layers.")
    width = max((len(block.name) for block in health.blocks), default=0)
    for block in health.blocks:
        dead = f", {block.dead} of {block.layers} change nothing" if block.dead else ""
        lines.append(
            f"  {block.name:<{width}}  {block.layers:>3} layers  rms {block.rms:.1e}  norm {block.norm:.3g}{dead}"
        )
    return lines


def health_json(health: Health) -> dict[str, Any]:
    """The figures, ready for JSON."""
    return {
        "file": health.path.name,
        "verdict": health.verdict,
        "faults": list(health.faults),
        "kinds": list(health.kinds),
        "ranks": list(health.ranks),
        "layers": health.layers,
        "rms": health.rms,
        "dead": list(health.dead),
        "broken": list(health.broken),
        "blocks": {block.name: {"rms": block.rms, "norm": block.norm, "dead": block.dead} for block in health.blocks},
    }


def _faults(health: Health) -> Iterable[str]:
    name, low, high = health.path.name, *BAND
    if health.broken:
        yield f"{name} is broken: {_few(health.broken)} hold NaN or infinity. Train again with a lower lr or in bf16."
    alive = health.layers - len(health.dead) - len(health.broken)
    silent = [prefix for prefix in health.dead if prefix not in _unread(health.dead)]
    if health.dead and not alive:
        yield f"{name} changes nothing: all of its {health.layers} layers are zero. It was saved before it learned."
    elif silent:
        yield f"{len(silent)} of {health.layers} layers change nothing: {_few(silent)}."
    elif health.rms and health.rms < low:
        yield f"{name} changes very little ({health.rms:.1e}, usual {low:.0e} to {high:.0e}): few steps or a low lr."
    if health.rms > high:
        yield f"{name} changes very much ({health.rms:.1e}, usual {low:.0e} to {high:.0e}): use it at lower strength."


def _unread(dead: Sequence[str]) -> set[str]:
    """Of SDXL's first text encoder, whose last layer is never read: kohya's files hold it as it was drawn."""
    numbers = {prefix: int(found[1]) for prefix in dead if (found := _TE1_LAYER.match(prefix))}
    return set(numbers) if len(set(numbers.values())) == 1 else set()


def _block(name: str, rows: Sequence[tuple[Layer, float | None]]) -> BlockHealth:
    squares = [(square, layer.size) for layer, square in rows if square is not None]
    dead = sum(square <= _DEAD**2 * (size or 1) for square, size in squares)
    norm = math.sqrt(sum(square for square, _ in squares))
    return BlockHealth(name=name, layers=len(rows), dead=dead, rms=_rms(squares), norm=norm)


def _rms(squares: Sequence[tuple[float, int | None]]) -> float:
    known = [(square, size) for square, size in squares if size]
    return math.sqrt(sum(square for square, _ in known) / max(1, sum(size for _, size in known)))


def _is_finite(layer: Layer) -> bool:
    return all(bool(torch.isfinite(tensor).all()) for tensor in layer.tensors.values())


def _weightless(layer: Layer) -> Layer:
    """The layer with its shapes alone, so that a large file is never in memory whole."""
    return Layer(layer.prefix, {name: tensor.to("meta") for name, tensor in layer.tensors.items()})


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")
