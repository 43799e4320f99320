"""Is this LoRA alive: how far it changes each block, which layers it leaves as they are, what is broken in it."""

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from ..errors import Cancelled, few, more_of, shortened
from ..families.lora_origin import is_text_only
from ..runtime.work import Ask, never
from .file import Layer, LoraFile, opened_lora

BAND = (3e-5, 2e-2)
"""Root mean square of a change by which pictures are usually made.

Below it an update or two of any preset lies; above it a change is as large as the weights of the base (about 0.02 in
SDXL), and pictures break. A rule of thumb by the arithmetic of AdamW at 1e-4, not a measurement.
"""
MOST_BLOCKS = 150
"""Blocks that are listed and drawn; no base has half as many."""
_NAMED, _MOST_NAMED = 2, 200
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
    """A LoRA file in figures. `dead` change nothing, `broken` hold NaN or infinity; both by prefix. `muted` of the dead
    have an alpha of 0. `notes` are worth knowing and no faults, a sentence each; `made_for` is a base's title or ""."""

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
    muted: int = 0
    made_for: str = ""
    notes: tuple[str, ...] = ()

    @cached_property
    def faults(self) -> tuple[str, ...]:
        """What is wrong, a sentence each; empty for a LoRA that looks well."""
        return tuple(_faults(self))

    @property
    def verdict(self) -> str:
        """One sentence."""
        if self.faults:
            return self.faults[0]
        return f"{self.path.name} looks well: {self.layers} layers, a mean change of {self.rms:.1e}."


def check_lora(path: Path, *, cancelled: Ask = never) -> Health:
    """The health of anybody's file, read a layer at a time; ModelError when it is no LoRA or cut short.

    Cancelled between two layers when `cancelled` says so: a file may hold any number of them.
    """
    tally = _Tally()
    with opened_lora(path) as file:
        for layer in file.layers():
            if cancelled():
                said = f"Checking stopped after {tally.layers} of {len(file.prefixes)} layers"
                raise Cancelled(f"{said}; run again to start anew.")
            tally.add(layer)
        health = tally.health(path, dict(file.metadata))
        return replace(health, made_for=file.made_for, notes=tuple(_notes(file, health.kinds)))


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
    lines += health.notes
    lines.append(f"{', '.join(health.kinds)}, rank {ranks or 'none'}, {scale}, {health.layers} layers.")
    shown = health.blocks[:MOST_BLOCKS]
    width = max((len(block.name) for block in shown), default=0)
    for block in shown:
        dead = f", {block.dead} of {block.layers} change nothing" if block.dead else ""
        lines.append(
            f"  {block.name:<{width}}  {block.layers:>3} layers  rms {block.rms:.1e}  norm {block.norm:.3g}{dead}"
        )
    return [*lines, *(f"  {line}" for line in more_of(len(health.blocks) - MOST_BLOCKS))]


def health_json(health: Health) -> dict[str, Any]:
    """The figures, ready for JSON; of very many layers and blocks the first alone, and counts of all."""
    return {
        "file": health.path.name,
        "verdict": health.verdict,
        "faults": list(health.faults),
        "made_for": health.made_for,
        "notes": list(health.notes),
        "kinds": list(health.kinds),
        "ranks": list(health.ranks),
        "layers": health.layers,
        "rms": health.rms,
        "dead": _named(health.dead),
        "dead_layers": len(health.dead),
        "broken": _named(health.broken),
        "broken_layers": len(health.broken),
        "blocks": {
            block.name: {"rms": block.rms, "norm": block.norm, "dead": block.dead}
            for block in health.blocks[:MOST_BLOCKS]
        },
    }


def _faults(health: Health) -> Iterable[str]:
    name, low, high = health.path.name, *BAND
    if health.broken:
        broken = few(health.broken, _NAMED)
        yield f"{name} is broken: {broken} hold NaN or infinity. Train again with a lower lr or in bf16."
    alive = health.layers - len(health.dead) - len(health.broken)
    unread = _unread(health.dead)
    silent = [prefix for prefix in health.dead if prefix not in unread]
    if health.dead and health.muted == health.layers:
        yield f"{name} changes nothing: its alpha is 0 in all of its {health.layers} layers. Get another file of it."
    elif health.dead and not alive:
        yield f"{name} changes nothing: all of its {health.layers} layers are zero. It was saved before it learned."
    elif silent:
        yield f"{len(silent)} of {health.layers} layers change nothing: {few(silent, _NAMED)}."
    elif health.rms and health.rms < low:
        yield f"{name} changes very little ({health.rms:.1e}, usual {low:.0e} to {high:.0e}): few steps or a low lr."
    if health.rms > high:
        yield f"{name} changes very much ({health.rms:.1e}, usual {low:.0e} to {high:.0e}): use it at lower strength."


