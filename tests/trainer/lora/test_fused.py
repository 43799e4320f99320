"""A linear layer and its LoRA as one node: peft's numbers, and less kept."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor

from trainer.lora.layers.build import build_layers
from trainer.lora.layers.frozen_linear import FrozenLinear, freeze_linears
from trainer.lora.layers.fused import fused_lora
from trainer.lora.layers.layer import AdapterState, LowRank
from trainer.runtime import linear as product

HAS_ONEDNN = hasattr(torch.ops.mkldnn, "_linear_pointwise") and torch.backends.mkldnn.is_available()


@pytest.fixture(params=["torch", "onednn"])
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Both ways of this processor, whichever it would take."""
    if request.param == "onednn" and not HAS_ONEDNN:
        pytest.skip("this torch has no oneDNN")
    monkeypatch.setattr(product, "_onednn_is_faster", lambda: request.param == "onednn")
    yield request.param


def drawn(*shape: int, **how: Any) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)), **how)


def layer_of(state: AdapterState, *, bias: bool = True, dtype: torch.dtype = torch.float32) -> Any:
    base = torch.nn.Linear(24, 40, bias=bias, dtype=dtype).requires_grad_(False)
    layer: Any = build_layers({"a": (base, LowRank(4, 6.0))}, state)["a"]
    layer.down.data, layer.up.data = drawn(4, 24), drawn(40, 4)
    return layer


@pytest.mark.parametrize("bias", [True, False])
def test_answer_and_gradients_are_pefts(library: str, bias: bool) -> None:
    layer = layer_of(AdapterState(), bias=bias)
    told: list[list[Tensor]] = []
    for ask in (layer.module, layer._pefts_forward):
        # Neither contiguous nor flat.
        x = drawn(5, 24, 3).transpose(1, 2).requires_grad_()
        answer = ask(x)
        (answer * drawn(*answer.shape)).sum().backward()
        told.append([answer.detach(), x.grad, layer.down.grad, layer.up.grad])  # type: ignore[list-item]
        layer.down.grad = layer.up.grad = None
    for ours, theirs in zip(*told, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5)


def test_gradients_are_those_of_small_differences() -> None:
    frozen = torch.nn.Linear(6, 5, dtype=torch.float64).requires_grad_(False)
    given = [drawn(3, 6, dtype=torch.float64), drawn(2, 6, dtype=torch.float64), drawn(5, 2, dtype=torch.float64)]
    x, down, up = (tensor.requires_grad_() for tensor in given)
    assert torch.autograd.gradcheck(lambda x, down, up: fused_lora(x, frozen, down, up, 1.5), (x, down, up))


def test_half_precision_gradients_arrive_in_the_adapters_own() -> None:
    layer = layer_of(AdapterState(), dtype=torch.bfloat16)
    x = drawn(7, 24).bfloat16().requires_grad_()
    layer.module(x).float().sum().backward()
    assert x.grad is not None and x.grad.dtype == torch.bfloat16
    assert layer.down.grad.dtype == layer.up.grad.dtype == torch.float32
    exact = drawn(7, 24).bfloat16().float().sum(0) * layer.scale
    torch.testing.assert_close(layer.down.grad, layer.up.sum(0)[:, None] * exact, rtol=0.05, atol=0.5)


def test_the_input_is_kept_once_and_nothing_else_of_its_size() -> None:
    layer = layer_of(AdapterState())
    kept: list[Tensor] = []

    def pack(tensor: Tensor) -> Tensor:
        kept.append(tensor)
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        layer.module(drawn(500, 24).requires_grad_())
    assert sorted(tensor.numel() for tensor in kept if tensor.numel() > 24 * 40) == [500 * 4, 500 * 24]


def test_layers_before_which_nothing_learns_get_no_gradient(library: str) -> None:
    layer = layer_of(AdapterState())
    layer.module(drawn(5, 24)).sum().backward()
    assert layer.down.grad.abs().sum() > 0


@pytest.mark.parametrize("what", ["ranks", "off", "frozen", "other"])
def test_all_that_is_more_is_left_to_peft(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> Tensor:
        raise AssertionError("fused")

    monkeypatch.setattr("trainer.lora.layers.peft_lora.fused_lora", refuse)
    state = AdapterState()
    layer = layer_of(state)
    x = drawn(2, 24)
    with pytest.raises(AssertionError, match="fused"):
        layer.module(x)
    if what == "ranks":
        state.ranks = torch.tensor([[1.0, 1.0, 0.0, 0.0]] * 2)
    elif what == "off":
        layer.enable(is_on=False)
    elif what == "frozen":
        layer.up.requires_grad_(False)
    else:
        layer.module.base_layer = type("Own", (torch.nn.Linear,), {})(24, 40)
    assert layer.module(x).shape == (2, 40)


def test_frozen_linears_answer_and_pass_gradients_as_before(library: str) -> None:
    plain = torch.nn.Linear(24, 40).requires_grad_(False)
    frozen = torch.nn.Sequential(torch.nn.Linear(24, 40)).requires_grad_(False)
    frozen[0].load_state_dict(plain.state_dict())
    freeze_linears(frozen)
    gradients: list[Tensor] = []
    for model in (plain, frozen):
        x = drawn(3, 5, 24).requires_grad_()
        answer = model(x)
        answer.square().sum().backward()
        assert x.grad is not None
        gradients.append(x.grad)
        torch.testing.assert_close(model(x.detach()), answer.detach(), rtol=0, atol=0)
    torch.testing.assert_close(*gradients, rtol=1e-5, atol=1e-5)


def test_only_plain_layers_that_never_learn_are_frozen() -> None:
    class Own(torch.nn.Linear):
        pass

    model = torch.nn.ModuleList([torch.nn.Linear(2, 2), torch.nn.Linear(2, 2), Own(2, 2), torch.nn.Conv2d(2, 2, 1)])
    model.requires_grad_(False)
    model[1].bias.requires_grad_(True)
    freeze_linears(model)
    assert [type(module) for module in model] == [FrozenLinear, torch.nn.Linear, Own, torch.nn.Conv2d]
