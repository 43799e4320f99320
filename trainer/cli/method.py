"""`method`: whether to train on a folder of pictures, to draw with an identity adapter at once, or both."""

import sys
from argparse import Namespace
from pathlib import Path

from ..planning.zero_shot.goals import WORDS
from .command import AddParser, Figures
from .folder import add_faces, add_reading, face_reader, read


def add(command: AddParser) -> None:
    method = command("method", help="train a LoRA, draw with an identity adapter at once, or both: which suits")
    method.set_defaults(command=_method)
    method.add_argument("folder", type=Path, metavar="FOLDER", help="pictures of the character")
    wanted = "; ".join(f"{word}: {goal}" for word, goal in WORDS.items())
    method.add_argument(
        "--goal", choices=[*WORDS], default="series", help=f"what is wanted ({wanted}; default: series)"
    )
    looks = method.add_mutually_exclusive_group()
    looks.add_argument("--drawn", action="store_const", const=True, default=None, help="drawings or renders")
    looks.add_argument("--photographs", dest="drawn", action="store_const", const=False, help="photographs")
    method.add_argument("--card", type=float, default=0.0, help="memory of the GPU in GB (default: not told)")
    add_reading(method)
    add_faces(method)


def _method(options: Namespace) -> Figures:
    """Print the verdict and a line a reason."""
    from ..demo.reader import DemoReader
    from ..planning.zero_shot.method import method_for
    from ..planning.zero_shot.situation import situation_of

    dataset, reader = read(options, options.folder), face_reader(options)
    is_drawn = options.drawn if options.drawn is not None else (True if isinstance(reader, DemoReader) else None)
    goal = WORDS[options.goal]
    situation = situation_of(dataset.samples, reader, goal, is_drawn=is_drawn, card=options.card)
    method = method_for(situation)
    sys.stdout.write(f"{method.text}\n")
    return {"pictures": situation.pictures, "faces": situation.faces, **method.to_json()}
