"""What a node made, shown on it: a small contact sheet, a line of counts, and what was left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageOps

from .._api import ui
from ..host.images import to_image
from ..host.pictures import preview
from .budget import warnings_of, words_of

if TYPE_CHECKING:
    from ...trainer.dataset.dataset import Dataset
    from ...trainer.dataset.sample import Sample

_SIDE = 128
_COLUMNS = 8
_MOST = 48


def dataset_view(dataset: Dataset, node: Any, *, said: str = "", told: str = "") -> dict[str, Any]:
    """A contact sheet, training pictures first, counts below `said` and above `told`, files left out as a warning."""
    samples = (*dataset.train, *dataset.held_out)
    text = "\n".join(part for part in (said, counts_of(dataset), told) if part)
    return picture_view(to_image([contact_sheet(samples)]), node, text, warning=left_out_lines(dataset))


def picture_view(picture: Any, node: Any, said: str, **more: Any) -> dict[str, Any]:
    """A picture (the host's IMAGE), words beneath it, and what else the page is told."""
    if "warning" in more:
        more["warning"] = warnings_of(more["warning"])
    return {**ui.PreviewImage(picture, cls=node).as_dict(), "text": words_of(said), **more}


def counts_of(dataset: Dataset) -> str:
    """How many pictures of which kind, and the trigger."""
    captioned = sum(bool(sample.caption) for sample in dataset.samples)
    return (
        f"{len(dataset.train)} to train on, {len(dataset.held_out)} held out, {captioned} with a caption. "
        f"Trigger: {dataset.trigger}"
    )


def held_out_line(dataset: Dataset) -> str:
    """Why pictures are held out, and how to change it, where their count is first told; "" when none are."""
    count = len(dataset.held_out)
    if not count:
        return ""
    return (
        f"{count} of {len(dataset.samples)} {'is' if count == 1 else 'are'} held out: never trained on, so that "
        "likeness is measured on pictures the LoRA has not seen. Held-out pictures says how many; 0 trains on all."
    )


def left_out_lines(dataset: Dataset) -> tuple[str, ...]:
    """A headline and one line a kind of what lies there but cannot be used, then what else is told of the folder."""
    from ...trainer.dataset.dataset import told

    if not dataset.left_out:
        return dataset.notes
    count = len(dataset.left_out)
    head = f"{count} file{'' if count == 1 else 's'} left out:"
    return head, *told(dataset.left_out), *dataset.notes


def contact_sheet(samples: Sequence[Sample]) -> Image.Image:
    """Square tiles, at most 48, in rows of 8."""
    shown = samples[:_MOST]
    columns = min(_COLUMNS, max(len(shown), 1))
    rows = -(-max(len(shown), 1) // columns)
    sheet = Image.new("RGB", (columns * _SIDE, rows * _SIDE), (32, 32, 36))
    for index, sample in enumerate(shown):
        with Image.open(preview(sample)) as small:
            tile = ImageOps.fit(small, (_SIDE, _SIDE), Image.Resampling.BICUBIC)
        sheet.paste(tile, (index % columns * _SIDE, index // columns * _SIDE))
    return sheet
