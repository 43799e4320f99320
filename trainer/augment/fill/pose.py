"""An OpenPose skeleton for a view: a standing person, head and shoulders turned, framed as the bucket asks.

Eighteen points joined and coloured as OpenPose does (COCO layout; Cao et al. 2019), which pose ControlNets are trained
on. Left and right are the picture's.
"""

import math
from collections.abc import Mapping
from functools import cache

import numpy as np
from PIL import Image, ImageDraw

ANGLES: Mapping[str, tuple[float, float]] = {
    "front": (0, 0),
    "three-quarter left": (-38, 0),
    "three-quarter right": (38, 0),
    "left profile": (-85, 0),
    "right profile": (85, 0),
    "looking up": (0, 32),
    "looking down": (0, -32),
}
"""Yaw and pitch in degrees: negative yaw looks to the picture's left, positive pitch looks up."""
_FRAMES: Mapping[str, tuple[float, float]] = {
    "close-up": (0.62, 0.48),
    "medium": (0.26, 0.24),
    "full body": (0.118, 0.12),
}
"""Height of the head and where its middle lies, in parts of the picture's height."""
_PORTRAIT = (0.42, 0.4)
_HEAD = np.array([(0, 0.09, 0.50), (-0.14, -0.04, 0.40), (0.14, -0.04, 0.40), (-0.34, 0.02, 0), (0.34, 0.02, 0)])
"""Nose, eyes and ears about the head's middle, in heights of the head: x right, y down, z to the viewer."""
_OUTWARD = np.array([(0, 0, 1), (-0.35, 0, 0.94), (0.35, 0, 0.94), (-0.92, 0, 0.38), (0.92, 0, 0.38)])
_BODY = np.array(
    [
        (0, 0.80, -0.05),
        (-0.80, 0.90, -0.05),
        (-0.95, 2.10, 0),
        (-0.90, 3.10, 0.15),
        (0.80, 0.90, -0.05),
        (0.95, 2.10, 0),
        (0.90, 3.10, 0.15),
        (-0.42, 3.10, 0),
        (-0.45, 4.85, 0.05),
        (-0.45, 6.60, 0),
        (0.42, 3.10, 0),
        (0.45, 4.85, 0.05),
        (0.45, 6.60, 0),
    ]
)
"""Neck; shoulder, elbow and wrist of either side; hip, knee and ankle of either side."""
_JOINED = (
    *((1, 2), (1, 5), (2, 3), (3, 4), (5, 6), (6, 7), (1, 8), (8, 9), (9, 10), (1, 11), (11, 12), (12, 13)),
    *((1, 0), (0, 14), (14, 16), (0, 15), (15, 17)),
)
_SEEN = 0.05
"""Least part of a head point's outward direction towards the viewer."""


def yaw_of(bucket: str) -> float | None:
    """The head's yaw of a bucket of angles; None for others."""
    return ANGLES[bucket][0] if bucket in ANGLES else None


def pose_for(axis: str, bucket: str, size: tuple[int, int]) -> Image.Image | None:
    """RGB on black, `size` being (width, height); None for a view that is not one of angle or framing."""
    if axis == "angle" and bucket in ANGLES:
        return draw_pose(*ANGLES[bucket], _PORTRAIT, size)
    if axis == "framing" and bucket in _FRAMES:
        return draw_pose(0, 0, _FRAMES[bucket], size)
    return None


def draw_pose(yaw: float, pitch: float, frame: tuple[float, float], size: tuple[int, int]) -> Image.Image:
    """A skeleton whose head is `frame` high and low in the picture; the body turns half as far as the head."""
    points = _points(yaw, pitch)
    scale = frame[0] * size[1]
    places = [None if p is None else (size[0] / 2 + p[0] * scale, frame[1] * size[1] + p[1] * scale) for p in points]
    image = Image.new("RGB", size)
    pen = ImageDraw.Draw(image)
    wide = max(2, round(min(size) / 128))
    for number, (one, other) in enumerate(_JOINED):
        start, end = places[one], places[other]
        if start is not None and end is not None:
            pen.line((*start, *end), fill=_faded(_colours()[number]), width=2 * wide)
    for colour, place in zip(_colours(), places, strict=True):
        if place is not None:
            pen.ellipse((place[0] - wide, place[1] - wide, place[0] + wide, place[1] + wide), fill=colour)
    return image


def _points(yaw: float, pitch: float) -> list[tuple[float, float] | None]:
    """The eighteen in OpenPose's order: nose, body, eyes, ears; None for what the head hides."""
    turn = _turned(yaw, pitch)
    head, outward, body = _HEAD @ turn.T, _OUTWARD @ turn.T, _BODY @ _turned(yaw / 2, 0).T
    face = [(float(p[0]), float(p[1])) if o[2] > _SEEN else None for p, o in zip(head, outward, strict=True)]
    face[0] = (float(head[0, 0]), float(head[0, 1]))
    return [face[0], *((float(x), float(y)) for x, y, _ in body), *face[1:]]


def _turned(yaw: float, pitch: float) -> np.ndarray:
    """(3, 3), pitch before yaw."""
    a, b = math.radians(yaw), math.radians(pitch)
    about_y = np.array([[math.cos(a), 0, math.sin(a)], [0, 1, 0], [-math.sin(a), 0, math.cos(a)]])
    about_x = np.array([[1, 0, 0], [0, math.cos(b), -math.sin(b)], [0, math.sin(b), math.cos(b)]])
    return about_y @ about_x


@cache
def _colours() -> tuple[tuple[int, int, int], ...]:
    """Eighteen hues once around the circle from red, as OpenPose counts them."""
    ramp = (0, 85, 170, 255)
    red_to_green = [(255, step, 0) for step in ramp] + [(step, 255, 0) for step in ramp[2::-1]]
    green_to_blue = [(0, 255, step) for step in ramp[1:]] + [(0, step, 255) for step in ramp[2::-1]]
    blue_to_pink = [(step, 0, 255) for step in ramp[1:]] + [(255, 0, step) for step in ramp[2:0:-1]]
    return tuple(red_to_green + green_to_blue + blue_to_pink)


def _faded(colour: tuple[int, int, int]) -> tuple[int, int, int]:
    red, green, blue = (round(0.6 * part) for part in colour)
    return red, green, blue
