"""`bench flux`: a LoRA's step on FLUX.1 with random weights, in every precision and with every way to need less memory.

On a GPU in its real size at 512 and 1024 px, the presets under a cap on the GPU's memory; on a processor a small model,
whose figures say so by their names. What is counted from shapes alone is of the real sizes either way.
"""

import gc
import statistics
import time
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch

from ..errors import LikenessError
from ..families.base import Base
from ..families.condition import Condition
from ..families.family import Family
from ..families.flow.family import FlowFamily
from ..families.flow.filled import Arrived
from ..families.flow.steps import Schedule
from ..families.flux.model import Flux1
from ..families.flux.spec import FLUX1
from ..families.memory.weights import modulation_bytes, module_bytes
from ..families.options import FamilyOptions
from ..families.residence import Residence
from ..lora.adapter import Adapter
from ..planning.warm_up import synchronise
from ..recipe.buckets import Placement
from ..recipe.lora import Lora
from ..recipe.memory import Memory
from ..recipe.optim import Optim
from ..training.step.flat_optimizer import FlatOptimizer

_RANK = 16
_OPTIM = Optim(optimizer="adamw8bit")
"""As the guide's recipe for FLUX.1 has it."""
_WEIGHT = 0.02
"""Standard deviation of weights: zeros would be multiplied faster than numbers."""
REAL: Mapping[str, Any] = {
    "patch_size": 1,
    "in_channels": 64,
    "num_layers": 19,
    "num_single_layers": 38,
    "attention_head_dim": 128,
    "num_attention_heads": 24,
    "joint_attention_dim": 4096,
    "pooled_projection_dim": 768,
    "guidance_embeds": True,
    "axes_dims_rope": (16, 56, 56),
}
_SMALL: Mapping[str, Any] = {
    **REAL,
    "num_layers": 1,
    "num_single_layers": 3,
    "num_attention_heads": 1,
    "joint_attention_dim": 64,
    "pooled_projection_dim": 64,
}

PRECISIONS: Mapping[str, Memory] = {
    "bf16": Memory(),
    "bf16_free": Memory(gradient_checkpointing=False),
    "fp8": Memory(quantization="fp8"),
    "int8": Memory(quantization="int8"),
    "nf4": Memory(quantization="nf4"),
    "nf4_modulation": Memory(quantization="nf4", precompute_modulation=True),
}
PRESETS: Mapping[int, Memory] = {
    8: Memory(quantization="nf4", precompute_modulation=True, swapped_blocks=14),
    12: Memory(quantization="nf4", checkpointed_blocks=53),
    16: Memory(quantization="int8_w8a8", precompute_modulation=True, checkpointed_blocks=51),
    24: Memory(precompute_modulation=True, checkpointed_blocks=52),
}
"""By the GB of a card, what `plan` solves for 1024 px and a LoRA on attention and MLP."""


@dataclass(frozen=True)
class _Size:
    """A model's sizes, its captions' words, the pictures that it is shown, and its steps before and in the count."""

    config: Mapping[str, Any]
    words: int
    sides: tuple[int, ...]
    warm: int
    timed: int


_BY_DEVICE = {"cuda": _Size(REAL, 512, (512, 1024), 3, 9), "cpu": _Size(_SMALL, 16, (64,), 1, 3)}


def bench_flux(device: str = "cpu") -> dict[str, Any]:
    """Seconds a step (median) and GiB at the peak (loading, and steps); LikenessError without the device."""
    if device == "cpu":
        # Processors of today have no fast bf16.
        ways = {name.replace("bf16", "fp32"): replace(memory, precision="fp32") for name, memory in PRECISIONS.items()}
        return {"gpu": None, **_counted(), **_measured(device, "small_", ways)}
    if not torch.cuda.is_available():
        raise LikenessError(f"There is no device {device!r} on this machine; leave --device out for the processor.")
    figures = {"gpu": torch.cuda.get_device_name(device), **_counted(), **_measured(device, "", PRECISIONS)}
    for card, memory in PRESETS.items():
        with _capped(device, card):
            figures |= _measured(device, "", {f"preset_{card}gb": memory})
    return figures


def _counted() -> dict[str, Any]:
    """From shapes alone, of the real sizes."""
    outline = _RandomParts(REAL).make_denoiser()
    dtype = torch.bfloat16
    gib = {kind: module_bytes(outline, kind, dtype) / 2**30 for kind in ("none", "fp8", "int8", "nf4")}
    return {
        "parameters": sum(weight.numel() for weight in outline.parameters()),
        **{f"{'bf16' if kind == 'none' else kind}_weights_gib": round(size, 2) for kind, size in gib.items()},
        "modulation_gib": round(modulation_bytes(outline, FLUX1.modulation, dtype) / 2**30, 2),
    }


def _measured(device: str, prefix: str, ways: Mapping[str, Memory]) -> dict[str, Any]:
    size = _BY_DEVICE[device.partition(":")[0]]
    figures: dict[str, Any] = {}
    for name, memory in ways.items():
        try:
            figures |= {f"{prefix}{name}_{key}": value for key, value in _one(device, memory, size)}
        except torch.OutOfMemoryError:
            figures[f"{prefix}{name}_fits"] = False
        _forget(device)
    return figures


