"""What is seen in a comparison's pictures: as read, as scored one by one, and together as measures take them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..training.run.events import HeldOut
from .intervals import Key
from .plan import WITH_TRIGGER, Kind, Probe


@dataclass(frozen=True, kw_only=True, eq=False)
class Observation:
    """One picture as read: the embedding (d,) of the face most like the character, or None; words by slot; a small
    copy. `faces` are those that could be the subject."""

    probe: int
    seed: int
    path: str
    embedding: np.ndarray | None
    read: Mapping[str, str]
    small: np.ndarray
    faces: int = 1

    @property
    def key(self) -> Key:
        return self.probe, self.seed


@dataclass(frozen=True, kw_only=True, eq=False)
class CheckpointImages:
    """Everything drawn with one checkpoint (`step` None: the control) and the run's losses up to it, by step."""

    label: str
    step: int | None = None
    lora: str | None = None
    losses: tuple[HeldOut, ...] = ()
    observations: Sequence[Observation] = field(default_factory=tuple[Observation, ...])


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


@dataclass(frozen=True, kw_only=True)
class PictureScore:
    """One picture. `path` is relative to the report; a number that could not be taken is None, never low.

    `identity` is the cosine to the character, of `faces` the one most like it (None in old reports: the largest),
    `top1` whether no other person is nearer, `bleed` whether a described other person is nearer to the character than
    to whom the control drew, `nearest` the distance to the nearest training picture.
    """

    probe: int
    kind: Kind
    seed: int
    path: str
    identity: float | None = None
    top1: bool | None = None
    bleed: bool | None = None
    followed: Mapping[str, bool] = field(default_factory=dict[str, bool])
    nearest: float | None = None
    faces: int | None = None

    @property
    def key(self) -> Key:
        return self.probe, self.seed

    @property
    def triggered(self) -> bool:
        return self.kind in WITH_TRIGGER


@dataclass(frozen=True, kw_only=True, eq=False)
class Batch:
    """What a measure is taken of: a checkpoint's scored pictures, the control's, and small copies of both.

    A report read back has the pictures alone.
    """

    pictures: Sequence[PictureScore]
    control: Sequence[PictureScore] = ()
    small: Mapping[Key, np.ndarray] = field(default_factory=dict[Key, np.ndarray])
    control_small: Mapping[Key, np.ndarray] = field(default_factory=dict[Key, np.ndarray])
    losses: Sequence[HeldOut] = ()

    @property
    def triggered(self) -> list[PictureScore]:
        """Pictures whose prompt names the trigger."""
        return [picture for picture in self.pictures if picture.triggered]
