"""Signs of too much: a rate at which nothing settles, and pictures learned by heart."""

from collections.abc import Iterator

from ..gates import Gates
from ..intervals import Interval, is_above, is_below
from ..measures.memorisation import SUSTAINED
from ..scores import Scores
from .case import Case
from .learning import EARLY, USUAL, not_learned, short_of_likeness

_ROSE = 1.5
"""Held-out loss over its lowest from which a run has diverged, where training loss rose too: noise and pictures are the
same at every evaluation, so that in a sound run training loss only falls."""
_ROSE_TOO = 1.25
_SAME = 0.05
"""Share of the way to real pictures that nobody sees."""
_ONE_PERSON = 0.85
"""Variety of a perfect LoRA: one person in place of many (drawn demo pictures; measures/variety)."""
_FEW, _VERY_FEW = 10, 5
"""The guide: 10 to 15 pictures are the least; of 1 to 5 it says zero-shot."""
_VARIETY, _COPIES, _DROP = 0.6, 0.1, 0.15
"""The gates of measures."""


def diverged(case: Case) -> str | None:
    """Loss on training pictures rose, not only on held-out ones."""
    for column in case.columns:
        learned = column.memorisation
        if learned and learned.rise > _ROSE and learned.fall > _ROSE_TOO:
            return (
                f"by {column.label} the loss on training pictures has risen {learned.fall:.1f}-fold, on held-out ones "
                f"{learned.rise:.1f}-fold: it diverged"
            )
    return None


def early_excess(case: Case) -> str | None:
    """The first column is broken or over-trained although its pictures, enough of them, were seen few times."""
    first, count = (case.columns[0] if case.columns else None), case.count
    passes = case.passes(first.step) if first and first.step else None
    if first is None or passes is None or count is None or count < _FEW or passes >= EARLY:
        return None
    said = _excess(first)
    return f"already {first.label}, where each picture was seen {passes:.0f} times, shows it: {said}" if said else None


def first_excess(case: Case) -> str | None:
    """The first column is broken, or over-trained after fewer passes than are usual or without any likeness."""
    first = case.columns[0] if case.columns else None
    if first is None or not (said := _excess(first)):
        return None
    passes = case.passes(first.step) if first.step else None
    is_broken = any(flag.kind == "broken" for flag in first.flags)
    is_early = passes is not None and passes < USUAL[0] and (case.count or 0) >= _FEW
    if is_broken or is_early or not_learned(case):
        return f"already {first.label} shows it: {said}"
    return None


def rate_above_usual(case: Case) -> str | None:
    """Three times the preset's rate, or more."""
    if case.recipe is None or case.usual is None or case.recipe.optim.optimizer == "prodigy":
        return None
    rate, usual = case.recipe.optim.lr, case.usual.optim.lr
    return f"lr is {rate:g}, usual for this base is {usual:g}" if rate >= 3 * usual else None


def room_to_raise(case: Case) -> str | None:
    """Neither does a column show too much nor is the rate above what is usual."""
    return None if shows_too_much(case) or rate_above_usual(case) else "no column is broken or over-trained"


def late_excess(case: Case) -> str | None:
    """A later column is over-trained and an earlier one is not, or the first one is, which learned before that."""
    for index, column in enumerate(case.columns):
        if said := _excess(column):
            passes = case.passes(column.step) if column.step else None
            # A single column does not tell whether it was sound before: other rows then name what it shows.
            least = EARLY if len(case.columns) > 1 else USUAL[0]
            if index == 0 and ((passes is not None and passes < least) or not_learned(case)):
                return None
            seen = f"; each picture was seen {passes:.0f} times by then" if passes is not None else ""
            return f"from {column.label} on: {said}{seen}"
    return None


def no_gain(case: Case) -> str | None:
    """More passes than are usual, and the later part of them made nothing liker than what had been learned."""
    if short_of_likeness(case):
        return None
    passes, settled, last = case.passes(), settled_at(case), case.last
    if passes is None or passes <= USUAL[1] or settled is None or last is None or settled is last:
        return None
    return (
        f"from {settled.label} to {last.label} likeness changed by {case.gain(last, settled)} of the way to real "
        f"pictures, while each picture was seen {passes:.0f} times in all, where {USUAL[0]} to {USUAL[1]} are usual"
    )


