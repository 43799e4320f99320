"""SDXL: encoding, loss, sizes and names."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from tests.tiny_base import write_tiny_base
from trainer.errors import ModelError
from trainer.families.base import Base
from trainer.families.condition import Condition, stacked
from trainer.families.registry import describe_base, load_family
from trainer.families.residence import Residence
from trainer.families.sd.model import StableDiffusion
from trainer.families.sd.text import size_conditioning
from trainer.generate.sampler import Sampler
from trainer.generate.shot import Shot
from trainer.recipe.buckets import Placement
from trainer.recipe.loss import Loss
from trainer.training.step.loss import picture_losses

PLAIN = Loss(min_snr_gamma=0)
PLACE = Placement((100, 80), (80, 64), (8, 0), (64, 64))


@dataclass(frozen=True)
class Shown:
    latents: torch.Tensor
    text: Sequence[Condition]
    mask: torch.Tensor | None = None


@pytest.fixture(scope="module")
def family(tiny_base: Base) -> StableDiffusion:
    loaded = load_family(tiny_base)
    assert isinstance(loaded, StableDiffusion)
    return loaded


def a_batch(family: StableDiffusion) -> Shown:
    latents = torch.randn((2, 8, 8, 8), generator=torch.Generator().manual_seed(1))
    texts = [family.encode_text(caption) for caption in ("person, red background", "")]
    return Shown(latents, texts)


@torch.no_grad()
def losses(family: StableDiffusion, shown: Shown, seed: int, how: Loss) -> torch.Tensor:
    noised = family.noised(shown.latents, torch.Generator().manual_seed(seed), how.noise_offset)
    predicted = family.predict(noised.noisy, noised.level.time, shown.text, [PLACE, PLACE])
    return picture_losses(predicted.float(), noised.target, how, noised.level, shown.mask)


def test_size_conditioning_says_original_crop_and_target_heights_first() -> None:
    assert size_conditioning([PLACE]).tolist() == [[80, 100, 0, 8, 64, 64]]


def test_text_is_what_the_pipeline_encodes(family: StableDiffusion, tiny_base: Base) -> None:
    from diffusers import StableDiffusionXLPipeline

    pipeline = StableDiffusionXLPipeline.from_pretrained(tiny_base.path, torch_dtype=torch.float32)
    context, _, pooled, _ = pipeline.encode_prompt("person, blue eyes", do_classifier_free_guidance=False)
    encoded = family.encode_text("person, blue eyes")
    assert torch.equal(encoded["context"], context[0])
    assert torch.equal(encoded["pooled"], pooled[0])
    assert encoded["context"].shape == (77, 64)


def test_no_caption_is_all_zeros(family: StableDiffusion) -> None:
    assert not any(tensor.any() for tensor in family.encode_text("").tensors.values())


def test_a_caption_longer_than_77_tokens_is_cut(family: StableDiffusion) -> None:
    assert family.encode_text("person " * 200)["context"].shape == (77, 64)


def test_a_picture_becomes_its_posterior(family: StableDiffusion) -> None:
    image = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 80, 3), np.uint8))
    moments = family.encode_image(image)
    assert moments.shape == (8, 8, 10)
    assert moments.dtype == torch.float32


@pytest.mark.parametrize(
    ("prediction", "zero_snr"), [("epsilon", False), ("v_prediction", False), ("v_prediction", True)]
)
def test_the_loss_is_that_of_a_diffusers_script(tmp_path: Path, prediction: str, zero_snr: bool) -> None:
    """The lines of diffusers' train_text_to_image_lora_sdxl.py, with the velocity weight of min-SNR's authors."""
    from diffusers import DDPMScheduler, UNet2DConditionModel
    from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
    from diffusers.training_utils import compute_snr

    base = describe_base(write_tiny_base(tmp_path / "base", prediction_type=prediction, zero_snr=zero_snr))
    family = load_family(base)
    assert isinstance(family, StableDiffusion)
    batch = a_batch(family)

    noise_source = torch.Generator().manual_seed(7)
    scheduler = DDPMScheduler.from_pretrained(base.path / "scheduler")
    unet = UNet2DConditionModel.from_pretrained(base.path / "unet", torch_dtype=torch.float32)
    latents = DiagonalGaussianDistribution(batch.latents).sample(noise_source) * 0.18215
    noise = torch.randn(latents.shape, generator=noise_source)
    timesteps = torch.randint(0, 1000, (2,), generator=noise_source)
    conditions = {
        "text_embeds": stacked(batch.text, "pooled"),
        "time_ids": torch.tensor([[80.0, 100, 0, 8, 64, 64]] * 2),
    }
    noisy = scheduler.add_noise(latents, noise, timesteps)
    with torch.no_grad():
        predicted = unet(noisy, timesteps, stacked(batch.text, "context"), added_cond_kwargs=conditions).sample
    velocity = prediction == "v_prediction"
    target = scheduler.get_velocity(latents, noise, timesteps) if velocity else noise
    snr = compute_snr(scheduler, timesteps)
    weight = torch.stack([snr, 5 * torch.ones_like(snr)], dim=1).min(dim=1)[0] / (snr + 1 if velocity else snr)
    expected = torch.nn.functional.mse_loss(predicted, target, reduction="none").mean(dim=(1, 2, 3)) * weight

    assert torch.allclose(losses(family, batch, 7, Loss()), expected, rtol=1e-5)


def test_a_base_trained_to_zero_signal_is_noised_to_zero_signal(tmp_path: Path, family: StableDiffusion) -> None:
    """Lin et al. 2023, algorithm 1: √ᾱ shifted so that it ends at 0 and stretched so that it begins as before."""
    folder = write_tiny_base(tmp_path / "base", prediction_type="v_prediction", zero_snr=True)
    rescaled = load_family(describe_base(folder))
    assert isinstance(rescaled, StableDiffusion)
    root = family.signal.double().sqrt()
    expected = ((root - root[-1]) * root[0] / (root[0] - root[-1])).square()
    assert rescaled.signal[-1] == 0
    assert torch.allclose(rescaled.signal.double(), expected, rtol=1e-4, atol=1e-7)


def test_noise_offset_moves_whole_channels_and_no_other_draw(family: StableDiffusion) -> None:
    latents = a_batch(family).latents
    without, moved = (family.noised(latents, torch.Generator().manual_seed(3), offset) for offset in (0.0, 0.5))
    assert torch.equal(without.level.time, moved.level.time)
    spread = (1 - family.signal[(moved.level.time * 1000).round().long()]).sqrt()[:, None, None, None]
    shift = (moved.noisy - without.noisy) / spread
    assert torch.allclose(shift, shift.mean(dim=(2, 3), keepdim=True).expand_as(shift), atol=1e-4)
    assert shift.mean(dim=(2, 3)).abs().min() > 1e-3


def test_every_setting_reaches_the_loss(family: StableDiffusion, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the same draw, early enough for every weight to differ, no two recipes give the same loss."""
    monkeypatch.setattr(torch, "randint", lambda *_, **__: torch.tensor([10, 200]))
    hows = [PLAIN, Loss(), Loss(min_snr_gamma=1), replace(PLAIN, debiased=True), replace(PLAIN, noise_offset=0.1)]
    hows += [replace(PLAIN, kind="smooth_l1"), replace(PLAIN, kind="huber"), replace(PLAIN, kind="huber", huber_c=0.3)]
    hows += [replace(PLAIN, kind="huber", huber_schedule="exponential")]
    hows += [replace(PLAIN, kind="huber", huber_schedule="constant")]
    pairs = combinations([losses(family, a_batch(family), 4, how) for how in hows], 2)
    assert not [one for one, other in pairs if torch.allclose(one, other, rtol=1e-3)]


