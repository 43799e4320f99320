"""A training assistant: a base's LoRA that undoes its distillation while another learns, and stays out of pictures."""

from collections.abc import Generator
from contextlib import contextmanager

import torch

from ..families.base import ASSISTANT, Base
from ..families.family import Family
from ..recipe.flow import Flow
from .mount import MountedLora, mount_lora


class Assistant:
    """The one that the base names, frozen in front of its layers and beneath what learns; nothing where it names none.

    It is added beside the weights, not into them, so that a quantised base stays as it is.
    """

    def __init__(self, family: Family, base: Base, flow: Flow) -> None:
        self._training = _mounted(family, base, flow.assistant_training)
        self._drawing = _mounted(family, base, flow.assistant_samples)
        self._switch(is_drawing=False)

    @contextmanager
    def drawing(self) -> Generator[None]:
        """Inside, it is as strong as samples want it."""
        self._switch(is_drawing=True)
        try:
            yield
        finally:
            self._switch(is_drawing=False)

    def _switch(self, *, is_drawing: bool) -> None:
        for mounted, is_on in ((self._training, not is_drawing), (self._drawing, is_drawing)):
            for layer in mounted.layers.values() if mounted else ():
                layer.enable(is_on=is_on)


@torch.inference_mode(False)
def mount_for_drawing(family: Family, base: Base, flow: Flow) -> MountedLora | None:
    """The assistant at the strength of samples, for a base that only draws."""
    return _mounted(family, base, flow.assistant_samples)


def _mounted(family: Family, base: Base, strength: float) -> MountedLora | None:
    """ModelError when the file does not fit the base."""
    path = base.files.get(ASSISTANT)
    return mount_lora(family, path, strength) if path is not None and strength else None
