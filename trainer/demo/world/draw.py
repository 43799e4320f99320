"""Draws a person in a look: the procedural world that the demo base, reader and character come from."""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image

from .identity import EYE_COLORS, HAIR_COLORS, HAIR_STYLES, MARKS, SKINS, Identity
from .look import BACKGROUNDS, COLORS, Look
from .paint import Brush, Color, finish, mix

SIZE = 128
_INK = (34, 28, 40)
_WHITE = (252, 252, 252)
_SHIFT = 13.0
"""How far features go aside when the head turns, in 1/128 of the page."""


@dataclass(frozen=True)
class Drawing:
    """A picture with where its face is: box (left, top, right, bottom) and points in pixels of the picture."""

    image: Image.Image
    box: tuple[float, float, float, float]
    points: tuple[tuple[float, float], ...]
    """Left eye, right eye, nose, left and right mouth corner."""


@dataclass(frozen=True)
class _Pose:
    """Where things are on a 128-unit page, after head turn and framing."""

    cx: float
    cy: float
    half_width: float
    half_height: float
    shift: float
    turn: float
    scale: float

    def at(self, dx: float, dy: float) -> tuple[float, float]:
        return self.cx + dx * self.scale, self.cy + dy * self.scale

    def feature(self, dx: float, dy: float) -> tuple[float, float]:
        """A point on the face's front, moved by the turn of the head."""
        squeeze = 1.0 - 0.12 * abs(self.turn)
        return self.at(dx * squeeze + self.shift, dy)


def draw(
    identity: Identity,
    look: Look,
    rng: np.random.Generator,
    size: int = SIZE,
    *,
    turn: float | None = None,
    aside: float = 0.0,
) -> Drawing:
    """Draw one picture, `size` pixels square. `rng` moves framing, scenery and paint, nothing that is captioned.

    A frame of a clip has `turn`, from -1 (left) to 1 in place of the look's, and stands `aside` in 1/128 of the page.
    """
    pose = _pose(identity, look, rng)
    if turn is not None:
        pose = replace(pose, shift=turn * _SHIFT, turn=turn, cx=pose.cx + aside)
    brush = Brush(size, look.style, rng)
    _scenery(brush, look, rng)
    _back_hair(brush, identity, pose)
    _body(brush, identity, look, pose)
    _head(brush, identity, pose)
    _eyes(brush, identity, look.expression, pose)
    _nose(brush, identity, pose)
    _mouth(brush, look.expression, pose)
    _brows(brush, identity, look.expression, pose)
    _marks(brush, identity, pose)
    _front_hair(brush, identity, pose)
    image = finish(brush, look.style, (pose.cx, pose.cy, pose.half_width, pose.half_height), rng)
    unit = size / 128
    box = (pose.cx - pose.half_width, pose.cy - pose.half_height, pose.cx + pose.half_width, pose.cy + pose.half_height)
    points = [pose.feature(*p) for p in ((-16, -6), (16, -6), (0, 10), (-15, 26), (15, 26))]
    return Drawing(
        image,
        (box[0] * unit, box[1] * unit, box[2] * unit, box[3] * unit),
        tuple((x * unit, y * unit) for x, y in points),
    )


def draw_empty(look: Look, rng: np.random.Generator, size: int = SIZE) -> Image.Image:
    """The scenery of a look with nobody in it."""
    brush = Brush(size, look.style, rng)
    _scenery(brush, look, rng)
    return finish(brush, look.style, (64, 60, 34, 42), rng)


def _pose(identity: Identity, look: Look, rng: np.random.Generator) -> _Pose:
    turn = {"left": -1, "front": 0, "right": 1}[look.turn]
    scale = float(rng.uniform(0.94, 1.06))
    return _Pose(
        cx=64 + float(rng.uniform(-3, 3)),
        cy=60 + float(rng.uniform(-2, 2)),
        half_width=(34 + 4 * identity.width) * scale,
        half_height=42 * scale,
        shift=turn * _SHIFT,
        turn=turn,
        scale=scale,
    )


