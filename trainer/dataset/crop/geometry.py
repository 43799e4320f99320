"""Where a square crop around a face lies: the same framing for every picture, inside the picture where it can be."""

import math
from dataclasses import dataclass
from typing import Literal

from ...errors import DatasetError

Box = tuple[float, float, float, float]
Outside = Literal["shrink", "colour", "edge", "transparent"]
LEAST, MOST = 0.50, 0.70
"""Share of the crop's height that a face box fills, by the guide."""
HAIR = 0.62
"""Detectors' boxes end on the forehead: above this share hair is cut off."""


@dataclass(frozen=True, kw_only=True)
class FaceCrop:
    """How faces are framed, all lengths in parts: the face of the crop's side, `eyes` from its top.

    Without known eyes the crop's centre lies `below` the face's, in face heights: room for neck and shoulders. What
    does not fit is moved, then made smaller; only then, unless `outside` is `shrink`, is the rest filled: with
    `colour`, by repeating the edge, or transparent. Nothing is enlarged beyond `max_upscale`.
    """

    share: float = 0.60
    eyes: float = 0.42
    below: float = 0.08
    resolution: int = 1024
    max_upscale: float = 1.5
    outside: Outside = "shrink"
    colour: str = "white"
    no_face: Literal["leave out", "keep whole"] = "leave out"
    straighten: bool = False
    """Turn heads upright that lean by more than 15 degrees."""

    def __post_init__(self) -> None:
        checks = (
            (LEAST <= self.share <= MOST, f"The face's share is {self.share:g}; use {LEAST:g} to {MOST:g}."),
            (0.3 <= self.eyes <= 0.5, f"The eyes' height is {self.eyes:g}; use 0.3 to 0.5."),
            (
                0 <= self.below <= 0.2,
                f"The centre lies {self.below:g} below the face's; use 0.06 to 0.1.",
            ),
            (self.resolution >= 64, f"The resolution is {self.resolution}; use 512 or 1024."),
            (self.max_upscale >= 1, f"The largest enlargement is {self.max_upscale:g}; use 1 (none) to 2."),
        )
        if faults := [text for is_fine, text in checks if not is_fine]:
            raise DatasetError.all_of(faults)


@dataclass(frozen=True, kw_only=True)
class Crop:
    """A part of a picture, and the size (width, height) it is scaled to.

    `box` is in whole pixels and leaves the picture only where it is `padded`; `moved` away from where the rule had put
    it, to stay in the picture and keep the whole face. `share` is what the face fills of its
    height, `eyes` where they lie in it from the top; None where that is not known. `turn` degrees are taken out of the
    picture around the face before it is cut.
    """

    box: tuple[int, int, int, int]
    size: tuple[int, int]
    share: float | None = None
    eyes: float | None = None
    moved: bool = False
    shrunk: bool = False
    padded: bool = False
    turn: float = 0.0

    @property
    def upscale(self) -> float:
        return max(self.size[0] / (self.box[2] - self.box[0]), self.size[1] / (self.box[3] - self.box[1]))


def face_crop(face: Box, size: tuple[int, int], rule: FaceCrop, eye_height: float | None = None) -> Crop:
    """The square for a face box in a picture of `size` (width, height); `eye_height` is the eyes' y in pixels."""
    tall = face[3] - face[1]
    if tall < 2:
        raise DatasetError(f"The face is {tall:.0f} pixels high; faces below 2 pixels cannot be framed.")
    wanted = _side(tall, rule.share)
    side = _fitting(wanted, tall, size, rule)
    centre = (face[1] + face[3]) / 2 + rule.below * tall
    top = centre - side / 2 if eye_height is None else eye_height - rule.eyes * side
    wished = round((face[0] + face[2]) / 2 - side / 2), round(top)
    whole = _between(wished[1], math.ceil(face[3]) - side, math.floor(face[1]))
    at = _inside(wished[0], side, size[0]), _inside(whole, side, size[1])
    out = max(1, min(rule.resolution, math.floor(side * rule.max_upscale)))
    return Crop(
        box=(at[0], at[1], at[0] + side, at[1] + side),
        size=(out, out),
        share=tall / side,
        eyes=None if eye_height is None else (eye_height - at[1]) / side,
        moved=at != wished,
        shrunk=side < wanted,
        padded=side > min(size),
    )


def _side(tall: float, share: float) -> int:
    """The whole number nearest to the wanted share that keeps within the guide's bounds."""
    return _between(round(tall / share), math.ceil(tall / MOST), math.floor(tall / LEAST))


def _fitting(side: int, tall: float, size: tuple[int, int], rule: FaceCrop) -> int:
    room = min(size)
    if side <= room:
        return side
    return room if rule.outside == "shrink" else max(room, math.ceil(tall / MOST))


def _inside(start: int, side: int, room: int) -> int:
    """Moved so that the square lies in the picture, or the picture in the square."""
    return _between(start, min(0, room - side), max(0, room - side))


def _between(value: int, least: int, most: int) -> int:
    """`value` within bounds, or as it is where they contradict each other."""
    return min(max(value, least), most) if least <= most else value
