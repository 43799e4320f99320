"""Which checkpoint to use and why, and why none of those before it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .intervals import DRAWS, TAILS, Interval, Key, resamples
from .measures.following import followings
from .measures.identity import identities
from .scores import Scores

_NAMED = 3


@dataclass(frozen=True, kw_only=True)
class Choice:
    """`label` is None when no checkpoint passes; `tied` are labels that cannot be told from the best one."""

    label: str | None
    reason: str
    tied: tuple[str, ...] = ()


def choose(control: Scores, checkpoints: Sequence[Scores], reference: float | None) -> Choice:
    """The unflagged checkpoint with the best harmonic mean of identity and flexibility, or an earlier one as good.

    The best harmonic mean always lies on the Pareto front of the two, so the front needs no search of its own.
    """
    passing = sorted((s for s in checkpoints if not s.flags), key=lambda s: (s.step is None, s.step or 0))
    if not passing:
        return Choice(label=None, reason=_none_passes(checkpoints))
    draws = _merits(control, passing, reference)
    best = int(np.argmax(draws[:, 0]))
    tied = [index for index in range(len(passing)) if index == best or _tied(draws, best, index)]
    chosen = passing[tied[0]]
    labels = tuple(passing[index].label for index in tied)
    before = {s.label: _lag(draws, best, index) for index, s in enumerate(passing[: tied[0]])}
    reason = " ".join((_reason(chosen, control, reference, labels), *_passed_over(chosen, checkpoints, before)))
    return Choice(label=chosen.label, reason=reason, tied=labels)


def _tied(draws: np.ndarray, best: int, index: int) -> bool:
    lag = _lag(draws, best, index)
    return bool(lag.low <= 0 <= lag.high)


def _lag(draws: np.ndarray, best: int, index: int) -> Interval:
    """By how much a checkpoint is worse than the best, prompt by prompt and seed by seed."""
    gaps = draws[best] - draws[index]
    low, high = np.percentile(gaps[1:], TAILS)
    return Interval(float(gaps[0]), float(low), float(high), DRAWS)


def _passed_over(chosen: Scores, checkpoints: Sequence[Scores], lags: Mapping[str, Interval]) -> Iterator[str]:
    """Why earlier checkpoints whose identity lies in the chosen one's interval are not taken: those nearest to it."""
    alike = [s for s in checkpoints if s.step is not None and s.step < (chosen.step or 0) and _is_as_like(s, chosen)]
    for scores in sorted(alike, key=lambda each: each.step or 0)[-_NAMED:]:
        if scores.flags:
            yield f"{scores.label} is as like, but ruled out: {scores.flags[0].sentence}"
        elif scores.label in lags:
            yield (
                f"{scores.label} is as like, but on the same prompts and seeds it is {lags[scores.label]} worse in "
                "likeness and flexibility together."
            )


def _is_as_like(scores: Scores, chosen: Scores) -> bool:
    return bool(scores.identity and chosen.identity and scores.identity.value >= chosen.identity.low)


def _merits(control: Scores, passing: Sequence[Scores], reference: float | None) -> np.ndarray:
    """Harmonic mean of each checkpoint: in column 0 over all pictures, then over each resample, (n, 1 + DRAWS).

    All checkpoints share the resampled prompts and seeds, so that a hard prompt weighs on all alike.
    """
    keys = sorted({picture.key for scores in passing for picture in scores.pictures if picture.triggered})
    rows = np.vstack([np.arange(len(keys))[None], resamples(len(keys))])
    base = control.identity.value if control.identity else 0.0
    span = reference - base if reference is not None and reference - base > 0.05 else 1.0 - base
    merits = np.empty((len(passing), 1 + DRAWS))
    for index, scores in enumerate(passing):
        identity = np.clip((_resampled(identities(scores.pictures), keys, rows) - base) / span, 0, 1)
        merits[index] = _harmonic(np.nan_to_num(identity), _flexibility(scores, control, span, keys, rows))
    return merits


def _flexibility(
    scores: Scores, control: Scores, span: float, keys: Sequence[Key], rows: np.ndarray
) -> np.ndarray | None:
    """Mean of what was measured: following and variety over the control's (at most 1), and what does not leak."""
    parts: list[np.ndarray] = []
    if scores.following and control.following and control.following.value > 0:
        followed = _resampled(followings(scores.pictures), keys, rows) / control.following.value
        parts.append(np.clip(np.nan_to_num(followed, nan=scores.following.value), 0, 1))
    if scores.variety:
        parts.append(np.full(len(rows), min(scores.variety.value, 1.0)))
    if scores.leak:
        parts.append(np.full(len(rows), 1 - min(max(scores.leak.value / span, 0.0), 1.0)))
    return np.mean(parts, axis=0) if parts else None


def _resampled(values: dict[Key, float], keys: Sequence[Key], rows: np.ndarray) -> np.ndarray:
    """Mean over each row of picture numbers; pictures that were not measured are left out."""
    table = np.array([values.get(key, np.nan) for key in keys])[rows]
    known = ~np.isnan(table)
    return np.where(known, table, 0).sum(axis=1) / np.where(known.any(axis=1), known.sum(axis=1), np.nan)


def _harmonic(identity: np.ndarray, flexibility: np.ndarray | None) -> np.ndarray:
    if flexibility is None:
        return identity
    return 2 * identity * flexibility / np.maximum(identity + flexibility, 1e-9)


def _reason(chosen: Scores, control: Scores, reference: float | None, tied: Sequence[str]) -> str:
    others = [label for label in tied if label != chosen.label]
    tie = f"; it cannot be told from {_listed(others)}, so the earliest is taken" if others else ""
    base = f", without LoRA {control.identity.value:.2f}" if control.identity else ""
    real = f", real pictures {reference:.2f}" if reference is not None else ""
    numbers = [
        f"identity {_said(chosen.identity)}{base}{real}",
        f"prompt following {_said(chosen.following)}",
        f"variety {_said(chosen.variety)} of the control's" if chosen.variety else "variety not measured",
    ]
    return f"{chosen.label}: {'; '.join(numbers)}{tie}."


def _said(measured: Interval | None) -> str:
    return str(measured) if measured else "not measured"


def _none_passes(checkpoints: Sequence[Scores]) -> str:
    if not checkpoints:
        return "No checkpoint was compared."
    kinds = {flag.kind for scores in checkpoints for flag in scores.flags}
    last = checkpoints[-1]
    why = last.flags[0].sentence if last.flags else ""
    only = {"weak": "none has learned the character", "overtrained": "all are over-trained", "broken": "all draw badly"}
    summary = only[next(iter(kinds))] if len(kinds) == 1 else "each has something against it"
    return f"No checkpoint passes: {summary}. Of the last, {last.label}: {why}"


def _listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
