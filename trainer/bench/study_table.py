"""The figures of `bench study` over its trainings: means with intervals, and what two settings differ by."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .study_run import MEASURES
from .variants import interval_over_seeds

SHOWN = ("identity", "trigger_only", "top1", "untriggered", "following", "variety", "nearest")
Key = tuple[int, float, float]
"""Pictures, share of close-ups and passes."""
_NEIGHBOURS = 2
Measured = Mapping[Key, Mapping[str, Mapping[str, float | None]]]
"""By setting, then by training ("character_seed"), then by measure."""


@dataclass(frozen=True, kw_only=True)
class Mean:
    """Over `count` trainings; `interval` is Student's, 95 %, None for one training."""

    value: float
    interval: tuple[float, float] | None
    count: int

    @classmethod
    def of(cls, values: Sequence[float]) -> "Mean | None":
        if not values:
            return None
        found = interval_over_seeds(values)
        mean = round(sum(values) / len(values), 3)
        return cls(value=mean, interval=(found[0], found[1]) if found else None, count=len(values))

    @property
    def is_apart(self) -> bool:
        """Of a difference: whether its interval excludes zero."""
        return self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]

    def __str__(self) -> str:
        if self.interval is None:
            return f"{self.value:.3f}"
        return f"{self.value:.3f} ({self.interval[0]:.2f} to {self.interval[1]:.2f})"


@dataclass(frozen=True, kw_only=True)
class Gap:
    """By how much `after` exceeds `before` in the same trainings, by measure."""

    before: Key
    after: Key
    means: Mapping[str, Mean | None]


def measured(rows: Sequence[Mapping[str, Any]]) -> Measured:
    """The rows' columns by setting, fewest pictures and passes first."""
    found: dict[Key, dict[str, dict[str, float | None]]] = {}
    for row in rows:
        for column in row["columns"]:
            key = (int(row["images"]), float(row["close"]), float(column["passes"]))
            names = [name for name in column if name in MEASURES]
            found.setdefault(key, {})[f"{row['character']}_{row['seed']}"] = {name: column[name] for name in names}
    return dict(sorted(found.items(), key=lambda each: (each[0][1] > 0, each[0])))


def mean_of_setting(cell: Mapping[str, Mapping[str, float | None]], name: str) -> Mean | None:
    """A measure over the trainings that measured it."""
    return Mean.of([value for row in cell.values() if (value := row.get(name)) is not None])


def gaps(cells: Measured) -> list[Gap]:
    """Each setting against the next one, and the first against the last, of those that differ in one thing: passes at
    one number of pictures, pictures at the same passes or at the same pictures shown, or the share of close-ups."""
    return [_gap(cells, before, after) for before, after in _pairs(list(cells))]


def _gap(cells: Measured, before: Key, after: Key) -> Gap:
    one, other = cells[before], cells[after]
    both = [name for name in one if name in other]
    means: dict[str, Mean | None] = {}
    for name in SHOWN:
        pairs = [(one[each].get(name), other[each].get(name)) for each in both]
        means[name] = Mean.of([b - a for a, b in pairs if a is not None and b is not None])
    return Gap(before=before, after=after, means=means)


def _pairs(keys: Sequence[Key]) -> Iterator[tuple[Key, Key]]:
    for same in (_pictures, _passes, _shown, _close):
        groups: dict[Any, list[Key]] = {}
        for key in keys:
            groups.setdefault(same(key), []).append(key)
        for group in groups.values():
            yield from zip(group, group[1:], strict=False)
            if len(group) > _NEIGHBOURS:
                yield group[0], group[-1]


def _pictures(key: Key) -> tuple[Any, ...]:
    return ("pictures", key[0], key[1])


def _passes(key: Key) -> tuple[Any, ...]:
    return ("passes", key[2], key[1])


def _shown(key: Key) -> tuple[Any, ...]:
    return ("shown", round(key[0] * key[2]), key[1])


def _close(key: Key) -> tuple[Any, ...]:
    return ("close", key[0], key[2])


def as_markdown(cells: Measured) -> str:
    """Two tables: every setting's means, and differences whose interval excludes zero in bold."""
    lines = [_line(["pictures", "passes", "shown", "trainings", *SHOWN]), _line(["---"] * (4 + len(SHOWN)))]
    for key, cell in cells.items():
        means = [str(mean_of_setting(cell, name) or "–") for name in SHOWN]
        lines.append(_line([_of(key), f"{key[2]:g}", f"{key[0] * key[2]:.0f}", str(len(cell)), *means]))
    lines += ["", _line(["from", "to", "trainings", *SHOWN]), _line(["---"] * (3 + len(SHOWN)))]
    for gap in gaps(cells):
        count = max((mean.count for mean in gap.means.values() if mean), default=0)
        lines.append(_line([_named(gap.before), _named(gap.after), str(count), *map(_signed, gap.means.values())]))
    return "\n".join(lines) + "\n"


def _line(parts: Sequence[str]) -> str:
    return f"| {' | '.join(parts)} |"


def _of(key: Key) -> str:
    return f"{key[0]}, {key[1]:.0%} close" if key[1] else str(key[0])


def _named(key: Key) -> str:
    return f"{_of(key)} × {key[2]:g}"


def _signed(mean: Mean | None) -> str:
    if mean is None:
        return "–"
    if mean.interval is None:
        return f"{mean.value:+.2f}"
    text = f"{mean.value:+.2f} ({mean.interval[0]:+.2f} to {mean.interval[1]:+.2f})"
    return f"**{text}**" if mean.is_apart else text
