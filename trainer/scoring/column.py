"""From what was seen in one column's pictures to its scores."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..faces.identity import cosine, is_first, normalised
from .intervals import Interval, Key, interval, paired
from .measures.copies import nearest
from .measures.following import by_slot, followed
from .measures.memorisation import Recall
from .measures.variety import spread_ratio
from .plan import Probe
from .scores import PictureScore, Scores


@dataclass(frozen=True, kw_only=True, eq=False)
class Seen:
    """What was seen in one picture: the largest face's embedding, (d,), or None; words by slot; a small copy."""

    probe: int
    seed: int
    path: str
    embedding: np.ndarray | None
    read: Mapping[str, str]
    small: np.ndarray

    @property
    def key(self) -> Key:
        return self.probe, self.seed


@dataclass(frozen=True, kw_only=True, eq=False)
class Scale:
    """What pictures are held against: the character's centroid (d,), other people (n, d), training pictures made small.

    `reference` is the cosine real pictures reach, None when there are too few to tell.
    """

    probes: Sequence[Probe]
    character: np.ndarray
    reference: float | None
    others: np.ndarray | None
    training: Sequence[np.ndarray] = ()


@dataclass(frozen=True, kw_only=True, eq=False)
class Column:
    """One column before it is scored; `step` None for the control."""

    label: str
    step: int | None = None
    lora: str | None = None
    recall: Recall | None = None
    seen: Sequence[Seen] = field(default_factory=tuple[Seen, ...])


def score(column: Column, control: Column, scale: Scale) -> Scores:
    """Scores of a column; of the control itself when it is given twice."""
    drawn = {seen.key: seen for seen in control.seen}
    pictures = tuple(_picture(seen, drawn.get(seen.key), scale) for seen in column.seen)
    base = tuple(_picture(seen, seen, scale) for seen in control.seen)
    wanted = [picture for picture in pictures if picture.triggered]
    identity = _mean(_by_key(wanted))
    control_identity = _mean(_by_key([picture for picture in base if picture.triggered]))
    faces = [seen.embedding is not None for seen in column.seen]
    slots = [picture.followed for picture in wanted if picture.followed]
    return Scores(
        label=column.label,
        step=column.step,
        lora=column.lora,
        identity=identity,
        likeness=_likeness(identity, control_identity, scale.reference),
        bare=_mean(_of_kind(pictures, "trigger")),
        untriggered=_mean(_of_kind(pictures, "class")),
        leak=paired(_of_kind(pictures, "class"), _of_kind(base, "class")),
        turned=_share([picture.turned for picture in pictures]),
        top1=_share([picture.first for picture in wanted]),
        face_rate=_share(faces),
        following=interval(sum(s.values()) / len(s) for s in slots),
        slots=by_slot(slots),
        spread=_spread(column, control, scale.probes),
        nearest=_average([picture.nearest for picture in wanted]),
        recall=column.recall,
        pictures=pictures,
    )


def _picture(seen: Seen, control: Seen | None, scale: Scale) -> PictureScore:
    probe = scale.probes[seen.probe]
    face = seen.embedding
    return PictureScore(
        probe=seen.probe,
        kind=probe.kind,
        seed=seen.seed,
        path=seen.path,
        identity=None if face is None else cosine(face, scale.character),
        first=None if face is None or scale.others is None else is_first(face, scale.character, scale.others),
        turned=_turned(face, control, scale.character) if probe.kind == "other" else None,
        followed=followed(probe.asked, seen.read),
        nearest=nearest(seen.small, scale.training),
    )


def _turned(face: np.ndarray | None, control: Seen | None, character: np.ndarray) -> bool | None:
    if face is None or control is None or control.embedding is None:
        return None
    return cosine(face, character) > cosine(face, control.embedding)


def _spread(column: Column, control: Column, probes: Sequence[Probe]) -> Interval | None:
    # Only with the bare trigger: where a prompt fixes the scene, the control's seeds differ mostly by person, and the
    # best of LoRAs would look like a collapse (drawn demo pictures: ratio .42 there, .85 with all but the person free).
    ratios = [_probe_spread(column, control, index) for index, probe in enumerate(probes) if probe.kind == "trigger"]
    known = [ratio for ratio in ratios if ratio is not None]
    if not known:
        return None
    means = [float(np.mean([getattr(ratio, part) for ratio in known])) for part in ("value", "low", "high")]
    return Interval(means[0], means[1], means[2], sum(ratio.count for ratio in known))


def _probe_spread(column: Column, control: Column, probe: int) -> Interval | None:
    ours = {seen.seed: seen.small for seen in column.seen if seen.probe == probe}
    base = {seen.seed: seen.small for seen in control.seen if seen.probe == probe}
    seeds = sorted(ours.keys() & base.keys())
    return spread_ratio([ours[seed] for seed in seeds], [base[seed] for seed in seeds])


def _likeness(identity: Interval | None, control: Interval | None, reference: float | None) -> float | None:
    if identity is None or control is None or reference is None:
        return None
    return normalised(identity.value, control.value, reference)


def _by_key(pictures: Sequence[PictureScore]) -> dict[Key, float]:
    return {picture.key: picture.identity for picture in pictures if picture.identity is not None}


def _of_kind(pictures: Sequence[PictureScore], kind: str) -> dict[Key, float]:
    return _by_key([picture for picture in pictures if picture.kind == kind])


def _mean(values: Mapping[Key, float]) -> Interval | None:
    return interval(values[key] for key in sorted(values))


def _share(answers: Sequence[bool | None]) -> float | None:
    return _average([None if answer is None else float(answer) for answer in answers])


def _average(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None
