"""Modules of a denoiser by address: `transformer.blocks.0.attn.to_q` is `blocks.0.attn.to_q` of the part."""

from collections.abc import Callable
from functools import cached_property
from typing import Any

import torch

from ..layer_names import layer_names
from ..residence import Residents


class DenoiserPlaces:
    """Of the `part` of `residents`; `make_outline` makes it without weights."""

    def __init__(self, residents: Residents, part: str, make_outline: Callable[[], Any]) -> None:
        self._residents = residents
        self._part = part
        self._make_outline = make_outline

    @property
    def loaded(self) -> Any:
        """The part with its weights."""
        return self._residents.get(self._part)

    @property
    def outlined(self) -> torch.nn.Module:
        """The part, or one without weights until it is loaded: names and sizes of its layers are the same."""
        return self.loaded if self._residents.holds(self._part) else self._outline

    @cached_property
    def _outline(self) -> Any:
        from accelerate import init_empty_weights  # pyright: ignore[reportMissingTypeStubs]

        with init_empty_weights():
            return self._make_outline()

    def module(self, address: str) -> torch.nn.Module:
        """With its weights."""
        return self.loaded.get_submodule(self._name(address))

    def outline(self, address: str) -> torch.nn.Module:
        """For its kind and sizes alone."""
        return self.outlined.get_submodule(self._name(address))

    def replace(self, address: str, module: torch.nn.Module) -> None:
        self.loaded.set_submodule(self._name(address), module)

    def linears(self) -> list[str]:
        """Names of its linear layers, its own names where adapters wrap them."""
        return layer_names(self.outlined, (torch.nn.Linear,))

    def _name(self, address: str) -> str:
        return address.removeprefix(f"{self._part}.")
