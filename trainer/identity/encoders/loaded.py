"""A module's weights from an adapter's file."""

from collections.abc import Mapping
from typing import TypeVar

from torch import Tensor, nn

from ...errors import ModelError, few

Module = TypeVar("Module", bound=nn.Module)


def under(tensors: Mapping[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """What is named with the prefix, without it."""
    return {name.removeprefix(prefix): tensors[name] for name in tensors if name.startswith(prefix)}


def loaded(module: Module, tensors: Mapping[str, Tensor]) -> Module:
    """The module, made on the meta device, with these weights in fp32; ModelError where names or shapes do not fit."""
    wanted = {name: tuple(tensor.shape) for name, tensor in module.state_dict().items()}
    wrong = [name for name, shape in wanted.items() if name not in tensors or tuple(tensors[name].shape) != shape]
    wrong += [name for name in tensors if name not in wanted]
    if wrong:
        raise ModelError(
            f"The adapter's file does not go together: {few(wrong, 3)} is missing or of another size than the rest "
            "asks for. Get the file again."
        )
    module.load_state_dict({name: tensors[name].float() for name in wanted}, assign=True)
    return module.requires_grad_(False).eval()
