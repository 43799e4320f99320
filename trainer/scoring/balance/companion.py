"""What is used beside a LoRA, at one weight after another."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from ...generate.attachments import Attachment, Reference
from ...generate.attachments import Identity as Brought
from ...identity.adapter import Adapter
from ...identity.identity import Identity
from ...identity.identity_file import identity_bytes
from ...identity.prepare import FindEncoder, token_key, tokens_of
from ...identity.presets import IDENTITY_ENDING
from ...identity.use import Use
from ...storage.atomic import write_atomically
from ..drawing import refused_write

FOLDER = "identities"
"""Of a comparison's folder: what pictures were drawn with, by content."""


class Companion(Protocol):
    """An adapter's identity, or the references of an edit model."""

    @property
    def title(self) -> str:
        """What people call it, within a sentence: `PuLID`, `the references`."""
        ...

    def at(self, weight: float) -> tuple[Attachment, ...]:
        """What a shot brings for it at this weight, above 0."""
        ...


@dataclass(frozen=True, kw_only=True)
class Adapted:
    """An adapter's file, and an identity file with its tokens."""

    title: str
    adapter: Path
    kind: str
    identity: Path

    def at(self, weight: float) -> tuple[Attachment, ...]:
        return (Brought(adapter=self.adapter, references=(self.identity,), kind=self.kind, weight=weight),)


@dataclass(frozen=True, kw_only=True)
class Referred:
    """Pictures that an edit model is shown."""

    pictures: tuple[Path, ...]
    title: str = "the references"

    def at(self, weight: float) -> tuple[Attachment, ...]:
        return tuple(Reference(path=path, strength=weight) for path in self.pictures)


def adapted(adapter: Adapter, identity: Identity, encoder: FindEncoder, out: Path) -> Adapted:
    """The identity is kept under `out` with this adapter's tokens alone: nothing else of it changes a picture.

    ModelError where the identity does not fit the adapter, RunError when the disk refuses.
    """
    use = Use()
    tokens = {token_key(adapter, use): tokens_of(identity, adapter, use, encoder)}
    data = identity_bytes(Identity(tokens=tokens, source=identity.source, of=identity.of))
    path = out / FOLDER / f"{hashlib.sha256(data).hexdigest()[:16]}{IDENTITY_ENDING}"
    try:
        write_atomically(path, data)
    except OSError as fault:
        raise refused_write(path, fault) from fault
    return Adapted(title=adapter.kind.title, adapter=adapter.path, kind=adapter.kind.name, identity=path)
