"""LoRA layers are peft's: its own classes for linears, convolutions and quantised linears, driven by an adapter."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ...errors import ModelError, pip_install
from ...families.key_layout import ALPHA, DORA, DOWN, UP
from .frozen_linear import FrozenLinear
from .fused import fused_lora
from .layer import (
    AdapterState,
    LowRank,
    bare,
    drawn,
    is_quantised,
    load_low_rank,
    speaking,
    weight_shape,
    working_device,
)

_NAME = "default"


class PeftLora:
    """One of peft's LoRA layers: y = W x + strength · (alpha / rank) B A x."""

    def __init__(
        self, module: Any, base_layer: torch.nn.Module, layer: LowRank, state: AdapterState, strength: float = 1.0
    ) -> None:
        self._module = module
        self._state = state
        # peft reads sizes off the base's own layer; what stands there may have adapters around it already.
        module.base_layer = base_layer
        self.alpha = layer.alpha
        self.scale = layer.alpha / layer.rank
        # The small matrices are cast to the input's precision; casting the input up would keep a copy of it.
        module.cast_input_dtype_enabled = False
        shape = weight_shape(module)
        device = working_device(module)
        inner, outer = (layer.rank, *shape[1:]), (shape[0], layer.rank, *[1] * (len(shape) - 2))
        for projections, size in ((module.lora_A, inner), (module.lora_B, outer)):
            projections[_NAME] = _projection(projections[_NAME], torch.zeros(size, device=device))
        is_image = len(shape) == 4
        if layer.is_dora:
            self._prepare_dora(strength)
        else:
            module.set_scale(_NAME, strength)
        module.lora_A[_NAME].register_forward_hook(_rank_hook(state, is_image=is_image))
        if not layer.is_dora and not is_image:
            self._pefts_forward = module.forward
            module.forward = self._forward

    def _forward(self, x: Tensor, *args: Any, **kwargs: Any) -> Tensor:
        """Fused where it is to learn; peft's own in all that is more than W x + s B A x."""
        module, base = self._module, self._module.base_layer
        is_plain = (
            type(base) in (torch.nn.Linear, FrozenLinear)
            and self.up.requires_grad
            and self._state.ranks is None
            and not (args or kwargs or module.disable_adapters or torch.compiler.is_compiling())
            and x.dtype == base.weight.dtype
            # torch refuses the question of shapes alone, which a plan asks with.
            and (x.is_meta or not torch.is_autocast_enabled(x.device.type))
        )
        if not is_plain:
            return self._pefts_forward(x, *args, **kwargs)
        return fused_lora(x, base, self.down, self.up, module.scaling[_NAME])

    def _prepare_dora(self, strength: float) -> None:
        lengths = self._module.lora_magnitude_vector[_NAME]
        lengths.weight = torch.nn.Parameter(lengths.weight.detach().float())
        if strength == 1:
            return

        def weakened(module: Any, inputs: Any, output: Tensor) -> Tensor:
            return torch.lerp(module.base_layer(*inputs), output, strength)

        # Its change is not linear in B A: half a strength is half the way, as the host applies it.
        self._module.register_forward_hook(weakened)

    @property
    def module(self) -> torch.nn.Module:
        return self._module

    @property
    def base_layer(self) -> torch.nn.Module:
        return self._module.base_layer

    @property
    def down(self) -> torch.nn.Parameter:
        """A, (rank, in) or (rank, in, h, w)."""
        return self._module.lora_A[_NAME].weight

    @property
    def up(self) -> torch.nn.Parameter:
        """B, (out, rank) or (out, rank, 1, 1)."""
        return self._module.lora_B[_NAME].weight

    @property
    def magnitude(self) -> torch.nn.Parameter | None:
        """DoRA's lengths, one an output."""
        lengths = self._module.lora_magnitude_vector
        return lengths[_NAME].weight if _NAME in lengths else None

    def weights(self) -> Sequence[torch.nn.Parameter]:
        return [self.down, self.up, *([self.magnitude] if self.magnitude is not None else [])]

    def enable(self, *, is_on: bool) -> None:
        # peft's switch decides what learns as well; here the recipe does.
        learns = [weight.requires_grad for weight in self.weights()]
        self._module.enable_adapters(is_on)
        for weight, does in zip(self.weights(), learns, strict=True):
            weight.requires_grad_(does)

    def start(self, source: torch.Generator) -> None:
        self.down.data = drawn(self.down, source)
        self.up.data.zero_()

    def square_norm(self) -> Tensor:
        """tr((BᵀB)(AAᵀ)): nothing larger than rank × rank."""
        down, up = self.down.flatten(1), self.up.flatten(1)
        return self.scale**2 * ((up.T @ up) * (down @ down.T)).sum()

    def saved(self) -> Mapping[str, Tensor]:
        tensors = {DOWN: self.down.detach(), UP: self.up.detach(), ALPHA: torch.tensor(self.alpha)}
        lengths = self.magnitude
        if lengths is not None:
            tensors[DORA] = lengths.detach().view(-1, *[1] * (self.down.ndim - 1))
        return tensors

    def load(self, tensors: Mapping[str, Tensor]) -> None:
        lengths = self.magnitude
        if not {DOWN, UP} <= set(tensors) <= {DOWN, UP, ALPHA, *([DORA] if lengths is not None else [])}:
            raise ValueError(f"it is of another kind ({', '.join(sorted(tensors))})")
        load_low_rank(self.down, self.up, self.scale, (tensors[DOWN], tensors[UP], tensors.get(ALPHA)))
        if lengths is not None:
            if DORA not in tensors or len(tensors[DORA]) != lengths.numel():
                raise ValueError("it has no lengths (dora_scale) of these outputs")
            lengths.data = tensors[DORA].to(lengths).reshape(lengths.shape)


