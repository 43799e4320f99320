"""Tells copies of training pictures and repeated backgrounds without a network: by edges, their places and colours."""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from PIL import Image

from ....faces.face import Box
from ..descriptor import Description
from .aligned import LEAST, Place, Wall, place, refined
from .edges import BINS, GRID, EdgeMap, around_face, edge_map
from .view import View

_LEAST_AROUND = 0.1
"""Part of a picture that must lie around the face."""
_WORTH_A_LOOK = 0.5
"""Cosine below which no window is worth a closer look: copies have .63 and more, photographs of two things .26 (median)
to .5, drawings of one character .46 (median) to .7."""
_BLANK = 1.0
"""Energy of all edges of a picture that shows none, at most."""
_KEPT = 128
"""Views of so many pictures, about a megabyte each: training pictures are asked for again and again."""
_HUNG = 32
"""Pictures of a gallery looked at in one go."""
_CLOSER = 4
"""Pictures of a gallery that get a closer look: the one repeated is the likest at first sight."""
_COLOURS = slice(BINS, BINS + 3)
_BLOCKS = 6
_WEAKEST = 0.2
"""Part of the edges, by strength, that may differ: a caption bar, a hand; not a face, which is looked at by itself."""
_TINT, _OTHER_COLOUR = 0.08, 0.15
"""Of 1: how far all colours may be tinted, and where a colour is another."""
_FULL_EDGE = 0.2
"""Energy of a cell that is all edge: below it, colour counts too."""


class OwnDescriptor:
    """Everything is compared where it lies: laid on each other as whole, mirrored or as a crop down to three fifths.

    Another version has another name: descriptions are kept on disk by it.
    """

    name = "edges and colours 2"

    def __init__(self) -> None:
        self._views: OrderedDict[int, tuple[Description, View, View]] = OrderedDict()

    def describe(self, image: Image.Image, face: Box | None) -> Description:
        inside, around = np.zeros((GRID, GRID), bool), np.ones((GRID, GRID), bool)
        if face is not None:
            inside, around = around_face(face, image.size)
        whole = np.concatenate([edge_map(image).packed(), inside[None].astype(np.int8)])
        return Description(whole=whole, background=around.astype(np.int8) if around.mean() >= _LEAST_AROUND else None)

    def copied(self, one: Description, other: Description) -> float:
        """The least of four: edges, the weakest blocks of them, the face, and colours. Copies have .5 and more.

        The face by itself: somebody else before the same background is no copy.
        """
        found = place(self._views_of(one)[0], self._views_of(other)[0])
        return _copied(one, other, found)

    def shared_background(self, one: Description, other: Description) -> float | None:
        """Edges where there are any, colours where there are none."""
        if one.background is None or other.background is None:
            return None
        first, second = self._views_of(one)[1], self._views_of(other)[1]
        likeness, at = place(first, second)
        places = [Place(first, second), *([refined(at)] if likeness >= _WORTH_A_LOOK else [])]
        return max(float(_ground(*each.planes)) for each in places)

    def gallery(self, pictures: Sequence[Description]) -> "OwnGallery":
        """The pictures, to hold others against all of them at once."""
        return OwnGallery(self._views_of, pictures)

    def _views_of(self, description: Description) -> tuple[View, View]:
        """All of it, and what lies around the face; those of the last few descriptions are kept, a megabyte each."""
        kept = self._views.get(id(description))
        if kept is None or kept[0] is not description:
            seen = EdgeMap.unpacked(description.whole)
            around = np.zeros((GRID, GRID)) if description.background is None else description.background
            kept = description, View(seen, np.ones((GRID, GRID), np.float32)), View(seen, around.astype(np.float32))
            self._views[id(description)] = kept
            if len(self._views) > _KEPT:
                self._views.popitem(last=False)
        self._views.move_to_end(id(description))
        return kept[1], kept[2]


class OwnGallery:
    """Pictures held against others all at once; only the few that are most alike at first sight get a closer look."""

    def __init__(self, views: Callable[[Description], tuple[View, View]], pictures: Sequence[Description]) -> None:
        self._views, self._pictures = views, pictures
        self._grounds = [each for each in pictures if each.background is not None]
        self._kept: dict[tuple[int, int], Wall] = {}

    def copied(self, one: Description) -> float | None:
        """The most that it is a copy of any; None where there are none."""
        found = list(self._places(self._pictures, one, 0))
        return max((_copied(one, self._pictures[n], found[n]) for n in _likest(found)), default=None)

    def background(self, one: Description) -> float | None:
        """The most that its background is that of any; None where it or all of them have none."""
        if one.background is None or not self._grounds:
            return None
        first = self._views(one)[1]
        found = list(self._places(self._grounds, one, 1))
        most = max(float(_ground(first.laid, wall.laid).max()) for wall in self._walls(self._grounds, 1))
        likest = [found[n] for n in _likest(found)]
        closer = [refined(at) for likeness, at in likest if likeness >= _WORTH_A_LOOK]
        return max([most, *(float(_ground(*each.planes)) for each in closer)])

    def _places(self, pictures: Sequence[Description], one: Description, which: int) -> Iterator[tuple[float, Place]]:
        for wall in self._walls(pictures, which):
            yield from wall.places(self._views(one)[which])

    def _walls(self, pictures: Sequence[Description], which: int) -> Iterator[Wall]:
        """Some are kept, the others built each time: thousands of pictures fit in memory."""
        for start in range(0, len(pictures), _HUNG):
            wall = self._kept.get((which, start))
            if wall is None:
                wall = Wall([self._views(each)[which] for each in pictures[start : start + _HUNG]])
                if start < _KEPT:
                    self._kept[which, start] = wall
            yield wall


