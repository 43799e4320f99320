"""The plan as a picture: every training picture in its bucket, with what is cut off darkened."""

from collections.abc import Sequence

from PIL import Image

from ..dataset.sample_pixels import open_sample
from ..images.pen import AMBER, GREEN, QUIET, RED, TEXT, Color, Pen
from ..images.sheet import Grid, Line, Point, draw_caption, draw_lines, draw_right, paragraph, place_tile
from .passes import Judgement
from .plan import Plan
from .table import MUCH, Cut

_WIDTH, _MARGIN, _GAP = 1280, 40, 14
_TILE, _UNDER, _LINE = 158, 42, 24
_MOST = 96
_SHADE = 0.72
_COLORS: dict[Judgement, Color] = {"usual": GREEN, "few": AMBER, "many": AMBER, "far too many": RED}


def draw_plan(plan: Plan, lines: Sequence[str]) -> Image.Image:
    """RGB, 1280 px wide: `lines` in words above, the pictures by bucket below, at most 96 of them."""
    inner = _WIDTH - 2 * _MARGIN
    words = [part for line in lines for part in paragraph(line, inner, color=_tone(line))]
    cuts = [cut for bucket in plan.buckets for cut in bucket.cuts][:_MOST]
    grid = Grid(
        columns=(inner + _GAP) // (_TILE + _GAP),
        tile=(_TILE, _TILE),
        gap=_GAP,
        under=_UNDER,
        corner=(_MARGIN, _MARGIN + 46 + _LINE * len(words) + 2 * _GAP),
    )
    pen = Pen((_WIDTH, grid.top(grid.rows(len(cuts))) + _MARGIN))
    pen.text((_MARGIN, _MARGIN + 18), "Plan of the run", 24)
    draw_right(pen, (_WIDTH - _MARGIN, _MARGIN + 18), Line(_figure(plan), 18, _COLORS[plan.passes.judgement]))
    draw_lines(pen, (_MARGIN, _MARGIN + 60), words, _LINE)
    for number, cut in enumerate(cuts):
        _tile(pen, grid.at(number), cut)
    return pen.image


def _figure(plan: Plan) -> str:
    return f"{plan.passes.passes:.0f} passes a picture: {plan.passes.judgement}"


def _tone(line: str) -> Color:
    return RED if line.startswith("✗") else AMBER if line.startswith("!") else TEXT


def _tile(pen: Pen, at: Point, cut: Cut) -> None:
    left, under = at[0], at[1] + _TILE
    image = open_sample(cut.sample)
    image.thumbnail((_TILE, _TILE), Image.Resampling.LANCZOS)
    place_tile(pen, at, _shaded(image, cut), _TILE, radius=4)
    wide, high = cut.place.bucket
    color = AMBER if cut.lost > MUCH or cut.is_scaled_up else QUIET
    draw_caption(pen, (left, under), _TILE, [Line(f"{wide} x {high}", 13, TEXT, down=17)])
    draw_right(pen, (left + _TILE, under + 17), Line(_loss(cut), 13, color))
    draw_caption(pen, (left, under), _TILE, [Line(cut.placed.name, down=35)])


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
