"""What a LoRA is balanced with, from the wires: an adapter with an identity, or references of an edit model."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...trainer.errors import RunError
from ...trainer.generate.attachments import Attachment, Reference
from ...trainer.generate.attachments import Identity as Brought
from ..host.images import from_frame
from .adapters import AUTO, chosen, encoder_path, family_of

if TYPE_CHECKING:
    import torch

    from ...trainer.identity.identity import Identity
    from ...trainer.scoring.balance.companion import Companion
    from .adapters import AdapterChoice

_FOLDER = "identities"
"""Of the comparison's folder: what its pictures were drawn with, by content."""


@dataclass(frozen=True, kw_only=True)
class Adapted:
    """An adapter's file and an identity file that holds its tokens."""

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


def companion_of(
    model: Any,
    folder: Path,
    adapter: AdapterChoice | None,
    identity: Identity | None,
    pictures: torch.Tensor | None,
) -> Companion:
    """`model` is what the adapter must fit, `folder` the comparison's. RunError where nothing, or both, are wired;
    ModelError where adapter and identity do not fit."""
    if identity is not None and pictures is not None:
        raise RunError("Wire an identity for an adapter, or reference_images for an edit model; not both.")
    if identity is not None:
        return _adapted(model, folder, adapter or chosen(AUTO), identity)
    if pictures is not None:
        return _referred(folder, pictures)
    raise RunError(
        "There is nothing to balance the LoRA with: wire identity from Read face (and adapter from Load identity "
        "adapter), or for an edit model reference_images."
    )


def _adapted(model: Any, folder: Path, adapter: AdapterChoice, identity: Identity) -> Adapted:
    """With its tokens alone in the file: nothing else of the identity changes a picture."""
    import hashlib

    from ...trainer.identity.identity import Identity
    from ...trainer.identity.identity_file import identity_bytes
    from ...trainer.identity.prepare import token_key, tokens_of
    from ...trainer.identity.presets import IDENTITY_ENDING
    from ...trainer.identity.use import Use

    fit, use = adapter.fitting(family_of(model), identity), Use()
    tokens = {token_key(fit, use): tokens_of(identity, fit, use, encoder_path)}
    data = identity_bytes(Identity(tokens=tokens, source=identity.source, of=identity.of))
    path = folder / _FOLDER / f"{hashlib.sha256(data).hexdigest()[:16]}{IDENTITY_ENDING}"
    _keep(path, data)
    return Adapted(title=fit.kind.title, adapter=fit.path, kind=fit.kind.name, identity=path)


def _referred(folder: Path, pictures: torch.Tensor) -> Referred:
    from ...trainer.images.store import ImageStore

    store = ImageStore(folder / _FOLDER)
    return Referred(pictures=tuple(folder / _FOLDER / store.put(from_frame(frame[..., :3])).name for frame in pictures))


def _keep(path: Path, data: bytes) -> None:
    from ...trainer.scoring.drawing import refused_write
    from ...trainer.storage.atomic import write_atomically

    try:
        write_atomically(path, data)
    except OSError as fault:
        raise refused_write(path, fault) from fault
