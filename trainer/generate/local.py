"""Pictures without a host: a base from its files, LoRA files swapped without reloading it."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image

from ..errors import ModelError
from ..families.base import Base
from ..families.registry import load_family
from ..families.residence import Residence
from ..lora.mount import MountedLora, mount_lora
from .batches import batches
from .sampler import Sampler
from .shot import Shot


class LocalGenerator:
    """A Generator that loads the base once, keeps the last LoRA applied, and remembers encoded prompts.

    `clip_skip` is that of the recipe whose LoRA files are drawn with: they learned from captions read so.
    """

    def __init__(self, base: Base, residence: Residence | None = None, *, clip_skip: int = 1) -> None:
        self._family = load_family(base, residence, clip_skip=clip_skip)
        self._sampler = Sampler(self._family)
        self._mounted: MountedLora | None = None
        self._key: tuple[Path, int, int, float] | None = None

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        """Pictures in order; ModelError for a LoRA file that does not fit the base, and for what only ComfyUI has."""
        for batch in batches(shots):
            if batch[0].references or batch[0].hint:
                raise ModelError("Edit models and ControlNets run in ComfyUI only; use words or image to image here.")
            self._use(batch[0])
            yield from self._sampler.generate([replace(shot, lora=None) for shot in batch])

    def _use(self, shot: Shot) -> None:
        key = _key(shot)
        if key == self._key:
            return
        if self._mounted is not None:
            self._mounted.remove()
        self._mounted, self._key = None, None
        if shot.lora is not None and key is not None:
            self._mounted, self._key = mount_lora(self._family, shot.lora, shot.strength), key


def _key(shot: Shot) -> tuple[Path, int, int, float] | None:
    """What the applied LoRA was made of: a file rewritten in place counts as another. None draws the bare base."""
    if shot.lora is None or shot.strength == 0:
        return None
    if not shot.lora.is_file():
        return (shot.lora, 0, 0, shot.strength)
    stat = shot.lora.stat()
    return (shot.lora, stat.st_mtime_ns, stat.st_size, shot.strength)
