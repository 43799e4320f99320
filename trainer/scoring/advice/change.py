"""What to change for the next run: a setting of the recipe, or something about the pictures and captions."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal, get_args

from ...errors import RunError
from ...storage.values import checked_values

Setting = int | float | bool | str
Task = Literal[
    "prune_words", "add_trigger", "add_pictures", "caption_background", "remove_copies", "vary_style", "vary_captions"
]
"""Of these `prune_words`, `add_trigger` and `remove_copies` can be done without a person (`changed_dataset`)."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A setting of the recipe by its name in JSON (`optim.lr`), and where the rule is from."""

    setting: str
    old: Setting
    new: Setting
    why: str
    source: str

    @property
    def move(self) -> str:
        part, _, name = self.setting.rpartition(".")
        named = f"prior {name}" if part == "prior" else name
        return f"{named} {_said(self.old)} → {_said(self.new)}"

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Change":
        """Raises RunError naming every key it does not know or lacks."""
        return cls(**checked_values(cls, data, RunError))


def moves(changes: Sequence[Change]) -> str:
    """All of them in words, those of one reason together."""
    reasons = dict.fromkeys(change.why for change in changes)
    parts = [(", ".join(change.move for change in changes if change.why == why), why) for why in reasons]
    return "; ".join(f"{said} ({why})" for said, why in parts)


@dataclass(frozen=True, kw_only=True)
class DatasetChange:
    """Something to do with the set: `text` for people, the rest for whoever does it.

    `words` are what to prune, or what to show by name (`left profile`, `another background`); `pictures` are the sha256
    of those concerned, `count` how many to add.
    """

    task: Task
    text: str
    source: str
    words: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    count: int = 0

    def __post_init__(self) -> None:
        if self.task not in get_args(Task):
            raise RunError(f"task is {self.task!r}; use one of {', '.join(get_args(Task))}.")

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "words": list(self.words), "pictures": list(self.pictures)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "DatasetChange":
        """Raises RunError naming every key it does not know or lacks."""
        known = checked_values(cls, data, RunError)
        for name in ("words", "pictures"):
            known[name] = tuple(known.get(name, ()))
        return cls(**known)


def _said(value: Setting) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)
