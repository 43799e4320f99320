"""What a picture shows besides the person: everything a caption names and a prompt may change."""

from dataclasses import asdict, dataclass, fields

import numpy as np

COLORS = {
    "red": (214, 58, 52),
    "blue": (56, 104, 214),
    "green": (70, 168, 84),
    "yellow": (244, 208, 74),
    "black": (52, 50, 60),
    "white": (240, 240, 240),
}
BACKGROUNDS = {
    "blue": (150, 196, 244),
    "red": (232, 128, 116),
    "green": (168, 218, 150),
    "yellow": (250, 232, 150),
    "purple": (188, 158, 226),
    "gray": (176, 178, 182),
}
SCENES = {
    "studio": "in a studio",
    "forest": "in a forest",
    "city": "in a city",
    "beach": "at the beach",
    "room": "in a room",
}
GARMENTS = ("shirt", "striped shirt", "scarf", "hoodie")
EXPRESSIONS = {
    "neutral": "neutral expression",
    "smiling": "smiling",
    "surprised": "surprised",
    "sad": "sad, crying",
    "angry": "angry",
}
TURNS = {"left": "looking left", "front": "looking at viewer", "right": "looking right"}
STYLES = {
    "flat": "flat drawing",
    "sketch": "pencil sketch",
    "watercolor": "watercolor painting",
    "render": "3d render",
}


@dataclass(frozen=True, kw_only=True)
class Look:
    """Every value is a key of the table of its name above."""

    background: str
    scene: str
    garment: str
    garment_color: str
    expression: str
    turn: str
    style: str

    def to_json(self) -> dict[str, str]:
        return asdict(self)

    def slots(self) -> dict[str, str]:
        """Caption text by slot, in the order of the product guide."""
        return {
            "clothing": f"{self.garment_color} {self.garment}",
            "expression": EXPRESSIONS[self.expression],
            "turn": TURNS[self.turn],
            "scene": SCENES[self.scene],
            "background": f"{self.background} background",
            "style": STYLES[self.style],
        }


VALUES: dict[str, tuple[str, ...]] = {
    "background": tuple(BACKGROUNDS),
    "scene": tuple(SCENES),
    "garment": GARMENTS,
    "garment_color": tuple(COLORS),
    "expression": tuple(EXPRESSIONS),
    "turn": tuple(TURNS),
    "style": tuple(STYLES),
}
assert tuple(VALUES) == tuple(field.name for field in fields(Look))


def random_look(rng: np.random.Generator) -> Look:
    """Draw every slot independently."""
    return Look(**{name: str(rng.choice(values)) for name, values in VALUES.items()})
