"""What is measured of a checkpoint, by name. A new measure is a function in a file of its own and a line here."""

from collections.abc import Mapping
from typing import Protocol

from ..intervals import Interval
from ..reading.observation import Batch
from .angles import identity_at
from .background import background_leak
from .broken import broken
from .copies import copies, nearest
from .expression import expression
from .faces import bleed, face_rate, top1
from .following import following
from .identity import identity, leak, trigger_only, untriggered
from .memorisation import held_out_rise
from .pose import pose, pose_spread
from .style import style_contamination
from .variety import variety


class Measure(Protocol):
    """A number of a checkpoint with its 95 % interval; None where the batch has nothing to measure it by."""

    def __call__(self, batch: Batch, /) -> Interval | None: ...


MEASURES: Mapping[str, Measure] = {
    "identity": identity,
    "trigger_only": trigger_only,
    "untriggered": untriggered,
    "leak": leak,
    "bleed": bleed,
    "top1": top1,
    "face_rate": face_rate,
    "following": following,
    "variety": variety,
    "nearest": nearest,
    "copies": copies,
    "held_out_rise": held_out_rise,
    "identity_front": identity_at("front"),
    "identity_three_quarter": identity_at("three-quarter"),
    "identity_profile": identity_at("profile"),
    "identity_tilted": identity_at("tilted"),
    "pose": pose,
    "pose_spread": pose_spread,
    "expression": expression,
    "background_leak": background_leak,
    "style_contamination": style_contamination,
    "broken": broken,
}
