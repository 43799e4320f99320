"""Which attention of a UNet a number in an adapter's file means, here and in the host.

Files number a UNet's attentions in the order in which diffusers' `unet.attn_processors` holds them: down, up, and only
then the middle; self- and cross-attention take turns, so that cross-attention is odd.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from ...errors import ModelError

Section = Literal["input", "middle", "output"]
_ADDRESS = re.compile(
    r"(down_blocks|up_blocks|mid_block)(?:\.(\d+))?\.attentions\.(\d+)\.transformer_blocks\.\d+\.attn"
)
_SECTIONS: Mapping[str, Section] = {"down_blocks": "input", "mid_block": "middle", "up_blocks": "output"}
_ORDER = ("input", "middle", "output")


@dataclass(frozen=True)
class Topology:
    """How many transformer blocks each resnet of a UNet is followed by, 0 for none: a tuple a level, deepest last in
    `down` and first in `up`. SDXL: ((0, 0), (2, 2), (10, 10)), 10, ((10, 10, 10), (2, 2, 2), (0, 0, 0))."""

    down: tuple[tuple[int, ...], ...]
    middle: int
    up: tuple[tuple[int, ...], ...]

    def attentions(self) -> tuple[str, ...]:
        """diffusers' addresses of all attentions, by number."""
        blocks = [name for name, _ in self._blocks()]
        return tuple(f"{name}.{attention}" for name in blocks for attention in ("attn1", "attn2"))

    def patches(self) -> Mapping[int, tuple[Section, int, int]]:
        """Where the host's patches find each cross-attention: section, block and index in it, by number."""
        return {2 * place + 1: patch for place, (_, patch) in enumerate(self._blocks())}

    def _blocks(self) -> Iterator[tuple[str, tuple[Section, int, int]]]:
        """Every transformer block in the order of numbers: diffusers' address, the host's section, block and index."""
        # The first input block is the convolution; each level but the last ends in one more, which halves the picture.
        yield from _level_blocks("input", "down_blocks", self.down, first=1, between=1)
        yield from _level_blocks("output", "up_blocks", self.up, first=0, between=0)
        # Its transformer is the second module there, but the host counts the middle as one block.
        for index in range(self.middle):
            yield f"mid_block.attentions.0.transformer_blocks.{index}", ("middle", 0, index)


def _level_blocks(
    section: Section, name: str, levels: tuple[tuple[int, ...], ...], *, first: int, between: int
) -> Iterator[tuple[str, tuple[Section, int, int]]]:
    number = first
    for level, depths in enumerate(levels):
        for place, depth in enumerate(depths):
            for index in range(depth):
                address = f"{name}.{level}.attentions.{place}.transformer_blocks.{index}"
                yield address, (section, number, index)
            number += 1
        number += between


TOPOLOGIES: Mapping[str, Topology] = {
    "sd15": Topology(((1, 1), (1, 1), (1, 1), (0, 0)), 1, ((0, 0, 0), (1, 1, 1), (1, 1, 1), (1, 1, 1))),
    "sdxl": Topology(((0, 0), (2, 2), (10, 10)), 10, ((10, 10, 10), (2, 2, 2), (0, 0, 0))),
}
"""Of the families' usual UNets."""


def numbered(names: Iterable[str]) -> tuple[str, ...]:
    """The addresses by number of a UNet's `attn_processors`; attention over time takes no number."""
    addresses = (name.removesuffix(".processor") for name in names)
    return tuple(name for name in addresses if "motion_modules" not in name)


@dataclass(frozen=True)
class Place:
    """Where a cross-attention is: its section, and its transformer's place among all as the UNet runs."""

    section: Section
    transformer: int
    transformers: int


@cache
def places(layers: tuple[str, ...]) -> Mapping[int, Place]:
    """The place of each cross-attention by number; `layers` are addresses by number. ModelError for others."""
    found = {number: _parsed(layers[number]) for number in range(1, len(layers), 2)}
    order = sorted(set(found.values()))
    return {
        number: Place(_ORDER[at[0]], order.index(at), len(order))  # type: ignore[arg-type]
        for number, at in found.items()
    }


def layers_or_usual(layers: Sequence[str], family: str) -> tuple[str, ...]:
    """What a mount told of its UNet; where it told nothing, the addresses of the family's usual one."""
    return tuple(layers) or TOPOLOGIES[family].attentions()


def _parsed(address: str) -> tuple[int, int, int]:
    """Section, block and transformer in it, so that they sort as the UNet runs."""
    parts = _ADDRESS.match(address)
    if parts is None:
        raise ModelError(f"{address} is no attention of a Stable Diffusion UNet, which adapters number theirs by.")
    kind, block, transformer = parts.groups()
    return _ORDER.index(_SECTIONS[kind]), int(block or 0), int(transformer)
