"""From what was seen in one checkpoint's pictures to its scores: every measure once."""

from collections.abc import Mapping

from ..faces.identity import normalised
from .intervals import Interval, Key
from .measures.angles import at_angle_of
from .measures.background import background_of
from .measures.copies import copied_of, nearest_of
from .measures.faces import bleeds, is_top1
from .measures.following import by_slot, followed_of
from .measures.identity import identity_of
from .measures.measure import MEASURES
from .measures.memorisation import memorisation
from .measures.style import is_own_style
from .plan.compare_plan import WITH_TRIGGER
from .reading.observation import Batch, CheckpointImages, Observation, PictureScore, Scale
from .scores import Scores


def score(images: CheckpointImages, control: CheckpointImages, scale: Scale) -> Scores:
    """Scores of a checkpoint's pictures; of the control itself when it is given twice."""
    batch = _batch(images, control, scale)
    measures = {name: measure(batch) for name, measure in MEASURES.items()}
    base = MEASURES["identity"](Batch(pictures=batch.control))
    return Scores(
        label=images.label,
        step=images.step,
        seed=images.seed,
        strength=images.strength,
        lora=images.lora,
        file=images.file,
        measures=measures,
        likeness=_likeness(measures["identity"], base, scale.reference),
        slots=by_slot(batch.pictures),
        memorisation=memorisation(batch.losses),
        pictures=tuple(batch.pictures),
    )


def _batch(images: CheckpointImages, control: CheckpointImages, scale: Scale) -> Batch:
    drawn = {seen.key: seen for seen in control.observations}
    return Batch(
        pictures=_pictures(images, drawn, scale),
        control=_pictures(control, drawn, scale),
        small={seen.key: seen.small for seen in images.observations},
        control_small={seen.key: seen.small for seen in control.observations},
        losses=images.losses,
    )


def _pictures(images: CheckpointImages, control: Mapping[Key, Observation], scale: Scale) -> tuple[PictureScore, ...]:
    return tuple(_picture(seen, control.get(seen.key), scale) for seen in images.observations)


def _picture(seen: Observation, control: Observation | None, scale: Scale) -> PictureScore:
    probe = scale.probes[seen.probe]
    return PictureScore(
        probe=seen.probe,
        kind=probe.kind,
        seed=seen.seed,
        path=seen.path,
        identity=identity_of(seen, scale),
        top1=is_top1(seen, scale),
        bleed=bleeds(seen, control, scale) if probe.kind == "other" else None,
        followed=followed_of(seen, probe.asked),
        nearest=nearest_of(seen.small, scale.training),
        faces=seen.faces,
        read=dict(seen.read),
        asked=dict(probe.asked),
        yaw=seen.yaw,
        pitch=seen.pitch,
        mouth_open=seen.mouth_open,
        eyes_closed=seen.eyes_closed,
        copied=copied_of(seen, scale),
        background=background_of(seen, scale),
        is_broken=seen.is_broken,
        at_angle=at_angle_of(seen, scale),
        own_style=is_own_style(probe.asked, seen.read, scale) if probe.kind in WITH_TRIGGER else None,
    )


def _likeness(identity: Interval | None, control: Interval | None, reference: float | None) -> float | None:
    if identity is None or control is None or reference is None:
        return None
    return normalised(identity.value, control.value, reference)
