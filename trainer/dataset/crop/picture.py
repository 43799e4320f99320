"""The preview of a crop: boxes drawn on the originals, so that every cut can be judged before it is trained on."""

from collections.abc import Callable, Sequence

from PIL import Image, ImageDraw

from ...faces.turned import leaning
from ...images.pen import AMBER, BLUE, GREEN, QUIET, RAISED, TEXT, Color, Pen, width_of
from ...images.sheet import Grid, Line, Point, draw_caption, draw_lines, draw_swatches, paragraph
from ...runtime.steps import Progress, Steps, silent
from ...runtime.work import never
from ..sample_pixels import open_sample
from .crop import Cropped
from .report import Cut

FACE: Color = GREEN
CLOSE_UP: Color = AMBER
BODY: Color = BLUE
_MARGIN, _GAP = 32, 18
_TILE, _CAPTION = 248, 46
_COLUMNS = 5
_FINE = 2
_LINE = 3
_LEFT_OUT = 6
_STOPPED = "Drawing stopped after {done} of {total} pictures."


def draw_boxes(
    cropped: Cropped, *, most: int = 60, progress: Progress = silent, cancelled: Callable[[], bool] = never
) -> Image.Image:
    """A sheet of at most `most` originals with the face and what was cut, and below it what there is to say.

    Raises Cancelled between two originals when `cancelled` says so.
    """
    groups = _by_source(cropped.cuts)
    shown = groups[:most]
    columns = max(3, min(_COLUMNS, len(shown)))
    grid = Grid(columns=columns, tile=(_TILE, _TILE), gap=_GAP, under=_CAPTION, corner=(_MARGIN, 96))
    notes = _notes(cropped, len(groups) - len(shown), grid.width)
    foot = grid.top(grid.rows(len(shown)))
    pen = Pen((grid.width + 2 * _MARGIN, foot + len(notes) * 22 + _MARGIN))
    _head(pen, cropped, grid.width + 2 * _MARGIN)
    steps = Steps(len(shown), _STOPPED, progress, cancelled)
    for number, cuts in enumerate(shown):
        _tile(pen, grid.at(number), cuts)
        steps.done(cuts[0].source.path.name)
    draw_lines(pen, (_MARGIN, foot + 16), notes, 22)
    return pen.image


def _head(pen: Pen, cropped: Cropped, width: int) -> None:
    count = len({one.source.sha256 for one in cropped.cuts})
    pen.text((_MARGIN, _MARGIN + 18), f"Crops of {count} {'picture' if count == 1 else 'pictures'}", 26)
    kinds = {one.kind for one in cropped.cuts}
    legend = [("face", FACE)] + [("close-up", CLOSE_UP)] * ("face" in kinds) + [("full body", BODY)] * ("body" in kinds)
    x = draw_swatches(pen, (_MARGIN, _MARGIN + 46), legend)
    if cropped.reader:
        words = f"faces by {cropped.reader}"
        pen.text((max(x, width - _MARGIN - width_of(words, 15)), _MARGIN + 46), words, 15, QUIET)


def _tile(pen: Pen, at: Point, cuts: Sequence[Cut]) -> None:
    x, y = at
    pen.panel((x, y, x + _TILE, y + _TILE + _CAPTION), RAISED, radius=8)
    pen.picture((x, y), _marked(cuts), 8)
    words = " · ".join(_words(one) for one in cuts)
    lines = [Line(cuts[0].source.path.name, 15, TEXT, down=19), Line(words, down=37)]
    draw_caption(pen, (x + 12, y + _TILE), _TILE - 20, lines)


def _words(one: Cut) -> str:
    if one.kind == "body" or one.crop.share is None:
        return f"body {one.crop.size[0]} x {one.crop.size[1]}"
    notes = [word for word, is_so in (("moved", one.crop.moved), ("filled", one.crop.padded)) if is_so]
    return " · ".join([f"face {one.crop.share:.0%} of {one.crop.size[0]} px", *notes])


def _marked(cuts: Sequence[Cut]) -> Image.Image:
    """The original with its boxes in a square tile; what lies outside every crop is dimmed."""
    source = cuts[0].source
    boxes = [one.crop.box for one in cuts]
    left, top = (min(0, *(box[side] for box in boxes)) for side in (0, 1))
    right, bottom = (max(room, *(box[side] for box in boxes)) for room, side in ((source.width, 2), (source.height, 3)))
    side = _TILE * _FINE
    scale = side / max(right - left, bottom - top)
    shift = (side - (right - left) * scale) / 2 - left * scale, (side - (bottom - top) * scale) / 2 - top * scale

    def placed(point: tuple[float, float]) -> tuple[float, float]:
        return point[0] * scale + shift[0], point[1] * scale + shift[1]

    size = max(1, round(source.width * scale)), max(1, round(source.height * scale))
    page = Image.new("RGB", (side, side), RAISED)
    page.paste(open_sample(source).resize(size, Image.Resampling.BILINEAR, reducing_gap=2), _whole(placed((0, 0))))
    kept = Image.new("L", page.size, 120)
    for one in cuts:
        ImageDraw.Draw(kept).polygon([placed(corner) for corner in _corners(one)], fill=255)
    page = Image.composite(page, Image.new("RGB", page.size, RAISED), kept)
    draw = ImageDraw.Draw(page)
    for one in cuts:
        _outline(draw, [placed(corner) for corner in _corners(one)], CLOSE_UP if one.kind == "face" else BODY)
    if (face := cuts[0].face) is not None:
        _outline(draw, [placed(corner) for corner in _square(face.box)], FACE)
    return page.resize((_TILE, _TILE), Image.Resampling.BOX)


def _outline(draw: ImageDraw.ImageDraw, corners: Sequence[tuple[float, float]], color: Color) -> None:
    low, high = _LINE * _FINE / 2, _TILE * _FINE - _LINE * _FINE / 2
    ring = [(min(max(x, low), high), min(max(y, low), high)) for x, y in (*corners, corners[0], corners[1])]
    draw.line(ring, fill=color, width=_LINE * _FINE, joint="curve")


def _corners(one: Cut) -> list[tuple[float, float]]:
    """Of the crop, in the original: turned back around the face where it was taken upright."""
    corners = _square(one.crop.box)
    if not one.crop.turn or one.face is None:
        return corners
    left, top, right, bottom = one.face.box
    middle = (left + right) / 2, (top + bottom) / 2
    return [leaning(corner, middle, one.crop.turn) for corner in corners]


def _square(box: Sequence[float]) -> list[tuple[float, float]]:
    left, top, right, bottom = box
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def _notes(cropped: Cropped, hidden: int, width: int) -> list[Line]:
    texts = [f"{hidden} more pictures are not shown here."] * (hidden > 0)
    lines = [line for text in (*texts, *cropped.texts) for line in paragraph(text, width)]
    for left in cropped.left_out[:_LEFT_OUT]:
        lines += paragraph(f"{left.name} is left out: {left.why}", width, color=AMBER)
    if len(cropped.left_out) > _LEFT_OUT:
        lines.append(Line(f"{len(cropped.left_out) - _LEFT_OUT} more are left out.", 15, AMBER))
    return lines


def _by_source(cuts: Sequence[Cut]) -> list[list[Cut]]:
    groups: dict[str, list[Cut]] = {}
    for one in cuts:
        groups.setdefault(one.source.sha256, []).append(one)
    return list(groups.values())


def _whole(point: tuple[float, float]) -> tuple[int, int]:
    return round(point[0]), round(point[1])
