"""What a LoRA is balanced with, from the wires: an adapter with an identity, or references of an edit model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...trainer.errors import RunError
from ..host.images import from_frame
from .adapters import AUTO, chosen, encoder_path, family_of

if TYPE_CHECKING:
    import torch

    from ...trainer.identity.identity import Identity
    from ...trainer.scoring.balance.companion import Companion, Referred
    from .adapters import AdapterChoice


def companion_of(
    model: Any, folder: Path, adapter: AdapterChoice | None, identity: Identity | None, pictures: torch.Tensor | None
) -> Companion:
    """`model` is what the adapter must fit, `folder` the comparison's. RunError where nothing, or both, are wired;
    ModelError where adapter and identity do not fit."""
    from ...trainer.scoring.balance.companion import adapted

    if identity is not None and pictures is not None:
        raise RunError("Wire an identity for an adapter, or reference_images for an edit model; not both.")
    if identity is not None:
        choice = adapter or chosen(AUTO)
        choice.refuse_other_family(model)
        fit = choice.fitting(family_of(model), identity)
        return adapted(fit, identity, encoder_path, folder)
    if pictures is not None:
        return _referred(folder, pictures)
    raise RunError(
        "There is nothing to balance the LoRA with: wire identity from Read face (and adapter from Load identity "
        "adapter), or for an edit model reference_images."
    )


def _referred(folder: Path, pictures: torch.Tensor) -> Referred:
    from ...trainer.images.store import ImageStore
    from ...trainer.scoring.balance.companion import FOLDER, Referred

    store = ImageStore(folder / FOLDER)
    return Referred(pictures=tuple(folder / FOLDER / store.put(from_frame(frame[..., :3])).name for frame in pictures))
