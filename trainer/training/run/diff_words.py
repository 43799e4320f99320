"""What differs between two runs, in words."""

from collections.abc import Iterator
from typing import Any

from ...errors import few, more_of, shortened
from ...runtime.duration import duration
from .diff import Changed, DatasetDiff, RunDiff
from .past_run import Chosen, RunResult
from .words import by_heart, gib

_MOST_CHANGES = 30
_WIDE = 60


def diff_lines(diff: RunDiff) -> list[str]:
    """Lines to read: what was set, what it was made of, what came of it."""
    first, second = diff.names
    return [
        f"{first} → {second}",
        *_settings(diff),
        *(_changed(each) for each in diff.base),
        *([] if diff.base else ["Base: the same."]),
        *_dataset(diff.dataset, diff.names),
        *result_lines(diff),
    ]


def _settings(diff: RunDiff) -> Iterator[str]:
    if not diff.settings:
        yield f"Settings: all {diff.same_settings} the same."
        return
    yield f"Settings: {len(diff.settings)} differ, {diff.same_settings} the same."
    yield from (f"  {_changed(each)}" for each in diff.settings)


def _changed(each: Changed) -> str:
    return f"{each.name}: {_value(each.first, each.usual)} → {_value(each.second, each.usual)}"


def _value(value: Any, usual: Any) -> str:
    said = shown(value)
    return f"{said} (default)" if usual is not None and value == usual else said


def shown(value: Any) -> str:
    """A setting's value as a person writes it."""
    if value is None or value == "" or value == []:
        return "none"
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list):
        return shortened(", ".join(map(str, value)), _WIDE)  # type: ignore[reportUnknownArgumentType]
    return shortened(str(value), _WIDE)


def _dataset(diff: DatasetDiff, names: tuple[str, str]) -> Iterator[str]:
    if diff.is_same:
        yield f"Dataset: the same {diff.in_both} pictures, captions and repeats."
        return
    yield f"Dataset: {diff.in_both} pictures in both, {len(diff.only_first)} removed, {len(diff.only_second)} added."
    for name, only in zip(names, (diff.only_first, diff.only_second), strict=True):
        if only:
            yield f"  only in {name}: {few(only)}"
    yield from (f"  {_changed(each)}" for each in diff.changed[:_MOST_CHANGES])
    yield from (f"  {line}" for line in more_of(len(diff.changed) - _MOST_CHANGES))


def result_lines(diff: RunDiff) -> Iterator[str]:
    """What came of each, row by row; rows that neither run tells are left out."""
    yield "Result:"
    yield from (f"  {name}: {first} → {second}" for name, first, second in result_rows(diff))
    if diff.is_on_two_scales:
        readers = " and ".join(each.reader or "a reader that is not named" for each in diff.results)
        yield f"  Likeness was read by {readers}: the two are on different scales and do not compare."


def result_rows(diff: RunDiff) -> list[tuple[str, str, str]]:
    """Name, first and second of every figure that at least one run has; the other's is then "–"."""
    told = [_figures(result) for result in diff.results]
    names = [name for name in told[0] if told[0][name] or told[1][name]]
    chosen = [result.chosen for result in diff.results]
    return [*((name, told[0][name] or "–", told[1][name] or "–") for name in names), *_scores(*chosen)]


def figure_rows(result: RunResult) -> list[tuple[str, str]]:
    """Name and words of every figure that a run has."""
    return [(name, words) for name, words in _figures(result).items() if words]


def _figures(result: RunResult) -> dict[str, str]:
    return {
        "updates": f"{result.step} of {result.steps}, {_ended(result)}",
        "loss, last tenth": _number(result.last_loss, 4),
        "held-out loss, last": _number(result.held_out[-1][1] if result.held_out else None, 4),
        "likeness of samples, last": _number(result.last_likeness, 2),
        "likeness of samples, best": _best(result),
        "live likeness, last": _number(result.live[-1][1] if result.live else None, 2),
        "learned by heart": "" if result.memory_score is None else by_heart(result.memory_score),
        "chosen": _label(result.chosen),
        "time in updates": "" if result.seconds is None else duration(result.seconds),
        "a step": "" if result.seconds_per_step is None else f"{result.seconds_per_step:.2f} s",
        "peak of memory": "" if result.peak is None else gib(result.peak),
        "compiled": result.compiled,
    }


def _ended(result: RunResult) -> str:
    if result.stopped_early:
        return "stopped early"
    return "finished" if result.is_finished else "not finished"


def _best(result: RunResult) -> str:
    if not result.likeness:
        return ""
    step, value = max(result.likeness, key=lambda row: row[1])
    return f"{value:.2f} at step {step}"


def _label(chosen: Chosen | None) -> str:
    return "" if chosen is None else chosen.label or "none passed"


def _scores(first: Chosen | None, second: Chosen | None) -> list[tuple[str, str, str]]:
    """Measures that both choices have, by the names of the comparison."""
    if first is None or second is None:
        return []
    both = [name for name in first.measures if name in second.measures]
    return [
        (f"chosen: {name.replace('_', ' ')}", f"{first.measures[name]:.2f}", f"{second.measures[name]:.2f}")
        for name in both
    ]


def _number(value: float | None, digits: int) -> str:
    return "" if value is None else f"{value:.{digits}f}"
