"""Whether to train a LoRA, to bring the face from reference pictures, or both."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...trainer.planning.zero_shot.goals import GOALS
from .._api import io
from ..checked import checked
from ..host.compute import memory_gb
from ..host.page import cancellable
from ..panel.budget import words_of
from ..readers import DEMO_DRAWINGS, NO_READER, READERS, readers_of, style_reader
from ..sockets import DATASET

if TYPE_CHECKING:
    from ...trainer.dataset.dataset import Dataset
    from ...trainer.dataset.sample import Sample

AUTO, PHOTOGRAPHS, DRAWN = "auto", "photographs", "drawings or renders"
THIS_CARD = 0.0
_LOOKED_AT = 6
_SERIES = GOALS[2]


@checked
class TrainOrZeroShot(io.ComfyNode):
    """The guide's "When to Train vs Zero-Shot", asked of this dataset and this goal."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessTrainOrZeroShot",
            display_name="Train or zero-shot?",
            category="Likeness/5 Use",
            description=(
                "Says whether to train a LoRA of this character, to bring its face from reference pictures with an "
                "identity adapter, or both: by how many pictures there are and what they show, whether a face can be "
                "read in them, what is wanted, and the card. Every reason comes with its number and what to do next."
            ),
            search_aliases=[
                "lora or ip-adapter",
                "lora or pulid",
                "pulid or lora",
                "instantid or lora",
                "zero-shot",
                "should I train",
                "how many pictures",
            ],
            is_output_node=True,
            inputs=_inputs(),
            outputs=[
                io.String.Output(display_name="verdict", tooltip="train, zero-shot, both, or neither (no pictures)."),
                io.String.Output(display_name="report", tooltip="The verdict and every reason, in words."),
                io.String.Output(display_name="figures", tooltip="The same as JSON, with the nodes to go on with."),
            ],
        )

    @classmethod
    def execute(  # noqa: PLR0913
        cls, dataset: Dataset, goal: str, reader: str, pictures_are: str, card: float
    ) -> Any:
        from ...trainer.planning.zero_shot.method import method_for
        from ...trainer.planning.zero_shot.situation import situation_of

        with cancellable():
            readers = readers_of(reader, None, dataset)
            is_drawn = _is_drawn(pictures_are, reader, readers.faces, dataset.samples)
            situation = situation_of(
                dataset.samples,
                readers.faces,
                goal,  # type: ignore[arg-type]
                is_drawn=is_drawn,
                card=card or memory_gb(),
            )
        method = method_for(situation)
        said = "\n".join(part for part in (method.text, readers.missing) if part)
        figures = json.dumps({"pictures": situation.pictures, "faces": situation.faces, **method.to_json()})
        return io.NodeOutput(method.verdict, said, figures, ui={"text": words_of(said)})


def _inputs() -> list[Any]:
    return [
        DATASET.Input("dataset", tooltip="The pictures of the character that there are."),
        io.Combo.Input("goal", options=list(GOALS), default=_SERIES, tooltip="What the pictures are wanted for."),
        io.Combo.Input(
            "reader",
            display_name="face reader",
            options=[*READERS, NO_READER],
            default=READERS[0],
            tooltip=(
                "Which face reader looks for faces: whether an adapter has a face to go by, and which angles there "
                "are. auto takes the first that is installed."
            ),
        ),
        io.Combo.Input(
            "pictures_are",
            options=[AUTO, PHOTOGRAPHS, DRAWN],
            default=AUTO,
            tooltip=(
                "auto asks the CLIP in models/clip_vision, as Make style variants does; without one it is not known. "
                "Adapters learned faces from photographs."
            ),
        ),
        io.Float.Input(
            "card",
            display_name="GPU memory (GB)",
            default=THIS_CARD,
            min=0.0,
            max=1000.0,
            step=1.0,
            tooltip="Memory of the GPU to train on, in GB. 0: that of this machine.",
        ),
    ]


def _is_drawn(said: str, reader: str, faces: Any, samples: Sequence[Sample]) -> bool | None:
    """As it is said, else as the demo's reader or CLIP takes a few of the pictures; None where nobody tells."""
    from ...trainer.dataset.sample_pixels import open_sample

    if said != AUTO:
        return said == DRAWN
    if reader == DEMO_DRAWINGS:
        return True
    looks = style_reader(reader, faces)
    if looks is None or not samples:
        return None
    margins = [looks.margin(open_sample(sample), "photograph") for sample in samples[:: -(-len(samples) // _LOOKED_AT)]]
    known = [margin for margin in margins if margin is not None]
    return sum(known) < 0 if known else None
