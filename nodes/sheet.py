"""Small contact sheets that show on a node what it made."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from ..trainer.dataset.dataset import Dataset
from . import host
from ._api import ui

_SIDE = 128
_COLUMNS = 8
_MOST = 48


def dataset_view(dataset: Dataset, node: Any) -> dict[str, Any]:
    """A contact sheet, training pictures first, and a line of counts."""
    samples = (*dataset.train, *dataset.held_out)
    captioned = sum(bool(sample.caption) for sample in samples)
    said = (
        f"{len(dataset.train)} to train on, {len(dataset.held_out)} held out, {captioned} with a caption. "
        f"Trigger: {dataset.trigger}"
    )
    picture = contact_sheet([sample.path for sample in samples])
    return {**ui.PreviewImage(host.to_image([picture]), cls=node).as_dict(), "text": (said,)}


def contact_sheet(paths: Sequence[Path]) -> Image.Image:
    """Square tiles, at most 48, in rows of 8."""
    shown = paths[:_MOST]
    columns = min(_COLUMNS, max(len(shown), 1))
    rows = -(-max(len(shown), 1) // columns)
    sheet = Image.new("RGB", (columns * _SIDE, rows * _SIDE), (32, 32, 36))
    for index, path in enumerate(shown):
        with Image.open(path) as picture:
            upright = ImageOps.exif_transpose(picture).convert("RGB")
        tile = ImageOps.fit(upright, (_SIDE, _SIDE), Image.Resampling.LANCZOS)
        sheet.paste(tile, (index % columns * _SIDE, index // columns * _SIDE))
    return sheet