def _scenery(brush: Brush, look: Look, rng: np.random.Generator) -> None:
    base = BACKGROUNDS[look.background]
    brush.background(base)
    jitter = float(rng.uniform(-4, 4))
    if look.scene == "forest":
        for x in (8 + jitter, 34, 98, 120 - jitter):
            brush.polygon([(x - 4, 130), (x - 4, 50), (x + 4, 50), (x + 4, 130)], (112, 74, 44))
            brush.ellipse((x, 36), 15, 24, (44, 116, 58))
    elif look.scene == "city":
        for x, top in ((-2, 34), (18, 58), (92, 48), (112, 20)):
            top += jitter
            brush.polygon([(x, 130), (x, top), (x + 18, top), (x + 18, 130)], (84, 88, 112))
            for wy in range(3):
                for wx in (3, 11):
                    y = top + 6 + wy * 14
                    brush.polygon(
                        [(x + wx, y), (x + wx + 5, y), (x + wx + 5, y + 7), (x + wx, y + 7)], (255, 226, 120), bare=True
                    )
    elif look.scene == "beach":
        brush.polygon([(-2, 66 + jitter), (130, 66 + jitter), (130, 130), (-2, 130)], (34, 134, 190))
        brush.polygon([(-2, 96), (130, 96), (130, 130), (-2, 130)], (236, 206, 140))
        brush.ellipse((112, 16), 12, 12, (255, 236, 90))
    elif look.scene == "room":
        brush.polygon([(4, 12), (34, 12), (34, 56), (4, 56)], (250, 250, 250))
        brush.polygon([(8, 16), (30, 16), (30, 52), (8, 52)], (120, 190, 250), bare=True)
        brush.line([(19, 16), (19, 52)], 3, (250, 250, 250))
        brush.line([(8, 34), (30, 34)], 3, (250, 250, 250))
        brush.polygon([(98, 26), (126, 26), (126, 31), (98, 31)], (128, 82, 44))
        for x, color in ((101, (206, 60, 60)), (108, (60, 150, 90)), (115, (236, 190, 60))):
            brush.polygon([(x, 10), (x + 6, 10), (x + 6, 26), (x, 26)], color)
        brush.polygon([(-2, 100), (130, 100), (130, 130), (-2, 130)], (150, 104, 66))


def _body(brush: Brush, identity: Identity, look: Look, pose: _Pose) -> None:
    color = COLORS[look.garment_color]
    skin = SKINS[list(SKINS)[identity.skin]]
    cx = pose.cx
    base = (126, 118, 112) if look.garment == "scarf" else color
    if look.garment == "hoodie":
        brush.ellipse((cx, 100), 50, 30, mix(color, (0, 0, 0), 0.25))
    brush.polygon(
        [(cx - 56, 130), (cx - 50, 112), (cx - 28, 103), (cx + 28, 103), (cx + 50, 112), (cx + 56, 130)], base
    )
    brush.polygon([(cx - 12, 88), (cx + 12, 88), (cx + 14, 108), (cx - 14, 108)], mix(skin, (0, 0, 0), 0.12))
    if look.garment == "shirt":
        brush.polygon([(cx - 24, 103), (cx, 124), (cx - 4, 104)], _WHITE)
        brush.polygon([(cx + 24, 103), (cx, 124), (cx + 4, 104)], _WHITE)
    elif look.garment == "striped shirt":
        stripe = (30, 30, 40) if look.garment_color != "black" else (240, 240, 240)
        for x in range(-52, 56, 15):
            brush.line([(cx + x, 130), (cx + x * 0.86, 104)], 5.5, stripe)
    elif look.garment == "scarf":
        brush.ellipse((cx, 106), 40, 11, color)
        brush.polygon([(cx + 12, 108), (cx + 32, 108), (cx + 34, 130), (cx + 16, 130)], color)
    elif look.garment == "hoodie":
        brush.ellipse((cx, 108), 22, 7, mix(color, (0, 0, 0), 0.4))
        for x in (-9, 9):
            brush.line([(cx + x, 110), (cx + x, 130)], 3, _WHITE if look.garment_color != "white" else (90, 90, 90))


def _back_hair(brush: Brush, identity: Identity, pose: _Pose) -> None:
    style, color = HAIR_STYLES[identity.hair_style], _hair(identity)
    w, h = pose.half_width / pose.scale, 42.0
    if style == "long":
        x, y = pose.at(-pose.shift * 0.3, 14)
        brush.ellipse((x, y), (w + 13) * pose.scale, (h + 14) * pose.scale, color)
    elif style == "curly":
        for k in range(13):
            angle = math.pi * (0.92 + 1.16 * k / 12)
            x, y = pose.at((w + 3) * math.cos(angle) - pose.shift * 0.2, -6 + (h - 2) * math.sin(angle))
            brush.ellipse((x, y), 14 * pose.scale, 14 * pose.scale, color)
    elif style == "bun":
        brush.ellipse(pose.at(-pose.shift * 0.5, -h - 5), 17 * pose.scale, 14 * pose.scale, color)
    elif style == "pigtails":
        for side in (-1, 1):
            brush.ellipse(pose.at(side * (w + 12), 8), 11 * pose.scale, 25 * pose.scale, color)
    elif style == "spiky":
        points: list[tuple[float, float]] = []
        for k in range(15):
            angle = math.pi * (0.95 + 1.1 * k / 14)
            radius = 1.32 if k % 2 else 0.95
            points.append(pose.at(w * radius * math.cos(angle), -2 + h * radius * math.sin(angle)))
        brush.polygon(points, color)


