"""Side attention against tencent-ailab/IP-Adapter at 62e4af9d0c1ac7d5f8dd386a0ccf2211346af1a2, and whose rows it is."""

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import linear, scaled_dot_product_attention

from tests.trainer.identity.drawn import Shapes, drawn, golden, noise, some_of
from trainer.errors import ModelError
from trainer.identity.adapter import Rows
from trainer.identity.attention.cross import SideAttention
from trainer.identity.attention.weights import LayerWeight
from trainer.identity.references import Tokens
from trainer.identity.use import Use

WIDE, CONTEXT, HEADS = 64, 32, 4
ATTENTION: Shapes = {
    "to_q.weight": (WIDE, WIDE),
    "to_k.weight": (WIDE, CONTEXT),
    "to_v.weight": (WIDE, CONTEXT),
    "to_out.0.weight": (WIDE, WIDE),
    "to_out.0.bias": (WIDE,),
}
SIDE: Shapes = {"to_k_ip.weight": (WIDE, CONTEXT), "to_v_ip.weight": (WIDE, CONTEXT)}
LORA: Shapes = {
    f"to_{part}_lora.{half}.weight": (3, CONTEXT if part in "kv" else WIDE) if half == "down" else (WIDE, 3)
    for part in ("q", "k", "v", "out")
    for half in ("down", "up")
}
IMAGE, TEXT, SEEN = noise(5, 2, 6, WIDE), noise(6, 2, 5, CONTEXT), noise(8, 2, 4, CONTEXT)
BOTH = Rows(conditional=(True, False), latent=(0, 0), heads=HEADS, grid=(2, 3))
OWN, OTHERS = Tokens(SEEN[:1], SEEN[1:]), Tokens(SEEN[1:], SEEN[:1])


def heads(tokens: Tensor) -> Tensor:
    return tokens.unflatten(-1, (HEADS, -1)).transpose(1, 2)


