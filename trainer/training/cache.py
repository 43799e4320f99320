"""Latents, masks and text embeddings by content hash, one small file each, so that a run encodes nothing twice."""

import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import astuple
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..dataset.sample import Sample
from ..errors import ModelError
from ..families.base import Family, Placement
from ..values import canonical_json
from .pictures import placed_mask, placed_picture
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

    def mask(self, sample: Sample, placement: Placement, size: tuple[int, int]) -> Tensor:
        """Coverage 0 to 1 of the placed picture averaged to the latents' `size` (h, w), (1, h, w).

        The picture's hash names the mask too, because another transparency over the same matte gives other pixels.
        Only under pixels of the matte's own colour it does not; there a run keeps the mask it began with.
        """

        def average() -> Mapping[str, Tensor]:
            covered = torch.tensor(np.asarray(placed_mask(sample, placement), np.float32) / 255)
            return {"mask": torch.nn.functional.adaptive_avg_pool2d(covered[None], size)}

        return self._get("mask", [sample.sha256, sample.matte, astuple(placement), list(size)], average)["mask"]

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
