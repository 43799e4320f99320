"""PuLID v1 and v1.1 for SDXL: how their files are recognised, read and placed in cross-attention."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor
from torch.nn.functional import pad

from ...errors import ModelError
from ..adapter import CrossAttention
from ..attention.numbers import layers_or_usual
from ..attention.pulid_cross import METHODS, PulidAttention
from ..attention.token_rows import TokenRows
from ..attention.weights import layer_weights
from ..encoders.filled import Shapes, under
from ..finite import is_finite
from ..kinds import AdapterKind
from ..references import References, Tokens
from ..use import Use, refuse_scaling
from .pulid_tokens import refuse_others, tokens_of

_LAYER = re.compile(r"(?:id_adapter_attn_layers\.(\d+)\.id_to_([kv])|ip_adapter\.(\d+)\.to_([kv])_ip)\.weight")
_ROOTS = ("id_adapter.", "image_proj.")
"""The encoder's names as they were published, and as node packs convert them."""


def recognises(shapes: Shapes) -> str:
    """`pulid` or `pulid_v1_1` where the names are of such a file, else "". Asked before IP-Adapter is, whose Plus has
    some of these names too."""
    if not any(_LAYER.fullmatch(name) for name in shapes):
        return ""
    if any(f"{root}id_embedding_mapping.0.weight" in shapes for root in _ROOTS):
        return "pulid_v1_1"
    return "pulid" if any(f"{root}mapping_patch_0.0.weight" in shapes for root in _ROOTS) else ""


def opened(path: Path, kind: AdapterKind, tensors: Mapping[str, Tensor]) -> "Pulid":
    """The adapter of a file that was recognised; ModelError where a layer has no keys or no values."""
    found: dict[int, dict[str, str]] = {}
    for name in tensors:
        if match := _LAYER.fullmatch(name):
            found.setdefault(int(match[1] or match[3]), {})[match[2] or match[4]] = name
    for number, names in found.items():
        if len(names) != 2:
            raise ModelError(f"{path.name} is not whole: layer {number} has keys or values only. Get the file again.")
    layers = {number: (names["k"], names["v"]) for number, names in sorted(found.items())}
    return Pulid(kind=kind, path=path, tensors=tensors, layers=layers)


@dataclass(frozen=True, kw_only=True, eq=False)
class Pulid:
    """`layers`: by a layer's number the names of its keys' and values' weights, each (channels, width)."""

    kind: AdapterKind
    path: Path
    tensors: Mapping[str, Tensor]
    layers: Mapping[int, tuple[str, str]]
    family: str = "sdxl"

    def tokens(self, references: References, use: Use) -> Tokens:
        encoder = next(part for part in (under(self.tensors, root) for root in _ROOTS) if part)
        return tokens_of(encoder, self.path.name, self.kind, references, use)

    # Hosts run everything in inference mode, and what is made in it cannot be used outside.
    @torch.inference_mode(False)
    @torch.no_grad()
    def placed(self, tokens: Tokens, use: Use, layers: Sequence[str] = ()) -> CrossAttention:
        """`options`: `method`, of METHODS, and `zeros`, in place of the method's own.

        ModelError for another method, weight type or scaling, a base with fewer layers, and tokens of another adapter.
        """
        refuse_scaling(use, self.path.name)
        name = str(use.options.get("method", "fidelity"))
        if name not in METHODS:
            raise ModelError(f'PuLID has no method "{name}": choose {", ".join(METHODS)}.')
        method = METHODS[name]
        zeros = int(float(use.options.get("zeros", method.zeros_of(self.kind.name))))
        if zeros < 0:
            raise ModelError(f"PuLID cannot add {zeros} empty tokens: give 0 or more.")
        named = layers_or_usual(layers, self.family)
        if (last := max(self.layers)) >= len(named):
            raise ModelError(f"{self.path.name} has a layer {last} and this base only {len(named)}: it is for SDXL.")
        weights = layer_weights(use.weight_type, use.weight, named, self.family)
        states = {
            number: self._projected(number, tokens, zeros, pushes=at.pushes)
            for number, at in weights.items()
            if number in self.layers
        }
        return PulidAttention(states, {number: at.weight for number, at in weights.items()}, method.joins, use.mask)

    def weight_patches(self, layers: Sequence[str] = ()) -> Mapping[str, tuple[Tensor, Tensor]]:
        return {}

    def _projected(self, number: int, tokens: Tokens, zeros: int, *, pushes: bool) -> TokenRows:
        """Keys and values of a layer, those of the two kinds of rows exchanged where it pushes away.

        Those of empty tokens are 0, for the projections have no bias.
        """
        weights = [self.tensors[name].float() for name in self.layers[number]]
        if weights[0].ndim != 2 or weights[0].shape != weights[1].shape:
            raise ModelError(f"{self.path.name} does not fit together in layer {number}. Get the file again.")
        refuse_others(self.path.name, tokens, weights[0].shape[1])
        made = [
            [pad(each.float().clone() @ weight.T, (0, 0, 0, zeros)) for weight in weights]
            for each in (tokens.conditional, tokens.unconditional)
        ]
        if not all(is_finite(each) for pair in made for each in pair):
            raise ModelError(f"{self.path.name} has values that are not numbers in layer {number}. Get the file again.")
        return TokenRows(*(made[::-1] if pushes else made))
