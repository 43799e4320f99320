"""The table of what can be wrong (`table.toml`) with its names resolved."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from . import excess, learning, pictures, words
from .case import Case
from .recipes import RECIPES, Step
from .tasks import TASKS, Ask

_Done = TypeVar("_Done")
Sign = Callable[[Case], str | None]
"""A sentence with numbers where it shows, None where it does not or was not measured."""

SIGNS: Mapping[str, Sign] = {
    sign.__name__: sign
    for sign in (
        learning.not_learned,
        learning.half_learned,
        learning.short_of_likeness,
        learning.partly_learned,
        learning.rising,
        learning.rising_visibly,
        learning.few_passes,
        learning.very_few_passes,
        learning.enough_passes,
        learning.rate_below_usual,
        excess.diverged,
        excess.early_excess,
        excess.first_excess,
        excess.rate_above_usual,
        excess.late_excess,
        excess.no_gain,
        excess.room_to_raise,
        excess.very_few_pictures,
        excess.few_pictures,
        excess.repeats,
        excess.same_output,
        pictures.one_background,
        pictures.silent_on_setting,
        pictures.setting_ignored,
        pictures.background_returns,
        pictures.drifts,
        pictures.style_ignored,
        pictures.prompt_ignored,
        pictures.leaks,
        pictures.bleeds,
        pictures.breaks,
        pictures.unbroken,
        words.identity_words,
        words.trigger_missing,
        words.trigger_differs,
    )
}


@dataclass(frozen=True, kw_only=True)
class Row:
    """One thing that can be wrong; `when` holds alternatives, `explains` kinds of later rows."""

    kind: str
    what: str
    sign: str
    todo: str
    when: tuple[tuple[Sign, ...], ...]
    explains: frozenset[str]
    recipe: tuple[tuple[Step, str], ...]
    dataset: tuple[tuple[Ask, str], ...]

    def why(self, case: Case) -> str | None:
        """What the first alternative that holds says; None where none does."""
        for signs in self.when:
            said: list[str] = []
            for sign in signs:
                sentence = sign(case)
                if sentence is None:
                    break
                said.append(sentence)
            else:
                return "; ".join(said) + "."
        return None


def _read(text: str) -> tuple[Row, ...]:
    entries: list[dict[str, Any]] = tomllib.loads(text)["row"]
    return tuple(
        Row(
            kind=entry["kind"],
            what=entry["what"],
            sign=entry["sign"],
            todo=entry["todo"],
            when=tuple(tuple(SIGNS[name] for name in names) for names in entry["when"]),
            explains=frozenset(entry.get("explains", ())),
            recipe=_named(entry.get("recipe", ()), RECIPES),
            dataset=_named(entry.get("dataset", ()), TASKS),
        )
        for entry in entries
    )


def _named(rows: Sequence[Mapping[str, str]], known: Mapping[str, _Done]) -> tuple[tuple[_Done, str], ...]:
    return tuple((known[row["do"]], row["source"]) for row in rows)


TABLE = _read(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
