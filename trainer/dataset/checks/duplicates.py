"""Copies: the same pixels twice, and pictures so alike, straight or mirrored, that they teach the same thing twice."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

_SIDE, _LOW = 32, 8
_ROWS = 32
"""Rows of the distance matrix at a time: a few MB of it at 10,000 pictures."""
_MOST = 8
"""Pairs kept of one picture with earlier ones, the nearest: a thousand copies must not make half a million pairs."""


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two pictures by their place in the set, `one` before `other`. `distance` is in bits of 64; 0 with `exact` is the
    same pixels. `mirrored`: one looks like the mirror image of the other."""

    one: int
    other: int
    distance: int
    mirrored: bool = False
    exact: bool = False


def exact_pairs(sha256s: Sequence[str]) -> list[Pair]:
    """Each later copy with the first of its kind."""
    first: dict[str, int] = {}
    found: list[Pair] = []
    for index, sha256 in enumerate(sha256s):
        earlier = first.setdefault(sha256, index)
        if earlier != index:
            found.append(Pair(one=earlier, other=index, distance=0, exact=True))
    return found


def near_pairs(
    hashes: Sequence[int], mirrored: Sequence[int], families: Sequence[str], *, distance: int = 8
) -> list[Pair]:
    """Pictures of different families whose hashes differ in at most `distance` bits, at most 8 earlier ones a picture.

    Memory stays at a few MB however many there are. Pictures of one family (cut or copied from one original) are
    never paired.
    """
    straight, flipped = np.array(hashes, np.uint64), np.array(mirrored, np.uint64)
    names: dict[str, int] = {}
    family = np.array([names.setdefault(name, len(names)) for name in families], np.int64)
    found: list[Pair] = []
    for start in range(0, len(straight), _ROWS):
        rows, end = slice(start, start + _ROWS), min(start + _ROWS, len(straight))
        plain = _bits(straight[rows, None] ^ straight[:end])
        mirror = _bits(straight[rows, None] ^ flipped[:end])
        np.minimum(mirror, _bits(flipped[rows, None] ^ straight[:end]), out=mirror)
        nearest = np.minimum(plain, mirror)
        is_earlier = np.arange(end) < np.arange(start, end)[:, None]
        hits = (nearest <= distance) & is_earlier & (family[rows, None] != family[:end])
        for row in np.flatnonzero(hits.any(axis=1)):
            columns = np.flatnonzero(hits[row])
            order = np.argsort(nearest[row, columns], kind="stable")[:_MOST]
            found += [_pair(int(c), start + int(row), plain[row, c], mirror[row, c]) for c in columns[order]]
    return found


def distinct(count: int, pairs: Sequence[Pair]) -> int:
    """How many pictures are left when every chain of pairs counts as one."""
    return len(chains(count, [(pair.one, pair.other) for pair in pairs]))


def chains(count: int, pairs: Iterable[tuple[int, int]]) -> list[list[int]]:
    """Numbers below `count` that pairs hold together, each chain in order and by its first."""
    parent = list(range(count))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for one, other in pairs:
        parent[root(other)] = root(one)
    found: dict[int, list[int]] = defaultdict(list)
    for index in range(count):
        found[root(index)].append(index)
    return list(found.values())


def partners(pairs: Sequence[Pair]) -> dict[int, list[Pair]]:
    """The pairs of each picture, the nearest first."""
    found: dict[int, list[Pair]] = defaultdict(list)
    for pair in sorted(pairs, key=lambda pair: (pair.distance, pair.one, pair.other)):
        found[pair.one].append(pair)
        found[pair.other].append(pair)
    return found


def _pair(one: int, other: int, plain: int, mirror: int) -> Pair:
    return Pair(one=one, other=other, distance=int(min(plain, mirror)), mirrored=bool(mirror < plain))


def _bits(words: np.ndarray) -> np.ndarray:
    """Ones in each uint64, as uint8."""
    if hasattr(np, "bitwise_count"):
        return np.bitwise_count(words)
    return _TABLE[words.view(np.uint16).reshape(*words.shape, 4)].sum(axis=-1, dtype=np.uint8)


_TABLE = np.array([number.bit_count() for number in range(1 << 16)], np.uint8)


def perceptual_hashes(small: np.ndarray) -> tuple[int, int]:
    """Hashes of a picture and of its mirror image, of its luma scaled to 32x32.

    The lowest 8x8 terms of the cosine transform against their median (Zauner 2010). Mirroring negates every other
    column of the transform, so the second hash costs nothing.
    """
    cosines = _cosines()
    low = cosines @ small.astype(np.float64) @ cosines.T
    signs = np.where(np.arange(_LOW) % 2, -1.0, 1.0)
    return _hash_of(low), _hash_of(low * signs)


def _hash_of(low: np.ndarray) -> int:
    return int.from_bytes(np.packbits(low > np.median(low)).tobytes(), "big")


@cache
def _cosines() -> np.ndarray:
    """(8, 32)."""
    places = np.arange(_SIDE) + 0.5
    return np.cos(np.pi / _SIDE * np.arange(_LOW)[:, None] * places)
