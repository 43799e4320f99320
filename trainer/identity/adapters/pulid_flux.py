"""PuLID-FLUX 0.9.0 and 0.9.1: how the file is recognised, read and placed after FLUX' blocks."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from ...errors import ModelError
from ..adapter import FluxBlocks, Rows
from ..attention.perceiver import Lookup, PerceiverAttentionCA
from ..attention.token_rows import RowMask, TokenRows
from ..encoders.filled import Shapes, filled, under
from ..kinds import AdapterKind
from ..references import References, Tokens
from ..use import Use, refuse_unet_settings
from .pulid_tokens import refuse_others, tokens_of

_HEAD = 128
_DOUBLES, _SINGLES = range(0, 19, 2), range(19, 57, 4)
BLOCKS = (*_DOUBLES, *_SINGLES)
"""After which blocks the file's attentions stand, in their order: every second double one, every fourth single one
(`flux/model.py` of ToTheBeginning/PuLID)."""


def recognises(shapes: Shapes) -> str:
    """`pulid_flux` where the names are of such a file, else ""; ModelError for PuLID-FLUX.2's, which do not work."""
    if any(name.startswith("id_former.") for name in shapes) and any(name.startswith("double_ca.") for name in shapes):
        raise ModelError(
            "This is a PuLID file for FLUX.2, which is not supported: whether it has any effect beyond that of "
            "reference pictures is disputed. For FLUX.2 give the base reference pictures; for FLUX.1 choose "
            "pulid_flux_v0.9.1."
        )
    return "pulid_flux" if "pulid_ca.0.to_q.weight" in shapes and "pulid_encoder.latents" in shapes else ""


def opened(path: Path, kind: AdapterKind, tensors: Mapping[str, Tensor]) -> "PulidFlux":
    """The adapter of a file that was recognised; ModelError where it does not have FLUX.1's twenty attentions."""
    count = len({name.split(".")[1] for name in tensors if name.startswith("pulid_ca.")})
    if count != len(BLOCKS):
        raise ModelError(f"{path.name} has {count} attentions where FLUX.1 takes {len(BLOCKS)}. Get the file again.")
    return PulidFlux(kind=kind, path=path, tensors=tensors)


@dataclass(frozen=True, kw_only=True, eq=False)
class PulidFlux:
    """`tensors`: the file's, in its own type."""

    kind: AdapterKind
    path: Path
    tensors: Mapping[str, Tensor]
    family: str = "flux1"

    def tokens(self, references: References, use: Use) -> Tokens:
        return tokens_of(under(self.tensors, "pulid_encoder."), self.path.name, self.kind, references, use)

    # Hosts run everything in inference mode, and what is made in it cannot be used outside.
    @torch.inference_mode(False)
    @torch.no_grad()
    def placed(self, tokens: Tokens, use: Use, layers: Sequence[str] = ()) -> FluxBlocks:
        refuse_unet_settings(use, self.path.name)
        return PulidFluxBlocks({block: self._after(number, tokens) for number, block in enumerate(BLOCKS)}, use)

    def weight_patches(self, layers: Sequence[str] = ()) -> Mapping[str, tuple[Tensor, Tensor]]:
        return {}

    def _after(self, number: int, tokens: Tokens) -> "After":
        part, where = under(self.tensors, f"pulid_ca.{number}."), f"{self.path.name}, attention {number},"
        attention = filled(_attention, part, where)
        refuse_others(self.path.name, tokens, attention.norm1.normalized_shape[0])
        conditional, unconditional = (
            attention.keys_and_values(each.float().clone()) for each in (tokens.conditional, tokens.unconditional)
        )
        return After(Lookup(attention).to(part["to_q.weight"].dtype), TokenRows(conditional, unconditional))


class After(nn.Module):
    """What is added after a block: image tokens (b, n, channels) look at the identity of their row."""

    def __init__(self, lookup: Lookup, states: TokenRows) -> None:
        super().__init__()
        self.lookup, self.states = lookup, states

    def forward(self, image: Tensor, rows: Rows) -> Tensor:
        """(b, n, channels); ModelError at another width."""
        wide = self.lookup.norm2.normalized_shape[0]
        if wide != image.shape[-1]:
            raise ModelError(f"PuLID-FLUX is {wide} wide and this base {image.shape[-1]}: it is for FLUX.1 alone.")
        return self.lookup(image, *self.states(rows, image))


class PulidFluxBlocks:
    """The identity after FLUX' blocks, `use.weight` times; after none at weight 0."""

    attends: frozenset[int] = frozenset()
    joins: frozenset[int] = frozenset()

    def __init__(self, after: Mapping[int, After], use: Use) -> None:
        self.weights = nn.ModuleDict({str(block): module for block, module in after.items()})
        self.follows = frozenset(after) if use.weight else frozenset[int]()
        self._weight = use.weight
        self._mask = None if use.mask is None else RowMask(use.mask)

    def joined(self, block: int, query: Tensor, rows: Rows) -> Tensor:
        """PuLID joins no block: ModelError."""
        raise ModelError(f"PuLID adds nothing within block {block}, only after it.")

    def followed(self, block: int, image: Tensor, query: Tensor | None, rows: Rows) -> Tensor:
        """(b, n, channels) of image tokens of the same shape."""
        added = self._weight * self.weights[str(block)](image, rows)
        return added if self._mask is None else added * self._mask.of(rows, added)


def _attention(shapes: Shapes) -> PerceiverAttentionCA:
    inner, wide = shapes["to_q.weight"]
    return PerceiverAttentionCA(wide, shapes["norm1.weight"][0], inner, _HEAD)
