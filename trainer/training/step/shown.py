"""Which pictures a micro-batch holds and what is said of each, from seed and number alone."""

from collections.abc import Iterator, Sequence

import torch

from ...recipe.recipe import Recipe
from ...storage.seeding import random_source
from ..data.order import Order, stream
from ..data.shown_caption import one_of, varied
from ..data.training_set import Example, TrainingSet


class Shown:
    """Micro-batches of a recipe over a training set."""

    def __init__(self, training_set: TrainingSet, recipe: Recipe) -> None:
        self._training_set, self._recipe = training_set, recipe
        buckets = [example.placement.bucket for example in training_set.train]
        repeats = [example.repeats for example in training_set.train]
        self._order = Order(buckets, repeats, recipe.schedule.batch, recipe.seed)

    def examples(self, number: int) -> list[Example]:
        """The character's batch and, with prior preservation, as many of other people."""
        train, prior = self._training_set.train, self._training_set.prior
        examples = [train[index] for index in self._order.at(number)]
        if prior:
            batch = self._recipe.schedule.batch
            examples += [prior[i] for i in stream(len(prior), number * batch, len(examples), self._recipe.seed)]
        return examples

    def captions(self, examples: Sequence[Example], number: int, source: torch.Generator) -> list[str]:
        """What is said of each example this time; nothing where its caption is dropped."""
        dropped = torch.rand(len(examples), generator=source) < self._recipe.text.dropout
        words = random_source(self._recipe.seed, "captions", number)
        turns = random_source(self._recipe.seed, "alternatives", number)
        shown = [one_of((example.caption, *example.alternatives), turns) for example in examples]
        said = [varied(caption, self._recipe.text, words) for caption in shown]
        return ["" if drop else caption for caption, drop in zip(said, dropped, strict=True)]


def by_bucket(examples: Sequence[Example]) -> Iterator[list[int]]:
    """Places of the examples of each bucket, buckets in the order in which they come."""
    for bucket in dict.fromkeys(example.placement.bucket for example in examples):
        yield [place for place, example in enumerate(examples) if example.placement.bucket == bucket]
