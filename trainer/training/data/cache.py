"""Latents, masks and text embeddings by content hash, so that a run encodes nothing twice; memory stays bounded."""

import hashlib
import logging
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ...dataset.sample import Sample
from ...errors import ModelError
from ...families.condition import Condition
from ...families.family import Family
from ...recipe.buckets import Placement
from ...storage.tensor_file import write_tensors
from ...storage.values import canonical_json
from .placed import placed_mask, placed_picture

Encode = Callable[[], Mapping[str, Tensor]]

_log = logging.getLogger(__name__)


class Cache:
    """Encodes with `family` what is not held yet. `base` is the base's sha256.

    With a `folder`, one small file each is kept there and the latest `most_bytes` in memory too; without one all stay
    in memory.
    """

    def __init__(self, folder: Path | None, family: Family, base: str, *, most_bytes: int = 1 << 30) -> None:
        self._folder = folder
        self._family = family
        self._base = base
        self._most_bytes = most_bytes
        self._bytes = 0
        self._held: OrderedDict[str, Mapping[str, Tensor]] = OrderedDict()

    def latents(self, sample: Sample, placement: Placement) -> Tensor:
        """Posterior mean and log-variance of the placed picture, (2c, h, w); ModelError naming it when they are NaN."""

        def encode() -> Mapping[str, Tensor]:
            # A base whose autoencoder is broken says so here, before a picture is named.
            assert self._family.codec.channels
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

        return self._get(
            "mask", [sample.sha256, sample.mask_sha256 or sample.matte, astuple(placement), list(size)], average
        )["mask"]

    def condition(self, caption: str) -> Condition:
        """What the denoiser is told of one caption."""
        key = [caption, self._family.text_key, str(self._family.dtype)]
        return Condition(self._get("condition", key, lambda: self._family.encode_text(caption).tensors))

    def _get(
        self, kind: str, key: Sequence[object], encode: Callable[[], Mapping[str, Tensor]]
    ) -> Mapping[str, Tensor]:
        name = hashlib.sha256(canonical_json([kind, self._base, *key]).encode()).hexdigest()
        if name in self._held:
            self._held.move_to_end(name)
            return self._held[name]
        if self._folder is None:
            found = encode()
        else:
            path = self._folder / f"{kind}_{name[:32]}.safetensors"
            kept = _read(path)
            found = encode() if kept is None else kept
            if kept is None:
                write_tensors(path, found, {})
        self._hold(name, found)
        return found

    def _hold(self, name: str, tensors: Mapping[str, Tensor]) -> None:
        self._held[name] = tensors
        self._bytes += _size(tensors)
        while self._folder is not None and self._bytes > self._most_bytes and len(self._held) > 1:
            self._bytes -= _size(self._held.popitem(last=False)[1])


def _size(tensors: Mapping[str, Tensor]) -> int:
    return sum(tensor.nbytes for tensor in tensors.values())


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