def _head(brush: Brush, identity: Identity, pose: _Pose) -> None:
    skin = SKINS[list(SKINS)[identity.skin]]
    w, h = pose.half_width / pose.scale, 42.0
    for side in (-1, 1):
        if side == pose.turn:
            continue
        brush.ellipse(pose.at(side * (w - 1) - pose.shift * 0.25, 2), 6 * pose.scale, 9 * pose.scale, skin)
    jaw = 2.35 + 0.65 * identity.jaw
    outline: list[tuple[float, float]] = []
    for k in range(48):
        angle = 2 * math.pi * k / 48
        c, s = math.cos(angle), math.sin(angle)
        power = 2.0 / jaw if s > 0 else 1.0
        outline.append(pose.at(w * math.copysign(abs(c) ** power, c), h * math.copysign(abs(s) ** power, s)))
    brush.polygon(outline, skin)


def _eyes(brush: Brush, identity: Identity, expression: str, pose: _Pose) -> None:
    color = list(EYE_COLORS.values())[identity.eye_color]
    wide = {"surprised": 1.25, "angry": 0.8, "smiling": 0.95}.get(expression, 1.0)
    rx, ry = 10.5 + 2 * identity.eye_size, (10 + 2 * identity.eye_size) * wide
    for side in (-1, 1):
        x, y = pose.feature(side * 16, -6)
        far = 0.82 if side == pose.turn else 1.0
        if MARKS[identity.mark] == "eyepatch" and side == 1:
            continue
        brush.ellipse((x, y), rx * far * pose.scale, ry * pose.scale, _WHITE)
        iris = 0.58 if expression == "surprised" else 0.74
        radius = min(rx * far, ry) * iris * pose.scale
        ix = x + pose.turn * 2.5
        brush.ellipse((ix, y), radius, radius, color, bare=True)
        brush.ellipse((ix, y), radius * 0.45, radius * 0.45, _INK, bare=True)


def _nose(brush: Brush, identity: Identity, pose: _Pose) -> None:
    shade = mix(SKINS[list(SKINS)[identity.skin]], (60, 20, 20), 0.3)
    x, y = pose.feature(0, 10)
    brush.ellipse((x + pose.turn * 4, y), 4.5 * pose.scale, 4 * pose.scale, shade, bare=True)


def _mouth(brush: Brush, expression: str, pose: _Pose) -> None:
    x, y = pose.feature(0, 26)
    s = pose.scale
    if expression == "neutral":
        brush.line([(x - 11 * s, y), (x + 11 * s, y)], 4, _INK)
    elif expression == "smiling":
        points = [(x + 19 * s * math.cos(a), y - 5 * s + 14 * s * math.sin(a)) for a in np.linspace(0, math.pi, 15)]
        brush.polygon([*points], _WHITE, width=3.5)
    elif expression == "surprised":
        brush.ellipse((x, y + s), 9 * s, 12 * s, (150, 26, 36), width=3.5)
    elif expression == "sad":
        points = [(x + 15 * s * math.cos(a), y + 7 * s - 11 * s * math.sin(a)) for a in np.linspace(0, math.pi, 15)]
        brush.line(points, 4.5, _INK)
        for side in (-1, 1):
            tx, ty = pose.feature(side * 18, 13)
            brush.ellipse((tx, ty), 4.5 * s, 8 * s, (90, 190, 255), width=1.2)
    elif expression == "angry":
        box = [(x - 16 * s, y - 5 * s), (x + 16 * s, y - 5 * s), (x + 16 * s, y + 7 * s), (x - 16 * s, y + 7 * s)]
        brush.polygon(box, _WHITE, width=3.5)
        brush.line([(x - 16 * s, y + s), (x + 16 * s, y + s)], 2.5, _INK)
        for k in (-8, 0, 8):
            brush.line([(x + k * s, y - 5 * s), (x + k * s, y + 7 * s)], 2.5, _INK)


def _brows(brush: Brush, identity: Identity, expression: str, pose: _Pose) -> None:
    hair = _hair(identity)
    color = mix(hair, (0, 0, 0), 0.45)
    inner, outer = {
        "neutral": (-20, -20),
        "smiling": (-22, -21),
        "surprised": (-29, -27),
        "sad": (-27, -17),
        "angry": (-12, -25),
    }[expression]
    for side in (-1, 1):
        brush.line([pose.feature(side * 7, inner), pose.feature(side * 26, outer)], 5 * pose.scale, color)


def _marks(brush: Brush, identity: Identity, pose: _Pose) -> None:
    mark = _MARK_DRAWINGS.get(MARKS[identity.mark])
    if mark is not None:
        mark(brush, identity, pose)


