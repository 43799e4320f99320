"""Who reads reference pictures, and an identity of pictures that are wired without one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...trainer.errors import FaceError, ModelError
from ..host.images import from_frame
from ..readers import AUTO, reader_of

if TYPE_CHECKING:
    import torch

    from ...trainer.identity.identity import Identity
    from ...trainer.identity.pictures_seen import NamedPicture
    from .adapters import AdapterChoice


def reader_for(choice: str, adapter: AdapterChoice | None) -> Any:
    """The reader of a choice; `auto` prefers those whose faces adapters understand."""
    from ...trainer.identity.identity import READERS_OF

    if choice != AUTO:
        return reader_of(choice)
    asked = [] if adapter is None or adapter.is_auto else [kind.face_model for kind in adapter.kinds()]
    needed = next((model for model in asked if model), "")
    if needed:
        return reader_of(READERS_OF[needed])
    for model in ("antelopev2", "buffalo_l"):
        try:
            return reader_of(READERS_OF[model])
        except FaceError:
            continue
    return reader_of(AUTO)


@dataclass(frozen=True, kw_only=True, eq=False)
class ReadReferences:
    """`warnings` name pictures that are not used, and faces that are turned away."""

    identity: Identity
    warnings: Sequence[str] = ()


def read_references(identity: Identity | None, images: torch.Tensor | None, adapter: AdapterChoice) -> ReadReferences:
    """The identity that is wired, else one of the pictures: read where the adapter needs a face."""
    from ...trainer.identity.pictures_seen import Reading
    from ...trainer.identity.read import identity_of_pictures, read_faces
    from ...trainer.runtime.work import follow

    if identity is not None:
        return ReadReferences(identity=identity)
    if images is None:
        raise ModelError("There is nobody to be like: wire an identity of Read face or Load identity, or pictures.")
    pictures = pictures_of([images])
    can_be_faceless = any(not kind.face_model for kind in adapter.kinds())
    try:
        reader = reader_for(AUTO, adapter)
    except FaceError:
        if can_be_faceless:
            return ReadReferences(identity=identity_of_pictures(pictures))
        raise
    how = Reading(on_no_face="pass through" if can_be_faceless else "error")
    read = follow(read_faces(pictures, reader, how))
    return ReadReferences(identity=read.identity, warnings=read.warnings)


def pictures_of(batches: Sequence[torch.Tensor]) -> list[NamedPicture]:
    from ...trainer.identity.pictures_seen import NamedPicture

    frames = [frame[..., :3] for batch in batches for frame in batch]
    return [
        NamedPicture(name=f"Picture {number}", open=lambda one=frame: from_frame(one))
        for number, frame in enumerate(frames, 1)
    ]
