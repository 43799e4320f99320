"""What is wrong with a run by measurement, and the next one that mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...trainer.errors import DatasetError
from .._api import io
from ..checked import checked
from ..host.page import cancellable, withheld
from ..panel.budget import words_of
from ..sockets import DATASET, RECIPE, REPORT, Comparison
from .before import compared_with

if TYPE_CHECKING:
    from ...trainer.dataset.dataset import Dataset
    from ...trainer.recipe.recipe import Recipe
    from ...trainer.scoring.advice import NextRun

_NO_RECIPE = (
    "Only LoRA files were compared, so there is no recipe to change: wire the one that they were trained with into "
    "recipe of Advise next run."
)
_NO_DATASET = (
    "Only LoRA files were compared, so nothing tells which pictures they learned from: wire these into dataset of "
    "Advise next run."
)


@checked
class AdviseNextRun(io.ComfyNode):
    """The guide's troubleshooting, fired by what was measured, as a recipe and a dataset to train again."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessAdviseNextRun",
            display_name="Advise next run",
            category="Likeness/4 Compare",
            description=(
                "Says what is wrong with a run by the numbers of its comparison, its pictures, captions and recipe, "
                "the most probable cause first, and what to change. Gives the changed recipe, ready for Train "
                "character LoRA, the dataset with what can be mended without you, and the views that are missing, for "
                "Fill gaps. With the comparison before wired in, it also says whether the last advice helped."
            ),
            search_aliases=[
                "what went wrong",
                "troubleshooting",
                "overfitting",
                "overtrained",
                "underfitting",
                "training advice",
                "next recipe",
                "improve lora",
                "bad lora",
            ],
            is_output_node=True,
            hidden=[io.Hidden.unique_id],
            inputs=[
                REPORT.Input("report", tooltip="From Compare checkpoints."),
                DATASET.Input(
                    "dataset", optional=True, tooltip="What was trained on. Left open, the run's own pictures."
                ),
                RECIPE.Input(
                    "recipe", optional=True, tooltip="What it was trained with. Left open, the run's own recipe."
                ),
                REPORT.Input(
                    "before",
                    display_name="comparison before",
                    optional=True,
                    tooltip="The comparison of the run before: tells whether this one is better, by the same reader.",
                ),
            ],
            outputs=[
                io.String.Output(display_name="advice", tooltip="What, why with its numbers, and which change."),
                RECIPE.Output(display_name="recipe", tooltip="The changed recipe, for Train character LoRA."),
                io.String.Output(
                    display_name="missing_views",
                    tooltip="What the pictures lack, a view a line, for gaps of Fill gaps. Empty where nothing is.",
                ),
                DATASET.Output(
                    display_name="dataset",
                    tooltip="With looks pruned from captions, the trigger put in, copies out: as far as advised.",
                ),
            ],
        )

    @classmethod
    def execute(
        cls,
        report: Comparison,
        dataset: Dataset | None = None,
        recipe: Recipe | None = None,
        before: Comparison | None = None,
    ) -> Any:
        from ...trainer.scoring.advice import advise_next, changed_dataset

        pictures = dataset or (report.run.dataset if report.run else None)
        known = recipe or (report.run.recipe if report.run else None)
        family = report.run.base.family if report.run else ""
        with cancellable():
            advice = advise_next(report.report, pictures, known, family=family)
            changed = changed_dataset(pictures, advice.dataset_changes) if pictures else withheld(_NO_DATASET)
        said = "\n".join(part for part in (compared_with(report.report, before and before.report), advice.text) if part)
        views = "\n".join(_missing_views(advice))
        given = advice.recipe if advice.recipe is not None else withheld(_NO_RECIPE)
        return io.NodeOutput(said, given, views, changed, ui=_shown(said, views))


def _missing_views(advice: NextRun) -> list[str]:
    """In the words of Fill gaps' catalogue; what it has nothing for is in the advice alone."""
    from ...trainer.augment.fill.view import OPEN

    found = [word for change in advice.dataset_changes if change.task == "add_pictures" for word in change.words]
    named = [next((axis for axis in OPEN if axis in word.lower()), word) for word in found]
    return [word for word in dict.fromkeys(named) if _can_be_made(word)]


def _can_be_made(word: str) -> bool:
    from ...trainer.augment.fill.gap import gaps_of
    from ...trainer.augment.fill.view import stock_views
    from ...trainer.dataset.coverage.coverage import Coverage

    try:
        return bool(gaps_of(Coverage(axes={}), stock_views(), (word,)))
    except DatasetError:
        return False


def _shown(said: str, views: str) -> dict[str, Any]:
    missing = f"\nMissing views: {', '.join(views.splitlines())}." if views else ""
    return {"text": words_of(said + missing)}
