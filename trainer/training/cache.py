"""Latents and text embeddings by content hash, one small file each, so that a run encodes nothing twice."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import astuple
from pathlib import Path

import torch
from torch import Tensor

from ..dataset.sample import Sample
from ..errors import ModelError
from ..families.base import Family, Placement
from ..values import canonical_json
from .pictures import placed_picture
from .tensorfile import write_tensors

_log = logging.getLogger(__name__)


class Cache:
    """Encodes with `family` what `folder` does not hold yet. `base` is the base's sha256."""

    def __init__(self, folder: Path, family: Family, base: str) -> None:
        self._folder = folder
        self._family = family
        self._base = base

    def latents(self, sample: Sample, placement: Placement) -> Tensor:
        """Posterior mean and log-variance of the placed picture, (2c, h, w); ModelError naming it when they are NaN."""

        def encode() -> Mapping[str, Tensor]:
            try:
                return {"latents": self._family.encode_image(placed_picture(sample, placement))}
            except ModelError as error:
                raise ModelError(f"{sample.path.name}: {error}") from error

        return self._get("latents", [sample.sha256, astuple(placement)], encode)["latents"]

    def text(self, caption: str) -> Mapping[str, Tensor]:
        """The family's conditioning of one caption."""
        return self._get("text", [caption], lambda: self._family.encode_text(caption))

    def _get(self, kind: str, key: list[object], encode: Callable[[], Mapping[str, Tensor]]) -> Mapping[str, Tensor]:
        name = hashlib.sha256(canonical_json([kind, self._base, *key]).encode()).hexdigest()
        path = self._folder / f"{kind}_{name[:32]}.safetensors"
        kept = _read(path)
        if kept is not None:
            return kept
        fresh = encode()
        write_tensors(path, fresh, {})
        return fresh


def _read(path: Path) -> Mapping[str, Tensor] | None:
    """The file's tensors; None when it is missing or damaged, so that it is made again."""
    from safetensors import SafetensorError
    from safetensors.torch import load

    if not path.is_file():
        return None
    try:
        tensors = load(path.read_bytes())
    except (SafetensorError, OSError, ValueError) as error:
        _log.warning("%s is damaged (%s) and will be made again.", path.name, error)
        return None
    if not tensors or not all(torch.isfinite(tensor).all() for tensor in tensors.values()):
        return None
    return tensors