def test_a_base_trained_to_zero_signal_draws(tmp_path: Path) -> None:
    folder = write_tiny_base(tmp_path / "base", prediction_type="v_prediction", zero_snr=True)
    shot = Shot(prompt="person", seed=1, width=64, height=64, steps=4)
    (image,) = Sampler(load_family(describe_base(folder))).generate([shot])
    assert np.asarray(image).std() > 0


def test_a_mask_counts_only_where_the_recipe_asks_for_it(family: StableDiffusion) -> None:
    batch = a_batch(family)
    masked = replace(batch, mask=torch.tensor([0.0, 1.0]).repeat_interleave(4).expand(2, 1, 8, 8).contiguous())
    plain, unasked, asked = (
        losses(family, given, 3, how)
        for given, how in ((batch, PLAIN), (masked, PLAIN), (masked, replace(PLAIN, masked=True)))
    )
    assert torch.equal(plain, unasked)
    assert not torch.allclose(plain, asked)


def test_each_step_draws_a_fresh_posterior_sample(family: StableDiffusion) -> None:
    batch = a_batch(family)
    once, again, other = (losses(family, batch, seed, PLAIN) for seed in (1, 1, 2))
    assert torch.equal(once, again)
    assert not torch.equal(once, other)


def test_bf16_is_near_fp32(tiny_base: Base, family: StableDiffusion) -> None:
    batch, half = a_batch(family), load_family(tiny_base, Residence(precision="bf16"))
    assert isinstance(half, StableDiffusion)
    assert half.denoiser.dtype == torch.bfloat16
    exact, near = losses(family, batch, 3, PLAIN), losses(half, batch, 3, PLAIN)
    assert torch.allclose(exact, near, rtol=2e-2)


