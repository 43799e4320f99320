"""The pictures that new ones are made from: the set's own, never what is held out, each in its own shape."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ...dataset.audit.audit import Audit
from ...dataset.audit.observation import Observation
from ...dataset.sample import Sample
from ...errors import DatasetError
from ...faces.identity import CharacterIdentity
from ...faces.metric import Metric
from ...images.store import ImageStore
from ..original import fitted_original
from .plan import FillJob, FillPlan
from .pose import yaw_of

_MOST = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class SetReference:
    """`path` holds `size` pixels in the picture's own shape; `embedding` is None without a face to read."""

    sample: Sample
    path: Path
    sha256: str
    size: tuple[int, int]
    hash: int
    embedding: np.ndarray | None
    yaw: float | None


def references_of(audit: Audit, plan: FillPlan, shelf: ImageStore) -> list[SetReference]:
    """At most five, the most typical face first. DatasetError where the set has none that may be used."""
    held = {sample.family for sample in audit.dataset.held_out}
    pairs = [
        (sample, seen)
        for sample, seen in zip(audit.dataset.samples, audit.seen, strict=True)
        if sample.split == "train" and not sample.is_made and sample.family not in held and seen.fault is None
    ]
    if audit.reader is not None:
        pairs = [(sample, seen) for sample, seen in pairs if seen.portrait is not None]
    if not pairs:
        face = " with a face" if audit.reader else ""
        raise DatasetError(f"No picture{face} is left to make others from; add one that is not held out.")
    return [_ready(sample, seen, plan, shelf) for sample, seen in _typical(pairs, audit.metric)[:_MOST]]


def chosen(references: Sequence[SetReference], job: FillJob, attempt: int, plan: FillPlan) -> tuple[SetReference, ...]:
    """Of an attempt: for an angle those turned most alike first, in turn from attempt to attempt."""
    wanted = yaw_of(job.gap.bucket) if job.gap.axis == "angle" else None
    order = list(references)
    if wanted is not None:
        order.sort(key=lambda one: 90.0 if one.yaw is None else abs(one.yaw - wanted))
    count = min(plan.at_once if plan.way == "edit" else 1, len(order))
    return tuple(order[(job.number + attempt + place) % len(order)] for place in range(count))


def _typical(pairs: Sequence[tuple[Sample, Observation]], metric: Metric) -> list[tuple[Sample, Observation]]:
    character = CharacterIdentity.of((seen.portrait.embedding for _, seen in pairs if seen.portrait), metric)
    if character is None:
        return list(pairs)

    def likeness(pair: tuple[Sample, Observation]) -> float:
        portrait = pair[1].portrait
        return character.likeness(portrait.embedding) if portrait and portrait.embedding.size else -np.inf

    return sorted(pairs, key=likeness, reverse=True)


def _ready(sample: Sample, seen: Observation, plan: FillPlan, shelf: ImageStore) -> SetReference:
    image, portrait = fitted_original(sample, plan.resolution), seen.portrait
    kept = shelf.put(image)
    return SetReference(
        sample=sample,
        path=shelf.path(kept),
        sha256=kept.sha256,
        size=image.size,
        hash=seen.facts.hash if seen.facts else 0,
        embedding=portrait.embedding if portrait and portrait.embedding.size else None,
        yaw=portrait.yaw if portrait else None,
    )
