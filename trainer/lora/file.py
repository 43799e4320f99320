"""Anybody's LoRA file as layers: kohya's, LyCORIS', PEFT's, diffusers' and ComfyUI's spellings of every kind."""

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import ModelError, few, shortened
from ..families.key_layout import ALPHA, DORA, DOWN, UP
from ..families.lora_names import DIFF, MID, NORM, kind_of, parts_by_layer
from ..families.registry import lora_made_for, named_kind
from ..storage.tensor_header import Header, read_header
from .layer_parts import part_fault
from .peft_folder import is_peft_folder, read_peft_folder


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer's tensors by their kohya name without the prefix (`lora_down.weight`, `lokr_w1`, …), fp32."""

    prefix: str
    tensors: Mapping[str, Tensor]

    @property
    def kind(self) -> str:
        """As `kind_of` names it."""
        return kind_of(self.tensors)

    @property
    def rank(self) -> int | None:
        """None where there is none, as in a whole LoKr."""
        for name in (DOWN, "lokr_w2_b", "lokr_w1_b", "hada_w1_b"):
            if name in self.tensors:
                return int(self.tensors[name].shape[0])
        return None

    @property
    def alpha(self) -> float | None:
        return float(self.tensors[ALPHA]) if ALPHA in self.tensors else None

    @property
    def is_finite(self) -> bool:
        return all(bool(torch.isfinite(tensor).all()) for tensor in self.tensors.values())

    @property
    def scale(self) -> float:
        """alpha / rank; 1 where the file has no alpha, as the host reads it."""
        return self.alpha / self.rank if self.alpha is not None and self.rank else 1.0

    def square_norm(self) -> float | None:
        """‖ΔW‖² without making ΔW; None for kinds whose change cannot be told from the file alone."""
        if self.kind in ("lora", "dora"):
            down, up = self.tensors[DOWN].flatten(1).double(), self.tensors[UP].flatten(1).double()
            if MID in self.tensors:
                # Tucker's core between the two: at most rank² × kernel, so the whole change is made.
                whole = torch.einsum("or,rsjk,si->oijk", up, self.tensors[MID].double(), down)
                return float(whole.square().sum()) * self.scale**2
            return float(((up.T @ up) * (down @ down.T)).sum()) * self.scale**2
        if self._has_core:
            return None
        if self.kind == "lokr":
            return _norm(self.tensors, "lokr_w1") * _norm(self.tensors, "lokr_w2") * self._lokr_scale**2
        if self.kind == "loha":
            return self._loha_norm()
        whole = self._whole
        return None if whole is None else float(whole.double().square().sum())

    @property
    def size(self) -> int | None:
        """Weights of the layer that is changed."""
        if self.kind in ("lora", "dora"):
            return int(self.tensors[UP].shape[0]) * int(self.tensors[DOWN][0].numel())
        if self._has_core:
            return None
        if self.kind == "loha":
            return int(self.tensors["hada_w1_a"].shape[0]) * int(self.tensors["hada_w1_b"].shape[1])
        if self.kind == "lokr":
            return _size(self.tensors, "lokr_w1") * _size(self.tensors, "lokr_w2")
        return None if self._whole is None else self._whole.numel()

    @property
    def _whole(self) -> Tensor | None:
        """The change of a layer whose file holds it as it is."""
        return next((self.tensors[name] for name in (DIFF, NORM) if name in self.tensors), None)

    @property
    def _has_core(self) -> bool:
        """Whether Tucker's core stands between the factors of a LoKr or LoHa."""
        return any(name.startswith(("lokr_t", "hada_t")) for name in self.tensors)

    @property
    def _lokr_scale(self) -> float:
        return self.scale if self.rank else 1.0

    def _loha_norm(self) -> float:
        one, two = (self.tensors[f"hada_w{n}_a"].double() @ self.tensors[f"hada_w{n}_b"].double() for n in (1, 2))
        return float((one * two).square().sum()) * self.scale**2


