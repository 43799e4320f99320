"""What computes here: packages, machine, GPU and the settings of the process; nothing that says whose it is."""

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

_PACKAGES = (
    *("torch", "diffusers", "transformers", "accelerate", "peft", "safetensors", "numpy", "pillow"),
    *("bitsandbytes", "torchao", "triton", "triton-windows", "xformers", "onnxruntime", "insightface"),
)
_DRIVER = Path("/proc/driver/nvidia/version")


def versions() -> dict[str, str]:
    """Installed packages that training may touch, and Python."""
    found = {"python": platform.python_version()}
    for name in _PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def machine() -> dict[str, Any]:
    """System, processors, and each GPU with its memory in bytes and its capability."""
    return {
        "system": platform.system(),
        "release": platform.release(),
        "processor": platform.machine(),
        "cores": os.cpu_count(),
        "driver": _driver(),
        "cuda": torch.version.cuda,
        "gpus": [_gpu(number) for number in range(torch.cuda.device_count())] if torch.cuda.is_available() else [],
    }


def process_settings() -> dict[str, Any]:
    """Switches of torch that change how training computes, as they are now."""
    cuda, cudnn = torch.backends.cuda, torch.backends.cudnn
    return {
        "threads": torch.get_num_threads(),
        "matmul_precision": torch.get_float32_matmul_precision(),
        "tf32": cuda.matmul.allow_tf32,
        "cudnn_tf32": cudnn.allow_tf32,
        "cudnn_benchmark": cudnn.benchmark,
        "cudnn_deterministic": cudnn.deterministic,
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "flash_attention": cuda.flash_sdp_enabled(),
        "efficient_attention": cuda.mem_efficient_sdp_enabled(),
        "cudnn_attention": cuda.cudnn_sdp_enabled(),
        "inference_mode": torch.is_inference_mode_enabled(),
        "default_dtype": str(torch.get_default_dtype()),
        "recompile_limit": _recompile_limit(),
    }


def _recompile_limit() -> int | None:
    """None where nothing was compiled yet: to import dynamo only to ask would take seconds."""
    config: Any = getattr(sys.modules.get("torch._dynamo"), "config", None)
    return getattr(config, "recompile_limit", None)


def _driver() -> str | None:
    try:
        return _DRIVER.read_text(encoding="utf-8").splitlines()[0]
    except (OSError, IndexError):
        return None


def _gpu(number: int) -> dict[str, Any]:
    cuda: Any = torch.cuda
    told = cuda.get_device_properties(number)
    return {"name": told.name, "memory": told.total_memory, "capability": f"{told.major}.{told.minor}"}
