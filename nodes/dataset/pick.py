"""From many pictures to the few that teach most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._api import io
from ..checked import checked
from ..host.page import cancellable, is_cancelled
from ..panel.budget import warnings_of
from ..panel.progress import reporter
from ..panel.sheet import dataset_view
from ..readers import NO_READER, READERS, readers_of
from ..sockets import DATASET

if TYPE_CHECKING:
    from ...trainer.dataset.dataset import Dataset


@checked
class PickImages(io.ComfyNode):
    """The pictures that show most of a character, and why the others stayed out."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessPickImages",
            display_name="Pick images",
            category="Likeness/1 Dataset",
            description=(
                "Takes from a large folder the pictures that teach most: the face large, sharp and this person's, then "
                "such that angles, expressions, light, backgrounds and clothes are all there. Says of every other "
                "picture why it stayed out. No face, or a profile, is not measured, never low."
            ),
            search_aliases=[
                "select images",
                "choose images",
                "best images",
                "best pictures",
                "curate",
                "filter dataset",
                "thin out",
                "likeness score",
            ],
            is_output_node=True,
            hidden=[io.Hidden.unique_id],
            inputs=_inputs(),
            outputs=[DATASET.Output(display_name="dataset", tooltip="The picked pictures, with their likeness.")],
        )

    @classmethod
    def execute(cls, dataset: Dataset, count: int, reader: str, baselines: str, held_out: int) -> Any:  # noqa: PLR0913
        from ...trainer.dataset.pick.baselines import named_baselines
        from ...trainer.dataset.pick.pick import pick
        from ...trainer.dataset.split import hold_out

        readers = readers_of(reader, None, dataset)
        wanted = 0 if dataset.held_out else held_out
        with cancellable():
            picked = pick(
                dataset,
                count + wanted,
                faces=readers.faces,
                attributes=readers.attributes,
                baselines=named_baselines(dataset, baselines.split(",")),
                progress=reporter(cls.hidden.unique_id, "Looking at"),
                cancelled=is_cancelled,
            )
        chosen = picked.dataset.with_samples(hold_out(picked.dataset.samples, wanted)) if wanted else picked.dataset
        said = "\n".join(part for part in (readers.missing, picked.text, readers.note) if part)
        why = tuple(f"{left.name}: {left.why}" for left in picked.left_out)
        return io.NodeOutput(chosen, ui={**dataset_view(chosen, cls, said=said), "warning": warnings_of(why)})


def _inputs() -> list[Any]:
    return [
        DATASET.Input("dataset", tooltip="All pictures there are."),
        io.Int.Input(
            "count",
            display_name="pictures to pick",
            default=30,
            min=1,
            max=500,
            tooltip="How many to train on. 20 to 30 is best for a character, 10 to 15 the least.",
        ),
        io.Combo.Input(
            "reader",
            display_name="face reader",
            options=[*READERS, NO_READER],
            default=READERS[0],
            tooltip=(
                "Which face reader looks for faces and compares them. auto takes the first that is installed. "
                "Numbers of two readers never mix."
            ),
        ),
        io.String.Input(
            "baselines",
            display_name="surely the character",
            default="",
            placeholder="002.png, 005.png, 011.png (empty: against all the others)",
            tooltip=(
                "Names of up to three pictures that surely show the character: every picture is scored against them."
            ),
        ),
        io.Int.Input(
            "held_out",
            display_name="held-out pictures",
            default=3,
            min=0,
            max=64,
            tooltip=(
                "So many more are picked and kept out of training to measure with. 3 to 5 is good. Never a near copy "
                "of one that is trained on."
            ),
        ),
    ]