def test_mlp_targets_add_feed_forward_and_projections(family: StableDiffusion) -> None:
    attention, all_of_it = family.lora_targets("attention"), family.lora_targets("attention_mlp")
    added = {name.rsplit(".", 1)[-1] for name in set(all_of_it) - set(attention)}
    assert {name.rsplit(".to_", 1)[-1] for name in attention} == {"q", "k", "v", "out.0"}
    assert added == {"proj_in", "proj_out", "proj", "2"}


def test_encoders_come_back_for_a_new_caption(tiny_base: Base) -> None:
    family = load_family(tiny_base)
    before = family.encode_text("person")
    family.free_encoders()
    assert family.encode_text("person") is before
    assert family.encode_text("person, hat")["pooled"].shape == (32,)


def test_a_base_is_named_by_its_weights(tmp_path: Path, tiny_base: Base) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tiny_base.path, copy)
    assert describe_base(copy).sha256 == tiny_base.sha256
    other = describe_base(write_tiny_base(tmp_path / "other", seed=1))
    assert other.sha256 != tiny_base.sha256


def test_a_folder_that_is_no_base_says_all_it_lacks(tmp_path: Path, tiny_base: Base) -> None:
    with pytest.raises(ModelError, match=r"no model_index\.json"):
        describe_base(tmp_path)
    copy = tmp_path / "copy"
    shutil.copytree(tiny_base.path, copy)
    shutil.rmtree(copy / "vae")
    (copy / "scheduler" / "scheduler_config.json").unlink()
    with pytest.raises(ModelError, match=r"(?s)vae.*scheduler"):
        describe_base(copy)


def test_another_kind_of_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "model_index.json").write_text(json.dumps({"_class_name": "QwenImagePipeline"}))
    with pytest.raises(ModelError, match="QwenImagePipeline"):
        describe_base(tmp_path)


def test_damaged_weights_are_named(tmp_path: Path, tiny_base: Base) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(tiny_base.path, copy)
    next((copy / "unet").glob("*.safetensors")).write_bytes(b"not weights")
    with pytest.raises(ModelError, match="unet"):
        _ = load_family(describe_base(copy)).denoiser
