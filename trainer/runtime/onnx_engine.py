"""onnxruntime, imported by whoever runs a network and kept from reporting it."""

import os
from typing import Any, Literal

Device = Literal["auto", "cpu", "cuda"]
TELEMETRY = "ORT_DISABLE_TELEMETRY"


def onnx_engine() -> Any:
    """The module onnxruntime. Raises ImportError where it is not installed.

    Its official builds send usage events to their maker unless told not to before they are first imported (Privacy.md
    of 1.32); where another pack was quicker, the later switch still stops most of them. A user's own choice stands.
    """
    os.environ.setdefault(TELEMETRY, "1")
    import onnxruntime  # pyright: ignore[reportMissingTypeStubs]

    engine: Any = onnxruntime
    engine.disable_telemetry_events()
    return engine


def providers_for(engine: Any, device: Device) -> list[str]:
    """CUDA where this onnxruntime has it and `device` allows it, then the CPU."""
    can_cuda = device != "cpu" and "CUDAExecutionProvider" in engine.get_available_providers()
    return ["CUDAExecutionProvider"] * can_cuda + ["CPUExecutionProvider"]


def quiet_options(engine: Any) -> Any:
    """Session options that log errors only and leave idle cores alone."""
    options = engine.SessionOptions()
    options.log_severity_level = 3
    # Waiting threads would eat the cores that decode the next pictures.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options
