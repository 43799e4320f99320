"""How often originals and variants repeat, so that training shows them 40 to 60."""

from collections.abc import Sequence
from dataclasses import replace
from math import gcd

from ...dataset.ratio import smallest_repeats
from ...dataset.sample import Sample

VARIANTS = 0.60
"""Share of training that variants get."""
_MOST_EXACT = 20


def repeats_for(originals: int, variants: int, share: float = VARIANTS) -> tuple[int, int]:
    """Repeats of originals and of variants: exact where every render has as many, else the smallest within ±3 points.

    `share` is that of the variants, in whole percent. Without either part the other repeats once.
    """
    if not originals or not variants:
        return 1, 1
    percent = round(share * 100)
    of_originals, of_variants = (100 - percent) * variants, percent * originals
    common = gcd(of_originals, of_variants)
    exact = of_originals // common, of_variants // common
    if variants % originals == 0 and max(exact) <= _MOST_EXACT:
        return exact
    first, second = smallest_repeats([originals, variants], [1 - share, share])
    return first, second


def balanced(samples: Sequence[Sample], share: float = VARIANTS) -> tuple[Sample, ...]:
    """The samples with the repeats that give variants their share of training; held-out ones stay as they are.

    What repeats originals had keep their proportions, such as close-ups shown more often than the rest.
    """
    originals = [sample.repeats for sample in samples if sample.split == "train" and not sample.is_made]
    variants = sum(sample.is_made for sample in samples if sample.split == "train")
    unit = gcd(*originals) or 1
    plain, varied = repeats_for(sum(originals) // unit, variants, share)

    def repeats(sample: Sample) -> int:
        return varied if sample.is_made else plain * sample.repeats // unit

    return tuple(
        sample if sample.split == "held_out" else replace(sample, repeats=repeats(sample)) for sample in samples
    )


def made_share(samples: Sequence[Sample]) -> float:
    """How much of training is made pictures, by repeats."""
    train = [sample for sample in samples if sample.split == "train"]
    return sum(one.repeats for one in train if one.is_made) / max(1, sum(one.repeats for one in train))


def capped(samples: Sequence[Sample], share: float = VARIANTS) -> tuple[Sample, ...]:
    """The samples as they are, or `balanced` where made pictures would get more than their share."""
    return balanced(samples, share) if made_share(samples) > share else tuple(samples)


def share_sentence(samples: Sequence[Sample]) -> str:
    """What training shows, in words."""
    train = [sample for sample in samples if sample.split == "train"]
    parts = [[s for s in train if s.is_made is is_variant] for is_variant in (True, False)]
    if not all(parts):
        return f"{len(train)} pictures to train on, all of them {'variants' if parts[0] else 'originals'}."
    share = made_share(samples)
    return (
        f"{len(parts[0])} variants × {_repeats(parts[0])} and {len(parts[1])} originals × {_repeats(parts[1])}: "
        f"{share:.0%} / {1 - share:.0%} of training."
    )


def _repeats(samples: Sequence[Sample]) -> str:
    least, most = min(sample.repeats for sample in samples), max(sample.repeats for sample in samples)
    return str(least) if least == most else f"{least} to {most}"
