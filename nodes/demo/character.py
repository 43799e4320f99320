"""Drawn people to learn, in every state that a user's pictures may be in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._api import io
from ..checked import checked
from ..host.folders import demo_folder
from ..panel.sheet import dataset_view
from ..sockets import DATASET

if TYPE_CHECKING:
    from ...trainer.dataset.dataset import Dataset

READY, AS_FOUND, DESCRIBED = "ready to train", "as found", "as captioners describe them"
RENDERS = "3D renders only"


@checked
class DemoCharacter(io.ComfyNode):
    """A drawn person no demo model has seen."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessDemoCharacter",
            display_name="Draw demo character",
            category="Likeness/Demo",
            description=(
                "A cartoon person the demo base has never seen: 16 captioned pictures to train on and 8 held out to "
                "measure with, or 24 pictures as one finds them, to be checked and cropped first, or with captions as "
                "a tagger writes them. Every number is another person; 0 is Sage, whose trigger is sage_character."
            ),
            search_aliases=[
                "demo dataset",
                "demo images",
                "example images",
                "example dataset",
                "sample character",
                "sage",
                "likeness demo",
            ],
            has_intermediate_output=True,
            inputs=[
                io.Int.Input(
                    "number",
                    display_name="character",
                    default=0,
                    min=0,
                    max=9999,
                    tooltip="Which person. 0 is Sage (trigger sage_character); any other number is somebody else.",
                ),
                io.Combo.Input(
                    "pictures",
                    options=[READY, AS_FOUND, DESCRIBED, RENDERS],
                    default=READY,
                    optional=True,
                    tooltip=(
                        "ready to train: framed and divided. as found: loosely framed, with copies, a blurred one, a "
                        "stranger and worse among them, to try Check dataset and Crop to face or body on. as "
                        "captioners describe them: with their looks in every caption, to try Apply caption rules on. "
                        "3D renders only: 20 renders without a word of style, to try Make style variants on."
                    ),
                ),
            ],
            outputs=[DATASET.Output(display_name="dataset", tooltip="Pictures, captions and trigger word.")],
        )

    @classmethod
    def execute(cls, number: int, pictures: str = READY) -> Any:
        dataset = _drawn(demo_folder(number), number, pictures)
        return io.NodeOutput(dataset, ui=dataset_view(dataset, cls))


def _drawn(folder: Path, number: int, pictures: str) -> Dataset:
    if pictures == AS_FOUND:
        from ...trainer.demo.characters.found import draw_found

        return draw_found(folder / "as_found", number)
    if pictures == DESCRIBED:
        from ...trainer.demo.characters.described import draw_described

        return draw_described(folder, number)
    if pictures == RENDERS:
        from ...trainer.demo.characters.renders import draw_renders

        return draw_renders(folder / "renders", number)
    from ...trainer.demo.characters.character import draw_character

    return draw_character(folder, number)