def _one(device: str, memory: Memory, size: _Size) -> Iterator[tuple[str, Any]]:
    _forget(device)
    family = RandomFlux(Residence.of(memory, device), size.config)
    denoiser = family.denoiser
    if device == "cpu":
        parts = [*denoiser.parameters(), *denoiser.buffers()]
        yield "weights_mb", round(sum(part.nbytes for part in parts) / 2**20, 2)
    else:
        yield "load_gib", _peak(device)
    adapter = Adapter(family, family.lora_targets("attention_mlp"), Lora(rank=_RANK, alpha=float(_RANK)), seed=0)
    optimizer = FlatOptimizer([adapter.parameters((FLUX1.denoiser,))], _OPTIM)
    for side in size.sides:
        if device != "cpu":
            torch.cuda.reset_peak_memory_stats(device)
        yield f"{side}_s", round(_seconds(family, optimizer, size, side), 4)
        if device != "cpu":
            yield f"{side}_gib", _peak(device)


def _seconds(family: Family, optimizer: FlatOptimizer, size: _Size, side: int) -> float:
    source = torch.Generator().manual_seed(0)
    noisy = torch.randn(1, 16, side // 8, side // 8, generator=source)
    told = Condition(
        {
            "context": torch.randn(size.words, size.config["joint_attention_dim"], generator=source),
            "pooled": torch.randn(size.config["pooled_projection_dim"], generator=source),
        }
    )
    place = Placement(original=(side, side), scaled=(side, side), crop=(0, 0), bucket=(side, side))
    seconds: list[float] = []
    for _ in range(size.warm + size.timed):
        synchronise(str(family.device))
        started = time.perf_counter()
        answer: Any = family.predict(noisy, torch.tensor([0.5]), [told], [place]).float()
        (answer - noisy.to(answer.device)).square().mean().backward()
        optimizer.step([1e-4], optimizer.gradient_norm())
        synchronise(str(family.device))
        seconds.append(time.perf_counter() - started)
    return statistics.median(seconds[size.warm :])


class _RandomParts:
    """A transformer whose weights are drawn, block by block as they are read elsewhere."""

    def __init__(self, config: Mapping[str, Any]) -> None:
        self._config = config

    def make_denoiser(self) -> Any:
        from accelerate import init_empty_weights  # pyright: ignore[reportMissingTypeStubs]

        from ..families.flux.transformer import make_transformer

        with init_empty_weights():
            return make_transformer(self._config)

    def denoiser(self, dtype: torch.dtype, arrived: Arrived | None = None) -> Any:
        model = self.make_denoiser()
        source = torch.Generator().manual_seed(0)
        blocks = [f"{name}.{number}" for name in FLUX1.blocks for number in range(len(model.get_submodule(name)))]
        for name in (*blocks, ""):
            block = model.get_submodule(name)
            _draw(block, dtype, source)
            if arrived:
                arrived(name, block)
        return model.eval().requires_grad_(False)

    def vae(self) -> Any:
        raise NotImplementedError("no pictures are encoded here")

    def text(self, dtype: torch.dtype, arrived: Arrived | None = None) -> Any:
        raise NotImplementedError("no captions are encoded here")


def _draw(block: torch.nn.Module, dtype: torch.dtype, source: torch.Generator) -> None:
    """Weights where there are none yet: scales of norms 1, all else around 0."""
    for name, weight in list(block.named_parameters()):
        if weight.is_meta:
            made = torch.empty(weight.shape, dtype=dtype)
            made = made.fill_(1) if weight.ndim == 1 and "norm" in name and "weight" in name else made
            if weight.ndim > 1 or "bias" in name:
                made.normal_(0, _WEIGHT, generator=source)
            owner, _, last = name.rpartition(".")
            setattr(block.get_submodule(owner), last, torch.nn.Parameter(made, requires_grad=False))


class RandomFlux(Flux1):
    """FLUX.1 without files."""

    def __init__(self, residence: Residence, config: Mapping[str, Any]) -> None:
        base = Base(family=FLUX1.name, name="random", sha256="", files={})
        FlowFamily.__init__(self, FLUX1, base, residence, FamilyOptions(), _RandomParts(config))
        self.schedule = Schedule(shift=1.0)


@contextmanager
def _capped(device: str, card: int) -> Generator[None]:
    """Inside, torch gets no more of the GPU than a card of `card` GB has, but for what CUDA takes itself."""
    cuda: Any = torch.cuda
    usable = card * 10**9 - 600 * 2**20
    cuda.set_per_process_memory_fraction(min(1.0, usable / cuda.get_device_properties(device).total_memory), device)
    try:
        yield
    finally:
        cuda.set_per_process_memory_fraction(1.0, device)


def _peak(device: str) -> float:
    return round(torch.cuda.max_memory_allocated(device) / 2**30, 2)


def _forget(device: str) -> None:
    gc.collect()
    if device != "cpu":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats(device)