def _likest(found: Sequence[tuple[float, Place]]) -> list[int]:
    """Numbers of the few most alike, likest first."""
    return sorted(range(len(found)), key=lambda n: -found[n][0])[:_CLOSER]


def _copied(one: Description, other: Description, found: tuple[float, Place]) -> float:
    likeness, at = found
    if likeness < _WORTH_A_LOOK:
        return 0.0
    at = refined(at)
    mine, its = at.planes
    edges = mine[:BINS], its[:BINS]
    face = np.maximum(*at.both(one.whole[-1].astype(np.float32), other.whole[-1].astype(np.float32)))
    return min(
        _between(_cosine(*edges, np.ones_like(face)), 0.4, 0.8),
        _between(_weakest(*edges), 0.2, 0.6),
        _between(_cosine(*edges, face), 0.5, 0.85) if face.any() else 1.0,
        1 - _between(_colour_gap(mine[_COLOURS], its[_COLOURS]), 0.04, 0.12),
    )


def _between(value: float, low: float, high: float) -> float:
    """0 at `low` and below, 1 at `high` and above."""
    return min(max((value - low) / (high - low), 0.0), 1.0)


def _cosine(one: np.ndarray, other: np.ndarray, where: np.ndarray) -> float:
    shared = float(((one * other).sum(axis=0) * where).sum())
    energy = float(((one**2).sum(axis=0) * where).sum()) * float(((other**2).sum(axis=0) * where).sum())
    return shared / max(energy, 1e-12) ** 0.5


def _blocks(plane: np.ndarray) -> np.ndarray:
    """Sums over _BLOCKS² equal blocks of (..., n, n)."""
    side = plane.shape[-1] // _BLOCKS
    return plane.reshape(*plane.shape[:-2], _BLOCKS, side, _BLOCKS, side).sum(axis=(-3, -1))


def _weakest(one: np.ndarray, other: np.ndarray) -> float:
    """Likeness of blocks' edges such that _WEAKEST of all edges lie in blocks less alike, -1 to 1."""
    mine, its = _blocks((one**2).sum(axis=0)), _blocks((other**2).sum(axis=0))
    alike = (2 * _blocks((one * other).sum(axis=0)) / (mine + its + 1e-4)).ravel()
    energy = np.maximum(mine, its).ravel()
    order = np.argsort(alike, kind="stable")
    part = np.cumsum(energy[order]) / max(float(energy.sum()), 1e-12)
    return float(alike[order][min(int(np.searchsorted(part, _WEAKEST)), len(order) - 1)])


def _colour_gap(one: np.ndarray, other: np.ndarray) -> float:
    """Mean difference of colours beyond what a tint of the whole explains."""
    gap = one - other
    return float(np.abs(gap - gap.mean(axis=(1, 2), keepdims=True)).mean())


def _ground(mine: np.ndarray, its: np.ndarray) -> np.ndarray:
    """How alike two backgrounds are where both are seen, 0..1; of planes (..., BINS + 4, n, n) laid on each other."""
    one, other = mine[..., :BINS, :, :], its[..., :BINS, :, :]
    both = mine[..., -1, :, :] * its[..., -1, :, :]
    weight = _blocks(both)
    ours, theirs = (_blocks((each**2).sum(axis=-3) * both) for each in (one, other))
    alike = (2 * _blocks((one * other).sum(axis=-3) * both) / (ours + theirs + 1e-6)).clip(0, 1)
    colours = _colours_alike(mine[..., _COLOURS, :, :] - its[..., _COLOURS, :, :], both, weight)
    edged = (np.maximum(ours, theirs) / np.maximum(weight, 1e-6) / _FULL_EDGE).clip(0, 1)
    likeness = edged * alike * np.minimum(1, 2 * colours) + (1 - edged) * colours
    total = weight.sum(axis=(-2, -1))
    found = (likeness * weight).sum(axis=(-2, -1)) / np.maximum(total, 1e-6)
    return np.where(total < LEAST * both.shape[-1] ** 2, 0.0, found)


def _colours_alike(gap: np.ndarray, both: np.ndarray, weight: np.ndarray) -> np.ndarray:
    """By block, 0..1, a slight tint of the whole aside."""
    seen = both[..., None, :, :]
    tint = (gap * seen).sum(axis=(-2, -1), keepdims=True) / np.maximum(seen.sum(axis=(-2, -1), keepdims=True), 1e-6)
    apart = np.abs(gap - tint.clip(-_TINT, _TINT)).mean(axis=-3)
    return (1 - _blocks(apart * both) / np.maximum(weight, 1e-6) / _OTHER_COLOUR).clip(0, 1)
