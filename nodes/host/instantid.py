"""InstantID's ControlNet in the host's CONDITIONING."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    from ...trainer.identity.references import Tokens
    from ...trainer.identity.use import Use

Conditioning = Sequence[tuple[Any, dict[str, Any]] | list[Any]]


def with_identity_net(
    conditions: tuple[Conditioning, Conditioning], control_net: Any, hint: torch.Tensor, tokens: Tokens, use: Use
) -> tuple[Conditioning, Conditioning]:
    """Positive and negative with the ControlNet, which reads tokens in place of their text: those of the person, and
    those of nobody. As they came where the weight is 0.

    The host hands `cross_attn_controlnet` to ControlNets alone (comfy.model_base, extra_conds).
    """
    if use.weight == 0:
        return conditions
    drawn = hint.movedim(-1, 1)
    nets: dict[Any, Any] = {}
    sides = (tokens.conditional, tokens.unconditional)
    positive, negative = (
        [[text, _told(settings, control_net, drawn, side, use, nets)] for text, settings in condition]
        for condition, side in zip(conditions, sides, strict=True)
    )
    return positive, negative


def _told(
    settings: dict[str, Any], control_net: Any, hint: torch.Tensor, tokens: torch.Tensor, use: Use, nets: dict[Any, Any]
) -> dict[str, Any]:
    """One ControlNet for all that had the same before: the host runs them together."""
    before = settings.get("control")
    if before not in nets:
        made = control_net.copy().set_cond_hint(hint, use.weight, (use.start, use.end))
        made.set_previous_controlnet(before)
        nets[before] = made
    return {
        **settings,
        "control": nets[before],
        "control_apply_to_uncond": False,
        "cross_attn_controlnet": tokens,
    }
