"""diffusers' own pipelines load a LoRA that was saved here, whole, and draw with it as we do."""

from pathlib import Path
from typing import Any

import pytest
import torch

from tests.tiny_checkpoint import write_tiny_checkpoint
from trainer.demo.build.tokenizer import build_tokenizer
from trainer.families.registry import describe_base, load_family
from trainer.families.sd.model import StableDiffusion
from trainer.lora.adapter import Adapter
from trainer.lora.mount import mount_lora
from trainer.lora.save import save_lora
from trainer.recipe.buckets import Placement
from trainer.recipe.lora import Lora

ROWS = 800
PLACE = Placement((64, 64), (64, 64), (0, 0), (64, 64))


@pytest.fixture
def base(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[str, Path]:
    build_tokenizer().save_pretrained(tmp_path / "comfyui" / "comfy" / "sd1_tokenizer")
    monkeypatch.setenv("COMFYUI_PATH", str(tmp_path / "comfyui"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    name: str = request.param
    return name, write_tiny_checkpoint(tmp_path / "base.safetensors", name, rows=ROWS)


def loaded(path: Path) -> StableDiffusion:
    family = load_family(describe_base(path))
    assert isinstance(family, StableDiffusion)
    return family


def saved_lora(family: StableDiffusion, path: Path) -> int:
    """A file on attention and MLP of the UNet and on the text encoders, every B random; its number of layers."""
    addresses = [*family.lora_targets("attention_mlp"), *family.text_targets()]
    adapter = Adapter(family, addresses, Lora(rank=4, alpha=2.0), 0)
    draw = torch.Generator().manual_seed(2)
    with torch.no_grad():
        for layer in adapter.layers.values():
            up: Any = layer.up
            up.copy_(torch.randn(up.shape, generator=draw) * 0.05)
    save_lora(path, adapter, family, {}, torch.float32)
    adapter.detach()
    return len(addresses)


def pipeline_of(name: str, family: StableDiffusion) -> Any:
    from diffusers import EulerDiscreteScheduler, StableDiffusionPipeline, StableDiffusionXLPipeline

    encoders = family._parts.encoders()
    shared: dict[str, Any] = {"unet": family._parts.unet(torch.float32), "vae": family._parts.vae()}
    shared |= {"scheduler": EulerDiscreteScheduler(), "text_encoder": encoders[0].model}
    shared |= {"tokenizer": encoders[0].tokenizer}
    if name == "sdxl":
        return StableDiffusionXLPipeline(
            **shared, text_encoder_2=encoders[1].model, tokenizer_2=encoders[1].tokenizer, add_watermarker=False
        )
    return StableDiffusionPipeline(**shared, safety_checker=None, feature_extractor=None, requires_safety_checker=False)  # type: ignore[arg-type]


@pytest.mark.parametrize("base", ["sdxl", "sd15"], indirect=True)
def test_every_layer_is_loaded_and_changes_the_same(base: tuple[str, Path], tmp_path: Path) -> None:
    name, path = base
    family, file = loaded(path), tmp_path / "mine.safetensors"
    count = saved_lora(family, file)
    pipeline = pipeline_of(name, family)
    noise = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(1))

    @torch.no_grad()
    def theirs() -> torch.Tensor:
        more: dict[str, Any] = {}
        if name == "sdxl":
            context, _, pooled, _ = pipeline.encode_prompt("person", do_classifier_free_guidance=False)
            ids = torch.tensor([[64.0, 64, 0, 0, 64, 64]])
            more["added_cond_kwargs"] = {"text_embeds": pooled, "time_ids": ids}
        else:
            context, _ = pipeline.encode_prompt("person", "cpu", 1, False)
        return pipeline.unet(noise, torch.tensor([500]), encoder_hidden_states=context, **more).sample

    @torch.no_grad()
    def ours() -> torch.Tensor:
        family.forget_captions()
        return family.predict(noise, torch.tensor([0.5]), [family.encode_text("person")], [PLACE])

    bare = (theirs(), ours())
    assert torch.allclose(*bare, atol=1e-5)
    pipeline.load_lora_weights(str(tmp_path), weight_name="mine.safetensors")
    parts = [pipeline.unet, pipeline.text_encoder, *([pipeline.text_encoder_2] if name == "sdxl" else [])]
    taken = sum(hasattr(module, "lora_A") for part in parts for module in part.modules())
    assert taken == count
    mount_lora(family, file, 1.0)
    worn = (theirs(), ours())
    assert (worn[1] - bare[1]).abs().max() > 1e-2
    assert torch.allclose(worn[0] - bare[0], worn[1] - bare[1], atol=1e-3)
