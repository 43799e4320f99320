"""Pictures without a host: a base from its files, LoRA files swapped without reloading it."""

import gc
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from PIL import Image

from ..families.base import Base
from ..families.family import Family
from ..families.options import FamilyOptions
from ..families.registry import load_family
from ..families.residence import Residence
from ..identity.from_files import OpenReader
from ..lora.assistant import mount_for_drawing
from ..lora.mount import MountedLora, mount_lora
from ..runtime.work import Ask, never
from .attachments import Attachment, Identity, Lora, Start, refuse_unsupported
from .identities import Identities, no_reader
from .sampler import Sampler
from .shot import Shot, batches


class LocalGenerator:
    """A Generator that loads the base when it first draws, keeps the last LoRA and identity adapters applied, and
    remembers encoded prompts.

    `options` are those of the recipe whose LoRA files are drawn with: they learned from captions read so. `reader`
    reads faces in reference pictures. `cancelled` is asked at every step. `loads` is how often the base was loaded.
    """

    supports: frozenset[type[Attachment]] = frozenset({Lora, Start, Identity})

    def __init__(
        self,
        base: Base,
        residence: Residence | None = None,
        options: FamilyOptions | None = None,
        reader: OpenReader = no_reader,
        cancelled: Ask = never,
    ) -> None:
        self._base, self._residence, self._cancelled = base, residence, cancelled
        self._options = (options or FamilyOptions()).for_drawing()
        self._loaded: tuple[Family, Sampler] | None = None
        self._mounted: MountedLora | None = None
        self._key: tuple[Path, int, int, float] | None = None
        self._identities = Identities(reader)
        self.loads = 0

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        """Pictures in order; ModelError for a LoRA file that does not fit the base, and for what only ComfyUI has."""
        for batch in batches(shots):
            refuse_unsupported(batch[0].attachments, self.supports)
            self._use(batch[0])
            yield from self._sampler.generate([shot.without(Lora, Identity) for shot in batch])

    def release(self) -> None:
        """Free the base's memory; it loads again when it is next asked to draw."""
        self._loaded = self._mounted = self._key = None
        self._identities.forget()
        gc.collect()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    @property
    def _family(self) -> Family:
        return self._ready()[0]

    @property
    def _sampler(self) -> Sampler:
        return self._ready()[1]

    def _ready(self) -> tuple[Family, Sampler]:
        if self._loaded is None:
            family = load_family(self._base, self._residence, self._options)
            mount_for_drawing(family, self._base, self._options.flow)
            self._loaded = family, Sampler(family, cancelled=self._cancelled)
            self.loads += 1
        return self._loaded

    def _use(self, shot: Shot) -> None:
        if shot.identities or self._loaded is not None:
            self._identities.use(self._family, shot.identities)
        lora = shot.lora
        key = None if lora is None else _key(lora)
        if key == self._key:
            return
        if self._mounted is not None:
            self._mounted.remove()
        self._mounted, self._key = None, None
        if lora is not None and key is not None:
            self._mounted, self._key = mount_lora(self._family, lora.path, lora.strength), key


def _key(lora: Lora) -> tuple[Path, int, int, float] | None:
    """What the applied LoRA was made of: a file rewritten in place counts as another. None draws the bare base."""
    if lora.strength == 0:
        return None
    if not lora.path.is_file():
        return (lora.path, 0, 0, lora.strength)
    stat = lora.path.stat()
    return (lora.path, stat.st_mtime_ns, stat.st_size, lora.strength)
