"""Opens ONNX files: on CUDA where onnxruntime can, else on the CPU."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np

from ..errors import FaceError
from ..runtime.onnx_engine import onnx_engine

Device = Literal["auto", "cpu", "cuda"]


class OnnxFile:
    """A network in an ONNX file, opened at first use. `device` says where it runs once it has run."""

    def __init__(self, path: Path, device: Device = "auto") -> None:
        self.path = path
        self._wanted: Device = device
        self._session: Any = None

    @property
    def device(self) -> str:
        return self.session.get_providers()[0].removesuffix("ExecutionProvider")

    @property
    def session(self) -> Any:
        if self._session is None:
            self._session = _open(self.path, self._wanted)
        return self._session

    def run(self, pixels: np.ndarray) -> list[np.ndarray]:
        """All outputs, in the file's order, of its one input."""
        feed: Mapping[str, np.ndarray] = {self.session.get_inputs()[0].name: pixels}
        try:
            return self.session.run(None, feed)
        except Exception as error:  # onnxruntime has no common exception of its own
            raise FaceError(f"{self.path.name} cannot read a picture ({error}); download the file again.") from error


def _open(path: Path, device: Device) -> Any:
    try:
        engine = onnx_engine()
    except ImportError as error:
        raise FaceError(
            "This face reader needs onnxruntime: run `pip install onnxruntime-gpu`, or `onnxruntime` without CUDA."
        ) from error
    options = engine.SessionOptions()
    options.log_severity_level = 3
    # Waiting threads would eat the cores that decode the next pictures.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    can_cuda = device != "cpu" and "CUDAExecutionProvider" in engine.get_available_providers()
    providers = ["CUDAExecutionProvider"] * can_cuda + ["CPUExecutionProvider"]
    try:
        return engine.InferenceSession(str(path), options, providers=providers)
    except Exception as error:
        raise FaceError(f"{path} cannot be loaded ({error}); download the file again.") from error
