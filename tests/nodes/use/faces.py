"""Pictures of drawn people, a reader of them, and an adapter that remembers what it was shown."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from PIL import Image

from tests.fakes import FakeReader, picture

Pack = Callable[[str], Any]
SAGE, WREN = np.array([0.9, -0.3, 0.3]), np.array([-0.5, 0.8, 0.1])


def image(*faces: np.ndarray | None) -> torch.Tensor:
    """An IMAGE batch of fake pictures, grounds of their own each."""
    grounds = ("gray", "red", "green", "blue")
    pages = [picture(face, grounds[number % 4]) for number, face in enumerate(faces)]
    return torch.stack([torch.from_numpy(np.asarray(page, np.float32) / 255) for page in pages])


def face_reader(name: str = "insightface antelopev2") -> Any:
    return FakeReader(name=name)


class FakeAdapter:
    """Tokens are the faces that it was shown; it keeps what it was asked."""

    def __init__(self, pack: Pack, path: Path, kind: str = "pulid", family: str = "sdxl") -> None:
        self.kind, self.path, self.family = pack("trainer.identity.kinds").KINDS[kind], path, family
        self.shown: list[Any] = []
        self._pack = pack

    def tokens(self, references: Any, use: Any) -> Any:
        self.shown.append(references)
        seen = references.faces if references.faces is not None else references.pooled
        return self._pack("trainer.identity.references").Tokens(seen[:1, None], torch.zeros(1, 1, seen.shape[-1]))


def saved(pack: Pack, path: Path, **known: Any) -> Any:
    """An identity in a file, and as it was."""
    identity = pack("trainer.identity.identity").Identity(**known)
    path.write_bytes(pack("trainer.identity.identity_file").identity_bytes(identity))
    return identity


def model(name: str = "SDXL", *, lora: float | None = None) -> Any:
    """As much of a MODEL as tells its family, and what lies on it."""
    config = type(name, (), {"unet_config": {}})()
    patches = {} if lora is None else {"layer": [(lora, None, 1.0, None, None)]}
    return SimpleNamespace(model=SimpleNamespace(model_config=config), patches=patches)


def pil(page: torch.Tensor) -> Image.Image:
    return Image.fromarray(page.mul(255).round().to(torch.uint8).numpy())
