"""Several layers as one: a fused layer's change is theirs, exactly, and it comes apart again."""

import pytest
import torch

from trainer.errors import ModelError
from trainer.families.key_layout import LayerTensors, fuse, split


def layer(seed: int, out: int, rank: int, alpha: float, *, kernel: int = 0, dora: bool = False) -> LayerTensors:
    draw = torch.Generator().manual_seed(seed)
    inner = (rank, 6, kernel, kernel) if kernel else (rank, 6)
    outer = (out, rank, 1, 1) if kernel else (out, rank)
    # Small whole numbers: products and sums of them are exact.
    tensors = {
        "lora_down.weight": torch.randint(-8, 9, inner, generator=draw).float(),
        "lora_up.weight": torch.randint(1, 9, outer, generator=draw).float(),
        "alpha": torch.tensor(alpha),
    }
    return tensors | ({"dora_scale": torch.rand(out, 1, generator=draw)} if dora else {})


def dense(tensors: LayerTensors) -> torch.Tensor:
    down, up = tensors["lora_down.weight"].flatten(1), tensors["lora_up.weight"].flatten(1)
    return up @ down * (tensors["alpha"] / len(down))


@pytest.mark.parametrize("kernel", [0, 3])
@pytest.mark.parametrize("alphas", [(4.0, 4.0, 4.0), (4.0, 8.0, 2.0)])
def test_the_fused_change_is_each_layers_own_to_the_bit(kernel: int, alphas: tuple[float, ...]) -> None:
    layers = [
        layer(n, out, 4, alpha, kernel=kernel) for n, (out, alpha) in enumerate(zip((4, 2, 8), alphas, strict=True))
    ]
    fused = fuse(layers)
    assert fused["lora_down.weight"].shape[0] == 12
    assert fused["lora_up.weight"].shape[:2] == (14, 12)
    assert torch.equal(dense(fused), torch.cat([dense(each) for each in layers]))


def test_layers_of_other_ranks_are_fused_too() -> None:
    layers = [layer(0, 4, 2, 1.0), layer(1, 4, 4, 1.0)]
    assert torch.equal(dense(fuse(layers)), torch.cat([dense(each) for each in layers]))


@pytest.mark.parametrize("kernel", [0, 3])
def test_what_was_fused_comes_apart_as_it_was(kernel: int) -> None:
    layers = [layer(n, 4, 2 + n, 2.0 + n, kernel=kernel, dora=not kernel) for n in range(3)]
    for mine, back in zip(layers, split(fuse(layers), [4, 4, 4]), strict=True):
        assert mine.keys() == back.keys()
        assert all(torch.equal(mine[key], back[key]) for key in mine)


def test_a_layer_that_was_trained_fused_is_cut_by_rows() -> None:
    whole = layer(0, 12, 4, 2.0)
    parts = split(whole, [4, 2, 6])
    assert torch.equal(torch.cat([dense(part) for part in parts]), dense(whole))
    assert [len(part["lora_down.weight"]) for part in parts] == [4, 4, 4]


def test_a_layer_that_has_learned_nothing_keeps_its_ranks() -> None:
    whole = {**layer(0, 12, 4, 2.0), "lora_up.weight": torch.zeros(12, 4)}
    assert [len(part["lora_down.weight"]) for part in split(whole, [6, 6])] == [4, 4]


def test_of_a_dora_a_member_whose_lengths_alone_learned_keeps_a_rank_for_them_to_be_of() -> None:
    whole = layer(0, 12, 4, 2.0, dora=True)
    whole["lora_up.weight"][8:] = 0
    parts = split(whole, [4, 4, 4])
    assert [len(part["lora_down.weight"]) for part in parts] == [4, 4, 1]
    assert torch.equal(dense(parts[2]), torch.zeros_like(dense(parts[2])))
    assert torch.equal(torch.cat([part["dora_scale"] for part in parts]), whole["dora_scale"])
    assert (
        split({key: whole[key] for key in whole if key != "dora_scale"}, [4, 4, 4])[2]["lora_down.weight"].shape[0] == 0
    )


def test_what_cannot_be_fused_or_cut_is_said() -> None:
    with pytest.raises(ModelError, match="Only LoRA and DoRA layers"):
        fuse([{"lokr_w1": torch.ones(2, 2), "lokr_w2": torch.ones(2, 2)}] * 2)
    with pytest.raises(ModelError, match="2 layers of 9 outputs"):
        split(layer(0, 8, 2, 1.0), [4, 5])
