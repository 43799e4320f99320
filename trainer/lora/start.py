"""Learning on from a LoRA that exists, ours or anybody's."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch

from ..errors import ModelError, few
from ..families.family import Family
from ..families.lora_names import DIFF, DIFF_BIAS, MID, NORM_BIAS, kind_of
from ..families.lora_origin import is_text_only
from ..recipe.recipe import Recipe
from .adapter import Adapter, layer_shape, trained_addresses
from .layers.build import build_layers
from .layers.layer import AdapterLayer, AdapterState
from .mount import Placed, is_mute, placed

_TRAINED = ("lora", "dora", "lokr")
_CALLED = {"loha": "LoHa", "diff": "a whole change", "norm": "a norm's change", "oft": "OFT", "glora": "GLoRA"}


@torch.inference_mode(False)
@torch.no_grad()
def check_start(family: Family, recipe: Recipe, path: Path) -> None:
    """Refuse with a ModelError whatever `init_from_lora` would, from the file and the base's sizes alone."""
    found = _wanted(family, trained_addresses(family, recipe), path)
    modules = {address: family.outline(address) for address in found}
    shapes = {address: (module, layer_shape(module, recipe.lora)) for address, module in modules.items()}
    _fill(build_layers(shapes, AdapterState()), found, path)


def init_from_lora(adapter: Adapter, family: Family, path: Path) -> None:
    """Load the file into the adapter, whose other layers stay as drawn; ModelError when the recipe has no place for it.

    What the file does is kept exactly where its rank is smaller than the recipe's, or its alpha another.
    """
    _fill(adapter.layers, _wanted(family, list(adapter.layers), path), path)


def _wanted(family: Family, addresses: Sequence[str], path: Path) -> Mapping[str, Placed]:
    """The file's layers, all of which are to be among `addresses`."""
    found = placed(family, path)
    if is_mute(found):
        raise ModelError(f"{path.name} changes nothing, since its alpha is 0 in every layer. Start from another file.")
    trained = set(addresses)
    untrained = [each.prefix for address, each in found.items() if address not in trained]
    if untrained and len(untrained) == len(found) and is_text_only(untrained):
        raise ModelError(
            f"{path.name} changes the text encoders alone, which this recipe does not train: choose an encoder_lr."
        )
    if untrained:
        raise ModelError(
            f"{path.name} holds layers that this recipe does not train, {few(untrained)}: choose wider targets, or "
            "an encoder_lr for layers of text encoders."
        )
    return found


def _fill(layers: Mapping[str, AdapterLayer], found: Mapping[str, Placed], path: Path) -> None:
    for address, each in found.items():
        if untrained := _untrained(each):
            raise ModelError(
                f"Training cannot go on from {path.name}: {each.prefix} holds {untrained}, which no recipe trains. "
                "Start from a file of LoRA, DoRA or LoKr layers alone."
            )
        try:
            layers[address].load(each.tensors)
        except ValueError as why:
            raise ModelError(
                f"Training cannot go on from {path.name}: of {each.prefix} {why}. Choose a recipe of its kind and rank."
            ) from why


def _untrained(each: Placed) -> str:
    """What a layer holds that no kind of recipe has a place for; "" for nothing."""
    kind = kind_of(each.tensors)
    if kind not in _TRAINED:
        return f"{_CALLED.get(kind, kind)} ({', '.join(sorted(each.tensors))})"
    if MID in each.tensors or any(name.startswith("lokr_t") for name in each.tensors):
        return "Tucker's core of a convolution"
    more = sorted(name for name in each.tensors if name in (DIFF, DIFF_BIAS, NORM_BIAS))
    return f"a change of the bias ({', '.join(more)})" if more else ""
