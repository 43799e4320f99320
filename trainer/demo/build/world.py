"""The drawn pictures that a stage of the build learns from."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from ..world.draw import SIZE, draw
from ..world.identity import Identity, random_identity
from ..world.look import Look, random_look

_CHUNK = 500


@dataclass(frozen=True)
class World:
    """Pictures (n, 128, 128, 3) uint8 with who and what each shows, and where the face is (pixels)."""

    pixels: np.ndarray
    people: tuple[Identity, ...]
    looks: tuple[Look, ...]
    boxes: np.ndarray
    points: np.ndarray

    def __len__(self) -> int:
        return len(self.pixels)

    def first(self, count: int) -> "World":
        return World(
            self.pixels[:count], self.people[:count], self.looks[:count], self.boxes[:count], self.points[:count]
        )


def draw_world(count: int, seed: int, per_person: int = 4, processes: int = 2) -> World:
    """Draw `count` pictures, `per_person` of each identity. The same seed draws the same pictures on any machine."""
    starts = range(0, count, _CHUNK)
    jobs = [(seed, start, min(_CHUNK, count - start), per_person) for start in starts]
    with ProcessPoolExecutor(processes) as pool:
        parts = list(pool.map(_draw_chunk, jobs))
    return World(
        np.concatenate([part.pixels for part in parts]),
        tuple(person for part in parts for person in part.people),
        tuple(look for part in parts for look in part.looks),
        np.concatenate([part.boxes for part in parts]),
        np.concatenate([part.points for part in parts]),
    )


def _draw_chunk(job: tuple[int, int, int, int]) -> World:
    seed, start, count, per_person = job
    rng = np.random.default_rng([seed, start])
    people: list[Identity] = []
    for index in range(count):
        people.append(people[-1] if index % per_person else random_identity(rng))
    looks = [random_look(rng) for _ in range(count)]
    drawings = [draw(person, look, rng) for person, look in zip(people, looks, strict=True)]
    pixels = np.stack([np.asarray(drawing.image) for drawing in drawings])
    assert pixels.shape[1:] == (SIZE, SIZE, 3)
    boxes = np.array([drawing.box for drawing in drawings], np.float32)
    points = np.array([drawing.points for drawing in drawings], np.float32)
    return World(pixels, tuple(people), tuple(looks), boxes, points)


def feature_weights(world: World, cell: int, weight: float) -> np.ndarray:
    """Loss weights (n, 128/cell, 128/cell): `weight` over eyes and mouth, 1 elsewhere.

    Eyes and mouth are small and carry the expression: without this they are the last thing a small model learns.
    """
    side = SIZE // cell
    y, x = (np.mgrid[0:side, 0:side] + 0.5) * cell
    out = np.ones((len(world), side, side), np.float32)
    for index, points in enumerate(world.points):
        eyes, mouth = points[:2], points[3:].mean(axis=0)
        near = (abs(x - eyes[:, 0].mean()) < 34) & (abs(y - eyes[:, 1].mean() + 4) < 18)
        near |= (abs(x - mouth[0]) < 22) & (abs(y - mouth[1]) < 16)
        out[index][near] = weight
    return out
