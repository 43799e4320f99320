"""The rows of `table.toml` with their signs resolved."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from . import signs
from .signs import Sign
from .situation import Situation

Verdict = Literal["train", "zero-shot", "both", "neither"]
Toward = Literal["train", "zero-shot", "both", "gather"]
Shows = Callable[[Situation], Sign | None]

SIGNS: Mapping[str, Shows] = {
    sign.__name__: sign
    for sign in (
        signs.one_picture,
        signs.few_wanted,
        signs.series,
        signs.video,
        signs.features,
        signs.another_style,
        signs.a_test,
        signs.lasting,
        signs.no_pictures,
        signs.very_few,
        signs.below_least,
        signs.least,
        signs.enough,
        signs.many,
        signs.trainable,
        signs.one_view,
        signs.drawn,
        signs.faceless,
        signs.readable,
        signs.small_card,
    )
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """`when` holds alternatives of signs that must show together; `next` are ids of nodes."""

    kind: str
    what: str
    when: tuple[tuple[Shows, ...], ...]
    next: tuple[str, ...]

    def shown(self, situation: Situation) -> tuple[Sign, ...]:
        """The signs of the first alternative that holds; none where none does."""
        for alternative in self.when:
            found = [sign for shows in alternative if (sign := shows(situation)) is not None]
            if len(found) == len(alternative):
                return tuple(found)
        return ()


@dataclass(frozen=True, kw_only=True)
class VerdictRow(Row):
    """What to do where it is the first that holds."""

    verdict: Verdict


@dataclass(frozen=True, kw_only=True)
class ReasonRow(Row):
    """What speaks `toward` something wherever it holds; `todo` is what to do next, `source` whose claim it is."""

    toward: Toward
    todo: str
    source: str


def _common(entry: Mapping[str, Any]) -> dict[str, Any]:
    when: Sequence[Sequence[str]] = entry["when"]
    alternatives = tuple(tuple(SIGNS[name] for name in names) for names in when)
    return {"kind": entry["kind"], "what": entry["what"], "when": alternatives, "next": tuple(entry["next"])}


_TABLE = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
VERDICTS = tuple(VerdictRow(**_common(entry), verdict=entry["verdict"]) for entry in _TABLE["verdict"])
REASONS = tuple(
    ReasonRow(**_common(entry), toward=entry["toward"], todo=entry["todo"], source=entry["source"])
    for entry in _TABLE["reason"]
)
