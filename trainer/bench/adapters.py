"""`bench adapters`: peft's layers beside ours, kind by kind, on the same step: time, memory, gradients."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ..demo.assets import demo_base
from ..families.layer_names import layer_names
from ..families.registry import load_family
from ..families.sd.keys import target_modules, text_modules
from ..families.sd.model import StableDiffusion
from ..lora.layers.dora import DoraLayer
from ..lora.layers.layer import AdapterState, LowRank, OwnLayer, applied, drawn, weight_shape
from ..lora.layers.lokr import Kronecker, LokrLayer, blocks
from ..lora.layers.peft_lora import PeftLora, peft_lora_modules
from .inputs.random_unet import MID_UNET

_RANK, _ALPHA, _FACTOR = 16, 8.0, 8
_ROUNDS = 7
_KINDS: Mapping[str, str] = {
    "lora": "attention_mlp",
    "dora": "attention_mlp",
    "lokr": "attention_mlp",
    "conv": "attention_mlp_conv",
    "text": "text",
}
_MID_TEXT = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 4, "num_attention_heads": 12}


@dataclass(frozen=True)
class _Model:
    """A frozen model and a scalar of its answer that stands for the loss."""

    module: torch.nn.Module
    loss: Callable[[], Tensor]


@dataclass(frozen=True)
class _Side:
    """One implementation's layers, by name, and their trained weights in the same order on both sides."""

    layers: Mapping[str, torch.nn.Module]
    weights: Sequence[torch.nn.Parameter]


class PlainLora(OwnLayer):
    """LoRA as this project had it before peft's: the other side of the comparison."""

    def __init__(self, base_layer: torch.nn.Module) -> None:
        super().__init__(base_layer, _ALPHA / _RANK, 1.0)
        shape = weight_shape(base_layer)
        self.down = torch.nn.Parameter(torch.zeros(_RANK, *shape[1:]))
        self.up = torch.nn.Parameter(torch.zeros(shape[0], _RANK, *[1] * (len(shape) - 2)))

    def changed(self, x: Tensor) -> Tensor:
        inner = applied(self.base_layer, x, self.down.to(x.dtype))
        up = self.up.to(x.dtype)
        change = F.conv2d(inner, up) if up.ndim == 4 else F.linear(inner, up)
        return self.base_layer(x) + change * self.scale

    def merged(self, weight: Tensor) -> Tensor:
        return weight + (self.up.flatten(1) @ self.down.flatten(1)).view(weight.shape) * self.scale


def bench_adapters(rounds: int = _ROUNDS) -> dict[str, Any]:
    """A row a kind and model: peft's step time and peak memory over ours, and the largest difference of gradients."""
    library: Any = torch
    library.manual_seed(0)
    rows = [
        {"model": name, "kind": kind, **_compare(models["text" if kind == "text" else "unet"], kind, rounds)}
        for name, models in (("demo", _demo()), ("mid", _mid()))
        for kind in _KINDS
    ]
    return {"threads": torch.get_num_threads(), "rank": _RANK, "rounds": rounds, "rows": rows}


def _compare(model: _Model, kind: str, rounds: int) -> dict[str, float]:
    """Rounds that take turns, so that a busy moment hits both sides; the ratio is taken pair by pair."""
    bases = {name: model.module.get_submodule(name) for name in _targets(model.module, kind)}
    sides = (_ours(bases, kind), _pefts(bases, kind))
    _draw_alike(*sides)
    first = [_first_step(model, side) for side in sides]
    seconds: tuple[list[float], list[float]] = ([], [])
    for number in range(rounds):
        for side in (0, 1) if number % 2 else (1, 0):
            _mount(model.module, sides[side].layers)
            seconds[side].append(_timed(model.loss))
    _mount(model.module, bases)
    (our_peak, our_gradients), (peft_peak, peft_gradients) = first
    return {
        "layers": len(bases),
        "ours_seconds": round(statistics.median(seconds[0]), 4),
        "peft_seconds": round(statistics.median(seconds[1]), 4),
        "time_ratio": round(statistics.median(b / a for a, b in zip(*seconds, strict=True)), 3),
        "memory_ratio": round(peft_peak / our_peak, 3),
        "gradient_difference": max(map(_distance, our_gradients, peft_gradients)),
    }


def _targets(model: torch.nn.Module, kind: str) -> list[str]:
    if kind == "text":
        return text_modules(layer_names(model, (torch.nn.Linear,)))
    return target_modules(layer_names(model, (torch.nn.Linear, torch.nn.Conv2d)), _KINDS[kind])


def _draw_alike(ours: _Side, pefts: _Side) -> None:
    """The same weights on both sides, A and B alike away from nothing, so that every gradient speaks."""
    for mine, theirs in zip(ours.weights, pefts.weights, strict=True):
        if mine.ndim > 1:
            mine.data = drawn(mine, torch.Generator().manual_seed(mine.numel())) * 0.1
        theirs.data = mine.data.clone().view(theirs.shape)


def _first_step(model: _Model, side: _Side) -> tuple[float, list[Tensor]]:
    """Peak memory and gradients of a step, which warms up what comes after."""
    _mount(model.module, side.layers)
    peak = _peak(model.loss)
    return peak, [weight.grad.clone().flatten() for weight in side.weights if weight.grad is not None]


