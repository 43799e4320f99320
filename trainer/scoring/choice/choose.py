"""Which checkpoint to use and why, and why none of those before it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ...errors import RunError
from ..intervals import FEWEST, Interval
from ..scores import Scores, is_same_file, main_strength
from .merit import EVEN, are_few, is_tied, lag, merits
from .seed_swing import Group, SeedSwing, grouped, seed_swing
from .strength import best_strength

_NAMED = 3
_ONE_SEED = "No step was trained with several seeds, so how much another training seed would change was not measured."

_FEW = (
    f"Fewer than {FEWEST} pictures with the trigger were measured, too few to tell checkpoints apart; draw more "
    "prompts or seeds."
)


@dataclass(frozen=True, kw_only=True)
class Choice:
    """`label` is None when no checkpoint passes; `tied` are labels that cannot be told from the best one.

    `strength` is the one to use the LoRA at, `groups` the tied steps where several training seeds were compared,
    `notes` what limits the choice. `by_hand` says that a person decided.
    """

    label: str | None
    reason: str
    tied: tuple[str, ...] = ()
    strength: float = 1.0
    is_clear: bool = True
    groups: tuple[str, ...] = ()
    by_hand: bool = False
    notes: tuple[str, ...] = ()

    @property
    def headline(self) -> str:
        """The choice in a few words."""
        if self.label is None:
            return "None passes."
        if self.by_hand:
            return f"{self.label}, chosen by hand."
        if self.is_clear:
            return f"{self.label}."
        return f"No clear winner: {_listed(self.groups or self.tied)}; the earliest is taken."


def choose(
    control: Scores,
    checkpoints: Sequence[Scores],
    reference: float | None,
    *,
    preference: float = EVEN,
    strength: float | None = None,
) -> Choice:
    """The unflagged checkpoint with the best merit, or an earlier one that cannot be told from it.

    `preference` weighs identity (0) against flexibility (1). Columns at `strength` compete, the commonest one where it
    is not told; others of the chosen file say at which strength to use it. The best merit always lies on the Pareto
    front of identity and flexibility, so the front needs no search of its own.

    Raises RunError for a preference outside 0 to 1.
    """
    if not 0 <= preference <= 1:
        raise RunError(f"preference is {preference}; use 0 for likeness alone up to 1 for flexibility alone.")
    at = _competing(checkpoints, main_strength(checkpoints, strength))
    groups, swing = _groups(control, at, reference, preference)
    if not groups:
        return Choice(label=None, reason=_none_passes(checkpoints), notes=_notes(at, swing))
    if reference is None and all(scores.identity is None for scores in (control, *at)):
        return Choice(label=None, reason=_unlikened(at), notes=_notes(at, swing))
    best = int(np.argmax([group.mean[0] for group in groups]))
    tied = [group for group in groups if group is groups[best] or is_tied(_gap(groups[best], group, swing))]
    chosen = tied[0].taken
    sweep = best_strength(control, [each for each in checkpoints if is_same_file(each, chosen)], reference, preference)
    told = _Told(control, reference, groups[best], tied, swing)
    sentences = [*told.lead(), told.numbers(chosen), *told.seeds(), *told.passed_over(chosen, at, groups), sweep.reason]
    return Choice(
        label=chosen.label,
        reason=" ".join(sentence for sentence in sentences if sentence),
        tied=tuple(group.taken.label for group in tied),
        strength=sweep.strength or chosen.strength,
        is_clear=len(tied) == 1,
        groups=tuple(group.label for group in tied) if swing else (),
        notes=_notes(at, swing),
    )


def _competing(checkpoints: Sequence[Scores], strength: float) -> list[Scores]:
    """Columns at the strength, if one of them passes, else all: a LoRA too strong at 1 may be right at 0.7."""
    at = [scores for scores in checkpoints if scores.strength == strength]
    return at if any(not scores.flags for scores in at) else list(checkpoints)


def _groups(
    control: Scores, columns: Sequence[Scores], reference: float | None, preference: float
) -> tuple[list[Group], SeedSwing | None]:
    """Steps of which a file passes; of a step with several seeds those that do not pass count in its mean all the same,
    because another training would meet them too."""
    steps = {
        scores.step for scores in columns if not scores.flags and scores.seed is not None and scores.step is not None
    }
    held = [each for each in columns if not each.flags or (each.seed is not None and each.step in steps)]
    if not held:
        return [], None
    groups = grouped(held, merits(control, held, reference, preference))
    swing = seed_swing(groups)
    return [group for group in groups if any(not column.flags for column in group.columns)], swing


def _gap(best: Group, other: Group, swing: SeedSwing | None) -> Interval:
    """By how much a step is worse than the best."""
    return lag(best.mean, other.mean, swing.half_width(best.size, other.size) if swing else 0.0)


def _notes(columns: Sequence[Scores], swing: SeedSwing | None) -> tuple[str, ...]:
    if not columns:
        return ()
    few = [_FEW] if len(columns) > 1 and are_few(columns) else []
    return (*few, swing.sentence if swing else _ONE_SEED)


@dataclass(frozen=True, eq=False)
class _Told:
    """The sentences of a choice."""

    control: Scores
    reference: float | None
    best: Group
    tied: Sequence[Group]
    swing: SeedSwing | None

    def lead(self) -> Iterator[str]:
        if self._has_lead:
            yield f"No clear winner: {_listed([group.label for group in self.tied])}; the earliest is taken."

    def numbers(self, chosen: Scores) -> str:
        others = [group.label for group in self.tied if group is not self.tied[0]]
        tie = f"; it cannot be told from {_listed(others)}, so the earliest is taken" if others else ""
        tie = "" if self._has_lead else tie
        base = f", without LoRA {self.control.identity.value:.2f}" if self.control.identity else ""
        real = f", real pictures {self.reference:.2f}" if self.reference is not None else ""
        numbers = [
            f"identity {_said(chosen.identity)}{base}{real}",
            f"prompt following {_said(chosen.following)}",
            f"variety {_said(chosen.variety)} of the control's" if chosen.variety else "variety not measured",
        ]
        return f"{chosen.label}: {'; '.join(numbers)}{tie}."

    @property
    def _has_lead(self) -> bool:
        return len(self.tied) > 2

    def seeds(self) -> Iterator[str]:
        group = self.tied[0]
        if self.swing is None or group.size < 2:
            return
        merit = lag(group.mean, np.zeros_like(group.mean))
        yield (
            f"{group.label} reaches {merit} on average; of these files that of training seed {group.taken.seed} is "
            f"taken. {self.swing.sentence}"
        )

    def passed_over(self, chosen: Scores, columns: Sequence[Scores], groups: Sequence[Group]) -> Iterator[str]:
        """Why earlier ones whose identity lies in the chosen one's interval are not taken: those nearest to it."""
        group_of = {column.label: group for group in groups for column in group.columns}
        alike = [s for s in columns if s.step is not None and s.step < (chosen.step or 0) and _is_as_like(s, chosen)]
        for scores in sorted(alike, key=lambda each: (each.step or 0, each.label))[-_NAMED:]:
            if scores.flags:
                yield f"{scores.label} is as like, but ruled out: {scores.flags[0].sentence}"
            elif scores.label in group_of:
                gap = _gap(self.best, group_of[scores.label], self.swing)
                yield (
                    f"{scores.label} is as like, but on the same prompts and seeds it is {gap} worse in likeness and "
                    "flexibility together."
                )


def _is_as_like(scores: Scores, chosen: Scores) -> bool:
    return bool(scores.identity and chosen.identity and scores.identity.value >= chosen.identity.low)


def _said(measured: Interval | None) -> str:
    return str(measured) if measured else "not measured"


def _none_passes(checkpoints: Sequence[Scores]) -> str:
    if not checkpoints:
        return "No checkpoint was compared."
    kinds = {flag.kind for scores in checkpoints for flag in scores.flags}
    last = max(checkpoints, key=lambda scores: (scores.step is not None, scores.step or 0, scores.label))
    why = last.flags[0].sentence if last.flags else ""
    only = {"weak": "none has learned the character", "overtrained": "all are over-trained", "broken": "all draw badly"}
    summary = only[next(iter(kinds))] if len(kinds) == 1 else "each has something against it"
    return f"No checkpoint passes: {summary}. Of the last, {last.label}: {why}"


def _unlikened(columns: Sequence[Scores]) -> str:
    """Why nothing is chosen where nobody was known to be like."""
    clear = [scores.label for scores in columns if not scores.flags]
    return (
        "Identity was not measured, so nothing says which checkpoint is the character: choose by eye. Nothing else is "
        f"against {_listed(clear)}."
    )


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
