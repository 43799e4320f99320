"""What is seen in a comparison's pictures: as read, as scored one by one, and together as measures take them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ...faces.metric import COSINE, Metric
from ...faces.outliers import FaceEmbedding
from ...training.run.events import HeldOut
from ..intervals import Key
from ..plan.compare_plan import WITH_TRIGGER, Kind, Probe
from .descriptor import Description, Descriptor
from .descriptors.nearest import NearestTraining


@dataclass(frozen=True, kw_only=True, eq=False)
class Observation:
    """One picture as read: the embedding (d,) of the face most like the character, or None; words by slot; a small
    copy. `faces` are those that could be the subject.

    Angles in degrees and openings in 0..1 are that face's, None where the reader does not measure them. `described`
    is what the descriptor keeps of the picture to tell copies and repeated backgrounds by; `copied` and `background`
    are what it told once it is let go.
    """

    probe: int
    seed: int
    path: str
    embedding: np.ndarray | None
    read: Mapping[str, str]
    small: np.ndarray
    faces: int = 1
    yaw: float | None = None
    pitch: float | None = None
    mouth_open: float | None = None
    eyes_closed: float | None = None
    described: Description | None = None
    is_broken: bool = False
    copied: float | None = None
    background: float | None = None

    @property
    def key(self) -> Key:
        return self.probe, self.seed


@dataclass(frozen=True, kw_only=True, eq=False)
class CheckpointImages:
    """Everything drawn with one checkpoint (`lora` None: the control; `file`
    names its contents) and the run's losses up to it, by step."""

    label: str
    step: int | None = None
    seed: int | None = None
    strength: float = 1.0
    lora: str | None = None
    file: str = ""
    losses: tuple[HeldOut, ...] = ()
    observations: Sequence[Observation] = field(default_factory=tuple[Observation, ...])


@dataclass(frozen=True, kw_only=True, eq=False)
class Scale:
    """What pictures are held against: the character's centroid (d,), other people (n, d), training pictures made small.

    `character` is (0,) where nobody is known to be like: then no observation has an embedding. `reference` is the
    likeness real pictures reach, None when there are too few to tell. `faces` are the reference pictures' with their
    angles, `metric` how alike embeddings are, `described` what `descriptor` keeps of the training pictures, `words`
    what was read in them by slot.
    """

    probes: Sequence[Probe]
    character: np.ndarray
    reference: float | None
    others: np.ndarray | None
    training: Sequence[np.ndarray] = ()
    described: Sequence[Description] = ()
    faces: Sequence[FaceEmbedding] = ()
    metric: Metric = COSINE
    descriptor: Descriptor | None = None
    words: Sequence[Mapping[str, str]] = ()

    @cached_property
    def nearest(self) -> NearestTraining:
        """The training pictures, asked for the one that a picture is most like."""
        return NearestTraining(self.descriptor, self.described)

    @property
    def is_known(self) -> bool:
        """Whether there is somebody to be like."""
        return self.character.size > 0


@dataclass(frozen=True, kw_only=True)
class PictureScore:
    """One picture. `path` is relative to the report; a number that could not be taken is None, never low.

    `identity` is the likeness to the character, of `faces` the one most like it (None in old reports: the largest),
    `top1` whether no other person is nearer, `bleed` whether a described other person is nearer to the character than
    to whom the control drew, `nearest` the distance to the nearest training picture. `read` and `asked` are words by
    slot. `copied` and `background` are how much the picture, and what lies behind the face, repeat the training picture
    they are most like: 1 for the same again. `at_angle` is the likeness to the character's pictures of like angle,
    `own_style` whether it was read as the training pictures' style where another one was asked.
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
    read: Mapping[str, str] = field(default_factory=dict[str, str])
    asked: Mapping[str, str] = field(default_factory=dict[str, str])
    yaw: float | None = None
    pitch: float | None = None
    mouth_open: float | None = None
    eyes_closed: float | None = None
    copied: float | None = None
    background: float | None = None
    is_broken: bool = False
    at_angle: float | None = None
    own_style: bool | None = None

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
