"""What a picture shows, found by drawing it again: the drawing program's own parameters, no network between."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, cast

import numpy as np
from PIL import Image, ImageFilter

from ..demo.world.draw import draw, draw_empty
from ..demo.world.identity import EYE_COLORS, HAIR_COLORS, HAIR_STYLES, MARKS, SKINS, Identity
from ..demo.world.look import VALUES, Look

SIDE = 64
_TRAITS = {
    "skin": len(SKINS),
    "hair_color": len(HAIR_COLORS),
    "hair_style": len(HAIR_STYLES),
    "mark": len(MARKS),
    "eye_color": len(EYE_COLORS),
}
_SHAPES = ("width", "jaw", "eye_size")
_SHAPE_VALUES = (-1.0, -0.5, 0.0, 0.5, 1.0)
_FRAMING_STEP = 0.25
_BACKDROP = ("style", "background", "scene")
_SWEEPS = 3


@dataclass(frozen=True)
class Shown:
    """Who and what a picture shows. `error` is the mean distance of a pixel of the drawing to it, of 255."""

    identity: Identity
    look: Look
    error: float

    def to_json(self) -> dict[str, Any]:
        return {"identity": self.identity.to_json(), "look": self.look.to_json(), "error": round(self.error, 2)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Shown":
        return cls(Identity(**data["identity"]), Look(**data["look"]), data["error"])


@dataclass(frozen=True)
class _Framing:
    """The draws of `draw` that move a picture: scale, cx, cy and scenery, each as a part of its range."""

    parts: tuple[float, float, float, float] = (0.5, 0.5, 0.5, 0.5)

    def rng(self) -> np.random.Generator:
        return cast(np.random.Generator, _Fixed(self.parts))

    def moved(self, place: int, step: float) -> "_Framing":
        parts = list(self.parts)
        parts[place] = min(max(parts[place] + step, -0.25), 1.25)
        return _Framing(cast(tuple[float, float, float, float], tuple(parts)))


class _Fixed:
    """Answers as a random generator would, the middle of a range wherever framing does not say."""

    def __init__(self, parts: Sequence[float]) -> None:
        self._parts = list(parts)

    def uniform(self, low: float, high: float, size: Any = None) -> Any:
        if size is not None:
            return np.full(size, (low + high) / 2)
        part = self._parts.pop(0) if self._parts else 0.5
        return low + part * (high - low)


@dataclass(frozen=True)
class _Guess:
    identity: Identity
    look: Look
    framing: _Framing = _Framing()


class _Fit:
    """A guess that is bettered one parameter at a time."""

    def __init__(self, image: Image.Image, guess: _Guess) -> None:
        self._target = _array(image.convert("RGB").resize((SIDE, SIDE), Image.Resampling.BOX))
        self.best = guess
        self.error = self._distance(guess)

    @property
    def named(self) -> tuple[Any, ...]:
        """Every parameter that is a word."""
        return (self.best.look, *(getattr(self.best.identity, trait) for trait in _TRAITS))

    def look_behind(self) -> None:
        """Style, background and scene together, by what lies beside the head."""
        beside = _beside()
        table = _backdrops()
        seen = self._target[beside]
        choice = min(table, key=lambda each: float(np.abs(table[each] - seen).mean()))
        style, background, scene = choice
        self._take([replace(self.best, look=replace(self.best.look, style=style, background=background, scene=scene))])

    def move(self) -> None:
        """Each way as far as it helps."""
        for place in range(len(self.best.framing.parts)):
            for step in (_FRAMING_STEP, -_FRAMING_STEP):
                while self._take([replace(self.best, framing=self.best.framing.moved(place, step))]):
                    pass

    def sweep(self) -> None:
        for slot in ("turn", "style", "scene"):
            self._look(slot)
        for trait in _TRAITS:
            self.trait(trait)
        if HAIR_STYLES[self.best.identity.hair_style] == "bald":
            # Baldness hides a wrong colour, and a wrong colour makes baldness the lesser evil.
            self._hair()
        if self._look("garment_color") or self._look("garment"):
            self._clothes()
        self._look("expression")

    def trait(self, name: str) -> None:
        self._take(replace(self.best, identity=replace(self.best.identity, **{name: n})) for n in range(_TRAITS[name]))

    def shape(self) -> None:
        for shape in _SHAPES:
            self._take(replace(self.best, identity=replace(self.best.identity, **{shape: v})) for v in _SHAPE_VALUES)

    def _clothes(self) -> None:
        self._take(
            replace(self.best, look=replace(self.best.look, garment=garment, garment_color=color))
            for garment in VALUES["garment"]
            for color in VALUES["garment_color"]
        )

    def _hair(self) -> None:
        self._take(
            replace(self.best, identity=replace(self.best.identity, hair_color=color, hair_style=style))
            for color in range(len(HAIR_COLORS))
            for style in range(len(HAIR_STYLES))
        )

    def _look(self, slot: str) -> bool:
        return self._take(replace(self.best, look=replace(self.best.look, **{slot: value})) for value in VALUES[slot])

    def _take(self, guesses: Iterable[_Guess]) -> bool:
        """Whether one of them is better, which then is the best."""
        before = self.best
        for guess in list(guesses):
            if guess != self.best and (error := self._distance(guess)) < self.error - 1e-9:
                self.best, self.error = guess, error
        return self.best is not before

    def _distance(self, guess: _Guess) -> float:
        return float(np.abs(_drawn(guess) - self._target).mean())


def shown(image: Image.Image, identity: Identity, look: Look) -> Shown:
    """What `image` shows; `identity` and `look` are where the search begins."""
    fit = _Fit(image, _Guess(identity, look))
    fit.look_behind()
    fit.move()
    for _ in range(_SWEEPS):
        before = fit.named
        fit.sweep()
        if fit.named == before:
            break
        fit.move()
    fit.shape()
    # Marks are the smallest of all, and only on a face of the right shape do they lie where they are looked for.
    fit.trait("mark")
    return Shown(fit.best.identity, fit.best.look, fit.error)


def _drawn(guess: _Guess) -> np.ndarray:
    return _array(draw(guess.identity, guess.look, guess.framing.rng(), SIDE).image)


def _array(image: Image.Image) -> np.ndarray:
    """A little blurred: a generated picture's edges are softer than a drawn one's."""
    return np.asarray(image.filter(ImageFilter.GaussianBlur(0.6)), np.float32)


def _beside() -> np.ndarray:
    """Pixels that no head or shoulder covers."""
    y, x = (np.mgrid[0:SIDE, 0:SIDE] + 0.5) * (128 / SIDE)
    return (np.abs(x - 64) > 52) & (y < 96)


@lru_cache(1)
def _backdrops() -> dict[tuple[str, str, str], np.ndarray]:
    beside = _beside()
    looks = [
        Look(
            background=background,
            scene=scene,
            style=style,
            garment="shirt",
            garment_color="red",
            expression="neutral",
            turn="front",
        )
        for style in VALUES["style"]
        for background in VALUES["background"]
        for scene in VALUES["scene"]
    ]
    rng = _Framing((0.5, 0.5, 0.5, 0.5)).rng
    return {(look.style, look.background, look.scene): _array(draw_empty(look, rng(), SIDE))[beside] for look in looks}
