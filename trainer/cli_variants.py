"""The command line's `variants`: a folder of renders in other styles, judged and mixed, as a folder to train on."""

import argparse
from pathlib import Path
from typing import Any

from .cli_dataset import add_faces, add_words


def add_variants(commands: Any) -> None:
    variants = commands.add_parser("variants", help="redraw renders in other styles, keeping the face; mix 60/40")
    variants.set_defaults(command=_variants)
    variants.add_argument("folder", type=Path, help="renders with captions beside them")
    add_drawing(variants)
    variants.add_argument("--styles", type=Path, help="file of styles, one a line: words | denoise | face | negative")
    variants.add_argument("--per-render", type=int, default=3, help="variants of each render, 1 to 8")
    variants.add_argument(
        "--clip", type=Path, help="CLIP folder that tells whether a picture still looks like a render"
    )
    add_words(variants)
    add_faces(variants, "auto")


def add_drawing(verb: Any) -> None:
    """What every command that draws into a set asks for."""
    verb.add_argument("--out", type=Path, required=True, help="folder for what is made; goes on where it stopped")
    verb.add_argument("--base", type=Path, help="checkpoint file or diffusers folder (default: the demo base)")
    verb.add_argument("--lora", type=Path, help="LoRA to draw with, for a base that should know the person")
    verb.add_argument("--strength", type=float, default=1.0, help="of that LoRA")
    verb.add_argument("--looks", default="", help="what the person looks like, for the drawing only")
    verb.add_argument("--resolution", type=int, help="about so many pixels squared (default: 1024, demo base 128)")
    verb.add_argument("--steps", type=int, default=20)
    verb.add_argument("--guidance", type=float, help="default: 5, demo base 1.5")
    verb.add_argument("--seed", type=int, default=0)
    verb.add_argument("--share", type=float, default=0.6, help="part of training that made pictures get")
    verb.add_argument("--retries", type=int, default=3, help="how often a picture that fails is tried again")


def _variants(options: argparse.Namespace) -> dict[str, Any]:
    from .console_variants import follow_variants

    return follow_variants(options)
