"""Scored pictures as one: a tile each, its frame green where it is accepted, its likeness beneath."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PIL import Image, ImageOps

if TYPE_CHECKING:
    from ...trainer.scoring.score_images import ImageScores

_SIDE, _GAP, _WORDS = 144, 12, 24
_COLUMNS, _MOST = 6, 48


def draw_scores(pictures: Sequence[Image.Image], scores: ImageScores) -> Image.Image:
    """At most 48, in rows of 6; one empty tile for none."""
    from ...trainer.images.pen import AMBER, GREEN, QUIET, Pen

    shown = list(zip(pictures, scores.images, strict=True))[:_MOST]
    columns, rows = min(_COLUMNS, max(len(shown), 1)), -(-max(len(shown), 1) // _COLUMNS)
    pen = Pen((columns * (_SIDE + _GAP) + _GAP, rows * (_SIDE + _WORDS + _GAP) + _GAP))
    for index, (picture, scored) in enumerate(shown):
        x = _GAP + index % _COLUMNS * (_SIDE + _GAP)
        y = _GAP + index // _COLUMNS * (_SIDE + _WORDS + _GAP)
        tile = ImageOps.fit(picture.convert("RGB"), (_SIDE, _SIDE), Image.Resampling.LANCZOS)
        pen.picture((x, y), tile, radius=0)
        colour = QUIET if scored.likeness is None else GREEN if scored.is_accepted else AMBER
        pen.frame((x - 3, y - 3, x + _SIDE + 2, y + _SIDE + 2), colour)
        said = "not measured" if scored.likeness is None else f"{scored.likeness:.2f}"
        pen.text((x, y + _SIDE + 17), said, 14, colour)
    return pen.image
