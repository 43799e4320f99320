"""PuLID's tokens: the references are checked, then read by the encoder that the file brings."""

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn.functional import normalize

from ...errors import ModelError
from ..encoders.filled import filled
from ..encoders.id_encoder import LEVELS, IDEncoder
from ..encoders.id_former import IDFormer
from ..finite import is_finite
from ..kinds import AdapterKind
from ..references import References, Tokens
from ..seen import seen_faces
from ..use import Use

EVA = "EVA02-CLIP-L-14-336"
_ID_TOKENS = 5
"""Of a further reference in v1, as `app.py` of ToTheBeginning/PuLID takes them where identities are not mixed."""


def tokens_of(encoder: Mapping[str, Tensor], where: str, kind: AdapterKind, references: References, use: Use) -> Tokens:
    """All references read together, (1, t, width), and the same of nothing: zeros, through the encoder.

    `combine` "average" takes the mean of every reference's own tokens instead, as other node packs do.
    """
    if use.combine not in ("concat", "average"):
        raise ModelError(f'{kind.title} joins references by "concat" or "average", not "{use.combine}".')
    network = filled(IDFormer if "latents" in encoder else IDEncoder, encoder, where)
    identity, levels = _checked(network, kind, references)
    nothing = identity.new_zeros(1, identity.shape[1]), tuple(level.new_zeros(1, *level.shape[1:]) for level in levels)
    with torch.no_grad():
        unconditional = _together(network, *nothing)
        if use.combine == "average":
            each = [_together(network, identity[n : n + 1], _level_of(levels, n)) for n in range(len(identity))]
            conditional = torch.stack(each).mean(dim=0)
        else:
            conditional = _together(network, identity, levels)
    more = conditional.shape[1] - unconditional.shape[1]
    if more:
        unconditional = torch.cat((unconditional, *[unconditional[:, :_ID_TOKENS]] * (more // _ID_TOKENS)), dim=1)
    return Tokens(conditional, unconditional)


def refuse_others(where: str, tokens: Tokens, width: int) -> None:
    """ModelError where tokens are not of the width that a file's layers read."""
    given = {tokens.conditional.shape[-1], tokens.unconditional.shape[-1]}
    if given != {width}:
        raise ModelError(
            f"{where} reads tokens of {width} values and was given {max(given)}: those are another adapter's."
        )


def _together(network: IDFormer | IDEncoder, identity: Tensor, levels: tuple[Tensor, ...]) -> Tensor:
    """One set of tokens of all references: (n, 1280), hidden states (n, t, d) each."""
    if isinstance(network, IDFormer):
        return network(identity[None], tuple(level.flatten(0, 1)[None] for level in levels))
    each = [network(identity[n : n + 1], _level_of(levels, n)) for n in range(len(identity))]
    return torch.cat([each[0], *(tokens[:, :_ID_TOKENS] for tokens in each[1:])], dim=1)


def _level_of(levels: tuple[Tensor, ...], number: int) -> tuple[Tensor, ...]:
    return tuple(level[number : number + 1] for level in levels)


def _checked(
    network: IDFormer | IDEncoder, kind: AdapterKind, references: References
) -> tuple[Tensor, tuple[Tensor, ...]]:
    """Embeddings of faces and pictures side by side (n, 1280), and the hidden states; ModelError says what is amiss."""
    both, inner = network.reads
    pooled, levels = references.pooled, references.levels
    if pooled is None or len(levels) != LEVELS:
        raise ModelError(
            f"{kind.title} needs what {EVA} says of the reference pictures, its embedding and {LEVELS} hidden states, "
            f"and has {len(levels)}: choose that image encoder."
        )
    if pooled.shape[-1] >= both or {level.shape[-1] for level in levels} != {inner}:
        raise ModelError(
            f"{kind.title} reads hidden states of {inner} values and was given {levels[0].shape[-1]}: choose {EVA} as "
            "its image encoder."
        )
    faces = seen_faces(kind, references, both - pooled.shape[-1])
    if {len(faces)} != {len(each) for each in (pooled, *levels)}:
        raise ModelError(f"{kind.title} was given {len(faces)} faces and {len(pooled)} pictures; give it one each.")
    if not all(is_finite(each) for each in (pooled, *levels)):
        raise ModelError(f"{kind.title} was given pictures whose values are not numbers. Read the references again.")
    identity = torch.cat((faces, normalize(pooled.float(), dim=-1)), dim=-1)
    return identity, tuple(level.float() for level in levels)