def read(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    return scaled_dot_product_attention(heads(query), heads(key), heads(value)).transpose(1, 2).flatten(2)


def side(tokens: Tokens, weight: float = 0.7, seed: int = 9, pushes: bool = False, **use: Any) -> SideAttention:
    weights = drawn(SIDE, seed)
    pair = weights["to_k_ip.weight"], weights["to_v_ip.weight"]
    return SideAttention(tokens, lambda _: pair, {5: LayerWeight(weight, pushes)}, Use(**use))


def attended(weights: Mapping[str, Tensor], adapter: SideAttention) -> Tensor:
    """A whole cross-attention with the adapter in it."""
    query = linear(IMAGE, weights["to_q.weight"])
    text = read(query, linear(TEXT, weights["to_k.weight"]), linear(TEXT, weights["to_v.weight"]))
    return linear(adapter.attend(5, query, text, BOTH), weights["to_out.0.weight"], weights["to_out.0.bias"])


def test_it_adds_what_the_reference_adds():
    out = attended(drawn(ATTENTION), side(OWN))
    assert some_of(out, 12) == pytest.approx(golden("ip_adapter.json", "attention"), rel=0, abs=1e-5)


def test_with_faceids_lora_in_the_weights_it_is_the_references_processor():
    parts = drawn(LORA | SIDE, 9)
    weights = drawn(ATTENTION)
    for part, name in (("q", "to_q"), ("k", "to_k"), ("v", "to_v"), ("out", "to_out.0")):
        weights[f"{name}.weight"] += parts[f"to_{part}_lora.up.weight"] @ parts[f"to_{part}_lora.down.weight"]
    pair = parts["to_k_ip.weight"], parts["to_v_ip.weight"]
    adapter = SideAttention(OWN, lambda _: pair, {5: LayerWeight(0.7)}, Use())
    expected = golden("ip_adapter.json", "attention with lora")
    assert some_of(attended(weights, adapter), 12) == pytest.approx(expected, rel=0, abs=1e-5)


def test_the_loras_self_attention_is_the_references():
    shapes = {name: (WIDE, WIDE) for name in ATTENTION if name.endswith("weight")} | {"to_out.0.bias": (WIDE,)}
    lora = drawn({name: (3, WIDE) if ".down." in name else shape for name, shape in LORA.items()}, 9)
    weights = drawn(shapes)
    for part, name in (("q", "to_q"), ("k", "to_k"), ("v", "to_v"), ("out", "to_out.0")):
        weights[f"{name}.weight"] += lora[f"to_{part}_lora.up.weight"] @ lora[f"to_{part}_lora.down.weight"]
    query, key, value = (linear(IMAGE, weights[f"to_{part}.weight"]) for part in "qkv")
    out = linear(read(query, key, value), weights["to_out.0.weight"], weights["to_out.0.bias"])
    expected = golden("ip_adapter.json", "self-attention with lora")
    assert some_of(out, 12) == pytest.approx(expected, rel=0, abs=1e-5)


def test_at_weight_0_the_text_comes_back_untouched():
    adapter = side(OWN, weight=0.0)
    assert adapter.numbers == frozenset()
    assert adapter.attend(5, IMAGE, TEXT, BOTH) is TEXT
    assert side(OWN).attend(7, IMAGE, TEXT, BOTH) is TEXT


@pytest.mark.parametrize(
    ("conditional", "latent"),
    [
        ((True,), (0,)),
        ((False, True), (0, 0)),
        ((True, False, False, True), (0, 0, 0, 0)),
        ((True, True, True, False, False, False), (0, 1, 2, 0, 1, 2)),
        ((False, True, False), (1, 1, 1)),
    ],
)
def test_rows_read_their_own_side_in_any_order(conditional: tuple[bool, ...], latent: tuple[int, ...]):
    rows = Rows(conditional=conditional, latent=latent, heads=HEADS, grid=(2, 3))
    query, text = noise(10, len(conditional), 6, WIDE), noise(11, len(conditional), 6, WIDE)
    together = side(OWN).attend(5, query, text, rows)
    for place, is_conditional in enumerate(conditional):
        alone = Rows(conditional=(True,), latent=(0,), heads=HEADS, grid=(2, 3))
        tokens = Tokens(SEEN[:1] if is_conditional else SEEN[1:], SEEN[:1])
        one = side(tokens).attend(5, query[place : place + 1], text[place : place + 1], alone)
        assert torch.allclose(together[place], one[0], atol=1e-6)


def test_every_latent_may_have_its_own_reference():
    rows = Rows(conditional=(False, False, True, True), latent=(0, 1, 0, 1), heads=HEADS, grid=(2, 3))
    query, text = noise(10, 4, 6, WIDE), noise(11, 4, 6, WIDE)
    tokens = noise(12, 2, 4, CONTEXT)
    together = side(Tokens(tokens, SEEN[1:])).attend(5, query, text, rows)
    for place, latent in ((2, 0), (3, 1)):
        alone = Rows(conditional=(True,), latent=(0,), heads=HEADS, grid=(2, 3))
        own = Tokens(tokens[latent : latent + 1], SEEN[1:])
        one = side(own).attend(5, query[place : place + 1], text[place : place + 1], alone)
        assert torch.allclose(together[place], one[0], atol=1e-6)


def test_several_adapters_add_up():
    first, second = side(OWN), side(OTHERS, weight=0.4, seed=13)
    both = second.attend(5, IMAGE, first.attend(5, IMAGE, IMAGE, BOTH), BOTH)
    apart = [adapter.attend(5, IMAGE, torch.zeros_like(IMAGE), BOTH) for adapter in (first, second)]
    assert torch.allclose(both, IMAGE + apart[0] + apart[1], atol=1e-5)


def test_a_pushed_layer_shows_the_reference_to_the_other_rows_alone():
    pushed = side(OWN, pushes=True).attend(5, IMAGE, IMAGE, BOTH)
    assert torch.equal(pushed[0], IMAGE[0])
    swapped = side(OTHERS).attend(5, IMAGE, IMAGE, BOTH)
    assert torch.allclose(pushed[1], swapped[1], atol=1e-6)


def test_a_mask_keeps_it_to_a_region_of_each_latent():
    mask = torch.zeros(2, 8, 12)
    mask[0, :4], mask[1, :, 4:8] = 1.0, 0.5
    rows = Rows(conditional=(True, False, True), latent=(0, 1, 1), heads=HEADS, grid=(2, 3))
    query, text = noise(10, 3, 6, WIDE), noise(11, 3, 6, WIDE)
    whole = side(OWN).attend(5, query, text, rows) - text
    part = side(OWN, mask=mask).attend(5, query, text, rows) - text
    shares = torch.tensor([[1, 1, 1, 0, 0, 0], [0, 0.5, 0, 0, 0.5, 0], [0, 0.5, 0, 0, 0.5, 0]])
    assert torch.allclose(part, whole * shares.unsqueeze(-1), atol=1e-6)


@pytest.mark.parametrize("scaling", ["K+V", "K+V w/ C penalty", "K+mean(V) w/ C penalty"])
def test_scalings_weigh_keys_and_values_instead_of_the_output(scaling: str):
    weights = drawn(SIDE, 9)
    weight = 0.7 if scaling == "K+V" else 0.7 * WIDE / 1280
    query = IMAGE[:1]
    key, value = (linear(SEEN[:1], weights[f"to_{part}_ip.weight"]) for part in "kv")
    mean = value.mean(dim=1, keepdim=True)
    value = value - mean + weight * mean if scaling.startswith("K+mean") else weight * value
    rows = Rows(conditional=(True,), latent=(0,), heads=HEADS, grid=(2, 3))
    out = side(OWN, scaling=scaling).attend(5, query, torch.zeros_like(query), rows)
    assert torch.allclose(out, read(query, weight * key, value), atol=1e-6)


def test_keys_and_values_follow_the_querys_type():
    out = side(OWN).attend(5, IMAGE.bfloat16(), IMAGE.bfloat16(), BOTH)
    assert out.dtype == torch.bfloat16
    assert torch.allclose(out.float(), side(OWN).attend(5, IMAGE, IMAGE, BOTH), atol=0.05)


def test_its_weights_are_a_module_that_a_mount_may_cast():
    adapter = side(OWN)
    assert {name: tuple(weight.shape) for name, weight in adapter.weights.named_parameters()} == {
        "5.stacks.0": (2, 4, WIDE),
        "5.stacks.1": (2, 4, WIDE),
    }
    adapter.weights.to(torch.float64)
    assert adapter.attend(5, IMAGE.double(), IMAGE.double(), BOTH).dtype == torch.float64


def test_a_base_with_wider_layers_is_refused():
    with pytest.raises(ModelError, match="its layer 5 is 64 wide, the base's 80"):
        side(OWN).attend(5, noise(1, 2, 6, 80), noise(1, 2, 6, 80), BOTH)


def test_sides_of_which_one_does_not_repeat_into_the_other_are_refused():
    with pytest.raises(ModelError, match="do not go together"):
        side(Tokens(noise(1, 1, 4, CONTEXT), noise(1, 1, 3, CONTEXT)))
