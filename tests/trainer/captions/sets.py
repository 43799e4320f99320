"""Small datasets of captions without pictures."""

from pathlib import Path
from typing import Any

from trainer.dataset.dataset import Dataset
from trainer.dataset.sample import Author, Sample


def picture(name: str, raw: str = "", author: Author = "vlm", **rest: Any) -> Sample:
    """100 px square; its sha256 is its name."""
    return Sample(path=Path(f"{name}.png"), sha256=name, width=100, height=100, raw=raw, author=author, **rest)


def captioned(name: str, caption: str, author: Author = "hand", **rest: Any) -> Sample:
    return picture(name, "", author, caption=caption, **rest)


def dataset(*samples: Sample, trigger: str = "sage_character", subject: str = "woman") -> Dataset:
    return Dataset(samples=samples, trigger=trigger, subject=subject, root=Path())


def said(*texts: str) -> Dataset:
    return dataset(*(picture(str(number), text) for number, text in enumerate(texts)))
