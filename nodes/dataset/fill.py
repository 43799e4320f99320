"""What a set lacks, made by the model that is wired in, and kept where it is the same person and what was asked."""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...trainer.runtime.duration import duration
from .._api import io, ui
from ..checked import checked
from ..host.images import to_image
from ..host.page import cancellable, is_cancelled
from ..host.pictures import pictures_folder
from ..panel.budget import warnings_of, words_of
from ..panel.progress import Throttle, reporter, show_picture
from ..panel.sheet import counts_of
from ..readers import NO_READER, READERS, readers_of
from ..sockets import DATASET
from .audit_memory import look_over
from .widgets import control_inputs, control_of, drawing_inputs, retry_inputs, sampling_inputs

if TYPE_CHECKING:
    from ...trainer.augment.fill.attempt import FillAttempt
    from ...trainer.augment.fill.result import FillResult
    from ...trainer.augment.rounds import Drawn
    from ...trainer.dataset.dataset import Dataset

_VIEWS = Path(__file__).parents[2] / "trainer" / "augment" / "fill" / "views.txt"
_WAYS = ("words", "edit", "image to image")
_LIVE = 3


@checked
class FillGaps(io.ComfyNode):
    """The missing pictures: profile left, a smile, outdoors."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessFillGaps",
            display_name="Fill gaps",
            category="Likeness/1 Dataset",
            description=(
                "Makes the pictures that Check dataset found missing (left profile, a smile, outdoors …) from 1 to 5 "
                "of yours, with the model you wire in: an edit model, one with an identity adapter or a LoRA, with or "
                "without a pose ControlNet. Keeps a picture only where the face is the same person's, compared with "
                "pictures it was not made from, and where the missing thing really is in it. Says what stays missing."
            ),
            search_aliases=[
                "coverage",
                "generate dataset",
                "synthetic dataset",
                "character sheet",
                "turnaround",
                "angles",
                "kontext",
                "qwen edit",
                "more images",
            ],
            is_output_node=True,
            hidden=[io.Hidden.unique_id],
            inputs=_inputs(),
            outputs=[
                DATASET.Output(display_name="dataset", tooltip="Your pictures and the made ones, with their captions."),
                io.Image.Output(display_name="made", tooltip="Every made picture with its reference and figures."),
                io.Image.Output(display_name="coverage", tooltip="The coverage chart before and after."),
                io.String.Output(display_name="figures", tooltip="What was tried and kept for each gap, as JSON."),
            ],
        )

    @classmethod
    def validate_inputs(cls, views: str) -> bool | str:
        from ...trainer.augment.fill.view import parse_views

        parse_views(views)
        return True

    @classmethod
    def execute(cls, dataset: Dataset, model: Any, clip: Any, vae: Any, reader: str, **choices: Any) -> Any:  # noqa: PLR0913
        import json

        from ...trainer.augment.fill.fill import fill_gaps
        from ...trainer.augment.fill.picture import draw_change, draw_filled
        from ...trainer.augment.rounds import Drawing
        from ...trainer.dataset.checks.rules import Rules
        from ..host.generator import HostGenerator

        node = cls.hidden.unique_id
        sampling = (choices.pop("sampler", "euler"), choices.pop("scheduler", "simple"))
        control = control_of(choices)
        plan = _plan(**choices, posed=control is not None)
        generator = HostGenerator(model, clip, vae, sampling=sampling, control=control)
        with cancellable():
            readers = readers_of(reader, None, dataset)
            audit = look_over(dataset, readers, Rules.at(plan.resolution), reporter(node, "Checking"))
            drawing = Drawing(
                generator=generator,
                out=pictures_folder("filled"),
                fingerprint=generator.fingerprint(),
                cancelled=is_cancelled,
            )
            filled = _follow(fill_gaps(audit, plan, drawing, readers.faces, readers.attributes), node)
            sheet, chart = (to_image([draw(filled)]) for draw in (draw_filled, draw_change))
        said = "\n".join(
            part for part in (readers.missing, *filled.texts, counts_of(filled.dataset), readers.note) if part
        )
        short = [one.gap.name for one in filled.short]
        warning = (f"Still missing: {', '.join(short)}.",) if short else ()
        shown = {**ui.PreviewImage(sheet, cls=cls).as_dict(), "text": words_of(said), "warning": warnings_of(warning)}
        return io.NodeOutput(filled.dataset, sheet, chart, json.dumps(filled.to_json(), ensure_ascii=False), ui=shown)


def _plan(*, views: str, gaps: str, cfg: float, **numbers: Any) -> Any:
    import re

    from ...trainer.augment.fill.plan import FillPlan
    from ...trainer.augment.fill.view import parse_views

    asked = tuple(name for part in re.split(r"[,\n]", gaps) if (name := part.strip()))
    return FillPlan(views=parse_views(views), gaps=asked, guidance=cfg, **numbers)


def _follow(work: Generator[Drawn[FillAttempt], None, FillResult], node: str) -> FillResult:
    """Show the last pictures as they are drawn."""
    from ...trainer.augment.fill.picture import draw_attempts
    from ...trainer.runtime.work import follow

    throttle, shown = Throttle(), deque[Any](maxlen=_LIVE)

    def show(drawn: Drawn[FillAttempt]) -> None:
        shown.append(drawn.attempt)
        if throttle.is_due():
            left = "" if drawn.seconds_left is None else f" · about {duration(drawn.seconds_left)} left"
            said = f"{drawn.attempt.job.gap.name}: {drawn.done} of {drawn.total} filled{left}"
            show_picture(node, drawn.done, drawn.total, said, draw_attempts(tuple(shown)))

    return follow(work, show)


def _inputs() -> list[Any]:
    return [
        DATASET.Input("dataset", tooltip="1 picture or more. What is held out is only compared with, never redrawn."),
        *drawing_inputs("The model that draws: an edit model, or one that knows the person by adapter or LoRA."),
        io.Combo.Input(
            "way",
            display_name="way of drawing",
            options=list(_WAYS),
            default=_WAYS[0],
            tooltip=(
                "How the model gets to know the person. words: it knows already, by LoRA or identity adapter. edit: an "
                "edit model (Kontext, Qwen-Image-Edit, FLUX.2) is shown your pictures, each in its own shape. image to "
                "image: it begins at one of them."
            ),
        ),
        io.String.Input(
            "gaps",
            display_name="gaps to fill",
            default="",
            multiline=True,
            placeholder="left profile, smile, outdoors",
            tooltip=(
                "What to make, one a line, as Check dataset names what is missing (angle: left profile) or in words "
                "of a view. Empty: all that no picture shows."
            ),
        ),
        io.Int.Input(
            "per_gap", display_name="pictures per gap", default=1, min=1, max=16, tooltip="Pictures for each gap."
        ),
        io.String.Input(
            "looks",
            display_name="looks of the person",
            default="",
            multiline=True,
            placeholder="woman with short red hair, freckles",
            tooltip="Goes before every prompt: what the person looks like, or the trigger of a LoRA in the model.",
        ),
        io.Combo.Input(
            "reader",
            display_name="face reader",
            options=[*READERS, NO_READER],
            default=READERS[0],
            tooltip=(
                "Which face reader compares faces and tells angles. auto takes the first that is installed, "
                "insightface packs before others."
            ),
        ),
        *sampling_inputs(),
        io.String.Input(
            "views",
            default=_VIEWS.read_text(encoding="utf-8"),
            multiline=True,
            tooltip="The shot catalogue, one view a line; change, add or take out lines. # begins a remark.",
        ),
        io.Float.Input(
            "denoise",
            default=0.75,
            min=0.05,
            max=1.0,
            step=0.01,
            advanced=True,
            optional=True,
            tooltip="For image to image: how far from your picture, from 0 (the same) to 1 (anew).",
        ),
        io.Int.Input(
            "at_once",
            display_name="references at once",
            default=1,
            min=1,
            max=5,
            advanced=True,
            optional=True,
            tooltip="For edit: how many of your pictures the model is shown at once. FLUX.2 and Qwen take several.",
        ),
        io.String.Input(
            "keep",
            display_name="said after each instruction",
            default="Keep the same person: the same face, hair and features.",
            advanced=True,
            optional=True,
            tooltip="For edit: said after every instruction.",
        ),
        *retry_inputs(),
        *control_inputs("A pose ControlNet: follows a skeleton drawn for each angle and framing."),
    ]
