"""The columns of a grid: one LoRA at each strength with the other at each weight."""

from collections.abc import Sequence
from dataclasses import replace

from ...generate.attachments import Attachment
from ..columns import Column
from ..drawing import ColumnShots, picture_key
from ..plan.candidate import Candidate
from ..plan.compare_plan import WITH_TRIGGER, ComparePlan
from .companion import Companion
from .grid import BalanceGrid, Pair, words_of


def columns_of(
    plan: ComparePlan, candidate: Candidate, companion: Companion, grid: BalanceGrid, base: str
) -> tuple[Column, ...]:
    """The control, then a column a pair, in order of the pairs. Pictures of weight 0 are those of any comparison.

    ModelError when the LoRA or the other cannot be read.
    """
    cells = (_column(plan, candidate, companion, pair, base) for pair in grid.pairs)
    return (replace(Column.of(plan, None, base), label="Neither"), *cells)


def _column(plan: ComparePlan, candidate: Candidate, companion: Companion, pair: Pair, base: str) -> Column:
    strength, weight = pair
    # Losses of its run are those of every pair, and tell none from another.
    cell = replace(candidate, label=words_of(pair), strength=strength, run=None)
    column = Column.of(plan, cell, base)
    return replace(column, shots=_with(plan, column.shots, companion.at(weight), base, strength)) if weight else column


def _with(plan: ComparePlan, shots: ColumnShots, more: Sequence[Attachment], base: str, strength: float) -> ColumnShots:
    """Beside the LoRA where the character is asked for. Elsewhere the LoRA draws alone: an adapter brings its face
    whatever is asked, and is left out where nobody wants it, so that this is no leaking of the pair."""
    requests = tuple(
        replace(each, shot=replace(each.shot, attachments=(*each.shot.attachments, *more)))
        if plan.probes[each.what].kind in WITH_TRIGGER
        else each
        for each in shots.requests
    )
    return ColumnShots(requests=requests, keys=tuple(picture_key(base, each.shot, strength) for each in requests))
