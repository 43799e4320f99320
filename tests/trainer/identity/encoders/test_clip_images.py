"""CLIP's image encoder from a file, against transformers' own classes of the same weights."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file
from torch import Tensor

from tests.trainer.identity.drawn import Shapes, drawn
from trainer.errors import ModelError
from trainer.identity.encoders.clip_images import clip_pixels, open_clip_images

LAYERS, PATCH, IMAGE = 2, 14, 28


def shapes(width: int, projection: int = 8) -> Shapes:
    """Of CLIPVisionModelWithProjection, as narrow as its kind's width allows."""
    made: Shapes = {
        "vision_model.embeddings.class_embedding": (width,),
        "vision_model.embeddings.patch_embedding.weight": (width, 3, PATCH, PATCH),
        "vision_model.embeddings.position_embedding.weight": ((IMAGE // PATCH) ** 2 + 1, width),
        "visual_projection.weight": (projection, width),
    }
    norms = ["vision_model.pre_layrnorm", "vision_model.post_layernorm"]
    for number in range(LAYERS):
        layer = f"vision_model.encoder.layers.{number}"
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            made |= {f"{layer}.self_attn.{part}.weight": (width, width), f"{layer}.self_attn.{part}.bias": (width,)}
        made |= {f"{layer}.mlp.fc1.weight": (16, width), f"{layer}.mlp.fc1.bias": (16,)}
        made |= {f"{layer}.mlp.fc2.weight": (width, 16), f"{layer}.mlp.fc2.bias": (width,)}
        norms += [f"{layer}.layer_norm1", f"{layer}.layer_norm2"]
    return made | {f"{norm}.{part}": (width,) for norm in norms for part in ("weight", "bias")}


def picture(width: int, height: int, seed: int = 0) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 256, (height // 4 + 1, width // 4 + 1, 3), dtype=np.uint8)
    return Image.fromarray(values).resize((width, height), Image.Resampling.BILINEAR)


def processor(size: int) -> Any:
    import transformers

    made: Any = getattr(transformers, "CLIPImageProcessorPil", None) or transformers.CLIPImageProcessor
    return made(size={"shortest_edge": size}, crop_size={"height": size, "width": size})


@pytest.mark.parametrize("size", [(224, 224), (300, 200), (200, 301), (97, 640), (1023, 767), (16, 16)])
def test_pixels_are_those_of_clips_own_processor(size: tuple[int, int]):
    shown = picture(*size)
    expected = torch.from_numpy(processor(224)(images=shown, return_tensors="np")["pixel_values"])[0]
    assert torch.allclose(clip_pixels(shown), expected, atol=1e-5)


def test_transparent_and_grey_pictures_are_read_as_rgb():
    assert torch.equal(
        clip_pixels(picture(40, 40).convert("L")), clip_pixels(picture(40, 40).convert("L").convert("RGB"))
    )


@pytest.mark.parametrize(
    ("width", "kind", "activation"),
    [(1024, "clip_vit_l", "quick_gelu"), (1280, "clip_vit_h", "gelu"), (1664, "clip_vit_bigg", "gelu")],
)
def test_features_are_transformers_own(width: int, kind: Any, activation: str, tmp_path: Path):
    from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection

    weights = drawn(shapes(width))
    save_file({name: tensor.half() for name, tensor in weights.items()}, tmp_path / "model.safetensors")
    encoder = open_clip_images(tmp_path / "model.safetensors", kind)
    assert (encoder.kind, encoder.size) == (kind, IMAGE)
    model: Any = CLIPVisionModelWithProjection(
        CLIPVisionConfig(
            hidden_size=width,
            intermediate_size=16,
            num_hidden_layers=LAYERS,
            num_attention_heads=16,
            image_size=IMAGE,
            patch_size=PATCH,
            projection_dim=8,
            hidden_act=activation,
        )
    ).eval()
    model.load_state_dict({name: tensor.half().float() for name, tensor in weights.items()}, strict=False)
    shown = [picture(60, 40, 1), picture(30, 80, 2)]
    pixels = torch.from_numpy(processor(IMAGE)(images=shown, return_tensors="np")["pixel_values"])
    with torch.no_grad():
        seen, nothing = (model(each, output_hidden_states=True) for each in (pixels, torch.zeros_like(pixels[:1])))
    found = encoder.features(shown)
    assert torch.allclose(found.pooled, seen.image_embeds, atol=1e-5)
    assert torch.allclose(found.hidden, seen.hidden_states[-2], atol=1e-5)
    assert torch.allclose(found.blank, nothing.hidden_states[-2], atol=1e-5)
    black = encoder.features([Image.new("RGB", (40, 40))])
    assert not torch.allclose(found.blank, black.hidden, atol=1e-2)


def test_a_whole_clip_is_read_without_its_text_half(tmp_path: Path):
    more: Shapes = {"text_model.final_layer_norm.weight": (4,), "logit_scale": ()}
    save_file(drawn(shapes(1024) | more), tmp_path / "clip.safetensors")
    assert open_clip_images(tmp_path / "clip.safetensors").kind == "clip_vit_l"


@pytest.mark.parametrize(
    ("made", "wanted", "said"),
    [
        (shapes(1024), "clip_vit_h", r"is clip_vit_l \(1024 wide\); clip_vit_h \(1280 wide\) is needed.*clip_vision"),
        (shapes(80), "", r"unknown size \(80 wide\); one of clip_vit_l, clip_vit_h, clip_vit_bigg is needed"),
        ({"visual.blocks.0.attn.q_bias": (4,)}, "", "is no image encoder of a CLIP"),
        ({"image_proj.proj.weight": (4, 4)}, "", "is an IP-Adapter. Choose an image encoder's file"),
    ],
)
def test_another_file_is_refused(made: Shapes, wanted: Any, said: str, tmp_path: Path):
    save_file(drawn(made), tmp_path / "model.safetensors")
    with pytest.raises(ModelError, match=said):
        open_clip_images(tmp_path / "model.safetensors", wanted)


def test_openclips_layout_is_the_same_encoder(tmp_path: Path):
    weights = drawn(shapes(1280))
    save_file(weights, tmp_path / "model.safetensors")
    save_file(as_open_clip(weights), tmp_path / "open_clip.safetensors")
    usual, other = (
        open_clip_images(tmp_path / f"{name}.safetensors", "clip_vit_h").features([picture(60, 40)])
        for name in ("model", "open_clip")
    )
    assert torch.equal(usual.pooled, other.pooled) and torch.equal(usual.hidden, other.hidden)


def as_open_clip(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """As open_clip's VisionTransformer names and joins them."""
    embeddings = "vision_model.embeddings"
    made = {
        "visual.class_embedding": weights[f"{embeddings}.class_embedding"],
        "visual.positional_embedding": weights[f"{embeddings}.position_embedding.weight"],
        "visual.conv1.weight": weights[f"{embeddings}.patch_embedding.weight"],
        "visual.proj": weights["visual_projection.weight"].T.contiguous(),
        "token_embedding.weight": torch.zeros(4, 4),
    }
    for part in ("weight", "bias"):
        made[f"visual.ln_pre.{part}"] = weights[f"vision_model.pre_layrnorm.{part}"]
        made[f"visual.ln_post.{part}"] = weights[f"vision_model.post_layernorm.{part}"]
        for number in range(LAYERS):
            old, new = f"vision_model.encoder.layers.{number}", f"visual.transformer.resblocks.{number}"
            names = {"layer_norm1": "ln_1", "layer_norm2": "ln_2", "mlp.fc1": "mlp.c_fc", "mlp.fc2": "mlp.c_proj"}
            names |= {"self_attn.out_proj": "attn.out_proj"}
            made |= {f"{new}.{to}.{part}": weights[f"{old}.{by}.{part}"] for by, to in names.items()}
            parts = [weights[f"{old}.self_attn.{letter}_proj.{part}"] for letter in "qkv"]
            made[f"{new}.attn.in_proj_{part}"] = torch.cat(parts)
    return made


def test_an_encoder_with_a_weight_that_is_no_number_is_refused(tmp_path: Path):
    weights = drawn(shapes(1024))
    weights["visual_projection.weight"][0, 0] = torch.inf
    save_file(weights, tmp_path / "model.safetensors")
    with pytest.raises(ModelError, match="visual_projection.weight holds values that are no numbers"):
        open_clip_images(tmp_path / "model.safetensors")


def test_an_encoder_without_all_of_its_weights_is_refused(tmp_path: Path):
    made = shapes(1024)
    del made["vision_model.encoder.layers.1.mlp.fc2.bias"]
    save_file(drawn(made), tmp_path / "model.safetensors")
    with pytest.raises(ModelError, match="layers.1.mlp.fc2.bias is missing or of another size"):
        open_clip_images(tmp_path / "model.safetensors")


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("vision_model.embeddings.patch_embedding.weight", ()),
        ("vision_model.embeddings.patch_embedding.weight", (1280,)),
        ("vision_model.embeddings.patch_embedding.weight", (1280, 3, 0, 0)),
        ("vision_model.embeddings.position_embedding.weight", (0,)),
        ("visual_projection.weight", ()),
    ],
)
def test_an_encoder_whose_sizes_cannot_be_told_is_damaged(name: str, shape: tuple[int, ...], tmp_path: Path):
    sizes = (
        "patch_embedding.weight",
        "position_embedding.weight",
        "visual_projection.weight",
        "layers.0.mlp.fc1.weight",
    )
    few = {key: each for key, each in shapes(1280).items() if key.endswith(sizes)}
    save_file(drawn(few) | {name: torch.zeros(shape)}, tmp_path / "odd.safetensors")
    with pytest.raises(ModelError, match=f"odd.safetensors is damaged: {name} is missing or of another size"):
        open_clip_images(tmp_path / "odd.safetensors", "clip_vit_h")


def test_an_encoder_whose_header_lies_about_its_weights_is_not_whole(tmp_path: Path):
    path = tmp_path / "odd.safetensors"
    save_file(drawn(shapes(1280)), path)
    raw = path.read_bytes()
    told = raw.index(b'"data_offsets":[') + len(b'"data_offsets":[')
    path.write_bytes(raw[:told] + (b"4" if raw[told : told + 1] == b"0" else b"0") + raw[told + 1 :])
    with pytest.raises(ModelError, match="odd.safetensors is not a whole safetensors file"):
        open_clip_images(path, "clip_vit_h")
