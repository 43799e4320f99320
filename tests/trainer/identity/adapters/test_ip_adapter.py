"""Tokens of every kind of IP-Adapter against tencent-ailab/IP-Adapter at 62e4af9d0c1ac7d5f8dd386a0ccf2211346af1a2.

The reference's own modules were run on the same random weights, of reduced widths.
"""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.trainer.identity.drawn import golden, noise, some_of
from tests.trainer.identity.ip_adapter_layouts import (
    HIDDEN,
    PROJECTIONS,
    adapter,
    face_plus_shapes,
    face_shapes,
    layer_shapes,
    lora_shapes,
    usual_widths,
    write_adapter,
)
from trainer.errors import ModelError
from trainer.identity.adapter import Adapter
from trainer.identity.attention.numbers import TOPOLOGIES
from trainer.identity.files import open_adapter
from trainer.identity.references import References
from trainer.identity.use import Combine, Use

POOLED = {"pooled": noise(4, 2, HIDDEN)}
SEEN = {"hidden": noise(1, 2, 7, HIDDEN), "blank": noise(2, 1, 7, HIDDEN)}
FACES = {"faces": 23 * noise(3, 2, 512), "face_model": "buffalo_l"}
FACE = {"faces": noise(3, 1, 512), "face_model": "antelopev2"}


def opened(folder: Path, kind: str, name: str = "adapter", **given: Any) -> Adapter:
    shapes = PROJECTIONS[kind]
    context = 64 if kind == "faceid_plus" else 32
    family = "sd15" if kind == "ip_adapter_full_face" else "sdxl"
    file = adapter(shapes, layer_shapes(usual_widths(family), context))
    return open_adapter(write_adapter(folder / f"{name}.safetensors", file, family), **given)


@pytest.mark.parametrize(
    ("kind", "name", "references", "reference"),
    [
        ("ip_adapter", "ip-adapter_sd15", POOLED, "image"),
        ("ip_adapter_full_face", "ip-adapter-full-face_sd15", SEEN, "full"),
        ("ip_adapter_plus", "ip-adapter-plus_sdxl_vit-h", SEEN, "resampler"),
        ("ip_adapter_plus", "ip-adapter-plus-face_sdxl_vit-h", SEEN, "resampler"),
        ("faceid", "ip-adapter-faceid_sdxl", FACES, "face"),
        ("faceid_plus", "ip-adapter-faceid-plus_sd15", FACES | SEEN, "face plus"),
        ("faceid_plus", "ip-adapter-faceid-plusv2_sdxl", FACES | SEEN, "face plus v2"),
        ("instantid", "ip-adapter", FACE, "instantid"),
    ],
)
def test_tokens_are_the_references(kind: str, name: str, references: dict[str, Any], reference: str, tmp_path: Path):
    use = Use(shortcut=0.5, options={"each": 1.0})
    tokens = opened(tmp_path, kind, name).tokens(References(**references), use)
    assert some_of(tokens.conditional, 12) == pytest.approx(golden("ip_adapter.json", reference), rel=0, abs=1e-5)
    blank = golden("ip_adapter.json", f"{reference} blank")
    assert some_of(tokens.unconditional, 12) == pytest.approx(blank, rel=0, abs=1e-5)


def test_portrait_makes_sixteen_tokens_of_a_face(tmp_path: Path):
    found = opened(tmp_path, "faceid_portrait")
    assert found.kind.name == "faceid_portrait"
    tokens = found.tokens(References(**FACES), Use(options={"each": 1.0})).conditional
    assert some_of(tokens, 12) == pytest.approx(golden("ip_adapter.json", "portrait"), rel=0, abs=1e-5)


