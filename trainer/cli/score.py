"""`score`: any folder of pictures against references of one person."""

import json
import sys
from argparse import Namespace
from pathlib import Path

from ..dataset.dataset import Dataset
from ..dataset.sample_pixels import open_sample
from ..runtime.work import follow
from .command import AddParser, Figures, write_text
from .folder import add_faces, add_reading, read, required_face_reader
from .progress import progress


def add(command: AddParser) -> None:
    score = command("score", help="score a folder of pictures against references of one person")
    score.set_defaults(command=_score)
    score.add_argument("folder", type=Path, metavar="FOLDER", help="pictures to score")
    score.add_argument("--references", type=Path, required=True, metavar="FOLDER", help="pictures of the person")
    score.add_argument("--least", type=float, help="likeness to accept from (default: by the references' own)")
    score.add_argument("--out", type=Path, help="folder for scores.json")
    add_reading(score)
    add_faces(score)


def _score(options: Namespace) -> Figures:
    """Print a line a picture; with `--out` write scores.json there."""
    from ..scoring.score_images import NamedImage, score_images

    pictures, references = read(options, options.folder), read(options, options.references)
    named = (
        NamedImage(name=_name(pictures, number), image=open_sample(each))
        for number, each in enumerate(pictures.samples)
    )
    known = [open_sample(sample) for sample in references.samples]
    work = score_images(named, known, required_face_reader(options), least=options.least)
    with progress("scoring") as report:
        done = iter(range(1, len(pictures.samples) + 1))
        scores = follow(work, lambda scored: report(next(done), len(pictures.samples), scored.name))
    sys.stdout.write(f"{scores.text}\n")
    if options.out:
        write_text(options.out / "scores.json", json.dumps(scores.to_json(), indent=2, ensure_ascii=False) + "\n")
    return {
        "pictures": len(scores.images),
        "accepted": len(scores.accepted),
        "not_measured": sum(one.likeness is None for one in scores.images),
        "likeness": scores.likeness and scores.likeness.to_json(),
        "floor": scores.floor,
        "reference": scores.reference,
        "reader": scores.reader,
    }


def _name(dataset: Dataset, number: int) -> str:
    path = dataset.samples[number].path
    return path.relative_to(dataset.root).as_posix() if path.is_relative_to(dataset.root) else path.name
