"""Prior preservation: what the base itself draws without the trigger, kept so that only the trigger changes meaning."""

import hashlib
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from PIL import Image

from ...dataset.dataset import Dataset
from ...families.family import Family
from ...generate.sampler import Sampler
from ...generate.shot import Shot
from ...recipe.buckets import Placement
from ...storage.atomic import write_atomically
from ...storage.seeding import derived_seed
from ...storage.values import canonical_json

_BARE_EVERY = 4


@dataclass(frozen=True)
class PriorPicture:
    """A picture to draw, its caption being the prompt; `key` names it by the base and everything that made it."""

    shot: Shot
    path: Path
    key: str


def without_trigger(caption: str, dataset: Dataset) -> str:
    """The caption as it would be of anybody: no trigger, the class word in its place if nothing names it."""
    trigger = rf"(?<!\w){re.escape(dataset.trigger)}(?!\w)"
    phrases = [" ".join(re.sub(trigger, " ", phrase).split()) for phrase in caption.split(",")]
    rest = ", ".join(phrase for phrase in phrases if phrase)
    if re.search(rf"(?<!\w){re.escape(dataset.subject)}(?!\w)", rest):
        return rest
    return f"{dataset.subject}, {rest}" if rest else dataset.subject


def prior_pictures(
    count: int, seed: int, dataset: Dataset, places: Sequence[Placement], folder: Path, base: str
) -> tuple[PriorPicture, ...]:
    """`count` pictures in the captions' contexts and bucket sizes, every fourth of the bare class word."""
    pictures: list[PriorPicture] = []
    for number in range(count):
        sample = number % len(places)
        is_bare = number % _BARE_EVERY == 0
        prompt = dataset.subject if is_bare else without_trigger(dataset.train[sample].caption, dataset)
        width, height = places[sample].bucket
        shot = Shot(prompt=prompt, seed=derived_seed(seed, "prior", number), width=width, height=height)
        key = hashlib.sha256(canonical_json([base, astuple(shot)]).encode()).hexdigest()
        pictures.append(PriorPicture(shot, folder / f"{key[:32]}.png", key))
    return tuple(pictures)


def draw_missing(pictures: Sequence[PriorPicture], family: Family) -> Iterator[int]:
    """Draw those not on disk yet, sizes together; yields how many of all exist after each."""
    missing = sorted((p for p in pictures if not _is_whole(p.path)), key=lambda p: (p.shot.width, p.shot.height))
    done = len(pictures) - len(missing)
    images = Sampler(family).generate([picture.shot for picture in missing])
    for picture, image in zip(missing, images, strict=True):
        write_picture(picture.path, image)
        done += 1
        yield done


def write_picture(path: Path, image: Image.Image) -> None:
    """A PNG, whole or not at all."""
    data = io.BytesIO()
    image.save(data, "PNG")
    write_atomically(path, data.getvalue())


def _is_whole(path: Path) -> bool:
    try:
        with Image.open(path) as image:
            image.verify()
    except (OSError, SyntaxError):  # Pillow calls a broken PNG a SyntaxError
        return False
    return True
