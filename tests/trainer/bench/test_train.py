"""The training bench: its keys, its reference, and the random model of real sizes."""

from collections import Counter
from pathlib import Path

import pytest

from trainer.bench import train
from trainer.bench.inputs import random_sdxl
from trainer.errors import LikenessError
from trainer.families.registry import describe_base, load_family


def test_it_tells_what_it_promises(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("_ROUNDS", 1), ("_STEPS", 1), ("_STEPS_OF_A_RUN", 3)):
        monkeypatch.setattr(train, name, value)
    figures = train.bench_train(tmp_path)
    assert figures["device"] == "cpu"
    assert 0.2 < figures["ratio_vs_diffusers"] < 5
    assert figures["ratio_vs_diffusers"] == pytest.approx(
        figures["seconds_per_step"] / figures["diffusers_seconds_per_step"], rel=0.05
    )
    assert 0 <= figures["overhead_fraction"] < 1
    assert figures["seconds_to_first_step"] > 0
    assert figures["cached_pictures_per_second"] > 0


def test_without_a_gpu_it_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(LikenessError, match="no device 'cuda'"):
        train.bench_train(tmp_path, "cuda")


def test_the_random_sdxl_has_the_real_ones_tensors() -> None:
    """Stability's sd_xl_base_1.0 holds 1680 tensors of the UNet, of 2,567,463,684 weights, and 248 of the VAE."""
    shapes = dict(random_sdxl._shapes())
    counts = Counter(name.split(".")[0] for name in shapes)
    assert counts["model"] == 1680
    assert counts["first_stage_model"] == 248
    # CLIP-L, and OpenCLIP without its unused logit_scale.
    assert counts["conditioner"] == 196 + 389
    unet = [shape for name, shape in shapes.items() if name.startswith("model.")]
    weights = 0
    for shape in unet:
        product = 1
        for side in shape:
            product *= side
        weights += product
    assert weights == 2_567_463_684
    assert shapes["model.diffusion_model.label_emb.0.0.weight"] == (1280, 2816)
    assert shapes["conditioner.embedders.1.model.transformer.resblocks.31.attn.in_proj_weight"] == (3840, 1280)


def test_a_small_one_is_read_as_a_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {"block_out_channels": [64, 64, 64], "transformer_layers_per_block": [1, 1, 1], "cross_attention_dim": 128}
    for name, value in {
        **sizes,
        "attention_head_dim": [1, 1, 1],
        "projection_class_embeddings_input_dim": 1600,
    }.items():
        monkeypatch.setitem(random_sdxl.UNET_SIZES, name, value)
    monkeypatch.setitem(random_sdxl.VAE_SIZES, "block_out_channels", [32, 32, 32, 32])
    text = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 1}
    monkeypatch.setattr(random_sdxl, "CLIP_L_SIZES", text)
    monkeypatch.setattr(random_sdxl, "OPEN_CLIP_SIZES", text)
    monkeypatch.setattr(random_sdxl, "_OPEN_CLIP_WIDTH", 64)
    base = describe_base(random_sdxl.write_random_sdxl(tmp_path / "small.safetensors"))
    assert base.family == "sdxl"
    assert load_family(base).lora_targets("attention")
