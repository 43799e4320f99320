"""WD taggers on onnxruntime: one session a run, pictures in batches."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from types import TracebackType
from typing import Any

import numpy as np
from PIL import Image

from ...dataset.sample import Author
from ...errors import ModelError, pip_install
from ...runtime.onnx_engine import onnx_engine
from .captioner import RawCaption
from .store import fingerprint
from .tagger_files import TaggerFiles
from .wd14_tags import TagVocabulary, Thresholds, decode, read_vocabulary
from .white_square import white_square

_USUAL_SIDE = 448


@dataclass(frozen=True, kw_only=True)
class _Network:
    """An open session. `fixed` is the batch its file prescribes, None where any will do."""

    session: Any
    words: TagVocabulary
    side: int
    fixed: int | None

    def scores(self, pixels: np.ndarray) -> np.ndarray:
        name = self.session.get_inputs()[0].name
        return self.session.run(None, {name: pixels})[0]


@dataclass(kw_only=True)
class Wd14:
    """Tags pictures. The files are opened by the first picture and closed by `close` or at the end of a `with` block.

    `underscores` keeps the tagger's spelling in the text. `batch` pictures go through the network at once.
    """

    files: TaggerFiles
    thresholds: Thresholds = field(default_factory=Thresholds)
    underscores: bool = False
    batch: int = 8
    author: Author = "tagger"

    @property
    def name(self) -> str:
        return self.files.name

    @property
    def key(self) -> str:
        return self._key

    @cached_property
    def _key(self) -> str:
        options = json.dumps([asdict(self.thresholds), self.underscores])
        return f"wd14 {fingerprint([self.files.model, self.files.words])} {options}"

    def caption(self, images: Sequence[Image.Image]) -> list[RawCaption]:
        words = self._network.words
        return [decode(row, words, self.thresholds, underscores=self.underscores) for row in self.scores(images)]

    def scores(self, images: Sequence[Image.Image]) -> np.ndarray:
        """(pictures, words) float32 in 0..1. Raises ModelError when the network gives anything else."""
        network = self._network
        size = network.fixed or self.batch
        parts = [_scores(network, images[start : start + size]) for start in range(0, len(images), size)]
        return np.concatenate(parts) if parts else np.zeros((0, len(network.words.names)), np.float32)

    def close(self) -> None:
        self.__dict__.pop("_network", None)

    def __enter__(self) -> "Wd14":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @cached_property
    def _network(self) -> _Network:
        words = read_vocabulary(self.files.words)
        session = _session(self.files)
        batch, side = _contract(session, self.files)
        outputs = session.get_outputs()[0].shape[-1]
        if isinstance(outputs, int) and outputs != len(words.names):
            raise ModelError(
                f"{self.files.model.name} scores {outputs} words but {self.files.words.name} lists "
                f"{len(words.names)}; take both files from the same place."
            )
        return _Network(session=session, words=words, side=side, fixed=batch)


def _scores(network: _Network, images: Sequence[Image.Image]) -> np.ndarray:
    pixels = np.stack([white_square(image, network.side) for image in images])
    if network.fixed is not None and len(images) < network.fixed:
        blank = np.full((network.fixed - len(images), *pixels.shape[1:]), 255, np.float32)
        pixels = np.concatenate([pixels, blank])
    scores = network.scores(pixels)[: len(images)]
    # Half-precision overflow gives NaN, a network without its last sigmoid gives numbers beyond 0..1.
    if scores.shape != (len(images), len(network.words.names)) or not bool(np.all((scores >= 0) & (scores <= 1))):
        raise ModelError("The tagger's scores are not between 0 and 1; use a WD tagger's own model.onnx.")
    return scores


def _session(files: TaggerFiles) -> Any:
    try:
        engine = onnx_engine()
    except ImportError as fault:
        raise ModelError(
            f"Tagging needs onnxruntime: run {pip_install('onnxruntime')} (`onnxruntime-gpu` for CUDA)."
        ) from fault
    cuda = ["CUDAExecutionProvider"] if "CUDAExecutionProvider" in engine.get_available_providers() else []
    try:
        return engine.InferenceSession(str(files.model), providers=[*cuda, "CPUExecutionProvider"])
    except Exception as fault:  # onnxruntime has no common exception of its own
        raise ModelError(f"{files.model} cannot be loaded ({fault}); download it again.") from fault


def _contract(session: Any, files: TaggerFiles) -> tuple[int | None, int]:
    """The batch (None: any) and the side of a network that takes (batch, side, side, 3)."""
    shape = list(session.get_inputs()[0].shape)
    if len(shape) != 4 or shape[3] != 3 or (isinstance(shape[1], int) and shape[1] != shape[2]):
        raise ModelError(
            f"{files.model.name} takes pictures as {shape}, not as [batch, 448, 448, 3]; use a WD tagger's model.onnx."
        )
    batch, side = shape[0], shape[1]
    return batch if isinstance(batch, int) and batch > 0 else None, side if isinstance(side, int) else _USUAL_SIDE
