"""The command line's `fill`: what a set lacks, made by a base with a LoRA, judged, as a folder to train on."""

import argparse
from pathlib import Path
from typing import Any

from .cli_dataset import add_faces, add_words
from .cli_variants import add_drawing


def add_fill(commands: Any) -> None:
    fill = commands.add_parser("fill", help="make the pictures a set lacks, kept where face and bucket are right")
    fill.set_defaults(command=_fill)
    fill.add_argument("folder", type=Path, help="1 picture or more, with captions beside them")
    add_drawing(fill)
    fill.add_argument("--gaps", action="append", default=[], help="left profile, smile, outdoors ...; may be repeated")
    fill.add_argument("--views", type=Path, help="the shot catalogue: axis: bucket | words | edit | shape | negative")
    fill.add_argument("--list-views", action="store_true", help="print the catalogue that would be used, and stop")
    fill.add_argument("--per-gap", type=int, default=1, help="pictures for each gap")
    fill.add_argument(
        "--way",
        choices=("words", "image to image"),
        help="begin at nothing, for a base that knows the person, or at a reference (default: words with --lora)",
    )
    fill.add_argument("--denoise", type=float, default=0.75, help="for image to image")
    add_words(fill)
    add_faces(fill, "auto")


def _fill(options: argparse.Namespace) -> dict[str, Any]:
    from .console_fill import follow_fill

    return follow_fill(options)
