"""What was measured of one checkpoint, or of the control: plain frozen values, JSON in and out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal, TypeVar

from ..errors import RunError
from ..storage.values import checked_keys
from .intervals import Interval, Key
from .measures.following import share
from .measures.memorisation import Recall
from .plan import WITH_TRIGGER, Kind

_T = TypeVar("_T")
FlagKind = Literal["broken", "overtrained", "weak"]


@dataclass(frozen=True)
class Flag:
    """Why a checkpoint is not to be chosen."""

    kind: FlagKind
    sentence: str


@dataclass(frozen=True, kw_only=True)
class PictureScore:
    """One picture. `path` is relative to the report; a number that could not be taken is None, never low.

    `identity` is the cosine to the character, `first` whether no other person is nearer, `turned` whether a described
    other person is nearer to the character than to whom the control drew, `nearest` the distance to the nearest
    training picture.
    """

    probe: int
    kind: Kind
    seed: int
    path: str
    identity: float | None = None
    first: bool | None = None
    turned: bool | None = None
    followed: Mapping[str, bool] = field(default_factory=dict[str, bool])
    nearest: float | None = None

    @property
    def key(self) -> Key:
        return self.probe, self.seed

    @property
    def triggered(self) -> bool:
        return self.kind in WITH_TRIGGER


@dataclass(frozen=True, kw_only=True)
class Scores:
    """One column of the comparison; `step` is None for the control. None anywhere else means not measured.

    `identity` is over all pictures that name the trigger, `likeness` the same between control (0) and real pictures
    (1), `bare` with the trigger alone, `untriggered` without it, `leak` that above the control's. `spread` is over the
    control's.
    """

    label: str
    step: int | None
    lora: str | None
    identity: Interval | None
    likeness: float | None
    bare: Interval | None
    untriggered: Interval | None
    leak: Interval | None
    turned: float | None
    top1: float | None
    face_rate: float | None
    following: Interval | None
    slots: Mapping[str, float]
    spread: Interval | None
    nearest: float | None
    recall: Recall | None
    flags: tuple[Flag, ...] = ()
    cautions: tuple[str, ...] = ()
    pictures: tuple[PictureScore, ...] = ()

    @property
    def overtrained(self) -> bool:
        return any(flag.kind == "overtrained" for flag in self.flags)

    def identities(self) -> dict[Key, float]:
        """Cosine by picture that names the trigger and shows a face."""
        return {p.key: p.identity for p in self.pictures if p.triggered and p.identity is not None}

    def followings(self) -> dict[Key, float]:
        """Share of what was asked by picture that names the trigger."""
        return {p.key: share(p.followed) for p in self.pictures if p.triggered and p.followed}

    def to_json(self) -> dict[str, Any]:
        return {item.name: _plain(getattr(self, item.name)) for item in fields(self)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Scores":
        known = checked_keys(cls, data, RunError)
        for name in ("identity", "bare", "untriggered", "leak", "following", "spread"):
            known[name] = _maybe(Interval.from_json, known[name])
        known["recall"] = _maybe(Recall.from_json, known["recall"])
        known["flags"] = tuple(Flag(**checked_keys(Flag, row, RunError)) for row in known.get("flags", ()))
        known["cautions"] = tuple(known.get("cautions", ()))
        rows = [checked_keys(PictureScore, row, RunError) for row in known.get("pictures", ())]
        known["pictures"] = tuple(PictureScore(**row) for row in rows)
        return cls(**known)


def _plain(value: Any) -> Any:
    if isinstance(value, Interval | Recall):
        return value.to_json()
    if isinstance(value, Flag | PictureScore):
        return {item.name: _plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]  # type: ignore[reportUnknownVariableType]
    if isinstance(value, Mapping):
        return dict(value)  # type: ignore[reportUnknownArgumentType]
    return value


def _maybe(read: Callable[[Any], _T], value: Any) -> _T | None:
    return None if value is None else read(value)