def _notes(file: LoraFile, kinds: Sequence[str]) -> Iterable[str]:
    if file.made_for:
        yield f"It is a LoRA for {file.made_for}."
    if is_text_only(file.prefixes):
        yield "It changes the text encoders alone: nothing, where it is loaded into the model and not into CLIP."
    if "ia3" in kinds:
        yield "Its IA3 layers are passed over by ComfyUI and here."
    if "oft" in kinds:
        yield "Its OFT layers are applied by ComfyUI and not here."
    if file.passed_over:
        yield f"Passed over, as no part of a layer: {few(file.passed_over)}."


def _unread(dead: Sequence[str]) -> set[str]:
    """Of SDXL's first text encoder, whose last layer is never read: kohya's files hold it as it was drawn."""
    numbers = {prefix: int(found[1]) for prefix in dead if (found := _TE1_LAYER.match(prefix))}
    return set(numbers) if len(set(numbers.values())) == 1 else set()


class _Tally:
    """What is counted layer by layer; of a layer's weights no more than two numbers are kept."""

    def __init__(self) -> None:
        self._kinds, self._ranks = set[str](), set[int]()
        self._scales: list[float] = []
        self._rows: dict[str, list[_Change]] = {}
        self._dead: list[str] = []
        self._broken: list[str] = []
        self._muted = 0
        self.layers = 0

    def add(self, layer: Layer) -> None:
        self.layers += 1
        self._muted += layer.alpha == 0
        self._kinds.add(layer.kind)
        if layer.rank:
            self._ranks.add(layer.rank)
            self._scales.append(layer.scale)
        change = _Change(layer.square_norm(), layer.size) if layer.is_finite else None
        if change is None:
            self._broken.append(layer.prefix)
        elif change.is_dead:
            self._dead.append(layer.prefix)
        self._rows.setdefault(shortened(block_of(layer.prefix)), []).append(change or _Change(None, None))

    def health(self, path: Path, metadata: dict[str, str]) -> Health:
        blocks = sorted(self._rows.items(), key=lambda row: _natural(row[0]))
        return Health(
            path=path,
            kinds=tuple(sorted(self._kinds)),
            ranks=tuple(sorted(self._ranks)),
            scale=sum(self._scales) / len(self._scales) if self._scales else 1.0,
            blocks=tuple(_block(name, rows) for name, rows in blocks),
            dead=tuple(self._dead),
            broken=tuple(self._broken),
            muted=self._muted,
            layers=self.layers,
            rms=_rms([change for rows in self._rows.values() for change in rows]),
            metadata=metadata,
        )


@dataclass(frozen=True)
class _Change:
    """‖ΔW‖² of a layer and how many weights it has; None where the file alone does not tell."""

    square: float | None
    size: int | None

    @property
    def is_dead(self) -> bool:
        return self.square is not None and self.square <= _DEAD**2 * (self.size or 1)


def _block(name: str, rows: Sequence[_Change]) -> BlockHealth:
    norm = math.sqrt(sum(row.square for row in rows if row.square is not None))
    return BlockHealth(name=name, layers=len(rows), dead=sum(row.is_dead for row in rows), rms=_rms(rows), norm=norm)


def _rms(rows: Iterable[_Change]) -> float:
    known = [(row.square, row.size) for row in rows if row.square is not None and row.size]
    return math.sqrt(sum(square for square, _ in known) / max(1, sum(size for _, size in known)))


def _natural(name: str) -> list[tuple[int, str]]:
    """Numbers count as numbers; very long ones are none, and Python would refuse them."""
    return [(int(part), "") if part.isdecimal() and len(part) < 10 else (-1, part) for part in re.split(r"(\d+)", name)]


def _named(prefixes: Sequence[str]) -> list[str]:
    return [shortened(prefix) for prefix in prefixes[:_MOST_NAMED]]
