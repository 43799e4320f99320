"""The choice of what becomes of transparency."""

from typing import Any

from .._api import io

AS_MASK = "keep as mask"
COLOURS = ("white", "grey", "black", "green")


def alpha_input() -> Any:
    return io.Combo.Input(
        "alpha",
        options=[*COLOURS, AS_MASK],
        default="white",
        advanced=True,
        optional=True,
        tooltip=(
            "What lies behind transparent pictures. A plain colour is learned with the character unless the caption "
            "names it (green background). keep as mask shows grey there and masks the loss, as do mask files "
            "(001-masklabel.png beside 001.png, or masks/001.png; white is learned), which leave the picture as it is."
        ),
    )


def alpha_of(choice: str) -> Any:
    """The engine's Alpha for a choice."""
    from ...trainer.images.alpha import Alpha

    return Alpha(matte="grey", masked=True) if choice == AS_MASK else Alpha(matte=choice)
