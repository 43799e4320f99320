"""A module built to a file's shapes and filled with the file's tensors."""

from collections.abc import Callable, Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

from ...errors import ModelError, few
from ..finite import is_finite

Shapes = Mapping[str, tuple[int, ...]]
"""Of a file's tensors, by name."""
_Module = TypeVar("_Module", bound=nn.Module)


def filled(make: Callable[[Shapes], _Module], tensors: Mapping[str, Tensor], where: str) -> _Module:
    """What `make` builds for the shapes of `tensors`, with them as its weights, fp32, to be run and not trained.

    `where` names file and part in the sentence of the ModelError: a weight is missing, of another shape, unknown, or
    not a number.
    """
    shapes = {name: tuple(tensor.shape) for name, tensor in tensors.items()}
    try:
        with torch.device("meta"):
            module = make(shapes)
    except KeyError as lacking:
        raise _lacks(where, [str(lacking.args[0])]) from lacking
    except (IndexError, ValueError, RuntimeError, ZeroDivisionError) as fault:
        raise ModelError(f"{where} has weights of shapes that do not fit together. Get the file again.") from fault
    wanted = {name: tuple(weight.shape) for name, weight in module.state_dict().items()}
    if missing := sorted(wanted.keys() - shapes.keys()):
        raise _lacks(where, missing)
    if unknown := sorted(shapes.keys() - wanted.keys()):
        raise ModelError(f"{where} is of a version that is not known here: it also has {few(unknown, 3)}.")
    for name, shape in wanted.items():
        if shapes[name] != shape:
            raise ModelError(f"{where} has {name} of shape {shapes[name]} where {shape} fits. Get the file again.")
        if not is_finite(tensors[name]):
            raise ModelError(f"{where} has {name} with values that are not numbers. Get the file again.")
    module.load_state_dict({name: tensors[name].float() for name in wanted}, assign=True)
    return module.requires_grad_(False).eval()


def under(tensors: Mapping[str, Tensor], root: str) -> dict[str, Tensor]:
    """Those whose name begins with `root`, by what follows."""
    return {name.removeprefix(root): tensors[name] for name in tensors if name.startswith(root)}


def _lacks(where: str, names: list[str]) -> ModelError:
    return ModelError(f"{where} is not whole: it lacks {few(names, 3)}. Get the file again.")
