"""The adapter: which layers learn, how a change of their weights is written down, and how large it may be."""

from dataclasses import dataclass
from typing import Literal

from .choices import is_choice, options

Kind = Literal["lora", "dora", "lokr"]
Targets = Literal["attention", "attention_mlp", "attention_mlp_conv", "all", "double_blocks", "single_blocks"]


@dataclass(frozen=True, kw_only=True)
class Lora:
    """y = W x + (alpha / rank) B A x on the denoiser's `targets`; 3 × 3 convolutions have their own rank and alpha.

    Targets "all" are every layer of every block; FLUX has them by kind of block too.

    `kind` "dora" learns each output's length apart from its direction (Liu et al. 2024, arXiv 2402.09353); "lokr"
    writes the change as a Kronecker product of blocks `factor` wide (LyCORIS, Yeh et al. 2023, arXiv 2309.14859).
    `rank_by_timestep` leaves half of the ranks out at full noise and fewer below (T-LoRA, Soboleva et al. 2025,
    arXiv 2507.05964): sets of a few pictures copy their layout less.
    """

    rank: int = 16
    alpha: float = 8.0
    targets: Targets = "attention"
    kind: Kind = "lora"
    conv_rank: int = 0
    """0: as `rank`."""
    conv_alpha: float = 0.0
    """0: as `alpha`."""
    factor: int = 8
    rank_by_timestep: bool = False


def lora_faults(lora: Lora) -> list[tuple[bool, str]]:
    """Whether each rule is broken, and what to say then."""
    return [
        (not 1 <= lora.rank <= 1024, f"rank is {lora.rank}; use 1 to 1024 (16 to 64 for a character)."),
        (not 0 < lora.alpha <= 4096, f"alpha is {lora.alpha}; use a number above 0, usually rank / 2."),
        (not is_choice(lora.targets, Targets), f"targets is {lora.targets!r}; use {options(Targets)}."),
        (not is_choice(lora.kind, Kind), f"kind is {lora.kind!r}; use {options(Kind)}."),
        (not 0 <= lora.conv_rank <= 1024, f"conv_rank is {lora.conv_rank}; use 1 to 1024, or 0 for the rank."),
        (not 0 <= lora.conv_alpha <= 4096, f"conv_alpha is {lora.conv_alpha}; use above 0, or 0 for alpha."),
        (not 2 <= lora.factor <= 64, f"factor is {lora.factor}; use 2 to 64, usually 8."),
        (
            lora.rank_by_timestep and lora.kind == "lokr",
            "rank_by_timestep is on with lokr, whose large blocks have no rank; use kind 'lora' or 'dora'.",
        ),
        (
            lora.rank_by_timestep and lora.rank < 2,
            "rank_by_timestep is on with rank 1, which leaves nothing to take away; use rank 4 or more.",
        ),
    ]
