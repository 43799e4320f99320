"""MODEL, CLIP and VAE of one base: wired in, or loaded when they are first asked for."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ...trainer.errors import RunError
from ...trainer.families.base import Base


@dataclass(frozen=True)
class HostBase:
    """What the host's samplers, encoders and LoRA loader work on."""

    model: Any
    clip: Any
    vae: Any


@dataclass(frozen=True)
class WiredBase:
    """What a user wired in, which is loaded as it is."""

    loaded: HostBase


class LazyBase:
    """A base's MODEL, CLIP and VAE, loaded when they are first asked for and kept as long as this object lives."""

    def __init__(self, base: Base) -> None:
        self._base = base

    @cached_property
    def loaded(self) -> HostBase:
        """ModelError names the file that is missing or damaged."""
        from .base import load_base

        return load_base(self._base)


Models = LazyBase | WiredBase
"""A base's MODEL, CLIP and VAE, whoever holds them."""


def wired_base(model: Any, clip: Any, vae: Any) -> HostBase | None:
    """What is wired into a node's three inputs; None when nothing is, RunError when one is missing."""
    wired = [each is not None for each in (model, clip, vae)]
    if not any(wired):
        return None
    if not all(wired):
        raise RunError("Wire model, clip and vae, all three, to draw with them; or none, to draw with the run's base.")
    return HostBase(model, clip, vae)
