"""PuLID's attentions against ToTheBeginning/PuLID at 1aa2fc7df4bf51080df39f355f9abdc1cbfefbaa, on random weights."""

import pytest
import torch
from torch.nn.functional import linear, pad, scaled_dot_product_attention

from tests.trainer.identity.drawn import drawn, golden, noise, some_of
from tests.trainer.identity.pulid_layouts import attention_shapes
from trainer.identity.adapter import Rows
from trainer.identity.attention import orthogonal
from trainer.identity.attention.orthogonal import share_of_first
from trainer.identity.attention.perceiver import Lookup, PerceiverAttentionCA, in_heads, out_of_heads
from trainer.identity.attention.pulid_cross import PulidAttention
from trainer.identity.attention.token_rows import TokenRows
from trainer.identity.encoders.filled import filled

WIDTH, TEXT, HEADS = 64, 24, 4
ROWS = Rows(conditional=(False, True), latent=(0, 0), heads=HEADS, grid=(3, 4))


def perceiver() -> PerceiverAttentionCA:
    shapes = attention_shapes(query=64, context=32, inner=256)
    return filled(lambda _: PerceiverAttentionCA(64, 32, 256, 128), drawn(shapes), "a file")


def attended(
    joins: str, zeros: int, rows: Rows = ROWS, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor]:
    """Attention to a text alone, and with PuLID: the layer and inputs of the golden numbers."""
    names = {"to_k": (WIDTH, TEXT), "to_q": (WIDTH, WIDTH), "to_v": (WIDTH, TEXT)}
    shapes = {f"{name}.weight": shape for name, shape in names.items()}
    layer = drawn(shapes | {"to_out.0.weight": (WIDTH, WIDTH), "to_out.0.bias": (WIDTH,)}, 3)
    identity = drawn({"id_to_k.weight": (WIDTH, TEXT), "id_to_v.weight": (WIDTH, TEXT)}, 4)
    query = linear(noise(1, 2, 12, WIDTH), layer["to_q.weight"])
    words, tokens = noise(2, 2, 7, TEXT), pad(noise(3, 2, 10, TEXT), (0, 0, 0, zeros))
    seen = (in_heads(each, WIDTH // HEADS) for each in (query, *(linear(words, layer[f"to_{n}.weight"]) for n in "kv")))
    text = out_of_heads(scaled_dot_product_attention(*seen))
    keys, values = (linear(tokens, identity[f"id_to_{name}.weight"]) for name in "kv")
    states = {1: TokenRows((keys[1:], values[1:]), (keys[:1], values[:1]))}
    placed = PulidAttention(states, {1: 0.7}, joins, mask)
    return text, placed.attend(1, query, text, rows)


@pytest.mark.parametrize(
    ("joins", "zeros", "name"),
    [("plain", 0, "plain"), ("ortho", 16, "ortho"), ("ortho v2", 8, "ortho v2"), ("ortho v2", 20, "ortho v2 20")],
)
def test_identity_joins_the_text_as_in_the_reference(joins: str, zeros: int, name: str):
    _, output = attended(joins, zeros)
    assert some_of(output) == pytest.approx(golden("pulid.json", "attention")[name], rel=0, abs=1e-5)


def test_a_few_heads_at_a_time_say_the_same(monkeypatch: pytest.MonkeyPatch):
    query, key = noise(1, 2, 4, 12, 16), noise(2, 2, 4, 18, 16)
    whole = share_of_first(query, key)
    monkeypatch.setattr(orthogonal, "_MOST_VALUES", 2 * 12 * 18)
    assert torch.allclose(share_of_first(query, key), whole, atol=1e-7)


def test_what_is_added_is_orthogonal_to_the_text_over_the_picture():
    text, identity = noise(1, 2, 12, 8), noise(2, 2, 12, 8)
    added = orthogonal.orthogonal(text, identity, 0.7) - text
    assert torch.allclose((added * text).sum(dim=1), torch.zeros(2, 8), atol=1e-5)


def test_a_channel_without_text_keeps_all_of_the_identity():
    text, identity = noise(1, 1, 12, 8), noise(2, 1, 12, 8)
    text[..., 3] = 0
    joined = orthogonal.orthogonal(text, identity, 0.5)
    assert torch.equal(joined[..., 3], 0.5 * identity[..., 3])
    assert bool(torch.isfinite(joined).all())


def test_half_precision_is_joined_in_full_precision():
    text, identity = 1000 * noise(1, 1, 4096, 2).half(), 1000 * noise(2, 1, 4096, 2).half()
    everywhere = torch.full((1, 4096, 1), 0.7)
    joined = [
        orthogonal.orthogonal(one, other, weight, share)
        for one, other in ((text, identity), (text.float(), identity.float()))
        for weight in (0.7, everywhere)
        for share in (0.25, torch.full((1, 4096, 1), 0.25))
    ]
    for each in joined:
        assert torch.allclose(each, joined[-1], rtol=1e-5, atol=1e-3)


def test_a_mask_lets_the_identity_in_where_it_is_white_alone():
    mask = torch.zeros(48, 64)
    mask[:, 32:] = 1
    text, everywhere = attended("ortho", 4)
    _, right = attended("ortho", 4, mask=mask)
    where = torch.tensor([False, False, True, True]).repeat(3)
    assert torch.equal(right[:, ~where], text[:, ~where])
    assert torch.allclose(right[:, where], everywhere[:, where], atol=1e-6)


def test_rows_are_told_apart_in_any_order():
    first = attended("ortho v2", 8)[1]
    both = Rows(conditional=(True, True), latent=(0, 0), heads=HEADS, grid=(3, 4))
    second = attended("ortho v2", 8, both)[1]
    assert torch.equal(first[1], second[1])
    assert not torch.allclose(first[0], second[0], atol=1e-3)


def test_flux_attention_is_the_references():
    attention = perceiver()
    output = Lookup(attention)(noise(2, 2, 9, 64), *attention.keys_and_values(noise(1, 2, 6, 32)))
    assert some_of(output) == pytest.approx(golden("pulid.json", "perceiver")["values"], rel=0, abs=1e-5)
