"""Any pictures against references of one person."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...trainer.errors import FaceError
from .._api import io
from ..checked import checked
from ..host.images import from_frame, to_image
from ..host.page import cancellable, is_cancelled, withheld
from ..panel.progress import reporter
from ..panel.scores import draw_scores
from ..panel.sheet import picture_view
from ..readers import AUTO, READERS, reader_of
from ..sockets import DATASET

if TYPE_CHECKING:
    import torch
    from PIL import Image

    from ...trainer.dataset.dataset import Dataset
    from ...trainer.scoring.score_images import ImageScores

BY_REFERENCES = 0.0


@checked
class ScoreImages(io.ComfyNode):
    """Which pictures of a batch are the person of the references, by the scale that comparisons use."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessScoreImages",
            display_name="Score images",
            category="Likeness/4 Compare",
            description=(
                "Measures how alike the face in each picture is to a person's references, by the same reader and scale "
                "as Compare checkpoints, and parts the pictures into accepted and rejected. What counts as alike is "
                "told by the references themselves, each held against the others. A picture without a face is not "
                "measured, never low, and goes with the rejected."
            ),
            search_aliases=[
                "face similarity",
                "compare faces",
                "same person",
                "identity score",
                "likeness score",
                "filter faces",
                "face distance",
                "arcface",
            ],
            is_input_list=True,  # one scale for all, be they a batch or a list
            is_output_node=True,
            hidden=[io.Hidden.unique_id],
            inputs=_inputs(),
            outputs=_outputs(),
        )

    @classmethod
    def execute(  # noqa: PLR0913
        cls,
        images: list[torch.Tensor],
        reader: list[str],
        least: list[float],
        references: list[Dataset] | None = None,
        reference_images: list[torch.Tensor] | None = None,
    ) -> Any:
        frames = [frame for batch in images for frame in batch]
        with cancellable():
            known = references_of(references or [], reference_images or [])
            scores = _scored(cls.hidden.unique_id, frames, known, reader_of(reader[0]), least[0])
        view = picture_view(to_image([draw_scores([from_frame(f[..., :3]) for f in frames], scores)]), cls, scores.text)
        parts = (_batch(frames, scores.accepted), _batch(frames, scores.rejected))
        likeness = [math.nan if one.likeness is None else one.likeness for one in scores.images] or withheld(None)
        report = scores.text, json.dumps(scores.to_json(), ensure_ascii=False)
        return io.NodeOutput(*report, *parts, likeness, ui=view)


def _inputs() -> list[Any]:
    return [
        io.Image.Input("images", tooltip="One picture, a batch, or a list of them. In a list sizes may differ."),
        io.Combo.Input(
            "reader",
            display_name="face reader",
            options=list(READERS),
            default=AUTO,
            tooltip=(
                "Which face reader reads the faces. auto takes the first that is installed. Two readers' numbers "
                "never mix."
            ),
        ),
        io.Float.Input(
            "least",
            display_name="least likeness",
            default=BY_REFERENCES,
            min=0.0,
            max=1.0,
            step=0.01,
            tooltip=(
                "Pictures at least this much alike are accepted. 0: the references tell, each held against the others."
            ),
        ),
        DATASET.Input(
            "references",
            optional=True,
            tooltip="Pictures of the person, three or more. What a dataset holds out, else all of it.",
        ),
        io.Image.Input(
            "reference_images", optional=True, tooltip="References as pictures of any node; beside a dataset, or alone."
        ),
    ]


def _outputs() -> list[Any]:
    return [
        io.String.Output(display_name="report", tooltip="A line a picture, in words."),
        io.String.Output(display_name="figures", tooltip="Everything measured, as JSON."),
        io.Image.Output(
            display_name="accepted",
            is_output_list=True,
            tooltip="Those that are the person, one by one. With none, what is wired here does not run.",
        ),
        io.Image.Output(
            display_name="rejected",
            is_output_list=True,
            tooltip="All others, those without a face among them. With none, what is wired here does not run.",
        ),
        io.Float.Output(
            display_name="likeness",
            is_output_list=True,
            tooltip="How alike each picture is, in order; NaN (no number) where it was not measured.",
        ),
    ]


def references_of(datasets: Sequence[Dataset], images: Sequence[torch.Tensor]) -> list[Image.Image]:
    """What is held out of each dataset, else all of it, and the pictures."""
    from ...trainer.dataset.sample_pixels import open_sample

    samples = [sample for dataset in datasets for sample in dataset.held_out or dataset.samples]
    found = [open_sample(sample) for sample in samples]
    found += [from_frame(frame[..., :3]) for batch in images for frame in batch]
    if not found:
        raise FaceError("There are no references: wire a dataset into references, or pictures into reference_images.")
    return found


def _scored(
    node: str, frames: Sequence[torch.Tensor], references: Sequence[Image.Image], reader: Any, least: float
) -> ImageScores:
    from ...trainer.runtime.work import follow
    from ...trainer.scoring.score_images import NamedImage, score_images

    named = (
        NamedImage(name=f"Picture {number}", image=from_frame(frame[..., :3])) for number, frame in enumerate(frames, 1)
    )
    progress, done = reporter(node, "Scoring"), iter(range(1, len(frames) + 1))
    work = score_images(named, references, reader, least=least or None, cancelled=is_cancelled)
    return follow(work, lambda scored: progress(next(done), len(frames), scored.name))


def _batch(frames: Sequence[torch.Tensor], numbers: Sequence[int]) -> Any:
    """The host cannot hand on a list of none: what hangs on it is not run, without a word."""
    return [frames[number][None] for number in numbers] or withheld(None)