def peft_lora_modules(layers: Mapping[str, tuple[torch.nn.Module, Any]]) -> dict[str, torch.nn.Module]:
    """One of peft's layers around each bare base layer, by address; ModelError without peft.

    peft chooses its class by the layer's: its own for linears and convolutions that bitsandbytes quantised.
    """
    made: dict[str, torch.nn.Module] = {}
    for is_dora in (False, True):
        chosen = {address: row for address, row in layers.items() if row[1].is_dora == is_dora}
        if chosen:
            made |= _injected(chosen, is_dora=is_dora)
    return made


def _injected(layers: Mapping[str, tuple[torch.nn.Module, LowRank]], *, is_dora: bool) -> dict[str, torch.nn.Module]:
    try:
        from peft import LoraConfig, inject_adapter_in_model
    except ImportError as error:
        raise ModelError(f"LoRA layers need peft, which is not installed: run {pip_install('peft')}.") from error
    names = [str(number) for number in range(len(layers))]
    rows = list(layers.values())
    holder: Any = torch.nn.ModuleDict({name: bare(base) for name, (base, _) in zip(names, rows, strict=True)})
    # peft looks for quantised layers only in a model that says that it has some.
    holder.is_loaded_in_4bit = holder.is_loaded_in_8bit = any(is_quantised(base) for base, _ in rows)
    usual = rows[0][1]
    # peft tries every pattern on every layer: only what differs gets one.
    others = [(f"^{name}$", layer) for name, (_, layer) in zip(names, rows, strict=True) if layer != usual]
    config: Any = LoraConfig(
        r=usual.rank,
        lora_alpha=usual.alpha,  # pyright: ignore[reportArgumentType]
        rank_pattern={pattern: layer.rank for pattern, layer in others},
        alpha_pattern={pattern: layer.alpha for pattern, layer in others},  # type: ignore
        target_modules=names,
        use_dora=is_dora,
    )
    # peft draws first weights of its own from the caller's random numbers.
    random: Any = torch.random
    with random.fork_rng(devices=[]):
        inject_adapter_in_model(config, holder, _NAME)
    return {address: holder[name] for address, name in zip(layers, names, strict=True)}


def _rank_hook(state: AdapterState, *, is_image: bool) -> Callable[[torch.nn.Module, Any, Tensor], Tensor]:
    def kept(_module: torch.nn.Module, _inputs: Any, inner: Tensor) -> Tensor:
        return speaking(state.ranks, inner, is_image=is_image)

    return kept


class _Linear(torch.nn.Linear):
    """fp32 weights that answer in the input's precision."""

    def forward(self, input: Tensor) -> Tensor:
        return F.linear(input, self.weight.to(input.dtype))


class _Conv2d(torch.nn.Conv2d):
    """fp32 weights that answer in the input's precision."""

    def forward(self, input: Tensor) -> Tensor:
        return self._conv_forward(input, self.weight.to(input.dtype), None)


def _projection(theirs: torch.nn.Module, weight: Tensor) -> torch.nn.Module:
    """A or B in the shape of peft's own, with this weight."""
    if isinstance(theirs, torch.nn.Conv2d):
        made: torch.nn.Module = _Conv2d(
            theirs.in_channels,
            theirs.out_channels,
            theirs.kernel_size,  # type: ignore
            theirs.stride,  # type: ignore
            theirs.padding,  # type: ignore
            bias=False,
            device="meta",
        )
    else:
        made = _Linear(weight.shape[1], weight.shape[0], bias=False, device="meta")
    made.weight = torch.nn.Parameter(weight)
    return made
