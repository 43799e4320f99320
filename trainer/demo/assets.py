"""What the demo ships with, made by `python -m trainer demo build`: bases, adapter, reader and a crowd of others."""

from pathlib import Path

import numpy as np

from ..errors import ModelError
from ..families.base import Base
from ..families.flux.describe import describe_folder
from ..families.registry import describe_base
from .family import FAMILIES, DemoFamily
from .reader import ASSETS, DemoReader

ADAPTER = Path("adapter", "demo_adapter.safetensors")
"""Of identity, for the SDXL base, by faces as the demo reader reads them."""


def demo_base(assets: Path = ASSETS, family: DemoFamily = "sdxl") -> Base:
    """A demo base model; ModelError when its files are missing."""
    if family == "flow":
        return describe_folder(assets / "flow", text=assets / "base")
    return describe_base(assets / "base")


def demo_family(base: Base, assets: Path = ASSETS) -> DemoFamily | None:
    """Which demo base this is; None for any other base."""
    return next((family for family in FAMILIES if base.sha256 == demo_base(assets, family).sha256), None)


def demo_adapter(assets: Path = ASSETS) -> Path:
    """An IP-Adapter FaceID in small; whoever opens it says what is wrong with it."""
    return assets / ADAPTER


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
