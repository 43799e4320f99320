"""What differs between two runs: settings, base, dataset, and what came of them."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, cast

from ...dataset.dataset import Dataset
from ...dataset.sample import Sample
from ...recipe.recipe import Recipe
from .past_run import PastRun, RunResult, read_past_run, thinned

Value = str | int | float | bool | list[Any] | None
"""What a setting holds in JSON."""


@dataclass(frozen=True, kw_only=True)
class Changed:
    """One thing by its name, as the first run has it and as the second. `usual` is a setting's default, None: none."""

    name: str
    first: Value
    second: Value
    usual: Value = None


@dataclass(frozen=True, kw_only=True)
class DatasetDiff:
    """Pictures by their file names. The same picture is the one with the same pixels, whatever its file is called.

    `changed` are of pictures in both: their captions, repeats and part of the dataset, or the words for all.
    """

    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    in_both: int
    changed: tuple[Changed, ...]

    @property
    def is_same(self) -> bool:
        return not (self.only_first or self.only_second or self.changed)


@dataclass(frozen=True, kw_only=True)
class RunDiff:
    """Two runs held side by side. Settings are all of the recipe's that differ, `same_settings` counts the others."""

    names: tuple[str, str]
    settings: tuple[Changed, ...]
    same_settings: int
    base: tuple[Changed, ...]
    dataset: DatasetDiff
    results: tuple[RunResult, RunResult]

    @property
    def is_on_two_scales(self) -> bool:
        """Whether both have likeness, and not by one reader."""
        first, second = self.results
        return bool(first.likeness and second.likeness) and first.reader != second.reader


def diff_folders(first: Path, second: Path) -> RunDiff:
    """What differs between the runs in two folders; RunError where one holds none."""
    return diff_runs(read_past_run(first), read_past_run(second))


def diff_runs(first: PastRun, second: PastRun) -> RunDiff:
    """What differs between two runs."""
    one, other = dict(settings_of(first.recipe)), dict(settings_of(second.recipe))
    usual = dict(settings_of(Recipe()))
    moved = tuple(
        Changed(name=name, first=one[name], second=other[name], usual=usual[name])
        for name in one
        if one[name] != other[name]
    )
    return RunDiff(
        names=_told_apart(first.folder, second.folder),
        settings=moved,
        same_settings=len(one) - len(moved),
        base=tuple(_base_changes(first, second)),
        dataset=_diff_datasets(first.dataset, second.dataset),
        results=(first.result, second.result),
    )


def settings_of(recipe: Recipe) -> Iterator[tuple[str, Value]]:
    """Every setting by its whole name, `optim.lr`, in the recipe's order."""
    return _flat(recipe.to_json(), "")


def diff_json(diff: RunDiff) -> dict[str, Any]:
    """The whole difference, ready for JSON; the losses of very many updates as means of neighbours."""
    results = tuple(replace(result, loss=thinned(result.loss)) for result in diff.results)
    return {**asdict(diff), "results": [asdict(result) for result in results]}


def _flat(data: Mapping[str, Any], before: str) -> Iterator[tuple[str, Value]]:
    for name, value in data.items():
        if isinstance(value, dict):
            yield from _flat(cast(dict[str, Any], value), f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _told_apart(first: Path, second: Path) -> tuple[str, str]:
    """The folders' names; where they are called alike, the folders they lie in too."""
    if first.name != second.name:
        return first.name, second.name
    return f"{first.resolve().parent.name}/{first.name}", f"{second.resolve().parent.name}/{second.name}"


def _base_changes(first: PastRun, second: PastRun) -> Iterator[Changed]:
    one, other = first.base, second.base
    rows = [
        ("base", one.name, other.name),
        ("family", one.family, other.family),
        ("weights (sha256)", one.sha256, other.sha256),
        ("predicts, by hand", one.predicts, other.predicts),
        *((name, first.inputs.get(key), second.inputs.get(key)) for key, name in _INPUTS.items()),
    ]
    return (Changed(name=name, first=a, second=b) for name, a, b in rows if a != b)


_INPUTS = {"regularisation": "regularisation pictures (hash)", "start": "LoRA to start from (hash)"}


def _diff_datasets(first: Dataset, second: Dataset) -> DatasetDiff:
    one, other = _by_pixels(first.samples), _by_pixels(second.samples)
    pairs: list[tuple[Sample, Sample]] = []
    left: tuple[list[Sample], list[Sample]] = ([], [])
    for key in [*one, *(key for key in other if key not in one)]:
        ours, theirs = one.get(key, []), other.get(key, [])
        pairs += zip(ours, theirs, strict=False)
        left[0].extend(ours[len(theirs) :])
        left[1].extend(theirs[len(ours) :])
    words = [("trigger", first.trigger, second.trigger), ("subject", first.subject, second.subject)]
    return DatasetDiff(
        only_first=tuple(sample.path.name for sample in left[0]),
        only_second=tuple(sample.path.name for sample in left[1]),
        in_both=len(pairs),
        changed=(
            *(Changed(name=name, first=a, second=b) for name, a, b in words if a != b),
            *(each for pair in pairs for each in _picture_changes(*pair)),
        ),
    )


def _by_pixels(samples: Sequence[Sample]) -> dict[str, list[Sample]]:
    found: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        found[sample.sha256].append(sample)
    return found


def _picture_changes(first: Sample, second: Sample) -> Iterator[Changed]:
    name = first.path.name
    rows: list[tuple[str, Value, Value]] = [
        ("caption", first.caption, second.caption),
        ("further captions", list(first.alternatives), list(second.alternatives)),
        ("repeats", first.repeats, second.repeats),
        ("part", first.split, second.split),
        ("mask", first.mask_sha256 or first.masked, second.mask_sha256 or second.masked),
    ]
    return (Changed(name=f"{name}: {what}", first=a, second=b) for what, a, b in rows if a != b)
