"""Learning on from a LoRA that exists, ours or anybody's."""

from pathlib import Path

from ..errors import ModelError, few
from ..families.family import Family
from .adapter import Adapter
from .mount import placed


def init_from_lora(adapter: Adapter, family: Family, path: Path) -> None:
    """Load the file into the adapter, whose other layers stay as drawn; ModelError when the recipe has no place for it.

    What the file does is kept exactly where its rank is smaller than the recipe's, or its alpha another.
    """
    found = placed(family, path)
    untrained = [each.prefix for address, each in found.items() if address not in adapter.layers]
    if untrained:
        raise ModelError(
            f"{path.name} holds layers that this recipe does not train, {few(untrained)}: choose wider targets, or "
            "an encoder_lr for layers of text encoders."
        )
    for address, each in found.items():
        try:
            adapter.layers[address].load(each.tensors)
        except ValueError as why:
            raise ModelError(
                f"Training cannot go on from {path.name}: of {each.prefix} {why}. Choose a recipe of its kind and rank."
            ) from why