def test_tokens_of_several_references_stand_side_by_side(tmp_path: Path):
    found = opened(tmp_path, "ip_adapter")
    apart = found.tokens(References(**POOLED), Use(options={"each": 1.0})).conditional
    tokens = found.tokens(References(**POOLED), Use())
    assert torch.equal(tokens.conditional, torch.cat([apart[:1], apart[1:]], dim=1))
    assert tokens.unconditional.shape == tokens.conditional.shape


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("add", lambda one, two, three: one + two + three),
        ("subtract", lambda one, two, three: one - (two + three) / 2),
        ("average", lambda one, two, three: (one + two + three) / 3),
    ],
)
def test_several_references_are_made_one_before_they_are_tokens(how: Combine, expected: Any, tmp_path: Path):
    found, pooled = opened(tmp_path, "ip_adapter"), noise(20, 3, HIDDEN)
    tokens = found.tokens(References(pooled=pooled), Use(combine=how)).conditional
    alone = found.tokens(References(pooled=expected(*pooled.split(1))), Use()).conditional
    assert torch.allclose(tokens, alone, atol=1e-6)


def test_the_average_by_norms_keeps_the_length_that_embeddings_have(tmp_path: Path):
    found, way = opened(tmp_path, "instantid"), torch.nn.functional.normalize(noise(21, 1, 512), dim=-1)
    lengths = References(faces=torch.cat([10 * way, 30 * way]), face_model="antelopev2")
    both = found.tokens(lengths, Use(combine="norm average")).conditional
    twenty = found.tokens(References(faces=20 * way, face_model="antelopev2"), Use()).conditional
    assert torch.allclose(both, twenty, atol=1e-5)


def test_faceid_reads_directions_and_instantid_lengths(tmp_path: Path):
    def tokens(kind: str, faces: Tensor, model: str) -> Tensor:
        return opened(tmp_path, kind).tokens(References(faces=faces, face_model=model), Use()).conditional

    face = 20 * noise(22, 1, 512)
    assert torch.allclose(tokens("faceid", face, "buffalo_l"), tokens("faceid", face / 3, "buffalo_l"), atol=1e-6)
    one, third = (tokens("instantid", each, "antelopev2") for each in (face, face / 3))
    assert not torch.allclose(one, third, atol=1e-3)


@pytest.mark.parametrize(
    ("kind", "references", "said"),
    [
        ("instantid", FACES, "learned from the face model antelopev2.*read with buffalo_l.*mean other faces"),
        ("faceid", FACE, "learned from the face model buffalo_l.*read with antelopev2"),
        ("faceid", {"faces": noise(1, 1, 512)}, "read with one that is not told"),
        ("faceid", SEEN, "needs the faces of the references, read with buffalo_l"),
        ("faceid", FACES | {"faces": noise(1, 1, 128)}, r"\(n, 512\); these are \(1, 128\)"),
        ("instantid", FACE | {"faces": torch.nn.functional.normalize(noise(1, 1, 512))}, "scaled to length 1"),
        ("instantid", FACE | {"faces": torch.full((1, 512), torch.nan)}, "values are not numbers"),
        ("ip_adapter", {"pooled": noise(1, 1, 40)}, "24 wide; this is of an encoder that is 40 wide.*clip_vision"),
        ("ip_adapter", SEEN, "looks at the reference pictures through CLIP ViT-H"),
        ("ip_adapter_plus", {"hidden": SEEN["hidden"]}, "looks at the reference pictures through CLIP ViT-H"),
        ("ip_adapter_plus", {"hidden": noise(1, 1, 7, 40), "blank": SEEN["blank"]}, "an encoder that is 40 wide"),
        ("faceid_plus", FACES | {**SEEN, "hidden": noise(1, 1, 7, HIDDEN)}, "2 faces and 1 pictures"),
    ],
)
def test_references_that_do_not_fit_are_refused_with_the_reason(
    kind: str, references: dict[str, Any], said: str, tmp_path: Path
):
    with pytest.raises(ModelError, match=said):
        opened(tmp_path, kind).tokens(References(**references), Use())


def test_another_adapters_tokens_are_refused(tmp_path: Path):
    found = opened(tmp_path, "faceid_plus")
    other = opened(tmp_path, "ip_adapter", "other").tokens(References(**POOLED), Use())
    with pytest.raises(ModelError, match="64 wide and was given 32"):
        found.placed(other, Use())


