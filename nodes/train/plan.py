"""What a run will be, before it starts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._api import io, ui
from ..host.compute import device, memory_handed_over
from ..host.folders import run_folder
from ..host.images import to_image
from ..host.page import cancellable, is_cancelled, show_progress
from ..sockets import BASE, DATASET, RECIPE

if TYPE_CHECKING:
    from collections.abc import Generator

    from ...trainer.dataset.dataset import Dataset
    from ...trainer.families.base import Base
    from ...trainer.planning.plan import Plan
    from ...trainer.recipe.recipe import Recipe
    from ...trainer.training.run.events import Prepared


class PlanRun(io.ComfyNode):
    """Passes, buckets, time, disk, memory and what is unwise; trains nothing."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessPlanRun",
            display_name="Plan run",
            category="Likeness/3 Train",
            description=(
                "Tells what training will be before it starts: how often each picture is seen and whether that is "
                "usual, the buckets and what each picture loses, time, disk and memory, and what is unwise. It warns "
                "and offers, and trains nothing."
            ),
            search_aliases=["estimate", "vram", "steps calculator", "epochs", "buckets", "how long", "dry run"],
            is_output_node=True,
            has_intermediate_output=True,
            hidden=[io.Hidden.unique_id],
            inputs=[
                DATASET.Input("dataset", tooltip="What would be trained on."),
                BASE.Input("base", tooltip="What would be trained."),
                RECIPE.Input("recipe", tooltip="How."),
                io.Boolean.Input(
                    "measure",
                    default=True,
                    tooltip=(
                        "Loads the base and makes a few steps on throw-away weights, to tell time and memory. Off: "
                        "arithmetic alone, at once."
                    ),
                ),
                DATASET.Input(
                    "regularisation", optional=True, tooltip="Pictures of other people, as Train character LoRA has."
                ),
            ],
            outputs=[
                io.String.Output(display_name="plan", tooltip="The plan in words."),
                io.Image.Output(display_name="sheet", tooltip="The plan as a picture: each picture in its bucket."),
            ],
        )

    @classmethod
    def execute(  # noqa: PLR0913
        cls, dataset: Dataset, base: Base, recipe: Recipe, measure: bool = True, regularisation: Dataset | None = None
    ) -> Any:
        from ...trainer.planning.plan import plan_run
        from ...trainer.planning.sheet import draw_plan
        from ...trainer.planning.words import plan_lines
        from ...trainer.training.job import Job

        job = Job(
            recipe=recipe,
            dataset=dataset,
            base=base,
            run=run_folder("plan"),
            name="plan",
            device=device(),
            regularisation=regularisation,
        )
        with cancellable():
            work = plan_run(job, measures=measure, cancelled=is_cancelled)
            if measure:
                with memory_handed_over():
                    plan = cls._followed(work)
            else:
                plan = cls._followed(work)
        lines = plan_lines(plan)
        sheet = to_image([draw_plan(plan, lines)])
        text = "\n".join(lines)
        shown = ui.PreviewImage(sheet, cls=cls).as_dict()
        return io.NodeOutput(text, sheet, ui={**shown, "text": (text,)})

    @classmethod
    def _followed(cls, work: Generator[Prepared, None, Plan]) -> Plan:
        while True:
            try:
                event = next(work)
            except StopIteration as end:
                return end.value
            show_progress(cls.hidden.unique_id, event.done, event.total)
