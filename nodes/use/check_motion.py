"""Whether a character's face holds from frame to frame."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._api import io
from ..checked import checked
from ..compare.score_images import references_of
from ..host.images import to_image
from ..host.page import cancellable, is_cancelled, withheld
from ..panel.progress import reporter
from ..panel.sheet import picture_view
from ..readers import reader_of
from .motion_clips import frames_of_batch, is_sampled, sampled_clips, wired_clips
from .motion_inputs import motion_inputs, motion_outputs

if TYPE_CHECKING:
    import torch

    from ...trainer.dataset.dataset import Dataset
    from ...trainer.scoring.intervals import Interval
    from ...trainer.scoring.motion.check import CheckedMotion

_WIRED = "Check motion gives the frames that it drew itself; frames that are wired in are where they came from."


@checked
class CheckMotion(io.ComfyNode):
    """Identity, drift and flicker of a clip as numbers with intervals."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessCheckMotion",
            display_name="Check motion",
            category="Likeness/5 Use",
            description=(
                "Is a LoRA ready for video? Reads the face in every frame of a clip against the character's pictures: "
                "how alike it is, whether it drifts from start to end, whether face or brightness flicker, how many "
                "frames have no face, and how much moves at all. Each number has an interval, and only what lies "
                "wholly beyond its gate is called a fault. Wire frames, or a model with motion to sample them here."
            ),
            search_aliases=[
                "video",
                "animatediff",
                "animate diff",
                "motion module",
                "identity drift",
                "flicker",
                "temporal consistency",
                "check video",
            ],
            is_input_list=True,  # a clip may be a batch, or a list of its frames
            is_output_node=True,
            hidden=[io.Hidden.unique_id],
            inputs=motion_inputs(),
            outputs=motion_outputs(),
        )

    @classmethod
    def execute(  # noqa: PLR0913
        cls,
        reader: list[str],
        frames: list[torch.Tensor] | None = None,
        references: list[Dataset] | None = None,
        reference_images: list[torch.Tensor] | None = None,
        without_lora: list[torch.Tensor] | None = None,
        **sampling: list[Any],
    ) -> Any:
        """`sampling`: model, clip, vae and latent, and what KSampler is told."""
        sampled = is_sampled(frames or [], sampling)
        with cancellable():
            known = references_of(references or [], reference_images or [])
            drawn, bare = sampled_clips(sampling) if sampled else ([], [])
            ours, theirs = wired_clips(drawn or frames or []), wired_clips(bare or without_lora or [])
            motion = _checked(cls.hidden.unique_id, ours, theirs, known, reader_of(reader[0]))
        return _told(cls, motion, drawn[0] if drawn else withheld(_WIRED))


def _checked(
    node: str, clips: Sequence[torch.Tensor], control: Sequence[torch.Tensor], references: Sequence[Any], reader: Any
) -> CheckedMotion:
    from ...trainer.runtime.work import follow
    from ...trainer.scoring.motion.check import check_motion

    ours, theirs = ([frames_of_batch(number, each) for number, each in enumerate(some, 1)] for some in (clips, control))
    total = sum(each.count for each in (*ours, *theirs))
    progress, done = reporter(node, "Reading"), iter(range(1, total + 1))
    work = check_motion(ours, references, reader, control=theirs, cancelled=is_cancelled)
    return follow(work, lambda read: progress(next(done), total, read.clip))


def _told(node: Any, motion: CheckedMotion, drawn: Any) -> Any:
    from ...trainer.scoring.motion.strip import draw_strip

    report, strip = motion.report, to_image([draw_strip(motion)])
    clip = report.clip
    return io.NodeOutput(
        report.text,
        json.dumps(report.to_json(), ensure_ascii=False),
        strip,
        ", ".join(report.kinds),
        *map(_number, (clip.identity, clip.drift, clip.flicker, clip.light_flicker, clip.movement)),
        drawn,
        ui=picture_view(strip, node, report.text),
    )


def _number(measured: Interval | None) -> float:
    return math.nan if measured is None else measured.value
