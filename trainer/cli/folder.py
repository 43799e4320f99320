"""A folder of pictures as commands take it: its arguments, its reading, and the face reader that looks at it."""

from argparse import ArgumentParser, Namespace
from collections.abc import Generator, Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from ..dataset.dataset import Dataset, LeftOut, told
from ..dataset.files.folder import read_dataset
from ..demo.reader import register_demo_reader
from ..errors import FaceError, ModelError
from ..faces.face import AttributeReader, FaceReader
from ..faces.registry import FaceFolders, open_reader
from ..images.alpha import Alpha
from .progress import progress, say


def add_trigger(verb: ArgumentParser) -> None:
    verb.add_argument("--trigger", help="word for the character (default: from the folder's name)")
    verb.add_argument("--subject", help="class word (default: that of '10_zxq woman', else person)")


def add_reading(verb: ArgumentParser) -> None:
    """How a folder is read."""
    add_trigger(verb)
    verb.add_argument("--held-out", type=int, default=0, help="pictures kept out of training to judge by")
    verb.add_argument("--recursive", action="store_true", help="read folders inside the folder too")
    verb.add_argument("--alpha", default="white", help="colour behind transparency, or `mask` (default: white)")


def add_faces(verb: ArgumentParser) -> None:
    """Who reads faces, and where."""
    add_readers(verb)
    verb.add_argument("--device", default="cpu", help="cpu or cuda")


def add_readers(verb: ArgumentParser) -> None:
    """Who reads faces."""
    verb.add_argument(
        "--faces",
        default="auto",
        help="face reader: auraface, buffalo_l, antelopev2, opencv or dlib (auto takes the first of these that is "
        "ready), ccip for drawn characters, dino for anything without a face, demo, or none (default: auto)",
    )
    verb.add_argument(
        "--models", type=Path, action="append", default=[], help="folder with face models; may be repeated"
    )


def read(options: Namespace, folder: Path, *, held_out: int | None = None) -> Dataset:
    """The dataset in `folder` as the options say; files left out are named on the console."""
    alpha = Alpha(matte="grey", masked=True) if options.alpha == "mask" else Alpha(matte=options.alpha)
    with progress("reading") as report:
        dataset = read_dataset(
            folder,
            trigger=options.trigger,
            subject=options.subject,
            held_out=options.held_out if held_out is None else held_out,
            recursive=options.recursive,
            alpha=alpha,
            progress=report,
        )
    say_unused(dataset)
    return dataset


def say_unused(dataset: Dataset) -> None:
    """What lies in the folder and is not used, one line a kind."""
    for line in (*(f"left out: {line}" for line in told(dataset.left_out)), *dataset.notes):
        say(line, "yellow")


def name_left_out(left_out: Iterable[LeftOut], before: str = "") -> None:
    """A line for each, with its name and why."""
    for left in left_out:
        say(f"{before}{left.name}: {left.why}", "yellow")


def face_reader(options: Namespace) -> FaceReader | None:
    """The reader asked for; with `auto` None where no reader is ready, and the console says what is missing."""
    if options.faces == "none":
        return None
    try:
        return required_face_reader(options)
    except FaceError as fault:
        if options.faces != "auto":
            raise
        say(f"Faces are not read. {fault}", "yellow")
        return None


def required_face_reader(options: Namespace) -> FaceReader:
    """The reader asked for; FaceError says what it lacks."""
    register_demo_reader()
    folders = tuple(options.models)
    with naming_models():
        where = FaceFolders(insightface=folders, opencv=folders, ccip=folders, dino=folders)
        return open_reader(options.faces, where, options.device)


@contextmanager
def naming_models() -> Generator[None]:
    """Within the block what is said of missing models tells how the command line is told where they are."""
    try:
        yield
    except (FaceError, ModelError) as fault:
        raise type(fault)(f"{fault}\nGive the folder that holds the models with --models.") from fault


def attribute_reader(faces: FaceReader | None) -> AttributeReader | None:
    """The demo's reader reads expressions and clothes as well."""
    return cast(AttributeReader, faces) if hasattr(faces, "slots") else None
