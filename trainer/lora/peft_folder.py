"""PEFT's own adapter folders, `adapter_config.json` beside `adapter_model.safetensors`, by peft's own functions."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from ..errors import DiskError, ModelError
from ..families.key_layout import ALPHA, DORA, DOWN, UP, LayerTensors

_CONFIG, _WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_ROOT = "base_model.model."
_WORDS = {DOWN: "lora_A.weight", UP: "lora_B.weight", DORA: "lora_magnitude_vector"}


@dataclass(frozen=True)
class PeftTensors:
    """A folder's tensors with an alpha for each layer, read as an open safetensors file is."""

    tensors: Mapping[str, Tensor]

    def keys(self) -> list[str]:
        return list(self.tensors)

    def get_tensor(self, key: str) -> Tensor:
        return self.tensors[key]

    def metadata(self) -> dict[str, str]:
        return {}


def is_peft_folder(path: Path) -> bool:
    return (path / _CONFIG).is_file()


def read_peft_folder(folder: Path) -> PeftTensors:
    """LoRA and LoKr adapters; ModelError for others, without safetensors, or without peft."""
    from_pretrained, load_weights = _readers()
    if not (folder / _WEIGHTS).is_file():
        raise ModelError(f"{folder} has no {_WEIGHTS}; other kinds of files can run code when they are opened.")
    try:
        config = from_pretrained(str(folder))
        tensors: dict[str, Tensor] = load_weights(str(folder), device="cpu")
    except Exception as error:
        raise ModelError(f"{folder} is not a whole PEFT adapter: {error}.") from error
    kind = str(getattr(config.peft_type, "value", config.peft_type)).lower()
    if kind not in ("lora", "lokr", "loha"):
        raise ModelError(f"{folder} holds a PEFT adapter of kind {kind}; use LoRA, LoKr or LoHa.")
    try:
        return PeftTensors(_with_alphas(tensors, config, kind))
    except (TypeError, ValueError, AttributeError, ArithmeticError) as error:
        raise ModelError(f"The {_CONFIG} of {folder} holds no rank and alpha for every layer: {error}.") from error


def _with_alphas(tensors: dict[str, Tensor], config: Any, kind: str) -> dict[str, Tensor]:
    for prefix in {key.rpartition(f".{kind.replace('loha', 'hada')}_")[0] for key in tensors}:
        rank, alpha = _rank_and_alpha(config, prefix.removeprefix(_ROOT), kind)
        if f"{prefix}.lokr_w2" in tensors:
            # Without a rank peft scales as if there were one, and everybody else by 1.
            tensors[f"{prefix}.lokr_w1"] = tensors[f"{prefix}.lokr_w1"] * (alpha / rank)
        tensors[f"{prefix}.{ALPHA}"] = torch.tensor(alpha)
    return tensors


def _readers() -> tuple[Any, Any]:
    try:
        import peft
        import peft.utils
    except ImportError as error:
        raise _missing() from error
    config: Any = peft.PeftConfig
    utils: Any = peft.utils
    return config.from_pretrained, utils.load_peft_weights


def _missing() -> ModelError:
    return ModelError("PEFT adapters need peft, which is not installed: pip install peft.")


def _rank_and_alpha(config: Any, name: str, kind: str) -> tuple[int, float]:
    """Of one layer, by the patterns; an alpha that makes alpha / rank the scale of rsLoRA too."""
    from peft.utils.other import get_pattern_key

    rank = config.rank_pattern.get(get_pattern_key(config.rank_pattern, name), config.r)
    whole = config.lora_alpha if kind == "lora" else config.alpha
    alpha = float(config.alpha_pattern.get(get_pattern_key(config.alpha_pattern, name), whole))
    return rank, alpha * math.sqrt(rank) if getattr(config, "use_rslora", False) else alpha


def write_peft_folder(folder: Path, model: torch.nn.Module, layers: Mapping[str, LayerTensors]) -> None:
    """Write LoRA or DoRA layers of `model`, by their names in it, as `PeftModel.from_pretrained` reads them.

    The model is left as it was. ModelError for other kinds, or without peft.
    """
    try:
        import peft
    except ImportError as error:
        raise _missing() from error
    kinds = {frozenset(tensors) - {ALPHA} for tensors in layers.values()}
    if len(kinds) != 1 or not kinds <= {frozenset({DOWN, UP}), frozenset({DOWN, UP, DORA})}:
        raise ModelError("Only files that are LoRA, or DoRA, in every layer can be written as a PEFT adapter.")
    ranks = {name: len(tensors[DOWN]) for name, tensors in layers.items()}
    alphas = {name: float(tensors.get(ALPHA, torch.tensor(ranks[name]))) for name, tensors in layers.items()}
    library: Any = peft
    config = library.LoraConfig(
        target_modules=list(layers),
        r=max(ranks.values()),
        lora_alpha=max(alphas.values()),
        rank_pattern={f"^{name}$": rank for name, rank in ranks.items()},
        alpha_pattern={f"^{name}$": alpha for name, alpha in alphas.items()},
        use_dora=kinds == {frozenset({DOWN, UP, DORA})},
        inference_mode=True,
    )
    tensors = {
        f"{_ROOT}{name}.{_WORDS[suffix]}": _as_pefts(tensor, suffix)
        for name, layer in layers.items()
        for suffix, tensor in layer.items()
        if suffix in _WORDS
    }
    random: Any = torch.random
    # peft draws first weights of its own from the caller's random numbers.
    with random.fork_rng(devices=[]):
        wrapped = library.get_peft_model(model, config)
    try:
        library.set_peft_model_state_dict(wrapped, tensors)
        folder.mkdir(parents=True, exist_ok=True)
        wrapped.save_pretrained(str(folder))
    except OSError as fault:
        raise DiskError(fault, folder) from fault
    finally:
        wrapped.unload()


def _as_pefts(tensor: Tensor, suffix: str) -> Tensor:
    """DoRA's lengths are (out,), or (1, out, 1, 1) of a convolution, in PEFT's files."""
    if suffix != DORA:
        return tensor
    return tensor.reshape(-1) if tensor.ndim == 2 else tensor.transpose(0, 1)
