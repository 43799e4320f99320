"""Who a drawn person is: geometry, colours and marks that stay the same in every picture of them."""

from dataclasses import asdict, dataclass

import numpy as np

SKINS = {
    "pale": (250, 224, 205),
    "tan": (226, 172, 124),
    "brown": (160, 104, 66),
    "dark": (96, 62, 46),
    "green-skinned": (150, 200, 130),
}
HAIR_COLORS = {
    "black": (38, 34, 42),
    "brown": (110, 66, 34),
    "blond": (240, 208, 96),
    "red": (196, 52, 30),
    "white": (232, 232, 240),
    "blue": (48, 96, 210),
    "pink": (244, 120, 176),
    "purple": (126, 60, 170),
}
HAIR_STYLES = ("bald", "short", "long", "spiky", "curly", "bun", "mohawk", "pigtails")
EYE_COLORS = {
    "brown": (98, 56, 24),
    "blue": (40, 120, 230),
    "green": (34, 150, 60),
    "red": (206, 30, 40),
    "yellow": (240, 184, 20),
}
MARKS = ("no marks", "freckles", "scar", "glasses", "beard", "moustache", "eyepatch")
MARK_WORDS = {
    "no marks": "",
    "freckles": "freckles",
    "scar": "a scar",
    "glasses": "glasses",
    "beard": "a beard",
    "moustache": "a moustache",
    "eyepatch": "an eyepatch",
}

_VECTOR_PARTS = ((SKINS, 0.9), (HAIR_COLORS, 1.0), (HAIR_STYLES, 1.0), (EYE_COLORS, 0.6), (MARKS, 0.8))
_SHAPE_WEIGHT = 0.25
VECTOR_SIZE = sum(len(names) for names, _ in _VECTOR_PARTS) + 3


@dataclass(frozen=True, kw_only=True)
class Identity:
    """One person. Indices point into the tables above; shape values lie in [-1, 1]."""

    skin: int
    hair_color: int
    hair_style: int
    eye_color: int
    mark: int
    width: float
    jaw: float
    eye_size: float

    def to_json(self) -> dict[str, int | float]:
        return asdict(self)

    def vector(self) -> np.ndarray:
        """Centred description, shape (VECTOR_SIZE,), unit length: what the demo face reader learns to see.

        Traits are weighted by how much of the picture they change; two random people have cosine 0 on average.
        """
        parts: list[np.ndarray] = []
        indices = (self.skin, self.hair_color, self.hair_style, self.eye_color, self.mark)
        for (names, weight), index in zip(_VECTOR_PARTS, indices, strict=True):
            one_hot = np.full(len(names), -1.0 / len(names))
            one_hot[index] += 1.0
            parts.append(one_hot * weight)
        parts.append(np.array([self.width, self.jaw, self.eye_size]) * _SHAPE_WEIGHT)
        joined = np.concatenate(parts).astype(np.float32)
        return joined / float(np.linalg.norm(joined))

    def words(self) -> list[str]:
        """Caption fragments that describe this person, boldest first."""
        style = HAIR_STYLES[self.hair_style]
        color = list(HAIR_COLORS)[self.hair_color]
        hair = "bald head" if style == "bald" else f"{style} {color} hair"
        words = [hair, _skin_word(self.skin), f"{list(EYE_COLORS)[self.eye_color]} eyes"]
        mark = MARK_WORDS[MARKS[self.mark]]
        return [*words, mark] if mark else words


def _skin_word(skin: int) -> str:
    name = list(SKINS)[skin]
    return "green skin" if name == "green-skinned" else f"{name} skin"


def random_identity(rng: np.random.Generator) -> Identity:
    """Draw every trait independently, leaving out the reserved people."""
    while True:
        identity = any_identity(rng)
        if not is_reserved(identity):
            return identity


def any_identity(rng: np.random.Generator) -> Identity:
    """Draw every trait independently."""
    return Identity(
        skin=int(rng.integers(len(SKINS))),
        hair_color=int(rng.integers(len(HAIR_COLORS))),
        hair_style=int(rng.integers(len(HAIR_STYLES))),
        eye_color=int(rng.integers(len(EYE_COLORS))),
        mark=int(rng.integers(len(MARKS))),
        width=float(rng.uniform(-1, 1)),
        jaw=float(rng.uniform(-1, 1)),
        eye_size=float(rng.uniform(-1, 1)),
    )


def is_reserved(identity: Identity) -> bool:
    """Whether this combination of traits is kept for characters: one in eight, shown to no model of the build."""
    traits = (identity.skin, identity.hair_color, identity.hair_style, identity.eye_color, identity.mark)
    return sum(trait * weight for trait, weight in zip(traits, (1, 3, 5, 7, 11), strict=True)) % 8 == 2
