"""XLabs' IP-Adapter for FLUX.1, v1 and v2 (XLabs-AI/x-flux-comfyui; diffusers' FluxIPAdapterAttnProcessor)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import linear

from ...errors import ModelError
from ..attention.flux_side import FluxSide
from ..attention.token_rows import TokenRows
from ..encoders.filled import under
from ..encoders.projections import ImageProjection, projection_of
from ..kinds import AdapterKind
from ..references import References, Tokens
from ..use import Use
from .pooled_tokens import pooled_tokens
from .pulid_tokens import refuse_others

_PROJECTION = "ip_adapter_proj_model."
_BLOCK = re.compile(r"double_blocks\.(\d+)\.processor\.ip_adapter_double_stream_k_proj\.weight")
_SIDE = "double_blocks.{block}.processor.ip_adapter_double_stream_{side}_proj.{part}"
_PARTS = ("weight", "bias")


def recognises(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """`xlabs_flux` where the names are of such a file, else ""."""
    has_blocks = any(_BLOCK.fullmatch(name) for name in shapes)
    return "xlabs_flux" if has_blocks and f"{_PROJECTION}proj.weight" in shapes else ""


def opened(path: Path, kind: AdapterKind, tensors: Mapping[str, Tensor]) -> "XlabsFlux":
    """The adapter of a file that was recognised; ModelError where a block's keys or values are not whole."""
    blocks = tuple(sorted(int(found[1]) for name in tensors if (found := _BLOCK.fullmatch(name))))
    names = (_SIDE.format(block=b, side=side, part=part) for b in blocks for side in "kv" for part in _PARTS)
    if lacking := next((name for name in names if name not in tensors), ""):
        raise ModelError(f"{path.name} is not whole: it lacks {lacking}. Get the file again.")
    return XlabsFlux(kind=kind, path=path, tensors=tensors, blocks=blocks)


@dataclass(frozen=True, kw_only=True, eq=False)
class XlabsFlux:
    """One layer makes 4 (v1) or 16 (v2) tokens of CLIP-L's pooled output; double blocks look at them."""

    kind: AdapterKind
    path: Path
    tensors: Mapping[str, Tensor]
    blocks: tuple[int, ...]
    family: str = "flux1"

    def tokens(self, references: References, use: Use) -> Tokens:
        projection = self._projection
        return pooled_tokens(self.kind, references, use, projection.proj.in_features, projection)

    def placed(self, tokens: Tokens, use: Use, layers: Sequence[str] = ()) -> FluxSide:
        """Added after each double block; ModelError says what does not fit."""
        states = {block: self._states(block, tokens) for block in self.blocks}
        return FluxSide(states, use, self.path.name, joins=False)

    def weight_patches(self, layers: Sequence[str] = ()) -> Mapping[str, tuple[Tensor, Tensor]]:
        return {}

    @cached_property
    def _projection(self) -> ImageProjection:
        projection = projection_of(under(self.tensors, _PROJECTION), self.path.name)
        assert isinstance(projection, ImageProjection)
        return projection

    @torch.no_grad()
    def _states(self, block: int, tokens: Tokens) -> TokenRows:
        def side(name: str, of: Tensor) -> Tensor:
            weight, bias = (self.tensors[_SIDE.format(block=block, side=name, part=part)].float() for part in _PARTS)
            refuse_others(self.path.name, tokens, weight.shape[-1])
            return linear(of, weight, bias)

        return TokenRows(
            [side(name, tokens.conditional) for name in "kv"], [side(name, tokens.unconditional) for name in "kv"]
        )
