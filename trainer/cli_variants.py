"""The command line's `variants`: a folder of renders in other styles, judged and mixed, as a folder to train on."""

import argparse
from pathlib import Path
from typing import Any

from .cli_dataset import add_faces, add_words


def add_variants(commands: Any) -> None:
    variants = commands.add_parser("variants", help="redraw renders in other styles, keeping the face; mix 60/40")
    variants.set_defaults(command=_variants)
    variants.add_argument("folder", type=Path, help="renders with captions beside them")
    variants.add_argument("--out", type=Path, required=True, help="folder for what is made; goes on where it stopped")
    variants.add_argument("--base", type=Path, help="checkpoint file or diffusers folder (default: the demo base)")
    variants.add_argument("--styles", type=Path, help="file of styles, one a line: words | denoise | face | negative")
    variants.add_argument("--per-render", type=int, default=3, help="variants of each render, 1 to 8")
    variants.add_argument("--looks", default="", help="what the person looks like, for the drawing only")
    variants.add_argument("--resolution", type=int, help="about so many pixels squared (default: 1024, demo base 128)")
    variants.add_argument("--steps", type=int, default=20)
    variants.add_argument("--guidance", type=float, default=5.0)
    variants.add_argument("--seed", type=int, default=0)
    variants.add_argument("--share", type=float, default=0.6, help="part of training that variants get")
    variants.add_argument("--retries", type=int, default=3)
    add_words(variants)
    add_faces(variants, "auto")


def _variants(options: argparse.Namespace) -> dict[str, Any]:
    from .console_variants import follow_variants

    return follow_variants(options)
