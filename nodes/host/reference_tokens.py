"""The tokens of reference latents in a transformer's sequence: left out, or attended to more or less."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

_NOTHING = 1 / 256
"""Of a mask: less is not seen at all."""


@dataclass(frozen=True, eq=False)
class RowTokens:
    """`counts` of every reference in `kept` (tokens,) bool, which is True where any row uses the token.

    `bias` (rows, kept tokens) is what is added to the attention to them; None where nothing is.
    """

    counts: Sequence[int]
    kept: Tensor
    bias: Tensor | None

    @classmethod
    def of(cls, strengths: Sequence[Tensor], batch: int) -> RowTokens:
        """Of the references' (conditions, tokens); a condition has `batch` rows."""
        all_of_them = torch.cat(list(strengths), dim=1)
        kept = (all_of_them > 0).any(dim=0)
        bias = all_of_them[:, kept].log().repeat_interleave(batch, dim=0)
        counts = [strength.shape[1] for strength in strengths]
        return cls(counts, kept, bias if bool(bias.any()) else None)

    @property
    def is_cut(self) -> bool:
        return not bool(self.kept.all())

    @property
    def kept_counts(self) -> list[int]:
        """Of every reference."""
        return [int(part.sum()) for part in self.kept.split(list(self.counts))]


def token_strengths(strength: float, mask: Tensor | None, grid: tuple[int, int]) -> Tensor:
    """(1, tokens) of a reference whose tokens lie on a grid of (rows, columns)."""
    from ...trainer.identity.attention.masks import on_grid

    if mask is None or strength == 0:
        return torch.full((1, grid[0] * grid[1]), float(strength))
    seen = on_grid(mask.cpu(), grid)[:1]
    return strength * torch.where(seen < _NOTHING, 0.0, seen)


def drop_tokens(tokens: RowTokens) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A `post_input` patch of the host's: tokens that no row uses are not in the sequence."""

    def patch(args: dict[str, Any]) -> dict[str, Any]:
        image = args["img"]
        own = torch.ones(image.shape[1] - len(tokens.kept), dtype=torch.bool)
        places = torch.cat([own, tokens.kept]).nonzero()[:, 0].to(image.device)
        args["transformer_options"]["reference_image_num_tokens"] = tokens.kept_counts
        return {**args, "img": image[:, places], "img_ids": args["img_ids"][:, places]}

    return patch


def with_bias(bias: Tensor, before: Any) -> Callable[..., Any]:
    """The host's override of attention: the joint one, whose last keys are the references', gets the bias."""
    made: dict[tuple[int, torch.dtype, torch.device], Tensor] = {}

    def override(attend: Any, q: Tensor, k: Tensor, v: Tensor, heads: int, mask: Any = None, **named: Any) -> Any:  # noqa: PLR0913
        count = k.shape[-2]
        if q.shape[-2] == count and len(q) == len(bias) and count > bias.shape[1]:
            place = (count, q.dtype, q.device)
            if place not in made:
                front = bias.new_zeros(len(bias), count - bias.shape[1])
                made[place] = torch.cat([front, bias], dim=1)[:, None, None].to(q.device, q.dtype)
            mask = _added(mask, made[place])
        if before is not None:
            return before(attend, q, k, v, heads, mask=mask, **named)
        return attend(q, k, v, heads, mask=mask, **named)

    return override


def _added(mask: Tensor | None, bias: Tensor) -> Tensor:
    """Both as one, (rows, 1 or heads, 1 or queries, keys)."""
    if mask is None:
        return bias
    whole = mask[None, None] if mask.ndim == 2 else mask[:, None] if mask.ndim == 3 else mask
    if whole.dtype == torch.bool:
        return torch.where(whole, bias, float("-inf"))
    return whole + bias
