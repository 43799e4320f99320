"""Models that are made without weights and filled block by block, so that loading needs little more than they do."""

import re
from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from ...errors import ModelError
from ..broken import refuse_broken
from .tensors import OpenTensors, Place, StoredTensors

Arrived = Callable[[str, torch.nn.Module], None]
"""Told each block's name and module when its weights are there; "" and the whole model for what lies outside of blocks.
What is to be quantised or moved is so here, before the next block is read."""

_BLOCK = re.compile(r"(?:.+\.)??(?:(?!down_|up_)\w*blocks|\w+_refiner|layers|block)\.\d+(?=\.)")
"""Begins the names of one block's weights; a UNet's down_blocks and up_blocks are levels that hold blocks."""


def filled(
    make: Callable[[], Any],
    stored: StoredTensors,
    place: Callable[[str], Place],
    dtype: torch.dtype,
    what: str,
    arrived: Arrived | None = None,
) -> Any:
    """The model that `make` makes with the files' weights, frozen; `place` says where a parameter lies.

    ModelError names what is missing, of another size, or broken; `what` is said of the model.
    """
    from accelerate import init_empty_weights  # pyright: ignore[reportMissingTypeStubs]

    with init_empty_weights():
        model = make()
    wanted: dict[str, Tensor] = model.state_dict()
    places = {name: place(name) for name in wanted}
    _check(places, wanted, stored, what)
    with stored.opened() as tensors:
        for name, names in _by_block(places).items():
            read = {each: _read(tensors, places[each], dtype, stored.title, what) for each in names}
            read = {each: tensor.reshape(wanted[each].shape) for each, tensor in read.items()}
            _assign(model, name, read)
            if arrived:
                arrived(name, model.get_submodule(name))
    return model.eval().requires_grad_(False)


def _by_block(names: Mapping[str, Place]) -> dict[str, list[str]]:
    """Names by the block that they lie in, what lies in none of them last."""
    found: dict[str, list[str]] = {}
    rest: list[str] = []
    for name in names:
        match = _BLOCK.match(name)
        (found.setdefault(match[0], []) if match else rest).append(name)
    return found | {"": rest}


def _assign(model: Any, block: str, tensors: Mapping[str, Tensor]) -> None:
    module = model.get_submodule(block)
    inside = {name[len(block) + 1 if block else 0 :]: tensor for name, tensor in tensors.items()}
    module.load_state_dict(inside, strict=False, assign=True)
    # Before the block is handed on: a quantiser asks whether its weights learn.
    for name in inside if block else ():
        module.get_parameter(name).requires_grad_(False)


def _read(tensors: OpenTensors, place: Place, dtype: torch.dtype, title: str, what: str) -> Tensor:
    return tensors.read(place, dtype, lambda tensor: refuse_broken(tensor, title, what, place.name, dtype))


def _check(places: Mapping[str, Place], wanted: Mapping[str, Tensor], stored: StoredTensors, what: str) -> None:
    lacking = sorted(place.name for place in places.values() if place.name not in stored.shapes)
    if lacking:
        raise ModelError(f"The {what} in {stored.title} is not whole: it lacks {lacking[0]!r}.")
    for name, (key, rows, _) in places.items():
        shape = stored.shapes[key]
        # A matrix may be stored as a 1 × 1 convolution.
        found = [side for side in ((rows[1] - rows[0], *shape[1:]) if rows else shape) if side != 1]
        size = [side for side in wanted[name].shape if side != 1]
        if found != size or (rows and rows[1] > shape[0]):
            sizes = f"{list(shape)} in place of {list(wanted[name].shape)}"
            raise ModelError(f"The {what} in {stored.title} does not fit together: {key} is {sizes}.")
