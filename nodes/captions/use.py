"""Captions from any other node: the host's own text generators, Florence-2, Qwen-VL, a file."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from .._api import io
from ..checked import checked
from ..sockets import DATASET
from .captioning import caption_view, keep_hand_input

if TYPE_CHECKING:
    from ...trainer.dataset.dataset import Dataset

_AUTHORS: Mapping[str, Any] = {"sentences": "vlm", "tags": "tagger", "by hand": "hand"}


@checked
class UseCaptions(io.ComfyNode):
    """A list of texts, one a picture, as the captions of a dataset."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessUseCaptions",
            display_name="Use captions",
            category="Likeness/2 Captions",
            description=(
                "Puts texts of any other node on the pictures of a dataset: wire Turn dataset into images (part: all) "
                "into a captioner, such as ComfyUI's own TextGenerate or a Florence-2 or Qwen-VL pack, and its texts "
                "here. An empty or endless text changes nothing and is named."
            ),
            search_aliases=[
                "caption",
                "captions from list",
                "external captions",
                "import captions",
                "own captions",
                "florence",
                "florence2",
                "qwen vl",
                "text generate",
                "vlm",
            ],
            is_input_list=True,
            has_intermediate_output=True,
            inputs=[
                DATASET.Input("dataset", tooltip="The pictures the texts are of."),
                io.String.Input(
                    "captions", force_input=True, tooltip="A list with one text a picture, in the dataset's order."
                ),
                io.Combo.Input(
                    "are",
                    display_name="captions are",
                    options=[*_AUTHORS],
                    default="sentences",
                    tooltip=(
                        "sentences: of a model that describes. tags: a tagger's, between commas. by hand: kept as they "
                        "are by rules and captioners."
                    ),
                ),
                keep_hand_input(),
            ],
            outputs=[
                DATASET.Output(
                    display_name="dataset", tooltip="The dataset with captions. Pass it to Apply caption rules."
                )
            ],
        )

    @classmethod
    def execute(cls, dataset: list[Dataset], captions: list[str], are: list[str], keep_by_hand: list[bool]) -> Any:
        from ...trainer.captions.captioners.from_list import use_captions

        done, failed = use_captions(dataset[0], captions, author=_AUTHORS[are[0]], keep_hand=keep_by_hand[0])
        kept = sum(sample.author == "hand" for sample in dataset[0].samples) if keep_by_hand[0] else 0
        said = f"{len(captions) - kept - len(failed)} captions taken{f', {kept} by hand kept' if kept else ''}."
        return io.NodeOutput(done, ui=caption_view(done, cls, said, failed))
