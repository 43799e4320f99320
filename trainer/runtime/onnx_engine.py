"""onnxruntime, imported by whoever runs a network and kept from reporting it."""

import os
from typing import Any


def onnx_engine() -> Any:
    """The module onnxruntime. Raises ImportError where it is not installed.

    Its official builds send usage events to their maker unless told not to before they are first imported (Privacy.md
    of 1.32); where another pack was quicker, the later switch still stops most of them. A user's own choice stands.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    import onnxruntime  # pyright: ignore[reportMissingTypeStubs]

    engine: Any = onnxruntime
    engine.disable_telemetry_events()
    return engine
