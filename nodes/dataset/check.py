"""A dataset looked over: what is wrong with which picture, what the set covers, and what the user decided."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .._api import io
from ..checked import checked
from ..host.images import to_image
from ..host.page import cancellable
from ..panel.audit_view import audit_view
from ..panel.progress import Progress, reporter
from ..readers import NO_READER, READERS, Readers, readers_of
from ..sockets import DATASET
from .audit_memory import look_over

if TYPE_CHECKING:
    from ...trainer.dataset.dataset import Dataset


@checked
class CheckDataset(io.ComfyNode):
    """Findings by picture and of the set, with the user's decisions applied."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessCheckDataset",
            display_name="Check dataset",
            category="Likeness/1 Dataset",
            description=(
                "Looks every picture over (size, JPEG damage, blur, upscaling, exposure, duplicates, faces) and the "
                "set as a whole (how many, which angles, expressions, light, backgrounds, clothes), and says what to "
                "add next. Nothing is dropped by itself: you keep, drop or acknowledge on the node, and it is saved "
                "with the workflow."
            ),
            search_aliases=[
                "audit",
                "check images",
                "quality check",
                "image quality",
                "find duplicates",
                "duplicates",
                "blur",
                "blurry images",
                "coverage",
                "dataset report",
                "dataset",
                "review",
            ],
            is_input_list=True,  # face landmarks come as a list, one a picture
            is_output_node=True,
            hidden=[io.Hidden.unique_id],
            inputs=_inputs(),
            outputs=[
                DATASET.Output(
                    display_name="dataset", tooltip="The dataset without the dropped pictures, with the findings."
                ),
                io.String.Output(display_name="report", tooltip="The findings as text."),
                io.Image.Output(display_name="sheet", tooltip="A contact sheet with the findings written on it."),
                io.Image.Output(display_name="coverage", tooltip="A chart of what the pictures cover."),
                io.String.Output(display_name="figures", tooltip="Everything measured, as JSON."),
            ],
        )

    @classmethod
    def validate_inputs(cls, review: list[str]) -> bool | str:
        from ...trainer.dataset.audit.review import Review

        Review.from_text(review[0])
        return True

    @classmethod
    def execute(  # noqa: PLR0913
        cls,
        dataset: list[Dataset],
        reader: list[str],
        resolution: list[int],
        review: list[str],
        face_landmarks: list[Any] | None = None,
    ) -> Any:
        import json

        from ...trainer.dataset.audit.sheet import draw_sheet
        from ...trainer.dataset.coverage.picture import draw_coverage

        node = cls.hidden.unique_id
        with cancellable():
            readers = readers_of(reader[0], face_landmarks, dataset[0])
            whole, left = _checked(dataset[0], review[0], readers, resolution[0], reporter(node, "Checking"))
            shown = audit_view(whole, left, review[0], reporter(node, "Shrinking"), readers)
        pictures = [to_image([picture]) for picture in (draw_sheet(left), draw_coverage(left.coverage))]
        figures = json.dumps(left.to_json(), ensure_ascii=False)
        report = "\n".join(line for line in (readers.missing, left.text()) if line)
        return io.NodeOutput(left.dataset, report, *pictures, figures, ui={"likeness_check": (shown,)})


def _checked(dataset: Dataset, review: str, readers: Readers, side: int, progress: Progress) -> tuple[Any, Any]:  # noqa: PLR0913
    """The audit of all pictures with what is acknowledged, and that of those not dropped."""
    from ...trainer.dataset.audit.review import Review
    from ...trainer.dataset.checks.rules import Rules

    decided = Review.from_text(review)
    rules = replace(Rules.at(side), waived=decided.waived_of_set)
    looked = look_over(dataset, readers, rules, progress)
    whole = looked.again(decided.acknowledged(dataset), rules)
    return whole, whole.again(decided.without_dropped(whole.dataset), rules) if decided.dropped else whole


def _inputs() -> list[Any]:
    return [
        DATASET.Input("dataset", tooltip="The dataset to look over."),
        io.Combo.Input(
            "reader",
            display_name="face reader",
            options=[*READERS, NO_READER],
            default=READERS[0],
            tooltip=(
                "Which face reader looks for faces and compares them. auto takes an insightface pack if one lies in "
                "models/insightface, else the first other that is installed; demo drawings is for the built-in "
                "cartoon characters. Numbers of two readers never mix."
            ),
        ),
        io.Int.Input(
            "resolution",
            default=1024,
            min=64,
            max=2048,
            step=64,
            tooltip=(
                "The size you will train at: 1024 for SDXL and FLUX, 512 for SD 1.5, 128 for the demo base. Smaller "
                "pictures would be scaled up, which teaches blur."
            ),
        ),
        io.Custom("FACE_LANDMARKS").Input(
            "face_landmarks",
            optional=True,
            tooltip=(
                "From Detect Face Landmarks (MediaPipe) on the images of Turn dataset into images: adds head angles "
                "and expressions. One a picture, in order."
            ),
        ),
        io.String.Input(
            "review",
            default="",
            socketless=True,
            extra_dict={"hidden": True},
            tooltip="What you decided on the node, kept with the workflow. The node writes it; leave it alone.",
        ),
    ]