def _distance(mine: Any, theirs: Any) -> float:
    return float(f"{float((mine - theirs).norm() / mine.norm().clamp(min=1e-12)):.2g}")


def _ours(bases: Mapping[str, torch.nn.Module], kind: str) -> _Side:
    made: dict[str, OwnLayer] = {}
    for name, base in bases.items():
        if kind == "lokr":
            made[name] = LokrLayer(base, Kronecker(blocks(weight_shape(base), _RANK, _FACTOR), _ALPHA))
        elif kind == "dora":
            made[name] = DoraLayer(base, LowRank(_RANK, _ALPHA, is_dora=True), AdapterState())
        else:
            made[name] = PlainLora(base)
    return _Side(made, [weight for layer in made.values() for weight in layer.weights()])


def _pefts(bases: Mapping[str, torch.nn.Module], kind: str) -> _Side:
    if kind == "lokr":
        return _peft_lokr(bases)
    shape = LowRank(_RANK, _ALPHA, is_dora=kind == "dora")
    modules = peft_lora_modules({name: (base, shape) for name, base in bases.items()})
    layers = [PeftLora(modules[name], base, shape, AdapterState()) for name, base in bases.items()]
    return _Side(modules, [weight for layer in layers for weight in layer.weights()])


def _peft_lokr(bases: Mapping[str, torch.nn.Module]) -> _Side:
    from peft import LoKrConfig, inject_adapter_in_model

    names = [str(number) for number in range(len(bases))]
    holder: Any = torch.nn.ModuleDict(dict(zip(names, bases.values(), strict=True)))
    config = LoKrConfig(r=_RANK, alpha=int(_ALPHA), decompose_factor=_FACTOR, target_modules=names)
    inject_adapter_in_model(config, holder)
    layers: list[Any] = [holder[name] for name in names]
    for layer in layers:
        if len(layer.lokr_w2):
            layer.scaling["default"] = 1.0  # As LyCORIS: peft scales by alpha / rank where there is no rank too.
    parts = ("lokr_w1", "lokr_w2", "lokr_w2_a", "lokr_w2_b")
    weights = [getattr(layer, part)["default"] for layer in layers for part in parts if len(getattr(layer, part))]
    return _Side(dict(zip(bases, layers, strict=True)), weights)


def _mount(model: torch.nn.Module, layers: Mapping[str, torch.nn.Module]) -> None:
    for name, layer in layers.items():
        model.set_submodule(name, layer)


def _timed(loss: Callable[[], Tensor]) -> float:
    """Processor seconds of this process: on a shared machine the clock on the wall measures the others."""
    started = time.process_time()
    answer: Any = loss()
    answer.backward()
    return time.process_time() - started


def _peak(loss: Callable[[], Tensor]) -> float:
    """Bytes above the start at the highest moment of a step, by every allocation that torch makes."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as seen:
        answer: Any = loss()
        answer.backward()
    events: Any = seen.profiler
    records = [event for event in events.kineto_results.events() if event.name() == "[memory]"]
    now, highest = 0, 0
    for record in sorted(records, key=lambda event: event.start_ns()):
        now += record.nbytes()
        highest = max(highest, now)
    return float(highest)


def _demo() -> dict[str, _Model]:
    family = load_family(demo_base())
    assert isinstance(family, StableDiffusion)
    return {"unet": _unet(family.denoiser, 16, 4), "text": _text(family.text.get_submodule("te2"), 4)}


def _mid() -> dict[str, _Model]:
    from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    unet_kind: Any = UNet2DConditionModel
    text_kind: Any = CLIPTextModel
    config: Any = CLIPTextConfig
    text = text_kind(config(**_MID_TEXT, vocab_size=1000, projection_dim=768))
    return {"unet": _unet(unet_kind(**MID_UNET), 64, 1), "text": _text(text, 4)}


def _unet(unet: Any, side: int, batch: int) -> _Model:
    unet.requires_grad_(False)
    draw = torch.Generator().manual_seed(0)
    noisy = torch.randn(batch, 4, side, side, generator=draw)
    text = torch.randn(batch, 77, unet.config.cross_attention_dim, generator=draw)
    # Six sizes of `addition_time_embed_dim` numbers each; the rest is the pooled text.
    pooled = unet.config.projection_class_embeddings_input_dim - 6 * unet.config.addition_time_embed_dim
    more = {"text_embeds": torch.randn(batch, pooled, generator=draw), "time_ids": torch.full((batch, 6), 64.0)}
    times = torch.full((batch,), 500)

    def loss() -> Tensor:
        return unet(noisy, times, encoder_hidden_states=text, added_cond_kwargs=more).sample.square().mean()

    return _Model(unet, loss)


def _text(encoder: Any, batch: int) -> _Model:
    encoder.requires_grad_(False)
    tokens = torch.arange(77 * batch).view(batch, 77) % 500

    def loss() -> Tensor:
        return encoder(tokens, output_hidden_states=True).hidden_states[-2].square().mean()

    return _Model(encoder, loss)
