"""The guide's signs of good and over-done training as scenes: what is drawn where nobody writes a plan."""

from collections.abc import Mapping
from dataclasses import dataclass, field

SOMEONE_ELSE = "an old fisherman"


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Words of a prompt, and by slot what of them a reader should read back."""

    words: str
    asked: Mapping[str, str] = field(default_factory=dict[str, str])


PORTRAIT = Scene(
    words="portrait, neutral expression, looking at viewer, studio",
    asked={"expression": "neutral expression", "turn": "looking at viewer", "place": "studio"},
)
SCENES = (
    PORTRAIT,
    Scene(words="portrait, smiling, in a kitchen", asked={"expression": "smiling", "place": "kitchen"}),
    Scene(
        words="serious expression, looking at viewer, city street",
        asked={"expression": "serious expression", "turn": "looking at viewer", "place": "city street"},
    ),
    Scene(words="left profile, plain background", asked={"turn": "left profile", "place": "plain background"}),
    Scene(words="full body, walking, forest path", asked={"place": "forest path"}),
    Scene(words="wearing a red coat, city street", asked={"clothing": "red coat", "place": "city street"}),
    Scene(words="wearing a white shirt, sitting in a cafe", asked={"clothing": "white shirt", "place": "cafe"}),
    Scene(words="standing on a beach, bright daylight", asked={"place": "beach", "light": "bright daylight"}),
    Scene(words="sitting in a library", asked={"place": "library"}),
    Scene(words="backlit at night, neon lights", asked={"light": "backlit at night"}),
    Scene(words="illustration, upper body", asked={"style": "illustration"}),
)
QUICK_SCENES = (
    Scene(words="portrait, smiling, in a kitchen", asked={"expression": "smiling", "place": "kitchen"}),
    Scene(
        words="left profile, wearing a red coat, city street",
        asked={"turn": "left profile", "clothing": "red coat", "place": "city street"},
    ),
    Scene(
        words="full body, walking, wearing a white shirt, backlit at night",
        asked={"clothing": "white shirt", "light": "backlit at night"},
    ),
)
"""Each asks for several slots at once: they must be told by fewer pictures."""
