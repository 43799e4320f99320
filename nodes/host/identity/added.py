"""What other packs add to a patch of ours that they find in the slot they want."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from comfy.patcher_extension import CallbacksMP
from torch import Tensor

from .forward import forward_of
from .mounted import Patch

_KEY = "likeness_identity"
_ENDS = ("sigma_start", "sigma_end")


@dataclass(frozen=True, eq=False)
class Added:
    """A callback whose answer is added, and what it is to be called with."""

    callback: Callable[..., Tensor]
    settings: Mapping[str, Any]

    @property
    def without_ends(self) -> dict[str, Any]:
        return {name: value for name, value in self.settings.items() if name not in _ENDS}

    def is_wanted(self, options: Any) -> bool:
        """Whether the noise is between the ends that the other pack has set."""
        forward = forward_of(options)
        if forward is None or "sigma_start" not in self.settings:
            return True
        return self.settings.get("sigma_end", 0) <= forward.noise <= self.settings["sigma_start"]


class OpenPatch(Patch):
    """A Patch that takes others' additions."""

    added: tuple[Added, ...] = ()

    def add(self, callback: Callable[..., Tensor], **settings: Any) -> None:
        """What other packs call on an object that they find in the slot: what `callback` answers is added, from
        `sigma_start` to `sigma_end`."""
        self.added += (Added(callback, settings),)


def part_copies(model: Any) -> None:
    """Others add to the very object that they find: a copy of this MODEL gets its own, or its original would change."""
    if not model.get_callbacks(CallbacksMP.ON_CLONE, _KEY):
        model.add_callback_with_key(CallbacksMP.ON_CLONE, _KEY, _part_patches)


def _part_patches(_model: Any, copy: Any) -> None:
    for slots in copy.model_options["transformer_options"].get("patches_replace", {}).values():
        for place, patch in slots.items():
            if isinstance(patch, OpenPatch):
                slots[place] = patch.over(patch.under)
