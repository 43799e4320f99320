"""What the demo ships with: base, reader and a crowd of other people, made by `python -m trainer demo build`."""

from pathlib import Path

import numpy as np

from ..errors import ModelError
from ..families.base import Base
from ..families.registry import describe_base
from .reader import ASSETS, DemoReader


def demo_base(assets: Path = ASSETS) -> Base:
    """The demo base model; ModelError when its files are missing."""
    return describe_base(assets / "base")


def demo_reader(assets: Path = ASSETS) -> DemoReader:
    """Face and attribute reader of the demo's drawings."""
    return DemoReader(assets)


def other_people(assets: Path = ASSETS) -> np.ndarray:
    """Unit embeddings (n, d) of people who are not the character, by the demo reader."""
    try:
        rows = np.load(assets / "others.npy", allow_pickle=False).astype(np.float32)
    except OSError as error:
        raise ModelError(f"{assets} has no others.npy; remake it with `python -m trainer demo build`.") from error
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)
