"""Products in 8 bits: how far they are from the plain layer's, what they keep, and where they are not used."""

from typing import Any

import pytest
import torch
from torch import Tensor

from trainer.families.base import Base
from trainer.families.memory import w8a8
from trainer.families.memory.packing import PACKINGS
from trainer.families.memory.quantised import QuantisedLinear
from trainer.families.memory.rotation import group_of, is_group, rotated, rotation
from trainer.families.memory.w8a8 import W8A8, can_multiply
from trainer.families.residence import Residence

from .sides import side

CPU = torch.device("cpu")


def drawn(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


def linear(width: int = 1280, out: int = 320, dtype: torch.dtype = torch.float32) -> torch.nn.Linear:
    layer = torch.nn.utils.skip_init(torch.nn.Linear, width, out, dtype=dtype)
    layer.weight.data.copy_(drawn(out, width) / width**0.5)
    layer.bias.data.copy_(0.1 * drawn(out, seed=1))
    return layer.requires_grad_(False)


def unrotated(plain: torch.nn.Linear) -> QuantisedLinear:
    packed = QuantisedLinear(plain, W8A8)
    numbers = PACKINGS["int8"].pack(plain.weight)
    packed.weight.data, packed.scales, packed.turn = numbers["weight"], numbers["scales"], None
    return packed


def outliers(x: Tensor, factor: float) -> Tensor:
    x[:, [3, 200, 777]] *= factor
    return x


def errors(packed: QuantisedLinear, plain: torch.nn.Linear, x: Tensor) -> tuple[float, float]:
    """Of the answer and of the input's gradient, to the plain layer's."""
    mine, theirs = x.clone().requires_grad_(), x.clone().requires_grad_()
    answer, wanted = packed(mine), plain(theirs)
    gradient = drawn(*wanted.shape, seed=2).to(x.dtype)
    answer.backward(gradient)
    wanted.backward(gradient)
    assert mine.grad is not None and theirs.grad is not None
    return _error(answer.detach(), wanted.detach()), _error(mine.grad, theirs.grad)


def _error(mine: Tensor, theirs: Tensor) -> float:
    return float((mine.float() - theirs.float()).norm() / theirs.float().norm())


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("factor", [1.0, 100.0])
def test_rotated_it_is_one_percent_off_whatever_stands_out(factor: float, dtype: torch.dtype) -> None:
    plain = linear(dtype=dtype)
    answer, gradient = errors(QuantisedLinear(plain, W8A8), plain, outliers(drawn(96, 1280), factor).to(dtype))
    assert 0.005 < answer < 0.015
    assert 0.005 < gradient < 0.015


def test_without_rotation_outliers_cost_several_times_as_much() -> None:
    plain = linear()
    assert errors(unrotated(plain), plain, drawn(96, 1280))[0] < 0.012
    assert errors(unrotated(plain), plain, outliers(drawn(96, 1280), 100.0))[0] > 0.05
    outliers(plain.weight.data, 30.0)
    assert min(errors(unrotated(plain), plain, drawn(96, 1280))) > 0.03
    assert max(errors(QuantisedLinear(plain, W8A8), plain, drawn(96, 1280))) < 0.015


def test_a_row_of_scales_multiplies_the_gradient_before_it_is_rounded() -> None:
    """∂x = (∂y · s) Q, to what rounding rows of it to 8 bits leaves."""
    plain = linear()
    plain.weight.data *= torch.logspace(-2, 2, 320)[:, None]
    packed = QuantisedLinear(plain, W8A8)
    assert errors(packed, plain, drawn(96, 1280))[1] < 0.05


def test_the_answer_is_whole_numbers_times_both_scales() -> None:
    packed = QuantisedLinear(linear(64, 32), W8A8)
    x = drawn(20, 64)
    turned = rotated(x, rotation(64, torch.float32, CPU))
    steps = turned.abs().amax(1, keepdim=True) / 127
    numbers = (turned / steps).round()
    assert packed.bias is not None
    wanted = (numbers.double() @ packed.weight.double().T) * steps * packed.get_buffer("scales").T + packed.bias
    torch.testing.assert_close(packed(x).double(), wanted, rtol=1e-5, atol=1e-5)


def test_cut_into_pieces_it_answers_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    plain = linear(64, 32)
    packed = QuantisedLinear(plain, W8A8)
    x = drawn(3, 33, 64)
    whole = _answer_and_gradient(packed, x)
    monkeypatch.setattr(w8a8, "_AT_ONCE", 64 * 20)
    assert all(map(torch.equal, whole, _answer_and_gradient(packed, x)))


def _answer_and_gradient(packed: QuantisedLinear, x: Tensor) -> tuple[Tensor, Tensor]:
    mine = x.clone().requires_grad_()
    answer = packed(mine)
    answer.square().sum().backward()
    assert mine.grad is not None
    return answer.detach(), mine.grad


@pytest.mark.parametrize(("rows", "width", "out"), [(16, 64, 32), (40, 72, 32), (40, 64, 40)])
def test_what_the_device_cannot_multiply_is_unpacked(rows: int, width: int, out: int) -> None:
    packed = QuantisedLinear(linear(width, out), W8A8)
    x = drawn(rows, width)
    assert not can_multiply(x, packed.weight)
    wanted = torch.nn.functional.linear(x, packed.dense(), packed.bias)
    assert torch.equal(packed(x), wanted)


def test_not_finite_stays_not_finite() -> None:
    packed = QuantisedLinear(linear(64, 32), W8A8)
    x = drawn(20, 64)
    x[3, 5], x[4, 6] = float("nan"), float("inf")
    answer = packed(x)
    assert not answer[3:5].isfinite().any()
    assert answer[5:].isfinite().all()


def test_a_rotation_is_its_own_inverse_and_exact_in_bf16() -> None:
    for group in (16, 64, 256):
        turn = rotation(group, torch.float32, CPU)
        assert torch.equal(turn @ turn, torch.eye(group))
        assert torch.equal(turn.bfloat16().float(), turn)
        assert len(set(turn.sum(1).tolist())) == 1
    assert [group_of(width) for width in (5120, 640, 48, 36)] == [256, 64, 16, 0]
    assert is_group(64, 640) and not is_group(128, 640)


def test_numbers_of_an_int8_file_come_back_as_they_were() -> None:
    """Read from ConvRot's layout into bf16, they are rounded to the same again."""
    stored = PACKINGS[W8A8].pack(linear().weight)
    weight = PACKINGS[W8A8].unpack(stored, (320, 1280), torch.bfloat16)
    again = PACKINGS[W8A8].pack(weight)
    assert (again["weight"] == stored["weight"]).float().mean() > 0.9995
    torch.testing.assert_close(again["scales"], stored["scales"], rtol=2e-3, atol=0)


class Kept:
    """Tensors that a forward pass keeps for the backward one, by their addresses."""

    def __init__(self) -> None:
        self.tensors: list[Tensor] = []

    def __enter__(self) -> "Kept":
        self._hooks: Any = torch.autograd.graph.saved_tensors_hooks(self._note, lambda tensor: tensor)
        self._hooks.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._hooks.__exit__(*error)

    def _note(self, tensor: Tensor) -> Tensor:
        self.tensors.append(tensor)
        return tensor

    def of(self, *others: Tensor) -> int:
        places = {other.data_ptr() for other in others}
        return sum(tensor.data_ptr() in places for tensor in self.tensors)


@pytest.mark.parametrize("kind", ["nf4", "int8", "fp8", W8A8])
@pytest.mark.parametrize("rows", [4, 40])
def test_a_packed_layer_keeps_nothing_of_its_input(kind: str, rows: int) -> None:
    packed = QuantisedLinear(linear(64, 32), kind)
    with Kept() as kept:
        packed(drawn(rows, 64).requires_grad_())
    assert not kept.tensors


def test_a_plain_frozen_layer_keeps_its_weight_alone() -> None:
    plain, x = linear(64, 32), drawn(40, 64).requires_grad_()
    with Kept() as kept:
        plain(x)
    assert len(kept.tensors) == kept.of(plain.weight) == 1


@pytest.mark.parametrize("kind", ["", "nf4", "int8", "fp8", W8A8])
def test_under_a_lora_the_input_is_kept_once(kind: str) -> None:
    from trainer.lora.layers.build import build_layers
    from trainer.lora.layers.layer import AdapterState, LowRank

    plain, x = linear(64, 32), drawn(40, 64).requires_grad_()
    base = QuantisedLinear(plain, kind) if kind else plain
    layer = build_layers({"it": (base, LowRank(2, 2.0))}, AdapterState())["it"]
    with Kept() as kept:
        layer.module(x)
    # Beside it A, B and what is between them, of rank 2.
    small = [tensor for tensor in kept.tensors if tensor.numel() <= 2 * 64]
    assert kept.of(x) == 1
    assert kept.of(plain.weight) == (0 if kind else 1)
    assert len(kept.tensors) == len(small) + kept.of(x) + kept.of(plain.weight)


def test_no_weight_is_unpacked_where_it_is_multiplied(flux: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    one = side(flux, Residence(quantization=W8A8, gradient_checkpointing=True))
    unpacked: list[int] = []
    dense = QuantisedLinear.dense

    def noted(layer: QuantisedLinear, *dtype: torch.dtype) -> Tensor:
        unpacked.append(layer.in_features)
        return dense(layer, *dtype)

    multiplied: list[int] = []
    product: Any = torch._int_mm  # pyright: ignore[reportAttributeAccessIssue]
    monkeypatch.setattr(QuantisedLinear, "dense", noted)
    monkeypatch.setattr(torch, "_int_mm", lambda *pair: multiplied.append(len(pair[0])) or product(*pair))
    one.step(lengths=(12, 12))
    # What reads the time has one row a picture.
    assert set(unpacked) == {128}
    assert len(multiplied) > 40
    assert min(multiplied) > 16


def test_gradients_of_a_lora_point_the_plain_ones_way(flux: Base) -> None:
    _, mine = side(flux, Residence(quantization=W8A8)).step()
    _, theirs = side(flux, Residence()).step()
    one, other = (torch.cat([gradient.flatten() for gradient in each]) for each in (mine, theirs))
    assert torch.cosine_similarity(one, other, dim=0) > 0.99


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["nf4", "int8", "fp8", W8A8])
def test_compiled_it_answers_the_same_and_keeps_as_little(kind: str) -> None:
    packed = QuantisedLinear(linear(64, 32), kind)
    x = drawn(40, 64)
    plain = _answer_and_gradient(packed, x)
    library: Any = torch
    made = library.compile(packed, backend="aot_eager", fullgraph=True)
    mine = x.clone().requires_grad_()
    with Kept() as kept:
        answer = made(mine)
    answer.square().sum().backward()
    assert mine.grad is not None
    torch.testing.assert_close((answer.detach(), mine.grad), plain)
    assert kept.of(mine) == 0
    assert sum(tensor.nbytes for tensor in kept.tensors) < 2 * packed.in_features * packed.out_features
