"""Which of a denoiser's blocks are swapped, and which recompute their activations."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from ...errors import RecipeError
from ..residence import Residence


@dataclass(frozen=True)
class Blocks:
    """Names of a denoiser's blocks in the order of their use, and of those that are treated in some way; `between`
    lie between blocks and recompute with them."""

    names: tuple[str, ...]
    swapped: tuple[str, ...]
    recomputed: tuple[str, ...]
    between: tuple[str, ...] = ()


def block_lists(denoiser: torch.nn.Module, patterns: Sequence[str]) -> tuple[str, ...]:
    """The lists that are there, in the order of the patterns; `*` in one stands for each member of a list in turn."""
    return tuple(name for pattern in patterns for name in _lists(denoiser, pattern.split("."), ""))


def _lists(module: torch.nn.Module, words: Sequence[str], start: str) -> Iterator[str]:
    if not words:
        yield start.removesuffix(".")
        return
    for name, child in module.named_children():
        if words[0] in ("*", name):
            yield from _lists(child, words[1:], f"{start}{name}.")


def block_names(denoiser: torch.nn.Module, patterns: Sequence[str]) -> tuple[str, ...]:
    """`transformer_blocks.0`, … of the lists of blocks, in their order."""
    return tuple(
        f"{name}.{number}"
        for name in block_lists(denoiser, patterns)
        for number, _ in enumerate(denoiser.get_submodule(name).children())
    )


def chosen_blocks(names: Sequence[str], residence: Residence, between: Sequence[str] = ()) -> Blocks:
    """RecipeError when more are to be swapped or to recompute than there are; of what lies `between` them the same
    share recomputes.

    The last keep their activations: the backward pass, which begins there, is through with those before others are
    made anew. Swapped ones are spread, so that each copy has the time of others' work.
    """
    count = len(names)
    recomputed = (residence.checkpointed_blocks or count) if residence.gradient_checkpointing else 0
    for name, number in (("swapped_blocks", residence.swapped_blocks), ("checkpointed_blocks", recomputed)):
        if number > count:
            raise RecipeError(f"{name} is {number}, but this base has {count} blocks; use {count} or fewer.")
    swapped = [(2 * n + 1) * recomputed // (2 * residence.swapped_blocks) for n in range(residence.swapped_blocks)]
    beside = -(-len(between) * recomputed // max(count, 1))
    return Blocks(tuple(names), tuple(names[n] for n in swapped), tuple(names[:recomputed]), tuple(between[:beside]))
