"""How captions are to be written: the settings every rule reads."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any, Literal, get_args

from ...errors import DatasetError
from ...storage.values import checked_values
from ..prose.limits import FAMILIES
from ..prose.tags import normalise_tag
from ..words.identity import ROWS
from ..words.slots import SLOTS

Policy = Literal["core", "strict", "minimal"]
Appearance = Literal["omit", "describe"]
Style = Literal["auto", "keep", "drop"]
Form = Literal["both", "tags", "sentence"]


@dataclass(frozen=True, kw_only=True)
class CaptionRules:
    """What is pruned, in which order the rest is written, and how long a caption may be.

    `core` drops identity that at least `core_share` of the pictures show and signature items (hairstyles, glasses …)
    that `signature_share` show: what only few pictures show is an exception and must be said. `strict` drops both
    whatever their share, `minimal` only the `drop` list. `keep` and `drop` hold tags or phrases, `*` standing for any
    letters; `keep` wins. `signature` names this character's own items, like `red_scarf`. `appearance` sets a row of
    `ROWS` to omit or describe, against the policy. `tokens` overrides the family's limit; 0 is no limit.
    """

    policy: Policy = "core"
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    signature: tuple[str, ...] = ()
    appearance: Mapping[str, Appearance] = field(default_factory=dict[str, Appearance], hash=False)
    core_share: float = 0.30
    signature_share: float = 0.70
    style: Style = "auto"
    order: tuple[str, ...] = SLOTS
    form: Form = "both"
    family: str = "sdxl"
    tokens: int | None = None
    rewrite_hand: bool = False

    def __post_init__(self) -> None:
        if faults := [sentence for broken, sentence in self._checks() if broken]:
            raise DatasetError.all_of(faults)

    def _checks(self) -> list[tuple[bool, str]]:
        unknown = sorted(set(self.appearance) - set(ROWS))
        settings = sorted(set(self.appearance.values()) - set(get_args(Appearance)))
        return [
            (self.policy not in get_args(Policy), f"policy is {self.policy!r}; use {_options(Policy)}."),
            (bool(unknown), f"appearance has no row {', '.join(unknown)}; it has {', '.join(ROWS)}."),
            (bool(settings), f"appearance is {', '.join(settings)}; use omit or describe."),
            (not 0 <= self.core_share <= 1, f"core_share is {self.core_share}; use 0 to 1, usually 0.3."),
            (
                not 0 <= self.signature_share <= 1,
                f"signature_share is {self.signature_share}; use 0 to 1, usually 0.7.",
            ),
            (self.style not in get_args(Style), f"style is {self.style!r}; use {_options(Style)}."),
            (sorted(self.order) != sorted(SLOTS), f"order must hold each of {', '.join(SLOTS)} once."),
            (self.form not in get_args(Form), f"form is {self.form!r}; use {_options(Form)}."),
            (self.family not in FAMILIES, f"family is {self.family!r}; use {', '.join(FAMILIES)}."),
            (self.tokens is not None and self.tokens < 0, f"tokens is {self.tokens}; use 0 for no limit."),
        ]

    @property
    def limit(self) -> int | None:
        """Tokens a caption may have; None is no limit."""
        return (FAMILIES[self.family] if self.tokens is None else self.tokens) or None

    @cached_property
    def kept(self) -> re.Pattern[str] | None:
        return _pattern(self.keep)

    @cached_property
    def dropped(self) -> re.Pattern[str] | None:
        return _pattern(self.drop)

    @cached_property
    def own(self) -> re.Pattern[str] | None:
        return _pattern(self.signature)

    @cached_property
    def phrases(self) -> tuple[tuple[re.Pattern[str], ...], ...]:
        """The drop list as words, for sentences."""
        return tuple(
            tuple(_pattern((part,)) or re.compile("(?!)") for part in normalise_tag(item).split("_"))
            for item in self.drop
            if normalise_tag(item)
        )

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "appearance": dict(self.appearance)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "CaptionRules":
        known = checked_values(cls, data, DatasetError)
        for name in ("keep", "drop", "signature", "order"):
            if name in known:
                known[name] = tuple(known[name])
        return cls(**known)


def _options(kind: Any) -> str:
    return ", ".join(get_args(kind))


def _pattern(items: Iterable[str]) -> re.Pattern[str] | None:
    """Matches a tag in its usual spelling if any of `items` names it; None for an empty list."""
    parts = [
        ".*".join(re.escape(piece) for piece in normalise_tag(item).split("*")) for item in items if normalise_tag(item)
    ]
    return re.compile("|".join(f"(?:{part})" for part in parts)) if parts else None
