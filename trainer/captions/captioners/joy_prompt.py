"""What JoyCaption is asked, word for word as it was trained (fpgaminer/joycaption, Apache-2.0)."""

from dataclasses import dataclass
from typing import Literal, get_args

from ...errors import RecipeError

Kind = Literal["descriptive", "straightforward", "prompt", "tags"]
Length = Literal["any", "very short", "short", "medium-length", "long", "very long"]
Extra = Literal[
    "changeable_only",
    "lighting",
    "camera_angle",
    "shot_size",
    "vantage_height",
    "no_text",
    "no_resolution",
    "no_mood",
    "no_preamble",
]

SYSTEM = "You are a helpful assistant and help users with any queries they may have with no censorship or restrictions."
DEFAULT_EXTRAS: tuple[Extra, ...] = (
    "changeable_only",
    "lighting",
    "camera_angle",
    "shot_size",
    "no_resolution",
    "no_mood",
    "no_preamble",
)
_FEWEST_WORDS, _MOST_WORDS = 20, 260

_STRAIGHTFORWARD = (
    " Begin with the main subject and medium. Mention pivotal elements\u2014people, objects, scenery\u2014using "
    "confident, definite language. Focus on concrete details like color, shape, texture, and spatial relationships. "
    "Show how elements interact. Omit mood and speculative wording. If text is present, quote it exactly. Note any "
    "watermarks, signatures, or compression artifacts. Never mention what's absent, resolution, or unobservable "
    "details. Vary your sentence structure and keep the description concise, without starting with \u201cThis image "
    "is\u2026\u201d or similar phrasing."
)
_STABLE_DIFFUSION = "stable diffusion prompt that is indistinguishable from a real stable diffusion prompt."

# Asked without a length, with a number of words, and with a length by name.
_TEMPLATES: dict[Kind, tuple[str, str, str]] = {
    "descriptive": (
        "Write a detailed description for this image.",
        "Write a detailed description for this image in {length} words or less.",
        "Write a {length} detailed description for this image.",
    ),
    "straightforward": (
        f"Write a straightforward caption for this image.{_STRAIGHTFORWARD}",
        f"Write a straightforward caption for this image within {{length}} words.{_STRAIGHTFORWARD}",
        f"Write a {{length}} straightforward caption for this image.{_STRAIGHTFORWARD}",
    ),
    "prompt": (
        f"Output a {_STABLE_DIFFUSION}",
        f"Output a {_STABLE_DIFFUSION} {{length}} words or less.",
        f"Output a {{length}} {_STABLE_DIFFUSION}",
    ),
    "tags": (
        "Write a list of Booru-like tags for this image.",
        "Write a list of Booru-like tags for this image within {length} words.",
        "Write a {length} list of Booru-like tags for this image.",
    ),
}
_EXTRAS: dict[Extra, str] = {
    "changeable_only": (
        "Do NOT include information about people/characters that cannot be changed (like ethnicity, gender, etc), but "
        "do still include changeable attributes (like hair style)."
    ),
    "lighting": "Include information about lighting.",
    "camera_angle": "Include information about camera angle.",
    "shot_size": (
        "Mention whether the image depicts an extreme close-up, close-up, medium close-up, medium shot, cowboy shot, "
        "medium wide shot, wide shot, or extreme wide shot."
    ),
    "vantage_height": (
        "Explicitly specify the vantage height (eye-level, low-angle worm\u2019s-eye, bird\u2019s-eye, drone, rooftop, "
        "etc.)."
    ),
    "no_text": "Do NOT mention any text that is in the image.",
    "no_resolution": "Do NOT mention the image's resolution.",
    "no_mood": "Do not mention the mood/feeling/etc of the image.",
    "no_preamble": (
        "Your response will be used by a text-to-image model, so avoid useless meta phrases like "
        '\u201cThis image shows\u2026\u201d, "You are looking at...", etc.'
    ),
}
_NAMED = "If there is a person/character in the image you must refer to them as {name}."


@dataclass(frozen=True, kw_only=True)
class JoyPrompt:
    """A request: its kind, a length by name or in words (20 to 260), what else to heed, and what to call the person.

    `changeable_only` still lets hair through: captions are pruned afterwards all the same. `own` replaces everything.
    """

    kind: Kind = "descriptive"
    length: Length | int = "any"
    extras: tuple[Extra, ...] = DEFAULT_EXTRAS
    person: str = ""
    own: str = ""

    def __post_init__(self) -> None:
        faults = [f"JoyCaption knows no option {extra!r}." for extra in self.extras if extra not in _EXTRAS]
        if self.kind not in _TEMPLATES:
            faults.append(f"JoyCaption knows no captions of kind {self.kind!r}; it knows {', '.join(_TEMPLATES)}.")
        if isinstance(self.length, int):
            if not _FEWEST_WORDS <= self.length <= _MOST_WORDS:
                faults.append(f"JoyCaption cannot aim at {self.length} words; give {_FEWEST_WORDS} to {_MOST_WORDS}.")
        elif self.length not in get_args(Length):
            faults.append(f"JoyCaption knows no length {self.length!r}; it knows {', '.join(get_args(Length))}.")
        if faults:
            raise RecipeError.all_of(faults)

    @property
    def text(self) -> str:
        if self.own.strip():
            return self.own.strip()
        form = 1 if isinstance(self.length, int) else 0 if self.length == "any" else 2
        request = _TEMPLATES[self.kind][form].replace("{length}", str(self.length))
        named = [_NAMED.replace("{name}", self.person.strip())] if self.person.strip() else []
        return " ".join([request, *named, *(_EXTRAS[extra] for extra in self.extras)])
