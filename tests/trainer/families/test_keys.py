"""Names of LoRA layers, at the sizes of the real models."""

import hashlib
from typing import Any

import pytest
import torch
from accelerate import init_empty_weights

from trainer.families.registry import FAMILIES
from trainer.families.sd.keys import Names, target_modules, text_modules, text_prefix

UNETS: dict[str, dict[str, Any]] = {
    "sdxl": {
        "block_out_channels": [320, 640, 1280],
        "down_block_types": ["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
        "up_block_types": ["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"],
        "transformer_layers_per_block": [1, 2, 10],
        "attention_head_dim": [5, 10, 20],
        "cross_attention_dim": 2048,
        "use_linear_projection": True,
        "addition_embed_type": "text_time",
        "addition_time_embed_dim": 256,
        "projection_class_embeddings_input_dim": 2816,
    },
    "sd15": {
        "block_out_channels": [320, 640, 1280, 1280],
        "down_block_types": ["CrossAttnDownBlock2D"] * 3 + ["DownBlock2D"],
        "up_block_types": ["UpBlock2D"] + ["CrossAttnUpBlock2D"] * 3,
        "attention_head_dim": 8,
        "cross_attention_dim": 768,
    },
}
TEXT_LAYERS = {"sdxl": {"te1": 12, "te2": 32}, "sd15": {"te": 12}}


def names_of(family: str) -> tuple[Names, list[str]]:
    from diffusers import UNet2DConditionModel

    config = UNETS[family]
    with init_empty_weights():
        unet = UNet2DConditionModel(**config)
    kinds = (torch.nn.Linear, torch.nn.Conv2d)
    modules = [name for name, module in unet.named_modules() if isinstance(module, kinds)]
    return Names(family, 2, ["CrossAttn" in kind for kind in config["up_block_types"]]), modules


def text_names(family: str) -> list[str]:
    parts = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "self_attn.out_proj", "mlp.fc1", "mlp.fc2"]
    layers = [
        (part, f"encoder.layers.{number}.{name}")
        for part, count in TEXT_LAYERS[family].items()
        for number in range(count)
        for name in [*parts, "layer_norm1"]
    ]
    return [text_prefix(f"{part}.{name}") for part, name in layers if text_modules([name])]


@pytest.mark.parametrize(
    ("family", "attention", "mlp", "conv", "digest"),
    [
        ("sdxl", 560, 722, 788, "231dc80db7c1b20b12efab0fb99c7afe268c7a1f392eff7107847e4b2f94d651"),
        ("sd15", 128, 192, 278, "44edcda39c26243367a6d85165b42ad157964a5a7c4a8e22d6d6f97b71ee6549"),
    ],
)
def test_the_real_models_layers_are_named_as_kohya_does(
    family: str, attention: int, mlp: int, conv: int, digest: str
) -> None:
    """The digest is of all names, which kohya's `create_network_from_weights` took whole (sd-scripts 48d368fa)."""
    names, modules = names_of(family)
    counts = [len(target_modules(modules, each)) for each in ("attention", "attention_mlp", "attention_mlp_conv")]
    assert counts == [attention, mlp, conv]
    saved = [names.saved(name) for name in target_modules(modules, "attention_mlp_conv")]
    every = sorted([*saved, *text_names(family)])
    assert len(set(every)) == len(every)
    assert hashlib.sha256("\n".join(every).encode()).hexdigest() == digest


@pytest.mark.parametrize("family", ["sdxl", "sd15"])
def test_both_spellings_of_a_layer_lead_to_it(family: str) -> None:
    names, modules = names_of(family)
    known = dict(names.known(modules))
    for name in target_modules(modules, "attention_mlp_conv"):
        assert known[names.saved(name)] == f"unet.{name}"
        assert known["lora_unet_" + name.replace(".", "_")] == f"unet.{name}"


def test_some_names_at_sight() -> None:
    xl, _ = names_of("sdxl")
    assert xl.saved("up_blocks.1.upsamplers.0.conv") == "lora_unet_output_blocks_5_2_conv"
    assert xl.saved("down_blocks.1.downsamplers.0.conv") == "lora_unet_input_blocks_6_0_op"
    assert xl.saved("mid_block.resnets.1.conv1") == "lora_unet_middle_block_2_in_layers_2"
    assert text_prefix("te.encoder.layers.0.mlp.fc1") == text_prefix("te.text_model.encoder.layers.0.mlp.fc1")


@pytest.mark.parametrize("family", ["sdxl", "sd15"])
def test_all_spellings_of_a_layer_have_one_name_without_a_model(family: str) -> None:
    names, modules = names_of(family)
    (spec,) = (spec for spec in FAMILIES if spec.name == family)
    for name in modules:
        if name.startswith(("down", "up", "mid", "conv", "time", "add")):
            native = names._ldm(name)
            spellings = [f"lora_unet_{name.replace('.', '_')}", f"lora_unet_{native.replace('.', '_')}"]
            spellings += [f"unet.{name}", f"diffusion_model.{native}", f"base_model.model.{name}", f"lycoris_{name}"]
            assert {spec.one_prefix(each) for each in spellings} == {spellings[0]}
    assert len({spec.one_prefix(name) for name in modules}) == len(modules)
