"""The part of the advice on a dataset that needs no person: pruning, the trigger, copies."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from ...captions.prose.parse import parse
from ...captions.rules.apply import shares
from ...captions.rules.compose import spelling
from ...captions.rules.prune import prune_sentence, prune_tags
from ...dataset.dataset import Dataset
from ...dataset.sample import Sample
from .change import DatasetChange
from .words import RULES, looks_in


def changed_dataset(dataset: Dataset, changes: Sequence[DatasetChange]) -> Dataset:
    """The dataset with looks pruned, the trigger first and copies gone; what needs new pictures or eyes is left out.

    What was pruned stays readable as `raw`, as the caption rules keep it.
    """
    for change in changes:
        if change.task == "prune_words":
            dataset = _pruned(dataset)
        elif change.task == "add_trigger":
            dataset = dataset.with_samples(tuple(_triggered(each, dataset.trigger) for each in dataset.samples))
        elif change.task == "remove_copies":
            dataset = _without(dataset, change.pictures)
    return dataset


def _without(dataset: Dataset, pictures: Sequence[str]) -> Dataset:
    """Exact copies share a sha256: as many go as are named, the last ones, and none that is held out."""
    gone = Counter(pictures)
    kept: list[Sample] = []
    for sample in reversed(dataset.samples):
        if sample.split == "train" and gone[sample.sha256]:
            gone[sample.sha256] -= 1
        else:
            kept.append(sample)
    return dataset.with_samples(tuple(reversed(kept)))


def _pruned(dataset: Dataset) -> Dataset:
    """Captions without looks, the rest in their own order: a run is to differ in one thing."""
    named = spelling(dataset.trigger)
    share = shares([parse(named.sub(" ", sample.caption)) for sample in dataset.train], dataset.subject)

    def bare(caption: str) -> str:
        if not looks_in(caption, dataset, share):
            return caption
        parsed = parse(named.sub(" ", caption))
        tags = prune_tags(parsed.tags, RULES, share).text
        prose = prune_sentence(parsed.prose, RULES, share, dataset.subject).text
        trigger = dataset.trigger if named.search(caption) else ""
        return ", ".join(part for part in (trigger, tags, prose) if part)

    return dataset.with_samples(
        tuple(
            replace(
                sample,
                caption=bare(sample.caption),
                alternatives=tuple(map(bare, sample.alternatives)),
                raw=sample.raw or sample.caption,
            )
            for sample in dataset.samples
        )
    )


def _triggered(sample: Sample, trigger: str) -> Sample:
    def begun(caption: str) -> str:
        rest = spelling(trigger).sub("", caption).strip(" ,")
        return f"{trigger}, {rest}" if rest else trigger

    return replace(sample, caption=begun(sample.caption), alternatives=tuple(map(begun, sample.alternatives)))
