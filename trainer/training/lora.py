"""The adapter in training: attached to a frozen denoiser with peft, and gone without a trace when detached."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..recipe.lora import Lora
from .order import random_source

_NAME = "likeness"


class Adapter:
    """A LoRA on `modules` of `denoiser`: A drawn Kaiming-uniform from `seed`, B zero, both fp32."""

    def __init__(self, denoiser: torch.nn.Module, modules: Sequence[str], lora: Lora, seed: int) -> None:
        self._denoiser = denoiser
        self.lora = lora
        self._layers = _inject(denoiser, modules, lora)
        source = random_source(seed, "lora")
        for layer in self._layers.values():
            down, up = layer.lora_A[_NAME].weight, layer.lora_B[_NAME].weight
            # On the CPU first: the same seed then starts the same LoRA on any device.
            drawn = torch.nn.init.kaiming_uniform_(torch.empty(down.shape), a=math.sqrt(5), generator=source)
            down.data = drawn.to(down.device)
            up.data = torch.zeros(up.shape, device=up.device)

    @property
    def parameters(self) -> list[torch.nn.Parameter]:
        """A and B of every wrapped module, in the order of `modules`."""
        return [weight for pair in self._pairs().values() for weight in pair]

    def matrices(self) -> Mapping[str, tuple[Tensor, Tensor]]:
        """Module name to A (rank, in) and B (out, rank)."""
        return self._pairs()

    def detach(self) -> None:
        """Put the denoiser's own layers back."""
        for name, layer in self._layers.items():
            self._denoiser.set_submodule(name, layer.base_layer)
        if hasattr(self._denoiser, "peft_config"):
            del self._denoiser.peft_config

    def _pairs(self) -> dict[str, tuple[torch.nn.Parameter, torch.nn.Parameter]]:
        return {name: (layer.lora_A[_NAME].weight, layer.lora_B[_NAME].weight) for name, layer in self._layers.items()}


def _inject(denoiser: torch.nn.Module, modules: Sequence[str], lora: Lora) -> dict[str, Any]:
    import peft

    inject: Any = peft.inject_adapter_in_model
    configure: Any = peft.LoraConfig
    config = configure(
        r=lora.rank, lora_alpha=lora.alpha, target_modules=list(modules), init_lora_weights=False, bias="none"
    )
    torch_random: Any = torch.random
    with torch_random.fork_rng(devices=[]):
        inject(config, denoiser, adapter_name=_NAME)
    layers: dict[str, Any] = {name: denoiser.get_submodule(name) for name in modules}
    for layer in layers.values():
        layer.cast_input_dtype_enabled = False
        layer.lora_variant[_NAME] = _CastWeights
    return layers


class _CastWeights:
    """Stands where peft looks for a LoRA variant: casts the small A and B to the input's precision.

    peft by itself casts every input up to fp32 and keeps the copy for the backward pass: a quarter of the memory.
    """

    @staticmethod
    def forward(module: Any, active_adapter: str, x: Tensor, result: Tensor, **_: Any) -> Tensor:
        down = module.lora_A[active_adapter].weight.to(x.dtype)
        up = module.lora_B[active_adapter].weight.to(x.dtype)
        return result + F.linear(F.linear(x, down), up) * module.scaling[active_adapter]
