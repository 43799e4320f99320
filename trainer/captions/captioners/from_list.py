"""Captions from anywhere else: a list of texts, one a picture, such as the host's own text generators make."""

from collections.abc import Sequence

from ...dataset.dataset import Dataset, LeftOut
from ...dataset.sample import Author, Sample
from ...errors import DatasetError
from .apply_caption import clean, fault_of_caption, with_caption, without_caption
from .captioner import RawCaption, Tag


def use_captions(
    dataset: Dataset, texts: Sequence[str], *, author: Author = "vlm", keep_hand: bool = True
) -> tuple[Dataset, tuple[LeftOut, ...]]:
    """Put the texts on the pictures in order; those that cannot be captions are named and change nothing.

    `author` "tagger" takes each text as a list of tags between commas. Raises DatasetError unless there is one text a
    picture, which counts the pictures with captions by hand too.
    """
    if len(texts) != len(dataset.samples):
        raise DatasetError(
            f"{len(texts)} captions came for {len(dataset.samples)} pictures; "
            "connect a list with one caption for each picture, in the dataset's order."
        )
    samples: list[Sample] = []
    failed: list[LeftOut] = []
    for sample, text in zip(dataset.samples, texts, strict=True):
        said = clean(RawCaption(text, _tags(text) if author == "tagger" else ()))
        if keep_hand and sample.author == "hand":
            samples.append(sample)
        elif why := fault_of_caption(said):
            samples.append(without_caption(sample, "The list", why))
            failed.append(LeftOut(name=sample.path.name, why=why))
        else:
            samples.append(with_caption(sample, said, author))
    return dataset.with_samples(tuple(samples)), tuple(failed)


def _tags(text: str) -> tuple[Tag, ...]:
    """Tags between commas; packs that write prompts put a backslash before brackets, which no tagger does."""
    parts = (part.strip().replace("\\(", "(").replace("\\)", ")") for part in text.split(","))
    return tuple(Tag(part, "general", 1.0) for part in parts if part)
