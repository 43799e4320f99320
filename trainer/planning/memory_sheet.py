"""The plan's memory as a picture: a bar a phase beside what is free, and what cards need."""

from collections.abc import Mapping
from typing import Any, cast

from PIL import Image

from ..images.pen import AMBER, BLUE, GREEN, GROUND, LINE, QUIET, RAISED, RED, TEXT, Color, Pen
from ..images.sheet import Line, draw_lines, draw_right, draw_swatches, paragraph

_WIDTH, _MARGIN = 1280, 40
_NAMES, _TOTALS, _ROW, _LINE = 190, 110, 34, 24
_PALETTE: tuple[Color, ...] = (
    BLUE, GREEN, (199, 160, 232), AMBER, (120, 200, 214), (224, 150, 178), (170, 176, 120), QUIET,
)  # fmt: skip
Memory = Mapping[str, Any]
"""As `plan_json` has it: phases with parts and totals, free, fits, change, cards; all sizes in bytes."""


def with_memory(sheet: Image.Image, memory: Memory | None) -> Image.Image:
    """The plan's sheet with its memory beneath; as it is where no memory is planned."""
    if not memory or not memory.get("phases"):
        return sheet
    below = draw_memory(memory)
    whole = Image.new("RGB", (max(sheet.width, below.width), sheet.height + below.height), GROUND)
    whole.paste(sheet, (0, 0))
    whole.paste(below, (0, sheet.height))
    return whole


def draw_memory(memory: Memory) -> Image.Image:
    """RGB, 1280 px wide."""
    phases, free = cast(list[dict[str, Any]], memory["phases"]), cast(int | None, memory.get("free"))
    inner = _WIDTH - 2 * _MARGIN
    words = [line for text, color in _words(memory) for line in paragraph(text, inner, color=color)]
    top = _MARGIN + 64
    pen = Pen((_WIDTH, top + _ROW * len(phases) + 60 + _LINE * len(words) + _MARGIN))
    pen.text((_MARGIN, _MARGIN + 18), "GPU memory", 24)
    colors = {part: _PALETTE[number % len(_PALETTE)] for number, part in enumerate(_parts(phases))}
    draw_swatches(pen, (_MARGIN, _MARGIN + 46), list(colors.items()))
    most = max([*(phase["total"] for phase in phases), free or 0, 1])
    for number, phase in enumerate(phases):
        _bar(pen, top + _ROW * number, phase, colors, most, free)
    foot = top + _ROW * len(phases)
    if free is not None:
        x = _x(free, most)
        pen.stroke([(x, top - 6), (x, foot)], TEXT, 2)
        pen.text((x, foot + 18), f"{_gib(free)} free", 13, TEXT, "rs")
    draw_lines(pen, (_MARGIN, foot + 50), words, _LINE)
    return pen.image


def _bar(
    pen: Pen, top: int, phase: Mapping[str, Any], colors: Mapping[str, Color], most: int, free: int | None
) -> None:
    pen.text((_MARGIN, top + 19), phase["name"], 15, QUIET)
    pen.panel((_x(0, most), top + 3, _x(most, most), top + _ROW - 7), RAISED, radius=4)
    at = 0
    for part, size in phase["parts"].items():
        box = (_x(at, most), top + 3, _x(at + size, most), top + _ROW - 7)
        if box[2] - box[0] >= 1:
            pen.panel(box, colors[part], radius=2, outline=LINE)
        at += size
    is_over = free is not None and phase["total"] > free
    draw_right(pen, (_WIDTH - _MARGIN, top + 19), Line(_gib(phase["total"]), 15, RED if is_over else TEXT))


def _parts(phases: list[dict[str, Any]]) -> list[str]:
    """Of all phases, in the order in which they first come."""
    return list(dict.fromkeys(part for phase in phases for part, size in phase["parts"].items() if size))


def _words(memory: Memory) -> list[tuple[str, Color]]:
    change = [(f"What makes it fit: {memory['change']}", AMBER)] if memory.get("change") else []
    cards: Mapping[str, str] = memory.get("cards") or {}
    return [*change, *((f"{card} GB: {words}", TEXT) for card, words in cards.items())]


def _x(size: int, most: int) -> float:
    left, right = _MARGIN + _NAMES, _WIDTH - _MARGIN - _TOTALS
    return left + size / most * (right - left)


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"
