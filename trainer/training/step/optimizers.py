"""Optimizers by name, each from its own library, imported only when it is chosen."""

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import torch

from ...errors import RecipeError, pip_install
from ...recipe.optim import Optim
from ...recipe.optimizers import CLASSES, OWN_OPTIONS


def optimizer_class(optim: Optim) -> Any:
    """The library's class; RecipeError when the library is missing or broken."""
    module, name = CLASSES[optim.optimizer]
    package = module.split(".")[0]
    try:
        return getattr(import_module(module), name)
    except (ImportError, OSError, AttributeError) as error:
        raise RecipeError(
            f"optimizer {optim.optimizer!r} needs the Python package {package}, which cannot be used here ({error}); "
            f"install it with {pip_install('-U ' + package)} or choose 'adamw'."
        ) from error


def build_optimizer(optim: Optim, groups: Sequence[Sequence[torch.nn.Parameter]]) -> Any:
    """A torch optimizer of groups of weights with every number of `optim` but `grad_clip` and `ema_decay`."""
    options: dict[str, Any] = {"lr": optim.lr, **OWN_OPTIONS.get(optim.optimizer, {})}
    if optim.optimizer != "adafactor":
        options["betas"] = (optim.beta1, optim.beta2)
    if optim.optimizer == "adamw":
        # One pass over the weights in place of ten, without the copies that those make.
        options["fused"] = True
    if optim.optimizer == "schedulefree":
        options["foreach"] = False
    made = optimizer_class(optim)([{"params": list(group)} for group in groups], **options)
    for group in made.param_groups:
        # Set afterwards: given to its constructor, Prodigy prints a line about it.
        group["weight_decay"] = optim.weight_decay
    return made
