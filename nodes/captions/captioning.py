"""What the captioner nodes share: pictures captioned one by one, with progress and Cancel, and what is said of it."""

from __future__ import annotations

import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from ...trainer.errors import shortened
from ...trainer.runtime.duration import duration
from .._api import io
from ..host.model_folders import caption_store
from ..host.page import is_cancelled, send, show_progress
from ..panel.budget import warnings_of
from ..panel.progress import Throttle
from ..panel.sheet import dataset_view

if TYPE_CHECKING:
    from ...trainer.dataset.dataset import Dataset
    from ...trainer.dataset.sample import Sample

INSTEAD = "Or take any other captioner's words over by Use captions, or .txt files beside the pictures."
"""What does where a captioner's model is not there."""

_MOST_NAMED = 5


def keep_hand_input() -> Any:
    return io.Boolean.Input(
        "keep_by_hand",
        display_name="keep captions by hand",
        default=True,
        tooltip="On: captions written by hand stay as they are. Off: they are replaced too.",
    )


def captioned(dataset: Dataset, captioner: Any, keep_hand: bool, node: Any) -> Any:
    """The output of a node that captions `dataset` with `captioner`, which is open; what was said before is free."""
    from ...trainer.captions.batch import caption_dataset, plan_captions

    store = caption_store()
    plan = plan_captions(dataset, captioner, store, keep_hand=keep_hand)
    done = caption_dataset(
        dataset,
        captioner,
        store,
        keep_hand=keep_hand,
        progress=_progress(node.hidden.unique_id, captioner.name, len(plan.kept)),
        cancelled=is_cancelled,
    )
    said = f"{captioner.name}: {plan.rewritten} captioned"
    said += f" ({len(plan.known)} from before)" if plan.known else ""
    said += f", {len(plan.kept)} by hand kept." if plan.kept else "."
    return io.NodeOutput(done.dataset, ui=caption_view(done.dataset, node, said, done.failed))


def caption_view(dataset: Dataset, node: Any, said: str, failed: Any) -> dict[str, Any]:
    """Contact sheet and counts, with pictures that got no caption and look-alikes as warnings."""
    view = dataset_view(dataset, node, said=said)
    lines = (*(left.sentence for left in failed), *_look_alikes(dataset), *view["warning"])
    return {**view, "warning": warnings_of(lines)}


def _look_alikes(dataset: Dataset) -> list[str]:
    from ...trainer.captions.captioners.apply_caption import LOOK_ALIKE

    texts = Counter(f.text for sample in dataset.samples for f in sample.findings if f.check == LOOK_ALIKE)
    return [f"{count} pictures: {text}" if count > 1 else text for text, count in texts.most_common(_MOST_NAMED)]


def _progress(node: str, name: str, kept: int) -> Any:
    """Says how far it is, how quick, and what the last picture was called, word for word."""
    throttle, began = Throttle(), time.monotonic()

    def progress(done: int, total: int, sample: Sample) -> None:
        if done < total and not throttle.is_due():
            return
        show_progress(node, done, max(total, 1))
        left = (time.monotonic() - began) / done * (total - done)
        stays = f", {kept} by hand kept" if kept else ""
        words = shortened(sample.caption, 600)
        text = f"{name}: {done} of {total}{stays} · {duration(left)} left\n{sample.path.name}: {words}"
        send("likeness.note", {"node": node, "text": text})

    return progress
