"""Weights in 4 or 8 bits and back: `nf4`, `int8`, `fp8`, and `int8_w8a8`, which is multiplied as it is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from ...errors import RecipeError, pip_install
from .rotation import rotated, rotation_of
from .w8a8 import W8A8

Packed = dict[str, Tensor]
"""By name: `weight`, the packed numbers as bytes, and what is needed to unpack them."""

_NF4_BLOCK, _NF4_OUTER = 64, 256
_INT8_MOST, _FP8_MOST = 127.0, 448.0


@dataclass(frozen=True)
class Packing:
    """`pack` takes a matrix, `unpack` gives one of these sizes in this precision back; `bits` a number, scales too."""

    pack: Callable[[Tensor], Packed]
    unpack: Callable[[Mapping[str, Tensor], tuple[int, int], torch.dtype], Tensor]
    bits: float


def _pack_nf4(weight: Tensor) -> Packed:
    """4-bit NormalFloat with doubly quantised scales (QLoRA, Dettmers et al. 2023, §3)."""
    if weight.is_meta:
        # The library would keep a table without numbers for all that is packed after it.
        return _nf4_shapes(weight.numel())
    state: Any
    packed, state = _bitsandbytes().quantize_4bit(
        weight, blocksize=_NF4_BLOCK, quant_type="nf4", compress_statistics=True
    )
    return {
        "weight": packed.view(torch.int8),
        "scales": state.absmax,
        "levels": state.code,
        "offset": state.offset,
        "outer_scales": state.state2.absmax,
        "outer_levels": state.state2.code,
    }


def _nf4_shapes(count: int) -> Packed:
    """What so many numbers are packed into, on the meta device."""
    blocks = -(-count // _NF4_BLOCK)
    shapes: dict[str, tuple[tuple[int, ...], torch.dtype]] = {
        "weight": ((-(-count // 2), 1), torch.int8),
        "scales": ((blocks,), torch.uint8),
        "levels": ((16,), torch.float32),
        "offset": ((), torch.float32),
        "outer_scales": ((-(-blocks // _NF4_OUTER),), torch.float32),
        "outer_levels": ((256,), torch.float32),
    }
    return {name: torch.empty(shape, dtype=dtype, device="meta") for name, (shape, dtype) in shapes.items()}


def _unpack_nf4(packed: Mapping[str, Tensor], size: tuple[int, int], dtype: torch.dtype) -> Tensor:
    library = _bitsandbytes()
    outer = library.QuantState(
        absmax=packed["outer_scales"], code=packed["outer_levels"], blocksize=_NF4_OUTER, dtype=torch.float32
    )
    state = library.QuantState(
        absmax=packed["scales"],
        shape=torch.Size(size),
        code=packed["levels"],
        blocksize=_NF4_BLOCK,
        quant_type="nf4",
        dtype=dtype,
        offset=packed["offset"],
        state2=outer,
    )
    return library.dequantize_4bit(packed["weight"].view(torch.uint8), state)


def _pack_int8(weight: Tensor) -> Packed:
    """One scale an output, as LLM.int8() has them (Dettmers et al. 2022, §2.1); inputs stay as they are."""
    wide = weight.float()
    scales = wide.abs().amax(1, keepdim=True).clamp(min=torch.finfo(torch.float32).tiny) / _INT8_MOST
    return {"weight": (wide / scales).round().to(torch.int8), "scales": scales}


def _unpack_scaled(packed: Mapping[str, Tensor], _: tuple[int, int], dtype: torch.dtype) -> Tensor:
    # Multiplied in fp32 and rounded once, without an fp32 copy of the whole.
    whole = torch.empty(packed["weight"].shape, dtype=dtype, device=packed["weight"].device)
    return torch.mul(packed["weight"], packed["scales"], out=whole)


def _pack_fp8(weight: Tensor) -> Packed:
    """One scale: a power of two where that keeps every weight as it is, as of a file in fp8, else the largest's."""
    wide = weight.float()
    exact = wide.abs().amax().clamp(min=torch.finfo(torch.float32).tiny).view(1, 1) / _FP8_MOST
    even = torch.exp2(torch.ceil(torch.log2(exact)))
    packed = (wide / even).to(torch.float8_e4m3fn)
    # Shapes alone, which a plan asks for, have no numbers to compare.
    if weight.is_meta or torch.equal(packed.float() * even, wide):
        return {"weight": packed.view(torch.int8), "scales": even}
    return {"weight": (wide / exact).to(torch.float8_e4m3fn).view(torch.int8), "scales": exact}


def _unpack_fp8(packed: Mapping[str, Tensor], _: tuple[int, int], dtype: torch.dtype) -> Tensor:
    # Its numbers are in every other precision too: the product alone is rounded.
    numbers = packed["weight"].view(torch.float8_e4m3fn).to(dtype)
    return torch.mul(numbers, packed["scales"], out=numbers)


def _pack_rotated(weight: Tensor) -> Packed:
    """As int8, of inputs that are rotated: see `w8a8`."""
    turn = rotation_of(weight.shape[1], torch.float32, weight.device)
    return _pack_int8(weight if turn is None else rotated(weight.float(), turn))


def _unpack_rotated(packed: Mapping[str, Tensor], size: tuple[int, int], dtype: torch.dtype) -> Tensor:
    turn = rotation_of(size[1], torch.float32, packed["weight"].device)
    if turn is None:
        return _unpack_scaled(packed, size, dtype)
    return rotated(_unpack_scaled(packed, size, torch.float32), turn).to(dtype)


PACKINGS: Mapping[str, Packing] = {
    "nf4": Packing(_pack_nf4, _unpack_nf4, 4 + 8 / _NF4_BLOCK + 32 / _NF4_BLOCK / _NF4_OUTER),
    "int8": Packing(_pack_int8, _unpack_scaled, 8),
    "fp8": Packing(_pack_fp8, _unpack_fp8, 8),
    W8A8: Packing(_pack_rotated, _unpack_rotated, 8),
}


def check_packing(kind: str) -> None:
    """RecipeError when what a quantisation needs is missing or broken."""
    if kind == "nf4":
        _bitsandbytes()


def _bitsandbytes() -> Any:
    try:
        from bitsandbytes import functional
    except (ImportError, OSError, RuntimeError) as error:
        raise RecipeError(
            f"quantization 'nf4' needs the Python package bitsandbytes, which cannot be used here ({error}); install "
            f"it with {pip_install('-U bitsandbytes')} or choose 'int8'."
        ) from error
    return functional
