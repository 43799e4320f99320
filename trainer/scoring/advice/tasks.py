"""What the table asks of a dataset: each a function to the task, None where there is nothing to do."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence

from ...dataset.checks.duplicates import chains
from ...dataset.coverage.axis import Axis
from ...dataset.coverage.framing import ANGLES, NO_FACE
from ...dataset.sample import Sample
from .case import Case, listed
from .change import DatasetChange
from .recipes import AIMED
from .words import captions_alike, looks_by_count, looks_told, without_trigger

Ask = Callable[[Case, str], DatasetChange | None]
"""Of the case and where the rule is from."""

_VIEWS = ("front view", "three-quarter view", "profile", "smile", "serious expression", "another background", "outfit")
"""What a set should vary in (the guide's "Content diversity"), where nobody looked for what it lacks."""
_MORE = 10
"""Pictures to add where the set is not too small: what the guide has between its minimum and its optimum."""


def prune_words(case: Case, source: str) -> DatasetChange | None:
    found = looks_told(case)
    if not found:
        return None
    words = looks_by_count(found)
    text = f"Prune {listed(words)} from the captions, so that the trigger comes to stand for them."
    return DatasetChange(task="prune_words", text=text, source=source, words=words, pictures=tuple(found))


def add_trigger(case: Case, source: str) -> DatasetChange | None:
    lacking = without_trigger(case)
    if case.dataset is None:
        return None
    word = case.dataset.trigger
    text = f"Begin every caption with '{word}', and name exactly that in prompts."
    pictures = tuple(sample.sha256 for sample in lacking)
    return DatasetChange(task="add_trigger", text=text, source=source, words=(word,), pictures=pictures)


def add_pictures(case: Case, source: str) -> DatasetChange | None:
    """Up to the least for a set that is too small, else some; named by what coverage finds empty."""
    missing = _missing(case, ("angle", "expression", "background", "outfit"))
    count = max(AIMED - (case.count or 0), 0) or _MORE
    shown = missing or _VIEWS
    text = f"Add {count} pictures that differ: {listed(shown, 8)}. Fill gaps and Make style variants can draw some."
    return DatasetChange(task="add_pictures", text=text, source=source, words=shown, count=count)


def add_angles(case: Case, source: str) -> DatasetChange | None:
    axis = case.covered.axes.get("angle") if case.covered else None
    names = _rare(axis) if axis is not None and axis.measured else ("three-quarter view", "profile")
    text = f"Add pictures of the rarest angles: {listed(names)}."
    return DatasetChange(task="add_pictures", text=text, source=source, words=names, count=2 * len(names))


def vary_backgrounds(case: Case, source: str) -> DatasetChange | None:
    """As many as bring the largest background down to half."""
    axis = case.covered.axes.get("background") if case.covered else None
    if axis is None or axis.largest is None:
        return None
    name, share = axis.largest
    held = axis.buckets[name]
    count = max(2 * len(held) - axis.measured, 3)
    text = f"Add {count} pictures before other backgrounds, or put others behind as many of the {len(held)} ('{name}')."
    words = ("another background",)
    return DatasetChange(
        task="add_pictures", text=text, source=source, words=words, pictures=held if share > 0.5 else (), count=count
    )


def caption_background(case: Case, source: str) -> DatasetChange | None:
    silent = [each for each in case.told if each not in case.saying("setting")]
    if not silent:
        return None
    text = f"Name the background in {len(silent)} captions that do not, so that prompts can ask for another."
    pictures = tuple(sample.sha256 for sample in silent)
    return DatasetChange(task="caption_background", text=text, source=source, pictures=pictures)


def remove_copies(case: Case, source: str) -> DatasetChange | None:
    """All but the first of each chain of copies that the checks found, and of one that is held out every other."""
    samples = sorted(case.dataset.samples, key=lambda each: each.split == "train") if case.dataset else []
    alike = (chain[1:] for chain in chains(len(samples), _alike(samples)))
    copies = [samples[at] for rest in alike for at in rest if samples[at].split == "train"]
    if not copies:
        return None
    names = listed([sample.path.name for sample in copies])
    what = "1 near copy" if len(copies) == 1 else f"{len(copies)} near copies"
    pictures = tuple(sample.sha256 for sample in copies)
    return DatasetChange(task="remove_copies", text=f"Take out {what}: {names}.", source=source, pictures=pictures)


def _alike(samples: Sequence[Sample]) -> Iterator[tuple[int, int]]:
    """Pairs that the checks found, by number; what the user has waived of a picture is none of it."""
    places: dict[str, list[int]] = defaultdict(list)
    for at, sample in enumerate(samples):
        places[sample.sha256].append(at)
    for at, sample in enumerate(samples):
        for finding in sample.findings:
            if finding.check in ("copy", "near copy") and finding.check not in sample.waived:
                yield from ((other, at) for other in places[finding.other or ""])


def vary_style(_: Case, source: str) -> DatasetChange | None:
    text = "Make style-varied copies of the training pictures, and leave their own style out of the captions."
    return DatasetChange(task="vary_style", text=text, source=source)


def vary_captions(case: Case, source: str) -> DatasetChange | None:
    if (said := captions_alike(case)) is None:
        return None
    text = f"Describe clothes, pose, place and light of each picture: {said}."
    return DatasetChange(task="vary_captions", text=text, source=source)


def _missing(case: Case, names: tuple[str, ...]) -> tuple[str, ...]:
    axes = [case.covered.axes[name] for name in names if case.covered and name in case.covered.axes]
    return tuple(bucket for axis in axes for bucket in axis.empty)


def _rare(axis: Axis) -> tuple[str, ...]:
    """The emptiest angles that can be told."""
    counts = {name: len(axis.buckets.get(name, ())) for name in ANGLES if name in axis.buckets and name != NO_FACE}
    least = min(counts.values(), default=0)
    return tuple(name for name, count in counts.items() if count == least) or ("three-quarter view", "profile")


TASKS: Mapping[str, Ask] = {
    ask.__name__: ask
    for ask in (
        prune_words,
        add_trigger,
        add_pictures,
        add_angles,
        vary_backgrounds,
        caption_background,
        remove_copies,
        vary_style,
        vary_captions,
    )
}
