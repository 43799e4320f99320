"""Train, zero-shot or both, and why."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from .goals import Goal
from .situation import Situation
from .table import REASONS, VERDICTS, Toward, Verdict


@dataclass(frozen=True, kw_only=True)
class Reason:
    """What was found: its `number` (pictures, a share, GB), what it speaks `toward`, and what to do, by which nodes."""

    kind: str
    toward: Toward
    text: str
    number: float
    todo: str
    next: tuple[str, ...]
    source: str


@dataclass(frozen=True, kw_only=True)
class Method:
    """`verdict` with its sentence; `reasons` of the same mind first, then the others."""

    verdict: Verdict
    what: str
    next: tuple[str, ...]
    goal: Goal
    reasons: tuple[Reason, ...]

    @property
    def text(self) -> str:
        """In words, a line a reason."""
        return "\n".join([self.what, *(f"{_sides(each.toward)}: {each.text} {each.todo}" for each in self.reasons)])

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def method_for(situation: Situation) -> Method:
    """By the table's first verdict that holds, with every reason that does."""
    row = next(row for row in VERDICTS if row.shown(situation))
    found = list(_reasons(situation))
    agreeing = ("both", "train", "zero-shot") if row.verdict == "both" else (row.verdict,)
    return Method(
        verdict=row.verdict,
        what=row.what,
        next=row.next,
        goal=situation.goal,
        reasons=tuple(sorted(found, key=lambda each: each.toward not in agreeing)),
    )


def _reasons(situation: Situation) -> Iterator[Reason]:
    for row in REASONS:
        signs = row.shown(situation)
        if signs:
            told = " and ".join(sign.sentence if not n else _lower(sign.sentence) for n, sign in enumerate(signs))
            yield Reason(
                kind=row.kind,
                toward=row.toward,
                text=f"{told}: {row.what}.",
                number=signs[-1].number,
                todo=row.todo,
                next=row.next,
                source=row.source,
            )


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _sides(toward: Toward) -> str:
    return {"train": "For training", "zero-shot": "For zero-shot", "both": "For both", "gather": "First"}[toward]
