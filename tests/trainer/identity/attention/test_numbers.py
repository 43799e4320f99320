"""Numbers of attentions against diffusers' own UNets, and against the blocks that the host's patches name."""

from typing import Any

import pytest
import torch

from trainer.errors import ModelError
from trainer.identity.attention.numbers import TOPOLOGIES, Place, Topology, layers_or_usual, numbered, places

CROSS = {"CrossAttnDownBlock2D", "CrossAttnUpBlock2D"}
SIZES: dict[str, Any] = {"norm_num_groups": 8, "cross_attention_dim": 8, "attention_head_dim": 4}


def down(*is_crossed: bool) -> dict[str, Any]:
    """Block types by level."""
    return {
        "down_block_types": tuple("CrossAttnDownBlock2D" if each else "DownBlock2D" for each in is_crossed),
        "up_block_types": tuple("CrossAttnUpBlock2D" if each else "UpBlock2D" for each in reversed(is_crossed)),
        "block_out_channels": (8,) * len(is_crossed),
    }


@pytest.mark.parametrize(
    ("config", "topology"),
    [
        (
            {**down(True, True, True, False), "layers_per_block": 2, "transformer_layers_per_block": 1},
            TOPOLOGIES["sd15"],
        ),
        (
            {**down(False, True, True), "layers_per_block": 2, "transformer_layers_per_block": [1, 2, 10]},
            TOPOLOGIES["sdxl"],
        ),
        (
            {**down(False, True), "layers_per_block": 1, "transformer_layers_per_block": 1},
            Topology(((0,), (1,)), 1, ((1, 1), (0, 0))),
        ),
        (
            {**down(True, False, True), "layers_per_block": 3, "transformer_layers_per_block": [2, 1, 3]},
            Topology(((2,) * 3, (0,) * 3, (3,) * 3), 3, ((3,) * 4, (0,) * 4, (2,) * 4)),
        ),
    ],
    ids=["sd15", "sdxl", "one level", "a gap"],
)
def test_attentions_are_in_the_order_of_diffusers_processors(config: dict[str, Any], topology: Topology):
    from diffusers import UNet2DConditionModel

    with torch.device("meta"):
        unet: Any = UNet2DConditionModel(**SIZES, **config)
    assert numbered(unet.attn_processors) == topology.attentions()


def test_the_usual_unets_have_as_many_attentions_as_files_of_adapters_have_processors():
    assert {family: len(topology.attentions()) for family, topology in TOPOLOGIES.items()} == {"sd15": 32, "sdxl": 140}


def test_sdxls_numbers_are_the_hosts_patches():
    patches = TOPOLOGIES["sdxl"].patches()
    expected = {(1, 3): ("input", 4), (5, 7): ("input", 5), (109, 111): ("output", 3), (113, 115): ("output", 4)}
    expected |= {(117, 119): ("output", 5), tuple(range(121, 140, 2)): ("middle", 0)}
    expected |= {tuple(range(9, 28, 2)): ("input", 7), tuple(range(29, 48, 2)): ("input", 8)}
    expected |= {tuple(range(49 + 20 * n, 68 + 20 * n, 2)): ("output", n) for n in range(3)}
    assert patches == {
        number: (*block, index) for numbers, block in expected.items() for index, number in enumerate(numbers)
    }


def test_sd15s_numbers_are_the_hosts_patches():
    blocks = [("input", n) for n in (1, 2, 4, 5, 7, 8)] + [("output", n) for n in range(3, 12)] + [("middle", 0)]
    assert TOPOLOGIES["sd15"].patches() == {2 * place + 1: (*block, 0) for place, block in enumerate(blocks)}


def test_transformers_are_counted_as_the_unet_runs():
    found = places(TOPOLOGIES["sdxl"].attentions())
    by_number = {number: place.transformer for number, place in found.items()}
    assert {by_number[n] for n in range(9, 28, 2)} == {2} and {by_number[n] for n in range(121, 140, 2)} == {4}
    assert [by_number[n] for n in (1, 5, 29, 49, 69, 89, 109, 113, 117)] == [0, 1, 3, 5, 6, 7, 8, 9, 10]
    assert found[139] == Place("middle", 4, 11)
    assert [place.transformer for place in places(TOPOLOGIES["sd15"].attentions()).values()] == [
        *range(6),
        *range(7, 16),
        6,
    ]


def test_attention_over_time_takes_no_number():
    usual = TOPOLOGIES["sd15"].attentions()
    names = [f"{name}.processor" for name in usual]
    names.insert(2, "down_blocks.0.motion_modules.0.transformer_blocks.0.attn1.processor")
    assert numbered(names) == usual == layers_or_usual((), "sd15")


def test_what_is_no_unets_attention_is_refused():
    with pytest.raises(ModelError, match="transformer_blocks.3.attn is no attention of a Stable Diffusion UNet"):
        places(("transformer_blocks.2.attn", "transformer_blocks.3.attn"))
