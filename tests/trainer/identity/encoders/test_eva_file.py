"""EVA02-CLIP's file in its public layouts, and what is none."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from tests.trainer.identity.drawn import Shapes, drawn, noise
from tests.trainer.identity.pulid_layouts import eva_shapes
from trainer.errors import ModelError
from trainer.identity.encoders.eva_file import eva_of
from trainer.identity.weight_file import WeightFile

TINY = eva_shapes(width=64, inner=16, depth=21, patch=56, grid=6, out=24)


def as_published(root: str = "visual.") -> dict[str, Tensor]:
    """Both halves, and the angles of positions as buffers."""
    angles = {f"{root}{name}": torch.zeros(36, 64) for name in ("rope.freqs_cos", "blocks.0.attn.rope.freqs_sin")}
    rest = {"text.positional_embedding": torch.zeros(77, 8), "logit_scale": torch.zeros(())}
    return {**{f"{root}{name}": tensor for name, tensor in drawn(TINY).items()}, **angles, **rest}


def test_every_public_layout_is_the_same_network(tmp_path: Path):
    torch.save(as_published(), tmp_path / "eva.pt")
    torch.save({"state_dict": as_published()}, tmp_path / "nested.bin")
    save_file(as_published(), tmp_path / "eva.safetensors")
    save_file(as_published(""), tmp_path / "visual.safetensors")
    names = ("eva.pt", "nested.bin", "eva.safetensors", "visual.safetensors")
    networks = [eva_of(tmp_path / name, WeightFile(tmp_path / name)) for name in names]
    pooled, levels = networks[0](noise(1, 1, 3, 336, 336))
    assert pooled.shape == (1, 24)
    assert [level.shape for level in levels] == [(1, 37, 64)] * 5
    for network in networks[1:]:
        assert all(map(torch.equal, network.state_dict().values(), networks[0].state_dict().values()))


@pytest.mark.parametrize(
    ("shapes", "said"),
    [
        ({"vision_model.encoder.layers.0.mlp.fc1.weight": (8, 8)}, "in the layout of transformers"),
        ({"visual.transformer.resblocks.0.attn.in_proj_weight": (8, 8)}, "OpenAI's layout"),
        ({"visual.trunk.blocks.0.attn.q_proj.weight": (8, 8)}, "timm's layout"),
        ({"ip_adapter.1.to_k_ip.weight": (8, 8)}, "is an identity adapter"),
        (eva_shapes(width=64, inner=16, depth=21, patch=56, grid=4, out=24), "21 blocks for pictures of 224 pixels"),
        (eva_shapes(width=64, inner=16, depth=12, patch=56, grid=6, out=24), "12 blocks for pictures of 336 pixels"),
        ({name: shape for name, shape in TINY.items() if name != "head.weight"}, "lacks head.weight"),
    ],
)
def test_another_file_is_refused_by_what_it_is(tmp_path: Path, shapes: Shapes, said: str):
    save_file(drawn(shapes), tmp_path / "some.safetensors")
    with pytest.raises(ModelError, match=f"^some.safetensors .*{said}"):
        eva_of(tmp_path / "some.safetensors", WeightFile(tmp_path / "some.safetensors"))
