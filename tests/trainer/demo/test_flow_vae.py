"""A FLUX.1 autoencoder from an SDXL one of few weights."""

import pytest
import torch
from torch import Tensor

from trainer.demo import sizes
from trainer.demo.build.vae import fitted, widened
from trainer.families.codec import KlCodec
from trainer.families.residence import Residents

PIXELS = torch.rand(6, 3, 64, 64, generator=torch.Generator().manual_seed(2)) * 2 - 1


@pytest.fixture(scope="module")
def narrow() -> torch.nn.Module:
    from diffusers import AutoencoderKL

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return AutoencoderKL(**{**sizes.VAE, "block_out_channels": (32, 32, 32, 32)}).eval()


@torch.no_grad()
def means(vae: torch.nn.Module) -> Tensor:
    return vae.encode(PIXELS).latent_dist.mean


@torch.no_grad()
def test_a_wider_autoencoder_begins_as_the_one_it_comes_from(narrow: torch.nn.Module) -> None:
    wide = widened(narrow, PIXELS)
    assert wide.config.latent_channels == 16 and wide.quant_conv is None and wide.post_quant_conv is None
    before, now = means(narrow), means(wide)
    assert torch.allclose(now[:, :4], before, atol=1e-4)
    inside = slice(1, -1)  # the folded 1x1 convolution adds its bias to the border too
    spread = wide.encode(PIXELS).latent_dist.std
    assert torch.allclose(spread[:, :4], narrow.encode(PIXELS).latent_dist.std, atol=1e-4)
    assert torch.allclose(
        wide.decoder.conv_in(now)[..., inside, inside],
        narrow.decoder.conv_in(narrow.post_quant_conv(before))[..., inside, inside],
        atol=1e-4,
    )


@torch.no_grad()
def test_the_further_channels_tell_something_else_and_less(narrow: torch.nn.Module) -> None:
    now = means(widened(narrow, PIXELS))
    rows = now.movedim(1, -1).flatten(0, 2)
    rows = rows - rows.mean(dim=0)
    old, new = rows[:, :4], rows[:, 4:]
    explained = old @ torch.linalg.lstsq(old, new).solution
    assert float(explained.std() / new.std()) < 0.05
    assert new.std(dim=0).tolist() == pytest.approx([0.25 * float(old.std())] * 12, rel=0.05)


@torch.no_grad()
def test_fitted_latents_are_unit_normal_by_the_numbers_that_the_host_knows(narrow: torch.nn.Module) -> None:
    vae = widened(narrow, PIXELS)
    before = vae.decoder.conv_in(means(vae))
    fitted(vae, means(vae))
    now = means(vae)
    known = KlCodec(Residents(torch.device("cpu"), {"vae": lambda: vae})).to_model(now)
    assert torch.allclose(known, (now - 0.1159) * 0.3611)
    assert known.mean(dim=(0, 2, 3)).tolist() == pytest.approx([0.0] * 16, abs=1e-3)
    assert float(known.std()) == pytest.approx(1.0, abs=0.01)
    inside = slice(1, -1)
    assert torch.allclose(vae.decoder.conv_in(now)[..., inside, inside], before[..., inside, inside], atol=1e-3)
