"""A generator and a reader that agree on a code of colours, so that whole comparisons run in milliseconds.

A fake picture is 48 px square: its ground is the background's colour, the middle block's colour is the face's
embedding (black: no face), and a small block lies where the seed puts it.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from PIL import Image

from trainer.faces.face import Face, Reading
from trainer.faces.metric import COSINE, Metric
from trainer.generate.attachments import ATTACHMENTS, Attachment
from trainer.generate.shot import Shot

GROUNDS = {"red": (200, 40, 40), "green": (40, 200, 40), "blue": (40, 40, 200), "gray": (128, 128, 128)}
SIDE = 48
CHARACTER = np.array([0.6, -0.64, 0.48])


@dataclass(frozen=True, kw_only=True)
class Skill:
    """What a fake LoRA does, each 0 to 1: how much of the character it draws, how often it heeds the prompt, how much
    its seeds differ, how much it draws the character unasked, and how often it draws a face at all."""

    identity: float = 0.0
    obedience: float = 1.0
    variety: float = 1.0
    leak: float = 0.0
    faces: float = 1.0


@dataclass
class FakeGenerator:
    """Draws by the skill of the shot's LoRA, by file stem; without LoRA everyone is a stranger. Keeps what it drew."""

    trigger: str
    skills: Mapping[str, Skill] = field(default_factory=dict[str, Skill])
    drawn: list[Shot] = field(default_factory=list[Shot])
    supports: frozenset[type[Attachment]] = ATTACHMENTS

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        for shot in shots:
            self.drawn.append(shot)
            yield self._draw(shot)

    def _draw(self, shot: Shot) -> Image.Image:
        skill = Skill() if shot.lora is None else self.skills[shot.lora.path.stem]
        rng = _random(shot.prompt, shot.seed)
        someone = rng.normal(size=3)
        part = skill.identity if self.trigger in shot.prompt else skill.leak
        wanted = next((name for name in GROUNDS if f"{name} background" in shot.prompt), None)
        ground = wanted or list(GROUNDS)[rng.integers(len(GROUNDS))]
        is_heeded, has_face = rng.random() < skill.obedience, rng.random() < skill.faces
        face = mixed(someone, CHARACTER, part) if has_face else None
        moved = rng.integers(-10, 11, size=2) * skill.variety
        return picture(face, ground if is_heeded else "gray", (int(moved[0]), int(moved[1])))


@dataclass(frozen=True)
class FakeReader:
    """Reads faces and backgrounds off fake pictures."""

    name: str = "fake reader"
    same_person: float = 0.6
    licence: str = "The fake reader may be used for anything."
    measures_identity: bool = True
    metric: Metric = COSINE
    slots: Mapping[str, Sequence[str]] = field(default_factory=lambda: {"background": tuple(GROUNDS)})

    def faces(self, image: Image.Image) -> list[Face]:
        color = np.array(image.convert("RGB").resize((SIDE, SIDE)).getpixel((SIDE // 2, SIDE // 2)), dtype=float)
        if color.sum() < 12:
            return []
        vector = (color - 128) / 120
        embedding = vector / np.linalg.norm(vector)
        box = (16.0, 16.0, 32.0, 32.0)
        return [Face(box=box, points=((20.0, 20.0),) * 5, yaw=0.0, embedding=embedding, score=0.9)]

    def read(self, images: Sequence[Image.Image]) -> list[Reading]:
        return [Reading(values={"background": _nearest(image)}) for image in images]


def mixed(one: np.ndarray, other: np.ndarray, part: float) -> np.ndarray:
    """A unit vector from `one` (part 0) to `other` (part 1), (d,)."""
    mean = (1 - part) * one / np.linalg.norm(one) + part * other / np.linalg.norm(other)
    return mean / np.linalg.norm(mean)


def picture(face: np.ndarray | None, ground: str = "gray", block: tuple[int, int] = (0, 0)) -> Image.Image:
    """A fake picture; `face` None for one without a face, `block` moves the block that tells pictures apart."""
    pixels = np.full((SIDE, SIDE, 3), GROUNDS[ground], dtype=np.uint8)
    top, left = 10 + block[0], 24 + block[1]
    pixels[max(top, 0) : top + 12, left : left + 12] = (250, 250, 250)
    pixels[18:30, 18:30] = 0 if face is None else np.clip(face * 120 + 128, 0, 255).round().astype(np.uint8)
    return Image.fromarray(pixels)


def _nearest(image: Image.Image) -> str:
    corner = np.array(image.convert("RGB").getpixel((1, image.height - 2)), dtype=float)
    return min(GROUNDS, key=lambda name: float(np.abs(corner - np.array(GROUNDS[name])).sum()))


def _random(prompt: str, seed: int) -> np.random.Generator:
    digest = hashlib.sha256(f"{prompt}|{seed}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "big"))
