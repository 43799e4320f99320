"""Copies, near copies and mirror images, and that families are left in peace."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageOps

from tests.trainer.dataset.checks.photos import as_jpeg, clean, facts_of
from trainer.dataset.checks import duplicates
from trainer.dataset.checks.duplicates import Pair, distinct, exact_pairs, near_pairs, partners
from trainer.dataset.checks.facts import Facts

words = st.integers(0, 2**64 - 1)


def near(*facts: Facts, families: list[str] | None = None) -> list[Pair]:
    names = families or [str(number) for number in range(len(facts))]
    return near_pairs([fact.hash for fact in facts], [fact.mirrored for fact in facts], names)


@pytest.mark.parametrize(
    "changed",
    [
        lambda image: image.resize((300, 300)),
        lambda image: as_jpeg(image, 50),
        lambda image: image.crop((8, 8, 504, 504)),
    ],
    ids=["scaled", "re-saved", "trimmed"],
)
def test_a_copy_is_found_after_small_changes(changed: object) -> None:
    pairs = near(facts_of(clean(1)), facts_of(changed(clean(1))))  # type: ignore[operator]
    assert len(pairs) == 1 and not pairs[0].mirrored


def test_a_mirror_image_is_found_and_said_to_be_one() -> None:
    (pair,) = near(facts_of(clean(1)), facts_of(ImageOps.mirror(clean(1))))
    assert pair.mirrored and pair.distance <= 2


def test_strangers_are_no_pair() -> None:
    assert near(*(facts_of(clean(seed)) for seed in range(6))) == []


def test_siblings_of_one_source_are_never_a_pair() -> None:
    facts = facts_of(clean(1)), facts_of(clean(1).resize((300, 300))), facts_of(as_jpeg(clean(1), 60))
    pairs = near(*facts, families=["original", "original", "another"])
    assert {(pair.one, pair.other) for pair in pairs} == {(0, 2), (1, 2)}


@given(st.lists(st.tuples(words, words, st.integers(0, 3)), min_size=0, max_size=40), st.integers(1, 7))
def test_the_search_agrees_with_comparing_every_two(rows: list[tuple[int, int, int]], block: int) -> None:
    # Every other hash is made a neighbour of the one before, or random ones would never meet.
    rows = [row if n % 2 == 0 else (rows[n - 1][0] ^ row[0] & 0x0F03, row[1], row[2]) for n, row in enumerate(rows)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "_ROWS", block)
        patch.setattr(duplicates, "_MOST", 1000)
        found = near_pairs([row[0] for row in rows], [row[1] for row in rows], [str(row[2]) for row in rows])
    assert {(pair.one, pair.other, pair.distance) for pair in found} == _compared(rows)


def test_thousands_of_copies_make_no_flood_of_pairs() -> None:
    pairs = near_pairs([7] * 1500, [9] * 1500, [str(number) for number in range(1500)])
    assert len(pairs) <= 8 * 1500
    assert distinct(1500, pairs) == 1


def test_counting_bits_is_the_same_with_an_older_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    hashes = [int(value) for value in rng.integers(0, 2**63, 60)]
    hashes[9] = hashes[3] ^ 5
    names = [str(number) for number in range(60)]
    new = near_pairs(hashes, hashes[::-1], names)
    monkeypatch.delattr(np, "bitwise_count", raising=False)
    assert near_pairs(hashes, hashes[::-1], names) == new != []


def test_the_same_pixels_are_a_pair_whatever_their_order() -> None:
    there, back = exact_pairs(["a", "b", "a", "a"]), exact_pairs(["a", "a", "b", "a"])
    assert [(pair.one, pair.other) for pair in there] == [(0, 2), (0, 3)]
    assert len(back) == len(there) and all(pair.exact and pair.distance == 0 for pair in back)


def test_chains_of_pairs_count_once() -> None:
    pairs = [Pair(one=0, other=1, distance=1), Pair(one=1, other=2, distance=2)]
    assert distinct(5, pairs) == 3


def test_partners_name_the_nearest_first() -> None:
    pairs = [Pair(one=0, other=1, distance=6), Pair(one=0, other=2, distance=1)]
    assert [pair.other for pair in partners(pairs)[0]] == [2, 1]


def test_an_exact_mirror_of_a_drawing_has_the_mirrored_hash() -> None:
    image = Image.linear_gradient("L").rotate(30).resize((512, 512)).convert("RGB")
    assert (facts_of(image).mirrored ^ facts_of(ImageOps.mirror(image)).hash).bit_count() <= 4


def _compared(rows: list[tuple[int, int, int]]) -> set[tuple[int, int, int]]:
    found: set[tuple[int, int, int]] = set()
    for other, (hash_, mirror, family) in enumerate(rows):
        for one, (hash_one, mirror_one, family_one) in enumerate(rows[:other]):
            distances = hash_ ^ hash_one, hash_ ^ mirror_one, mirror ^ hash_one
            nearest = min(word.bit_count() for word in distances)
            if nearest <= 8 and family != family_one:
                found.add((one, other, nearest))
    return found
