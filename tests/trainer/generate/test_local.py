"""Pictures from a base: as the pipeline draws them, with LoRA files swapped in and out."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from tests.tiny_checkpoint import write_tiny_checkpoint
from trainer.demo.build.tokenizer import build_tokenizer
from trainer.errors import Cancelled, ModelError
from trainer.families.base import Base
from trainer.families.family import Family
from trainer.families.options import FamilyOptions
from trainer.families.registry import describe_base, load_family
from trainer.generate.attachments import Lora as LoraFile
from trainer.generate.local import LocalGenerator
from trainer.generate.sampler import Sampler
from trainer.generate.shot import Shot, batches
from trainer.lora.adapter import Adapter
from trainer.lora.save import save_lora
from trainer.recipe.lora import Lora

SHOT = Shot(prompt="person, red background", seed=3, width=64, height=64, steps=4, guidance=4.0)


@pytest.fixture(scope="module")
def generator(tiny_base: Base) -> LocalGenerator:
    return LocalGenerator(tiny_base)


@pytest.fixture(scope="module")
def lora(tiny_base: Base, tmp_path_factory: pytest.TempPathFactory) -> Path:
    family = load_family(tiny_base)
    adapter = Adapter(family, family.lora_targets("attention_mlp"), Lora(rank=2, alpha=1.0), seed=0)
    with torch.no_grad():
        for layer in adapter.layers.values():
            layer.up.copy_(torch.randn(layer.up.shape, generator=torch.Generator().manual_seed(0)))
    path = tmp_path_factory.mktemp("lora") / "strong.safetensors"
    save_lora(path, adapter, family, {})
    return path


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(int)


def test_neighbours_that_differ_only_in_words_and_seed_share_a_batch() -> None:
    a, b, wide = Shot(prompt="a", seed=1), Shot(prompt="b", negative="c", seed=2), Shot(prompt="a", width=512)
    assert list(batches([a, b, wide, a])) == [(a, b), (wide,), (a,)]
    assert [len(batch) for batch in batches([a] * 19)] == [8, 8, 3]


@pytest.mark.parametrize("guidance", [4.0, 1.0])
def test_a_picture_is_the_pipelines_own(tiny_base: Base, generator: LocalGenerator, guidance: float) -> None:
    from diffusers import StableDiffusionXLPipeline

    pipeline = StableDiffusionXLPipeline.from_pretrained(tiny_base.path, torch_dtype=torch.float32)
    pipeline.set_progress_bar_config(disable=True)
    theirs = pipeline(
        "person, red background",
        width=80,
        height=64,
        num_inference_steps=4,
        guidance_scale=guidance,
        generator=torch.Generator().manual_seed(3),
    ).images[0]
    shot = Shot(prompt="person, red background", seed=3, width=80, height=64, steps=4, guidance=guidance)
    (ours,) = generator.generate([shot])
    assert ours.size == (80, 64)
    assert abs(pixels(ours) - pixels(theirs)).max() <= 1


def test_a_picture_does_not_depend_on_its_batch(generator: LocalGenerator) -> None:
    others = [Shot(prompt=f"person {n}", seed=n, width=64, height=64, steps=4, guidance=4.0) for n in range(3)]
    alone = next(iter(generator.generate([SHOT])))
    together = list(generator.generate([*others, SHOT]))[3]
    assert abs(pixels(alone) - pixels(together)).max() <= 1


def test_a_lora_changes_pictures_and_leaves_no_trace(generator: LocalGenerator, lora: Path) -> None:
    shots = [
        SHOT,
        SHOT.with_lora(LoraFile(path=lora)),
        SHOT.with_lora(LoraFile(path=lora, strength=0.5)),
        SHOT,
    ]
    before, full, half, after = (pixels(image) for image in generator.generate(shots))
    assert (before == after).all()
    assert abs(full - before).max() > 2
    assert abs(half - full).max() > 0


def test_the_base_loads_once_for_all_loras_and_again_only_when_it_was_freed(
    tiny_base: Base, lora: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[Base] = []

    def counted(base: Base, *given: Any) -> Family:
        loaded.append(base)
        return load_family(base, *given)

    monkeypatch.setattr("trainer.generate.local.load_family", counted)
    files = [lora, *(Path(shutil.copy(lora, tmp_path / f"{n}.safetensors")) for n in range(2))]
    shots = [SHOT.with_lora(LoraFile(path=file, strength=1 / n)) for n, file in enumerate(files, 1)]
    generator = LocalGenerator(tiny_base)
    assert not loaded
    before = [pixels(image) for shot in (SHOT, *shots, SHOT) for image in generator.generate([shot])]
    assert len(loaded) == generator.loads == 1
    generator.release()
    after = [pixels(image) for image in generator.generate([shots[-1], SHOT])]
    assert len(loaded) == generator.loads == 2
    assert all((one == other).all() for one, other in zip(before[-2:], after, strict=True))


def test_a_loaded_lora_predicts_as_the_attached_adapter_did(tiny_base: Base, lora: Path) -> None:
    from safetensors.torch import load_file

    from trainer.lora.mount import mount_lora

    family = load_family(tiny_base)
    name = family.lora_targets("attention")[0]
    layer, prefix = family.module(name), family.keys.prefix(name)
    tensors = {key: tensor.float() for key, tensor in load_file(lora).items()}
    x = torch.randn((1, 4, 32), generator=torch.Generator().manual_seed(0))
    delta = tensors[f"{prefix}.lora_up.weight"] @ tensors[f"{prefix}.lora_down.weight"] * (1.0 / 2)
    bare = layer(x)
    applied = mount_lora(family, lora, 0.7)
    assert torch.allclose(family.module(name)(x), bare + 0.7 * x @ delta.T, atol=1e-6)
    applied.remove()
    assert family.module(name) is layer


def test_a_lora_on_a_convolution_works_too(tiny_base: Base, tmp_path: Path) -> None:
    from safetensors.torch import save_file

    from trainer.lora.mount import mount_lora

    family = load_family(tiny_base)
    layer = family.module("unet.down_blocks.0.downsamplers.0.conv")
    source = torch.Generator().manual_seed(0)
    down, up = torch.randn((2, 32, 3, 3), generator=source), torch.randn((32, 2, 1, 1), generator=source)
    prefix = "lora_unet_down_blocks_0_downsamplers_0_conv"
    path = tmp_path / "conv.safetensors"
    save_file({f"{prefix}.lora_down.weight": down, f"{prefix}.lora_up.weight": up}, path)
    x = torch.randn((1, 32, 8, 8), generator=source)
    delta = torch.einsum("or,rihw->oihw", up[:, :, 0, 0], down)
    expected = layer(x) + torch.nn.functional.conv2d(x, delta, None, layer.stride, layer.padding)
    mount_lora(family, path, 1.0)
    changed = family.module("unet.down_blocks.0.downsamplers.0.conv")
    assert torch.allclose(changed(x), expected, atol=1e-4)


def test_a_lora_for_another_model_is_refused_by_its_keys(
    tmp_path: Path, generator: LocalGenerator, tiny_base: Base
) -> None:
    from safetensors.torch import save_file

    path = tmp_path / "flux.safetensors"
    prefix = "lora_unet_double_blocks_0_img_attn_qkv"
    save_file({f"{prefix}.lora_down.weight": torch.ones(2, 4), f"{prefix}.lora_up.weight": torch.ones(4, 2)}, path)
    with pytest.raises(ModelError, match="double_blocks_0"):
        list(generator.generate([Shot(prompt="x", width=64, height=64, steps=1, attachments=(LoraFile(path=path),))]))
    assert list(generator.generate([SHOT])), "the generator works on after a bad file"


def test_a_missing_or_damaged_lora_is_named(tmp_path: Path, generator: LocalGenerator) -> None:
    path = tmp_path / "gone.safetensors"
    shot = Shot(prompt="x", width=64, height=64, steps=1, attachments=(LoraFile(path=path),))
    with pytest.raises(ModelError, match="no LoRA file"):
        list(generator.generate([shot]))
    path.write_bytes(b"torn")
    with pytest.raises(ModelError, match="not a whole safetensors"):
        list(generator.generate([shot]))


def test_sizes_that_the_vae_cannot_make_are_refused(generator: LocalGenerator) -> None:
    with pytest.raises(ModelError, match="multiples of 8"):
        list(generator.generate([Shot(prompt="x", width=60, height=64)]))


def test_captions_are_read_as_the_lora_learned_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    build_tokenizer().save_pretrained(tmp_path / "comfy" / "sd1_tokenizer")
    monkeypatch.setenv("COMFYUI_PATH", str(tmp_path))
    base = describe_base(write_tiny_checkpoint(tmp_path / "sd15.safetensors", "sd15", rows=800))
    earlier, last = LocalGenerator(base, options=FamilyOptions(clip_skip=2)), LocalGenerator(base)
    wanted = Sampler(load_family(base, options=FamilyOptions(clip_skip=2)))
    (one,), (other,), (bare,) = (list(each.generate([SHOT])) for each in (earlier, wanted, last))
    assert one == other
    assert one != bare


def test_a_batch_is_stopped_between_two_steps_and_drawn_whole_afterwards(tiny_base: Base) -> None:
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked == 3

    generator = LocalGenerator(tiny_base, cancelled=cancelled)
    shots = [replace(SHOT, seed=seed) for seed in range(3)]
    with pytest.raises(Cancelled, match="Run again"):
        list(generator.generate(shots))
    assert asked == 3
    assert len(list(generator.generate(shots))) == 3
