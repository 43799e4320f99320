"""InstantID's other half: a ControlNet of the face's keypoints that reads the identity in place of the words."""

from typing import Any

from torch import Tensor

from ....trainer.identity.references import Tokens


def apply_instantid_control(  # noqa: PLR0913
    positive: Any,
    negative: Any,
    control_net: Any,
    hint: Tensor,
    tokens: Tokens,
    strength: float = 0.8,
    start: float = 0.0,
    end: float = 1.0,
) -> tuple[Any, Any]:
    """Both conditionings with the ControlNet over those that they have; themselves where `strength` is 0.

    `hint` is an IMAGE (b, h, w, 3) of the keypoints. It sees the tokens on either side, whatever the words are
    (section 3.3 of Wang et al. 2024, InstantID).
    """
    if strength == 0:
        return positive, negative
    pixels = hint.movedim(-1, 1)
    # One ControlNet for what shared one before: the host batches rows of the same one alone.
    nets: dict[int, Any] = {}

    def steered(conditioning: Any, seen: Tensor) -> list[Any]:
        made: list[Any] = []
        for text, extra in conditioning:
            before = extra.get("control")
            if id(before) not in nets:
                nets[id(before)] = control_net.copy().set_cond_hint(pixels, strength, (start, end))
                nets[id(before)].set_previous_controlnet(before)
            more = {"control": nets[id(before)], "control_apply_to_uncond": False, "cross_attn_controlnet": seen}
            made.append([text, {**extra, **more}])
        return made

    return steered(positive, tokens.conditional), steered(negative, tokens.unconditional)
