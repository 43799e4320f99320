"""A shot catalogue in the words that the demo base was taught."""

from ..augment.fill.view import View
from .world.look import COLORS, EXPRESSIONS, SCENES

_TURNS = {"front": "looking at viewer", "three-quarter left": "looking left", "three-quarter right": "looking right"}


def demo_views() -> tuple[View, ...]:
    """Three angles, five expressions, other scenes and other clothes."""
    return (
        *(View(axis="angle", bucket=bucket, words=words) for bucket, words in _TURNS.items()),
        *(View(axis="expression", bucket=bucket, words=words) for bucket, words in EXPRESSIONS.items()),
        *(
            View(axis="background", bucket="another", words=f"{SCENES[scene]}, {color} background")
            for scene, color in (("forest", "green"), ("beach", "yellow"), ("city", "purple"))
        ),
        *(View(axis="outfit", bucket="another", words=f"{color} hoodie") for color in tuple(COLORS)[:3]),
    )
