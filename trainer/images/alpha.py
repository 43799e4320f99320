"""What becomes of transparency: flattened on one colour, kept besides as the mask of the training loss or not."""

from dataclasses import dataclass

from PIL import ImageColor

from ..errors import DatasetError


def matte_rgb(matte: str) -> tuple[int, int, int]:
    """A colour's red, green and blue; DatasetError when it is none."""
    try:
        colour = ImageColor.getrgb(matte)
    except (ValueError, TypeError):
        colour = ()
    if len(colour) != 3:
        raise DatasetError(f"{matte!r} is no colour; give a name like white, or #rrggbb.")
    return colour


@dataclass(frozen=True, kw_only=True)
class Alpha:
    """The colour under transparent pixels, a name or `#rrggbb`, and whether transparency also masks the loss."""

    matte: str = "white"
    masked: bool = False

    def __post_init__(self) -> None:
        matte_rgb(self.matte)


ON_WHITE = Alpha()