def test_a_base_with_fewer_layers_is_refused(tmp_path: Path):
    found = opened(tmp_path, "ip_adapter")
    few = [f"mid_block.attentions.0.transformer_blocks.0.attn{number}" for number in (1, 2)]
    with pytest.raises(ModelError, match="has an attention 139, the base only 2"):
        found.placed(found.tokens(References(**POOLED), Use()), Use(), few)


def test_a_projection_without_all_of_its_weights_is_refused(tmp_path: Path):
    file = adapter(face_plus_shapes(), layer_shapes(usual_widths("sdxl"), 64))
    del file["image_proj"]["perceiver_resampler.layers.2.0.to_kv.weight"]
    found = open_adapter(write_adapter(tmp_path / "a.safetensors", file))
    with pytest.raises(ModelError, match="not whole: it lacks perceiver_resampler.layers.2.0.to_kv.weight"):
        found.tokens(References(**FACES, **SEEN), Use())


def test_a_layer_without_values_is_refused(tmp_path: Path):
    file = adapter(PROJECTIONS["ip_adapter"], layer_shapes(usual_widths("sdxl")))
    del file["ip_adapter"]["5.to_v_ip.weight"]
    found = open_adapter(write_adapter(tmp_path / "a.safetensors", file))
    with pytest.raises(ModelError, match="its layer 5 is not whole"):
        found.placed(found.tokens(References(**POOLED), Use()), Use())


@pytest.mark.parametrize("name", ["5.to_v_ip.weight", "5.to_k_ip.weight"])
def test_a_layer_whose_keys_and_values_differ_is_refused(name: str, tmp_path: Path):
    file = adapter(PROJECTIONS["ip_adapter"], layer_shapes(usual_widths("sdxl")))
    file["ip_adapter"][name] = noise(1, 8, 40)
    found = open_adapter(write_adapter(tmp_path / "a.safetensors", file))
    with pytest.raises(ModelError, match="its layer 5 is not whole"):
        found.placed(found.tokens(References(**POOLED), Use()), Use())


@pytest.mark.parametrize(
    ("name", "tensor"), [("3.to_q_lora.up.weight", noise(1, 8, 5)), ("160.to_q_lora.down.weight", noise(1, 3, 8))]
)
def test_a_lora_that_is_not_whole_is_refused(name: str, tensor: Tensor, tmp_path: Path):
    layers = layer_shapes(usual_widths("sdxl")) | lora_shapes(dict.fromkeys(range(140), 8))
    file = adapter(PROJECTIONS["faceid"], layers)
    file["ip_adapter"][name] = tensor
    with pytest.raises(ModelError, match="its LoRA ip_adapter.*is not whole"):
        open_adapter(write_adapter(tmp_path / "a.safetensors", file)).weight_patches()


def test_faceids_lora_reaches_all_four_layers_of_every_attention(tmp_path: Path):
    layers = layer_shapes(usual_widths("sd15"), 768) | lora_shapes(dict.fromkeys(range(32), 8), 768)
    file = adapter(face_shapes(768, tokens=1), layers)
    patches = open_adapter(write_adapter(tmp_path / "faceid.bin", file)).weight_patches()
    attentions = TOPOLOGIES["sd15"].attentions()
    assert set(patches) == {f"{name}.to_{part}.weight" for name in attentions for part in ("q", "k", "v", "out.0")}
    down, up = patches["down_blocks.0.attentions.1.transformer_blocks.0.attn2.to_k.weight"]
    assert torch.equal(down, file["ip_adapter"]["3.to_k_lora.down.weight"])
    assert torch.equal(up, file["ip_adapter"]["3.to_k_lora.up.weight"])
    assert (
        open_adapter(
            write_adapter(tmp_path / "a.safetensors", adapter(face_shapes(), layer_shapes({1: 8})))
        ).weight_patches()
        == {}
    )
