"""A hook on whatever module stands at a name of its parent."""

from collections.abc import Callable

import torch
from torch.utils.hooks import RemovableHandle


class Tap:
    """`hang` puts the hook on a module.

    LoRA layers are put in front of modules and taken away again, so the parent's own pre-hook calls `settle` before
    each use, which moves the hook to what stands there now.
    """

    def __init__(self, parent: torch.nn.Module, name: str, hang: Callable[[torch.nn.Module], RemovableHandle]) -> None:
        self._parent, self._name, self._hang = parent, name, hang
        self._module: torch.nn.Module | None = None
        self._handle: RemovableHandle | None = None

    def settle(self) -> None:
        module = self._parent.get_submodule(self._name)
        if module is not self._module:
            self.remove()
            self._module, self._handle = module, self._hang(module)

    def remove(self) -> None:
        if self._handle is not None:
            self._handle.remove()
        self._module = self._handle = None
