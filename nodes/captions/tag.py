"""Pictures tagged by a WD tagger."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...trainer.errors import ModelError
from .._api import io
from ..checked import checked
from ..host.model_folders import tagger_folders
from ..host.page import cancellable
from ..sockets import DATASET
from .captioning import INSTEAD, captioned, keep_hand_input

if TYPE_CHECKING:
    from ...trainer.dataset.dataset import Dataset


@checked
class TagWithWd14(io.ComfyNode):
    """Tags of a WD v3 tagger, or of the photo tagger with the same contract, as captions."""

    @classmethod
    def define_schema(cls) -> Any:
        from ...trainer.captions.captioners.tagger_files import DEFAULT_TAGGER

        return io.Schema(
            node_id="LikenessTagWithWd14",
            display_name="Tag with WD14",
            category="Likeness/2 Captions",
            description=(
                "Describes every picture in tags with a WD tagger: one session, pictures in batches. What was tagged "
                "before with the same settings is not tagged again, and Cancel loses nothing. Ratings and names of "
                "known characters never enter captions; a known name becomes a warning that the character looks like "
                "another."
            ),
            search_aliases=[
                "wd14",
                "wd tagger",
                "tagger",
                "auto tag",
                "tag images",
                "booru tags",
                "danbooru",
                "interrogate",
                "caption",
                "auto caption",
            ],
            has_intermediate_output=True,
            hidden=[io.Hidden.unique_id],
            inputs=[
                DATASET.Input("dataset", tooltip="The pictures to tag."),
                io.Combo.Input("tagger", options=_taggers(), default=DEFAULT_TAGGER, tooltip=_TAGGER_TIP),
                io.Float.Input(
                    "threshold",
                    default=0.35,
                    min=0.05,
                    max=1.0,
                    step=0.01,
                    tooltip="Tags scored at least so high are written. 0.35 is usual; 0.5 gives fewer and surer tags.",
                ),
                io.Float.Input(
                    "character_threshold",
                    display_name="look-alike threshold",
                    default=0.85,
                    min=0.05,
                    max=1.0,
                    step=0.01,
                    tooltip="From which score a known character counts as a look-alike. Only ever a warning.",
                    advanced=True,
                ),
                io.Boolean.Input(
                    "mcut",
                    display_name="threshold by picture",
                    default=False,
                    tooltip=(
                        "On: each picture has a threshold of its own, in the largest gap between its scores (MCut), "
                        "instead of one threshold for all."
                    ),
                    advanced=True,
                ),
                keep_hand_input(),
            ],
            outputs=[
                DATASET.Output(
                    display_name="dataset", tooltip="The dataset with tags as captions. Pass it to Apply caption rules."
                )
            ],
        )

    @classmethod
    def validate_inputs(cls, tagger: str) -> bool | str:
        from ...trainer.captions.captioners.tagger_files import find_tagger

        try:
            find_tagger(tagger, tagger_folders())
        except ModelError as fault:
            return f"{fault} {INSTEAD}"
        return True

    @classmethod
    def execute(  # noqa: PLR0913
        cls,
        dataset: Dataset,
        tagger: str,
        threshold: float,
        character_threshold: float,
        mcut: bool,
        keep_by_hand: bool,
    ) -> Any:
        from ...trainer.captions.captioners.tagger_files import find_tagger
        from ...trainer.captions.captioners.wd14 import Wd14
        from ...trainer.captions.captioners.wd14_tags import Thresholds

        thresholds = Thresholds(general=None if mcut else threshold, character=character_threshold)
        files = find_tagger(tagger, tagger_folders())
        with cancellable(), Wd14(files=files, thresholds=thresholds) as opened:
            return captioned(dataset, opened, keep_by_hand, cls)


_TAGGER_TIP = (
    "wd-eva02-large-tagger-v3 is the most exact for drawings and renders, idolsankaku-eva02-large-tagger-v1 for "
    "photos. Put model.onnx and selected_tags.csv into models/wd14/<name>; taggers of the WD14 Tagger pack are found "
    "too."
)


def _taggers() -> list[str]:
    """Those on disk first, then those that could be; queueing one that is missing says where to get it."""
    from ...trainer.captions.captioners.tagger_files import REPOSITORIES, find_taggers

    return list(dict.fromkeys([*(files.name for files in find_taggers(tagger_folders())), *REPOSITORIES]))