class LoraFile:
    """An open file: metadata, and layers one at a time, so that memory does not grow with the file.

    `passed_over` are keys that are no part of a layer: embeddings that a trainer bundled, or what nobody knows.
    """

    def __init__(self, path: Path, file: Any, header: Header) -> None:
        self._file = file
        self._header = header
        self.path = path
        self.metadata: dict[str, str] = dict(file.metadata() or {})
        self._keys, self.passed_over = parts_by_layer(header.shapes)
        if not self._keys:
            what = named_kind(header)
            named = f"it is {what}" if what else "it holds no tensors"
            if not what and self.passed_over:
                named = f"it holds {few(self.passed_over, 1)!r}, which is no part of one"
            raise ModelError(f"{path.name} is not a LoRA: {named}. Choose a LoRA file.")

    @property
    def prefixes(self) -> tuple[str, ...]:
        return tuple(self._keys)

    @property
    def made_for(self) -> str:
        """The title of the base that it was made for; "" where it is not told."""
        return lora_made_for(self._header)

    def layer(self, prefix: str) -> Layer:
        """The layer of that prefix; ModelError for shapes that do not go together."""
        keys = self._keys[prefix]
        tensors = {name: self._file.get_tensor(key).float() for name, key in keys.items()}
        if (fault := part_fault(tensors)) is not None:
            raise ModelError(f"{self.path.name} is damaged: of {shortened(prefix)} {fault}. Get the file again.")
        up = tensors.get(UP)
        if DORA not in tensors or up is None:
            return Layer(prefix, tensors)
        return Layer(prefix, _with_upright_lengths(tensors, up, is_pefts="lora_magnitude" in keys[DORA]))

    def layers(self) -> Iterator[Layer]:
        for prefix in self._keys:
            yield self.layer(prefix)


@contextmanager
def opened_lora(path: Path) -> Generator[LoraFile]:
    """The file, read lazily, or PEFT's folder of one; ModelError when it is missing, cut short, or no LoRA."""
    from safetensors import SafetensorError, safe_open

    opened: Any = safe_open

    if is_peft_folder(path):
        adapter = read_peft_folder(path)
        shapes = {key: tuple(tensor.shape) for key, tensor in adapter.tensors.items()}
        yield LoraFile(path, adapter, Header(shapes=shapes, kinds={}, metadata={}))
        return
    if path.is_dir():
        raise ModelError(f"{path} is a folder, but none that PEFT wrote. Choose the .safetensors file in it.")
    if not path.is_file():
        raise ModelError(f"There is no LoRA file {path}.")
    header = read_header(path)
    try:
        with opened(path, "pt") as file:
            yield LoraFile(path, file, header)
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{path.name} is not a whole safetensors file: {error}. Get the file again.") from error


def _with_upright_lengths(tensors: Mapping[str, Tensor], up: Tensor, *, is_pefts: bool) -> dict[str, Tensor]:
    """DoRA's lengths as kohya writes them, (out, 1, …): PEFT has (out,), and (1, out, 1, 1) of a convolution.

    LyCORIS has had (1, in, 1, 1), lengths of the inputs, which stay.
    """
    lengths = tensors[DORA]
    if lengths.numel() != len(up) or not (lengths.ndim == 1 or (is_pefts and len(lengths) == 1)):
        return dict(tensors)
    return {**tensors, DORA: lengths.reshape(-1, *[1] * (up.ndim - 1))}


def _norm(tensors: Mapping[str, Tensor], name: str) -> float:
    if name in tensors:
        return float(tensors[name].double().square().sum())
    left, right = tensors[f"{name}_a"].double(), tensors[f"{name}_b"].double()
    return float(((left.T @ left) * (right @ right.T)).sum())


def _size(tensors: Mapping[str, Tensor], name: str) -> int:
    if name in tensors:
        return int(tensors[name].numel())
    return int(tensors[f"{name}_a"].shape[0]) * int(tensors[f"{name}_b"].shape[1])
