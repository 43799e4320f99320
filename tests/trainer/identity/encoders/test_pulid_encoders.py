"""PuLID's encoders against ToTheBeginning/PuLID at 1aa2fc7df4bf51080df39f355f9abdc1cbfefbaa, on random weights.

The reference's widths 1024 and 1280 were run as 32 and 48; both encoders were also compared once at full size.
"""

import pytest
import torch
from torch import Tensor

from tests.trainer.identity.drawn import drawn, golden, noise, some_of
from tests.trainer.identity.pulid_layouts import eva_shapes, id_encoder_shapes, id_former_shapes
from trainer.errors import ModelError
from trainer.identity.encoders.eva_clip import EvaVision
from trainer.identity.encoders.filled import filled
from trainer.identity.encoders.id_encoder import IDEncoder
from trainer.identity.encoders.id_former import IDFormer

FORMER = id_former_shapes(identity=48, level=32, width=64, heads=2, queries=4, out=16)
EVA = eva_shapes(width=128, inner=341, depth=22, grid=4, out=48)


def levels(seed: int, tokens: int) -> tuple[Tensor, ...]:
    return tuple(noise(seed + number, 1, tokens, 32) for number in range(5))


def test_v1_makes_the_references_tokens():
    encoder = filled(IDEncoder, drawn(id_encoder_shapes(identity=48, level=32, width=16)), "a file")
    tokens = encoder(noise(1, 1, 48), levels(2, 10))
    assert tokens.shape == (1, 10, 16)
    assert some_of(tokens) == pytest.approx(golden("pulid.json", "id_encoder")["values"], rel=0, abs=1e-5)


@pytest.mark.parametrize(
    ("given", "identity", "seen"),
    [
        ("one", noise(1, 1, 1, 48), levels(2, 10)),
        ("three", noise(11, 1, 3, 48), levels(12, 30)),
        ("nothing", torch.zeros(1, 1, 48), (torch.zeros(1, 10, 32),) * 5),
    ],
)
def test_the_id_former_reads_any_number_of_references_as_the_reference_does(
    given: str, identity: Tensor, seen: tuple[Tensor, ...]
):
    tokens = filled(IDFormer, drawn(FORMER), "a file")(identity, seen)
    assert tokens.shape == (1, 4, 16)
    assert some_of(tokens) == pytest.approx(golden("pulid.json", "id_former")[given], rel=0, abs=1e-5)


def test_eva_clip_sees_what_the_reference_sees():
    pooled, seen = filled(EvaVision, drawn(EVA), "a file")(noise(1, 2, 3, 56, 56))
    expected = golden("pulid.json", "eva_clip")
    assert some_of(pooled) == pytest.approx(expected["pooled"], rel=0, abs=1e-5)
    assert torch.allclose(pooled.norm(dim=-1), torch.ones(2))
    assert [level.shape for level in seen] == [(2, 17, 128)] * 5
    for level, values in zip(seen, expected["levels"], strict=True):
        size = values[-1] ** 0.5
        assert some_of(level, 8) == pytest.approx(values, rel=1e-5, abs=1e-5 * size)


@pytest.mark.parametrize(
    ("make", "shapes", "parameters", "tensors"),
    [
        (IDEncoder, id_encoder_shapes(), 54.9e6, 0),
        (IDFormer, id_former_shapes(), 151.4e6, 172),
        (EvaVision, eva_shapes(), 304e6, 0),
    ],
)
def test_in_full_size_it_has_the_published_files_weights(
    make: type, shapes: dict[str, tuple[int, ...]], parameters: float, tensors: int
):
    with torch.device("meta"):
        weights = make(shapes).state_dict()
    assert {name: tuple(weight.shape) for name, weight in weights.items()} == shapes
    assert sum(weight.numel() for weight in weights.values()) == pytest.approx(parameters, rel=2e-3)
    assert not tensors or len(weights) == tensors


def test_the_positions_of_a_finer_grid_lie_within_those_that_were_learned():
    from trainer.identity.encoders.eva_clip import turns_of

    learned, finer = (turns_of(grid, 64, torch.zeros(1))[0].reshape(grid, grid, 64) for grid in (16, 24))
    assert torch.allclose(finer[::3, ::3], learned[::2, ::2], atol=1e-6)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"proj_out": None}, "lacks proj_out"),
        ({"layers.3.1.1.weight": None}, "lacks layers.3.1.1.weight"),
        ({"layers.3.0.norm1.bias": None}, "lacks layers.3.0.norm1.bias"),
        ({"layers.3.1.0.bias": torch.zeros(3)}, "shape"),
        ({"more": torch.zeros(1)}, "version"),
        ({"latents": torch.zeros(4, 64)}, "fit"),
        ({"mapping_2.1.weight": torch.full((32,), torch.nan)}, "not numbers"),
    ],
)
def test_weights_that_do_not_fit_are_refused_with_the_file_and_the_weight(change: dict[str, Tensor | None], said: str):
    tensors = {**drawn(FORMER), **change}
    with pytest.raises(ModelError, match=f"^old.safetensors .*{said}"):
        filled(IDFormer, {name: tensor for name, tensor in tensors.items() if tensor is not None}, "old.safetensors")
