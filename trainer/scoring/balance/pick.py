"""Which pair to use: of those that nothing rules out the best, or the lowest of both that cannot be told from it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..choice.merit import EVEN, are_few, is_tied, lag, merits
from ..intervals import FEWEST, Interval
from ..scores import Scores
from .grid import USUAL, Pair, both_high, words_of

_FEW = (
    f"Fewer than {FEWEST} pictures with the trigger were measured, too few to tell pairs apart: the pair nearest to "
    "the guide's is taken. Draw more prompts or seeds."
)


@dataclass(frozen=True, kw_only=True)
class Pick:
    """`pair` is None where nothing passes, or nobody is known to be like; `tied` cannot be told from the best."""

    pair: Pair | None
    reason: str
    tied: tuple[Pair, ...] = ()
    warnings: tuple[str, ...] = ()


def pick(
    control: Scores, cells: Mapping[Pair, Scores], reference: float | None, title: str, preference: float = EVEN
) -> Pick:
    """By the same gates and merit as checkpoints. `title` is what the other is called."""
    passing = {pair: scores for pair, scores in cells.items() if not scores.flags}
    if not passing:
        pair, flag = next((pair, scores.flags[0]) for pair, scores in cells.items() if scores.flags)
        return Pick(pair=None, reason=f"No pair passes. Of the first, {words_of(pair)}: {flag.sentence}")
    if reference is None and all(scores.identity is None for scores in (control, *passing.values())):
        return Pick(
            pair=None,
            reason="Identity was not measured, so nothing says which pair is the character: choose by eye.",
        )
    weighed = _Weighed(control, passing, reference, preference)
    out = len(cells) - len(passing)
    sentences = [
        weighed.lead,
        _numbers(passing[weighed.taken], control, reference),
        *weighed.apart(title),
        f"{out} of {len(cells)} pairs are ruled out." if out else "",
    ]
    warning = both_high(*weighed.taken)
    return Pick(
        pair=weighed.taken,
        reason=" ".join(filter(None, sentences)),
        tied=weighed.tied,
        warnings=(warning,) if warning else (),
    )


@dataclass(frozen=True, eq=False)
class _Weighed:
    """The pairs that pass, over the same resampled pictures."""

    control: Scores
    passing: Mapping[Pair, Scores]
    reference: float | None
    preference: float

    @cached_property
    def merits(self) -> Mapping[Pair, np.ndarray]:
        """Of each, (1 + DRAWS,)."""
        rows = merits(self.control, list(self.passing.values()), self.reference, self.preference)
        return dict(zip(self.passing, rows, strict=True))

    @cached_property
    def best(self) -> Pair:
        return self._best_of(lambda _: True)[0]

    @cached_property
    def tied(self) -> tuple[Pair, ...]:
        return tuple(pair for pair in self.passing if pair == self.best or is_tied(self._gap(self.best, pair)))

    @cached_property
    def taken(self) -> Pair:
        """The lowest of both bends the base least; the smaller weight of two as low, which is cheaper to draw."""
        if self._are_few:
            return min(self.passing, key=lambda pair: abs(pair[0] - USUAL[0]) + abs(pair[1] - USUAL[1]))
        return min(self.tied, key=lambda pair: (round(sum(pair), 6), pair[1]))

    @property
    def lead(self) -> str:
        merit = f"({self.merits[self.best][0]:.2f})"
        if self._are_few:
            return f"{words_of(self.taken)}. {_FEW}"
        others = len(self.tied) - 1
        if self.taken == self.best:
            tied = f"; {others} of the others cannot be told from it, and it is the lowest" if others else ""
            return f"{words_of(self.best)} is best in likeness and flexibility together {merit}{tied}."
        gap = self._gap(self.best, self.taken)
        return (
            f"{words_of(self.taken)} is advised: {words_of(self.best)} is best in likeness and flexibility together "
            f"{merit}, and {others} of the others cannot be told from it; of these the lowest of both is "
            f"taken ({gap} worse)."
        )

    def apart(self, title: str) -> Iterator[str]:
        """What the one does without the other: whether both are needed."""
        alone = self._best_of(lambda pair: pair[1] == 0)
        other = self._best_of(lambda pair: pair[0] == 0)
        together = self._best_of(lambda pair: min(pair) > 0)
        if together and not min(self.taken):
            yield f"The best of both together, {words_of(together[0])}, {self._beside(together[0])}."
        if alone and self.taken[1]:
            yield f"The LoRA without {title}, best at {alone[0][0]:g}, {self._beside(alone[0])}."
        if other and self.taken[0]:
            yield f"Without the LoRA {title}, best at {other[0][1]:g}, {self._beside(other[0])}."

    def _best_of(self, asked: Callable[[Pair], bool]) -> list[Pair]:
        """The best of those, alone in a list; none where none passes."""
        return sorted((pair for pair in self.passing if asked(pair)), key=lambda p: -float(self.merits[p][0]))[:1]

    @cached_property
    def _are_few(self) -> bool:
        return are_few(list(self.passing.values()))

    def _gap(self, one: Pair, other: Pair) -> Interval:
        return lag(self.merits[one], self.merits[other])

    def _beside(self, pair: Pair) -> str:
        is_better = self.merits[pair][0] > self.merits[self.taken][0]
        gap = self._gap(pair, self.taken) if is_better else self._gap(self.taken, pair)
        said = f"{gap} {'better' if is_better else 'worse'}"
        return f"cannot be told from it ({said})" if is_tied(gap) else f"is {said}"


def _numbers(scores: Scores, control: Scores, reference: float | None) -> str:
    base = f", without either {control.identity.value:.2f}" if control.identity else ""
    real = f", real pictures {reference:.2f}" if reference is not None else ""
    told = [
        f"Identity {_said(scores.identity)}{base}{real}",
        f"prompt following {_said(scores.following)}",
        f"variety {_said(scores.variety)} of the control's" if scores.variety else "variety not measured",
    ]
    return f"{'; '.join(told)}."


def _said(measured: Interval | None) -> str:
    return str(measured) if measured else "not measured"
