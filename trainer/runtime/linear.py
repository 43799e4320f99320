"""A linear layer's product by the library that is fast on this processor.

torch's own goes through MKL, which keeps to AVX2 on processors that are not Intel's: on an EPYC of 2025 with AVX-512 it
reached 105 GFLOP/s on one core where oneDNN, which torch brings along and convolutes with, reached 240.
"""

import os
from functools import cache
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

_AMD = "AuthenticAMD"


def linear(x: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """`x` (…, in) by `weight` (out, in), which may be a view turned on its side, plus `bias` (out,); no gradients."""
    if not is_by_onednn(x):
        return F.linear(x, weight, bias)
    ops: Any = torch.ops
    return ops.mkldnn._linear_pointwise(x.contiguous(), weight, bias, "none", [], "")


def is_by_onednn(x: Tensor) -> bool:
    """Whether `linear` of such a tensor is another library's than torch's own layers'."""
    return x.dtype == torch.float32 and x.device.type == "cpu" and x.numel() > 0 and _onednn_is_faster()


@cache
def _onednn_is_faster() -> bool:
    """Told by what the processor is and not by a measurement: a resumed run has to take the same way."""
    backends: Any = torch.backends
    has_it = backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")
    return has_it and backends.cpu.get_cpu_capability().startswith("AVX512") and _AMD in _processor()


def _processor() -> str:
    told = Path("/proc/cpuinfo")
    return told.read_text() if told.is_file() else os.environ.get("PROCESSOR_IDENTIFIER", "")
