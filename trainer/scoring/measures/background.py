"""Whether training pictures' backgrounds come back where the prompt names another place."""

from collections.abc import Iterable

from ..intervals import Interval, Key, paired
from ..plan.compare_plan import Probe
from ..reading.observation import Batch, Observation, PictureScore, Scale

PLACES = frozenset({"place", "setting", "background", "scene", "location"})
"""Slots in which prompts say where it is."""


def is_asked_of(probe: Probe) -> bool:
    """Whether a picture's background tells something: where the trigger stands in a scene."""
    return probe.kind == "prompt"


def background_of(seen: Observation, scale: Scale) -> float | None:
    """How much what lies around the face is what lies around one in a training picture, 0..1; None without either, and
    where nobody asks."""
    if not is_asked_of(scale.probes[seen.probe]):
        return None
    return seen.background if seen.described is None else scale.nearest.background(seen.described)


def background_leak(batch: Batch) -> Interval | None:
    """How much more of a training background there is than in the control's picture of the same prompt and seed.

    Over prompts with the trigger that name a place; over all with a scene where none does. Only against the control: a
    plain ground is everybody's, and a place that prompts ask for may be one that was trained on.
    """
    asked = {picture.key for picture in batch.pictures if picture.kind == "prompt" and picture.asked.keys() & PLACES}
    keys = asked or {picture.key for picture in batch.pictures if picture.kind == "prompt"}
    return paired(_shared(batch.pictures, keys), _shared(batch.control, keys))


def _shared(pictures: Iterable[PictureScore], keys: set[Key]) -> dict[Key, float]:
    return {each.key: each.background for each in pictures if each.key in keys and each.background is not None}
