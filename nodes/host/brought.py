"""The identity adapters and references that shots bring, on a MODEL and its conditionings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from ...trainer.generate.identities import IdentityFiles
from .identity.apply import apply_identity
from .reference import ReferenceUse, with_reference

if TYPE_CHECKING:
    import torch

    from ...trainer.generate.attachments import Identity, Lora
    from ...trainer.generate.shot import Shot


class Brought:
    """Files are opened once, and the adapters of the last shot kept on the MODEL: patches alone, so that the base stays
    loaded once."""

    def __init__(self) -> None:
        self._files = IdentityFiles()
        self._kept: tuple[tuple[Lora | None, tuple[Identity, ...]], Any] | None = None

    def on(self, model: Any, shot: Shot) -> Any:
        """`model`, which has the shot's LoRA, with its identity adapters too. ModelError where one does not fit."""
        wanted = (shot.lora, shot.identities)
        if self._kept is None or self._kept[0] != wanted:
            for identity in shot.identities:
                opened = self._files.opened(identity)
                model = apply_identity(model, opened.adapter, opened.tokens, opened.use)
            self._kept = (wanted, model)
        return self._kept[1]


def referred(
    model: Any, pair: list[Any], latents: Sequence[torch.Tensor], strengths: Sequence[float]
) -> tuple[Any, list[Any]]:
    """Each reference at its own strength, in both conditionings; ModelError for a model that takes none."""
    made: list[Any] = []
    for conditioning in pair:
        for latent, strength in zip(latents, strengths, strict=True):
            model, conditioning = with_reference(model, conditioning, latent, ReferenceUse(strength=strength))
        made.append(conditioning)
    return model, made
