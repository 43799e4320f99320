"""An ONNX network that embeds pictures, opened when it is first asked and refused where it is of another kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import FaceError, pip_install
from ...runtime.onnx_engine import Device, onnx_engine, providers_for, quiet_options


@dataclass(frozen=True)
class Network:
    """One input, one output. `ends` are the last sizes that its input has, by which another network is told."""

    path: Path
    what: str
    ends: Sequence[int]
    device: Device = "auto"

    def __call__(self, rows: np.ndarray) -> np.ndarray:
        """Of float32 rows (n, …). FaceError names the file that cannot be loaded, or is another network's."""
        session = self._session
        try:
            found = session.run(None, {session.get_inputs()[0].name: np.ascontiguousarray(rows, np.float32)})[0]
        except Exception as error:  # onnxruntime has no common exception of its own
            raise FaceError(f"{self.path} cannot be run ({error}); download it again.") from error
        return np.asarray(found)

    @cached_property
    def _session(self) -> Any:
        engine: Any = needed_engine()
        try:
            session = engine.InferenceSession(
                str(self.path), quiet_options(engine), providers=providers_for(engine, self.device)
            )
        except Exception as error:
            raise FaceError(f"{self.path} cannot be loaded ({error}); download it again.") from error
        shape = session.get_inputs()[0].shape
        known = [size for size in shape[-len(self.ends) :]]
        if len(shape) <= len(self.ends) or any(
            isinstance(size, int) and size != wanted for size, wanted in zip(known, self.ends, strict=True)
        ):
            raise FaceError(f"{self.path} is not {self.what}: it takes {shape}; put the right file there.")
        return session


def needed_engine() -> Any:
    """onnxruntime; FaceError says how to get it."""
    try:
        return onnx_engine()
    except ImportError as error:
        raise FaceError(
            f"This face reader needs onnxruntime: run {pip_install('onnxruntime-gpu')}, or `onnxruntime` without CUDA."
        ) from error
