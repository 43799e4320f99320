"""What a run will be, before it starts."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from .._api import io
from ..checked import checked
from ..host.compute import device, memory_handed_over
from ..host.folders import run_folder
from ..host.images import to_image
from ..host.lora_files import NOTHING, loras, start_fault, start_path
from ..host.page import cancellable, is_cancelled, show_progress
from ..panel.plan_view import plan_view
from ..panel.sheet import picture_view
from ..sockets import BASE, DATASET, RECIPE
from .preset import FITTING, preset_input, recipe_for

if TYPE_CHECKING:
    from ...trainer.dataset.dataset import Dataset
    from ...trainer.families.base import Base
    from ...trainer.planning.plan import Plan
    from ...trainer.recipe.recipe import Recipe
    from ...trainer.training.job import Job


@checked
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
            search_aliases=[
                "estimate",
                "vram",
                "how much memory",
                "steps calculator",
                "epochs",
                "buckets",
                "how long",
                "training time",
                "dry run",
            ],
            is_output_node=True,
            has_intermediate_output=True,
            hidden=[io.Hidden.unique_id],
            inputs=[
                DATASET.Input("dataset", tooltip="The pictures that would be trained on."),
                BASE.Input(
                    "base",
                    tooltip="The base model that would be trained, from Choose base model or Load demo base model.",
                ),
                RECIPE.Input(
                    "recipe",
                    optional=True,
                    tooltip=(
                        "How to train, from Choose training recipe or Import recipe. Left open, the preset below says "
                        "it."
                    ),
                ),
                io.Boolean.Input(
                    "measure",
                    display_name="measure time and memory",
                    default=True,
                    tooltip=(
                        "Loads the base and makes a few steps on throw-away weights, to tell time and memory. Off: "
                        "arithmetic alone, at once."
                    ),
                ),
                DATASET.Input(
                    "regularisation",
                    display_name="pictures of other people",
                    optional=True,
                    tooltip="Pictures of other people, as Train character LoRA has.",
                ),
                preset_input(),
                io.Combo.Input(
                    "start_from",
                    display_name="start from LoRA",
                    options=[NOTHING, *loras()],
                    default=NOTHING,
                    optional=True,
                    advanced=True,
                    tooltip="The LoRA to learn on from, as Train character LoRA has: whether it will do is told here.",
                ),
            ],
            outputs=[
                io.String.Output(display_name="plan", tooltip="The plan in words."),
                io.Image.Output(display_name="sheet", tooltip="The plan as a picture: each picture in its bucket."),
            ],
        )

    @classmethod
    def validate_inputs(cls, start_from: str = NOTHING) -> bool | str:
        return start_fault(start_from) or True

    @classmethod
    def execute(  # noqa: PLR0913
        cls,
        dataset: Dataset,
        base: Base,
        recipe: Recipe | None = None,
        measure: bool = True,
        regularisation: Dataset | None = None,
        preset: str = FITTING,
        start_from: str = NOTHING,
    ) -> Any:
        from ...trainer.planning.memory_sheet import with_memory
        from ...trainer.planning.sheet import draw_plan
        from ...trainer.planning.words import plan_json, plan_lines
        from ...trainer.training.job import Job

        job = Job(
            recipe=recipe_for(base, recipe, preset),
            dataset=dataset,
            base=base,
            run=run_folder("plan"),
            name="plan",
            device=device(),
            regularisation=regularisation,
            start=start_path(start_from),
        )
        with cancellable(), memory_handed_over() if measure else nullcontext():
            plan = _planned(job, measure, cls.hidden.unique_id)
        lines, figures = plan_lines(plan), plan_json(plan)
        text, sheet = "\n".join(lines), to_image([with_memory(draw_plan(plan, lines), figures.get("memory"))])
        view = plan_view(lines, figures)
        return io.NodeOutput(text, sheet, ui=picture_view(sheet, cls, text, likeness_plan=(view,)))


def _planned(job: Job, measures: bool, node: str) -> Plan:
    from ...trainer.planning.plan import plan_run
    from ...trainer.runtime.work import follow

    work = plan_run(job, measures=measures, cancelled=is_cancelled)
    return follow(work, lambda event: show_progress(node, event.done, event.total))
