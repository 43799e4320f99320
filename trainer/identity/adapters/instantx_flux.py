"""InstantX' IP-Adapter for FLUX.1 (attention_processor.py of Shakker-Labs/ComfyUI-IPAdapter-Flux)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import gelu, layer_norm, linear, rms_norm

from ...errors import ModelError
from ..attention.flux_side import FluxSide
from ..attention.token_rows import TokenRows
from ..kinds import AdapterKind
from ..references import References, Tokens
from ..use import Use
from .pooled_tokens import pooled_tokens
from .pulid_tokens import refuse_others

_PROJECTION = "image_proj."
_PROJECTED = ("proj.0.weight", "proj.0.bias", "proj.2.weight", "proj.2.bias", "norm.weight", "norm.bias")
_BLOCK = re.compile(r"ip_adapter\.(\d+)\.to_k_ip\.weight")
_HEAD, _EPS = 128, 1e-5
_MOST_ROWS = 1 << 15
"""Of the projection's last layer at a time: it has half a million, 1.2 billion weights."""


def recognises(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """`instantx_flux` where the names are of such a file, else "". Files for UNets have odd numbers alone."""
    has_blocks = {"ip_adapter.0.to_k_ip.weight", "ip_adapter.0.to_v_ip.weight"} <= shapes.keys()
    return "instantx_flux" if has_blocks and f"{_PROJECTION}proj.2.weight" in shapes else ""


def opened(path: Path, kind: AdapterKind, tensors: Mapping[str, Tensor]) -> "InstantxFlux":
    """The adapter of a file that was recognised; ModelError where its projection or a block is not whole."""
    blocks = tuple(sorted(int(found[1]) for name in tensors if (found := _BLOCK.fullmatch(name))))
    wanted = [_PROJECTION + name for name in _PROJECTED] + [f"ip_adapter.{block}.to_v_ip.weight" for block in blocks]
    if lacking := next((name for name in wanted if name not in tensors), ""):
        raise ModelError(f"{path.name} is not whole: it lacks {lacking}. Get the file again.")
    return InstantxFlux(kind=kind, path=path, tensors=tensors, blocks=blocks)


@dataclass(frozen=True, kw_only=True, eq=False)
class InstantxFlux:
    """Two layers make 128 tokens of SigLIP's pooled output; all blocks look at them."""

    kind: AdapterKind
    path: Path
    tensors: Mapping[str, Tensor]
    blocks: tuple[int, ...]
    family: str = "flux1"

    def tokens(self, references: References, use: Use) -> Tokens:
        return pooled_tokens(self.kind, references, use, self._projected("proj.0.weight").shape[1], self._project)

    def placed(self, tokens: Tokens, use: Use, layers: Sequence[str] = ()) -> FluxSide:
        """Joined to each block before its output projection; ModelError says what does not fit."""
        states = {block: self._states(block, tokens) for block in self.blocks}
        return FluxSide(states, use, self.path.name, joins=True)

    def weight_patches(self, layers: Sequence[str] = ()) -> Mapping[str, tuple[Tensor, Tensor]]:
        return {}

    def _projected(self, name: str) -> Tensor:
        return self.tensors[_PROJECTION + name]

    def _project(self, pooled: Tensor) -> Tensor:
        """(n, d) -> (n, t, context), a part of the last layer after the other."""
        first, first_bias, last, last_bias, norm, norm_bias = (self._projected(name) for name in _PROJECTED)
        wide = gelu(linear(pooled, first.float(), first_bias.float()))
        parts = (slice(begin, begin + _MOST_ROWS) for begin in range(0, len(last), _MOST_ROWS))
        flat = torch.cat([linear(wide, last[part].float(), last_bias[part].float()) for part in parts], dim=-1)
        tokens = flat.reshape(len(pooled), -1, len(norm))
        return layer_norm(tokens, norm.shape, norm.float(), norm_bias.float())

    @torch.no_grad()
    def _states(self, block: int, tokens: Tokens) -> TokenRows:
        weights = [self.tensors[f"ip_adapter.{block}.to_{side}_ip.weight"].float() for side in "kv"]
        refuse_others(self.path.name, tokens, weights[0].shape[-1])

        def sides(of: Tensor) -> list[Tensor]:
            """Keys and values too are of length 1 a channel, each head for itself."""
            made = [linear(of, weight) for weight in weights]
            return [rms_norm(each.reshape(*each.shape[:2], -1, _HEAD), (_HEAD,), eps=_EPS).flatten(2) for each in made]

        return TokenRows(sides(tokens.conditional), sides(tokens.unconditional))
