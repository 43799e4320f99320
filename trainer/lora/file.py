"""Anybody's LoRA file as layers: kohya's, PEFT's and diffusers' spellings of LoRA, LoKr and LoHa."""

import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import ModelError, shortened
from ..families.key_layout import ALPHA, DORA, DOWN, UP
from .layer_parts import MID, part_fault
from .peft_folder import is_peft_folder, read_peft_folder

# PEFT puts the adapter's name, usually `default`, before the last word.
_SPELLINGS = {
    r"lora_A(?:\.\w+)?\.weight|lora\.down\.weight|lora_linear_layer\.down\.weight": DOWN,
    r"lora_B(?:\.\w+)?\.weight|lora\.up\.weight|lora_linear_layer\.up\.weight": UP,
    r"lora_magnitude_vector(?:\.\w+)?(?:\.weight)?": DORA,
}
_OWN = (
    r"lora_down\.weight|lora_up\.weight|lora_mid\.weight|alpha|dora_scale"
    r"|(?:lokr|hada|oft)_[^.]+|diff|diff_b|on_input"
)
_KEY = re.compile(rf"(?P<prefix>.+?)\.(?:(?P<own>{_OWN})|(?P<other>{'|'.join(_SPELLINGS)}))")
_OLD_DIFFUSERS = re.compile(r"(.+)\.processor\.(to_q|to_k|to_v|to_out)_lora\.(down|up)\.weight")
_LARGEST_HEADER = 64 << 20


@dataclass(frozen=True, eq=False)
class Layer:
    """One layer's tensors by their kohya name without the prefix (`lora_down.weight`, `lokr_w1`, …), fp32."""

    prefix: str
    tensors: Mapping[str, Tensor]

    @property
    def kind(self) -> str:
        """`lora`, `dora`, `lokr`, `loha`, or `other`."""
        if DOWN in self.tensors and UP in self.tensors:
            return "dora" if DORA in self.tensors else "lora"
        starts = {name.partition("_")[0] for name in self.tensors}
        return "lokr" if "lokr" in starts else "loha" if "hada" in starts else "other"

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
        return None

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
        return None

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
    """An open file: metadata, and layers one at a time, so that memory does not grow with the file."""

    def __init__(self, path: Path, file: Any) -> None:
        self._file = file
        self.path = path
        self.metadata: dict[str, str] = dict(file.metadata() or {})
        self._keys: dict[str, dict[str, str]] = {}
        for key in sorted(file.keys()):
            prefix, name = split_key(key)
            if name is None:
                raise ModelError(f"{path.name} is not a LoRA: it holds {shortened(key)!r}, which is no part of one.")
            self._keys.setdefault(prefix, {})[name] = key
        if not self._keys:
            raise ModelError(f"{path.name} is not a LoRA: it holds no tensors.")

    @property
    def prefixes(self) -> tuple[str, ...]:
        return tuple(self._keys)

    def layer(self, prefix: str) -> Layer:
        """The layer of that prefix; ModelError for shapes that do not go together."""
        tensors = {name: self._file.get_tensor(key).float() for name, key in self._keys[prefix].items()}
        layer = Layer(prefix, tensors)
        if (fault := part_fault(tensors)) is not None:
            raise ModelError(f"{self.path.name} is damaged: of {shortened(prefix)} {fault}. Get the file again.")
        up = tensors.get(UP)
        return layer if DORA not in tensors or up is None else Layer(prefix, _with_upright_lengths(tensors, up))

    def layers(self) -> Iterator[Layer]:
        for prefix in self._keys:
            yield self.layer(prefix)


@contextmanager
def opened_lora(path: Path) -> Generator[LoraFile]:
    """The file, read lazily, or PEFT's folder of one; ModelError when it is missing, cut short, or no LoRA."""
    from safetensors import SafetensorError, safe_open

    opened: Any = safe_open

    if is_peft_folder(path):
        yield LoraFile(path, read_peft_folder(path))
        return
    if not path.is_file():
        raise ModelError(f"There is no LoRA file {path}.")
    if path.suffix != ".safetensors":
        raise ModelError(f"{path.name} is not a .safetensors file; other kinds can run code when they are opened.")
    with path.open("rb") as raw:
        header = int.from_bytes(raw.read(8), "little")
    if not 2 <= header <= min(_LARGEST_HEADER, path.stat().st_size - 8):
        raise ModelError(f"{path.name} is not a whole safetensors file: its header says {header} bytes.")
    try:
        with opened(path, "pt") as file:
            yield LoraFile(path, file)
    except (SafetensorError, OSError) as error:
        raise ModelError(f"{path.name} is not a whole safetensors file: {error}.") from error


def split_key(key: str) -> tuple[str, str | None]:
    """Prefix and kohya's name of the part, found by how the key ends; None for a key that belongs to no LoRA."""
    if old := _OLD_DIFFUSERS.fullmatch(key):
        name = old[2] if old[2] != "to_out" else "to_out.0"
        return f"{old[1]}.{name}", DOWN if old[3] == "down" else UP
    if not (found := _KEY.fullmatch(key)):
        return key, None
    if found["own"]:
        return found["prefix"], found["own"]
    name = next(name for spelling, name in _SPELLINGS.items() if re.fullmatch(spelling, found["other"]))
    return found["prefix"], name


def _with_upright_lengths(tensors: Mapping[str, Tensor], up: Tensor) -> dict[str, Tensor]:
    """DoRA's lengths as kohya writes them, (out, 1, …): PEFT has (out,), and (1, out, 1, 1) of a convolution."""
    lengths = tensors[DORA]
    is_pefts = lengths.ndim == 1 or (lengths.ndim == 4 and len(lengths) == 1)
    if not is_pefts or lengths.numel() != len(up):
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
