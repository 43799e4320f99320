"""Layers as a base's authors and ComfyUI name them, made of one or several of diffusers' layers."""

from collections.abc import Mapping
from typing import NamedTuple

from .tensors import Place


class Native(NamedTuple):
    """The authors' layer, and diffusers' layers that it is made of, in the order of its rows."""

    name: str
    members: tuple[str, ...]
    is_turned: bool = False
    """Whether the two halves of its outputs lie the other way round there."""


def native_place(name: str, found: Native | None, width: int, shapes: Mapping[str, tuple[int, ...]]) -> Place:
    """Where a parameter of diffusers' model lies in a file with these shapes, whose layers of several members have
    `width` rows for each but the last, which has the rest; its own name where nothing is known of it."""
    module, _, last = name.rpartition(".")
    if found is None:
        return Place(name)
    # Scales of q and k are `weight` in files that ComfyUI saved.
    key = f"{found.name}.{last}"
    if key not in shapes and f"{found.name}.scale" in shapes:
        key = f"{found.name}.scale"
    if len(found.members) == 1:
        return Place(key, is_turned=found.is_turned)
    number = found.members.index(module)
    # Only the way into the MLP, the last of four, is wider than the rest.
    end = shapes[key][0] if number == 3 and key in shapes else (number + 1) * width
    return Place(key, (number * width, end))
