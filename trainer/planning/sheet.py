"""The plan as a picture: every training picture in its bucket, with what is cut off darkened."""

from collections.abc import Sequence

from PIL import Image

from ..dataset.sample_pixels import open_sample
from ..images.pen import AMBER, GREEN, QUIET, RED, TEXT, Color, Pen, fitted, wrapped
from .passes import Judgement
from .plan import Plan
from .table import MUCH, Cut

_WIDTH, _MARGIN, _GAP = 1280, 40, 14
_TILE, _UNDER, _LINE = 158, 42, 24
_MOST = 96
_SHADE = 0.72
_COLORS: dict[Judgement, Color] = {"usual": GREEN, "few": AMBER, "many": AMBER, "far too many": RED}
_SPELLED = str.maketrans({"×": "x", "−": "-", "✗": "x"})
"""Signs that Pillow's own font has not."""


def draw_plan(plan: Plan, lines: Sequence[str]) -> Image.Image:
    """RGB, 1280 px wide: `lines` in words above, the pictures by bucket below, at most 96 of them."""
    columns = (_WIDTH - 2 * _MARGIN + _GAP) // (_TILE + _GAP)
    words = [(part, _tone(line)) for line in lines for part in wrapped(line, 15, _WIDTH - 2 * _MARGIN)]
    cuts = [cut for bucket in plan.buckets for cut in bucket.cuts][:_MOST]
    top = _MARGIN + 46 + _LINE * len(words) + 2 * _GAP
    rows = -(-len(cuts) // columns)
    pen = Pen((_WIDTH, top + rows * (_TILE + _UNDER + _GAP) + _MARGIN))
    pen.text((_MARGIN, _MARGIN + 18), "Plan of the run", 24)
    pen.text((_WIDTH - _MARGIN, _MARGIN + 18), _figure(plan), 18, _COLORS[plan.passes.judgement], "rs")
    for number, (line, color) in enumerate(words):
        pen.text((_MARGIN, _MARGIN + 60 + number * _LINE), line.translate(_SPELLED), 15, color)
    for number, cut in enumerate(cuts):
        across, down = number % columns, number // columns
        _tile(pen, (_MARGIN + across * (_TILE + _GAP), top + down * (_TILE + _UNDER + _GAP)), cut)
    return pen.image


def _figure(plan: Plan) -> str:
    return f"{plan.passes.passes:.0f} passes a picture: {plan.passes.judgement}"


def _tone(line: str) -> Color:
    return RED if line.startswith("✗") else AMBER if line.startswith("!") else TEXT


def _tile(pen: Pen, at: tuple[int, int], cut: Cut) -> None:
    left, top = at
    image = open_sample(cut.sample)
    image.thumbnail((_TILE, _TILE), Image.Resampling.LANCZOS)
    pen.picture((left + (_TILE - image.width) // 2, top + (_TILE - image.height) // 2), _shaded(image, cut), 4)
    wide, high = cut.place.bucket
    pen.text((left, top + _TILE + 17), f"{wide} x {high}", 13)
    color = AMBER if cut.lost > MUCH or cut.is_scaled_up else QUIET
    pen.text((left + _TILE, top + _TILE + 17), _loss(cut), 13, color, "rs")
    pen.text((left, top + _TILE + 35), fitted(cut.sample.path.name, 13, _TILE), 13, QUIET)


def _loss(cut: Cut) -> str:
    said = f"-{cut.lost:.0%}" if cut.lost >= 0.005 else "whole"
    return f"{said}, x{cut.scale:.1f}" if cut.is_scaled_up else said


def _shaded(image: Image.Image, cut: Cut) -> Image.Image:
    """The picture with what the bucket cuts off darkened."""
    place = cut.place
    across, down = image.width / place.scaled[0], image.height / place.scaled[1]
    box = (
        round(place.crop[0] * across),
        round(place.crop[1] * down),
        round((place.crop[0] + place.bucket[0]) * across),
        round((place.crop[1] + place.bucket[1]) * down),
    )
    dark = Image.blend(image, Image.new("RGB", image.size, (22, 23, 26)), _SHADE)
    dark.paste(image.crop(box), box[:2])
    return dark