def settled_at(case: Case) -> Scores | None:
    """The first column than which no later one is liker by what anybody would see; None without likeness."""
    for index, column in enumerate(case.columns):
        gains = [case.gain(later, column) for later in case.columns[index + 1 :]]
        known = [gain for gain in gains if gain is not None]
        if column.identity is not None and len(known) == len(gains) and all(gain.high < _SAME for gain in known):
            return column
    return None


def last_sound(case: Case) -> Scores | None:
    """The last column before the first that shows too much; None where that is the first, or none does."""
    for index, column in enumerate(case.columns):
        if _excess(column):
            return case.columns[index - 1] if index else None
    return None


def first_is_too_much(case: Case) -> bool:
    """Whether no column lies before the first sign."""
    return bool(case.columns) and bool(_excess(case.columns[0]))


def very_few_pictures(case: Case) -> str | None:
    if case.count is None or case.count >= _VERY_FEW:
        return None
    return f"there are {case.count} training pictures, where {_FEW} are the least and 20 to 30 are good{_seen(case)}"


def few_pictures(case: Case) -> str | None:
    if case.count is None or case.count >= _FEW:
        return None
    return f"there are {case.count} training pictures, where {_FEW} are the least and 20 to 30 are good{_seen(case)}"


def repeats(case: Case) -> str | None:
    """Any sure sign that pictures come back, though none that rules a checkpoint out."""
    return next(_repetitions(case.last), None) if case.last else None


def _repetitions(column: Scores) -> Iterator[str]:
    if is_below(column.variety, _ONE_PERSON):
        yield f"pictures of one prompt differ {column.variety} times as much as the control's"
    if is_above(column.copies, 0.0) and column.copies and column.copies.value > 0:
        yield f"{column.copies} of its pictures repeat a training picture"
    yield from (flag.sentence.rstrip(".") for flag in column.flags if flag.kind == "overtrained")


def same_output(case: Case) -> str | None:
    """Pictures of one prompt hardly differ, or training pictures come back, in what would be used."""
    column = case.judged
    if column is None:
        return None
    if is_below(column.variety, _VARIETY):
        return f"pictures of one prompt differ {column.variety} times as much as the control's"
    if is_above(column.copies, _COPIES):
        return f"{column.copies} of its pictures repeat a training picture"
    return None


def slots_ignored(case: Case, slots: tuple[str, ...]) -> list[tuple[str, Interval]]:
    """Which of the slots it follows less than the control does, and by how much."""
    column = case.judged
    if column is None:
        return []
    drops = [(slot, case.slot_drop(column, slot)) for slot in slots if slot in column.slots]
    # A drop as large as the gate, and surely above a third of it: the whole interval above it would take 60 pictures.
    return [(slot, drop) for slot, drop in drops if drop and drop.value >= _DROP and is_above(drop, _DROP / 3)]


def shows_too_much(case: Case) -> bool:
    """Whether any column is broken or over-trained: no higher rate mends that."""
    return any(_excess(column) for column in case.columns)


def _excess(column: Scores) -> str:
    said = next((flag.sentence for flag in column.flags if flag.kind in ("overtrained", "broken")), "")
    return said.rstrip(".") or _by_heart(column)


def _by_heart(column: Scores) -> str:
    """A lasting rise of the loss on held-out pictures: it rules no column out, but tells where the next run may end."""
    rise, learned = column.held_out_rise, column.memorisation
    if rise is None or learned is None or learned.fall >= 1 or rise.count < SUSTAINED or rise.low < Gates().rise:
        return ""
    return f"loss on held-out pictures has risen {rise.value:.1f}-fold from its lowest while that on trained ones fell"


def _seen(case: Case) -> str:
    passes = case.passes()
    return f"; each was seen {passes:.0f} times" if passes is not None else ""