def _freckles(brush: Brush, identity: Identity, pose: _Pose) -> None:
    color = mix(SKINS[list(SKINS)[identity.skin]], (120, 30, 0), 0.6)
    for side in (-1, 1):
        for dx, dy in ((13, 14), (20, 11), (24, 18), (17, 20), (27, 10)):
            brush.ellipse(pose.feature(side * dx, dy), 2.3 * pose.scale, 2.3 * pose.scale, color, bare=True)


def _scar(brush: Brush, identity: Identity, pose: _Pose) -> None:
    brush.line([pose.feature(10, 8), pose.feature(28, 28)], 4, (206, 40, 60))
    for k in (0.25, 0.5, 0.75):
        x, y = 10 + 18 * k, 8 + 20 * k
        brush.line([pose.feature(x - 4, y + 4), pose.feature(x + 4, y - 4)], 2.5, (206, 40, 60))


def _glasses(brush: Brush, identity: Identity, pose: _Pose) -> None:
    for side in (-1, 1):
        brush.ring(pose.feature(side * 16, -6), 15 * pose.scale, 14 * pose.scale, 4, (40, 40, 46))
    brush.line([pose.feature(-3, -8), pose.feature(3, -8)], 4, (40, 40, 46))


def _beard(brush: Brush, identity: Identity, pose: _Pose) -> None:
    w = pose.half_width / pose.scale
    outer = [pose.at(w * math.cos(a), 4 + 45 * math.sin(a)) for a in np.linspace(0, math.pi, 17)]
    inner = [pose.feature(w * 0.7 * math.cos(a), 8 + 33 * math.sin(a)) for a in np.linspace(math.pi, 0, 13)]
    brush.polygon([*outer, *inner], _whiskers(identity))


def _moustache(brush: Brush, identity: Identity, pose: _Pose) -> None:
    for side in (-1, 1):
        brush.ellipse(pose.feature(side * 9, 17), 10 * pose.scale, 4.5 * pose.scale, _whiskers(identity))


def _eyepatch(brush: Brush, identity: Identity, pose: _Pose) -> None:
    brush.line([pose.at(-30, -30), pose.at(32, 4)], 4, _INK)
    brush.ellipse(pose.feature(16, -6), 13 * pose.scale, 12 * pose.scale, _INK)


_MARK_DRAWINGS: dict[str, Callable[[Brush, Identity, _Pose], None]] = {
    "freckles": _freckles,
    "scar": _scar,
    "glasses": _glasses,
    "beard": _beard,
    "moustache": _moustache,
    "eyepatch": _eyepatch,
}


def _front_hair(brush: Brush, identity: Identity, pose: _Pose) -> None:
    style, color = HAIR_STYLES[identity.hair_style], _hair(identity)
    w = pose.half_width / pose.scale
    if style == "bald":
        return
    if style == "mohawk":
        x = pose.shift * 0.6
        brush.polygon(
            [pose.at(x - 9, -24), pose.at(x - 12, -58), pose.at(x, -64), pose.at(x + 12, -58), pose.at(x + 9, -24)],
            color,
        )
        return
    low = {"short": -22, "long": -20, "spiky": -24, "curly": -24, "bun": -26, "pigtails": -22}[style]
    lean = pose.shift * 0.5
    cap = [
        pose.at((w + 2.5) * math.cos(a), -4 + 43 * math.sin(a)) for a in np.linspace(math.pi * 1.03, math.pi * 1.97, 21)
    ]
    fringe = {
        "short": [(w * 0.8, low - 2), (lean + 4, low - 6), (-w * 0.8, low + 2)],
        "long": [(w * 0.92, -2), (w * 0.6, low - 4), (lean, low - 16), (-w * 0.6, low - 4), (-w * 0.92, -2)],
        "spiky": [
            (w * 0.8, low),
            (w * 0.45, low - 8),
            (w * 0.2, low + 4),
            (-w * 0.1, low - 8),
            (-w * 0.4, low + 4),
            (-w * 0.8, low),
        ],
        "curly": [(w * 0.8, low), (0, low - 4), (-w * 0.8, low)],
        "bun": [(w * 0.7, low - 2), (lean, low - 8), (-w * 0.7, low - 2)],
        "pigtails": [(w * 0.8, low + 2), (lean, low - 14), (-w * 0.8, low + 2)],
    }[style]
    brush.polygon([*cap, *(pose.at(x, y) for x, y in fringe)], color)


def _whiskers(identity: Identity) -> Color:
    return mix(_hair(identity), (0, 0, 0), 0.2)


def _hair(identity: Identity) -> Color:
    return list(HAIR_COLORS.values())[identity.hair_color]
