"""The demo base taught to predict velocity at a zero terminal SNR, as a base for measuring with."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ...demo.assets import demo_base
from ...demo.build.world import draw_world
from ...demo.world.captions import varied_caption
from ...families.base import Base
from ...families.condition import Condition
from ...families.family import Family
from ...families.registry import describe_base, load_family
from ...recipe.buckets import Placement

_PICTURES, _BATCH, _LR = 800, 16, 4e-4
_SIZE = (128, 128)


@torch.inference_mode(False)
@torch.enable_grad()
def velocity_base(folder: Path, steps: int, say: Callable[[str], None] = lambda _: None) -> Base:
    """Written into `folder` as a diffusers base, the text encoders left as they are. Takes `steps` of 16 drawings."""
    from diffusers.schedulers.scheduling_ddpm import DDPMScheduler

    source = demo_base()
    if not (folder / "model_index.json").is_file():
        shutil.copytree(source.path, folder)
        config = folder / "scheduler" / "scheduler_config.json"
        said = json.loads(config.read_text(encoding="utf-8"))
        said |= {"prediction_type": "v_prediction", "rescale_betas_zero_snr": True, "timestep_spacing": "trailing"}
        config.write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")
        kind: Any = DDPMScheduler
        unet = _taught(source, kind.from_config(said).alphas_cumprod, steps, say)
        unet.to(torch.float16).save_pretrained(folder / "unet")
    return describe_base(folder)


def _taught(source: Base, signal: Tensor, steps: int, say: Callable[[str], None]) -> Any:
    family = load_family(source)
    latents, texts = _lessons(family)
    unet: Any = family.denoiser
    unet.requires_grad_(True).train()
    optimizer: Any = torch.optim.AdamW(unet.parameters(), lr=_LR)
    draw = torch.Generator().manual_seed(0)
    places = [Placement(_SIZE, _SIZE, (0, 0), _SIZE)] * _BATCH
    mean = _copy(unet)
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = _LR * min(1.0, (step + 1) / 50) * (1 - step / steps) ** 0.5
        picked = torch.randint(len(latents), (_BATCH,), generator=draw)
        times = torch.randint(0, len(signal), (_BATCH,), generator=draw)
        clean, noise = latents[picked], torch.randn((_BATCH, *latents.shape[1:]), generator=draw)
        near, far = signal[times].sqrt()[:, None, None, None], (1 - signal[times]).sqrt()[:, None, None, None]
        text = [texts[number] for number in picked]
        guess = family.predict(near * clean + far * noise, times / len(signal), text, places)
        loss: Any = (guess - (near * noise - far * clean)).square().mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(unet.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
        _follow(mean, unet, min(0.995, (step + 1) / (step + 10)))
        if (step + 1) % 100 == 0:
            say(f"velocity {step + 1}/{steps} loss {float(loss.detach()):.4f}")
    unet.load_state_dict(mean)
    return unet.eval().requires_grad_(False)


def _lessons(family: Family) -> tuple[Tensor, list[Condition]]:
    """Latents (n, c, h, w) as the UNet knows them and what it is told of a caption each."""
    from PIL import Image

    world, rng = draw_world(_PICTURES, seed=77), np.random.default_rng(77)
    means = [family.encode_image(Image.fromarray(pixels)).chunk(2)[0] for pixels in world.pixels]
    captions = [varied_caption(who, look, rng) for who, look in zip(world.people, world.looks, strict=True)]
    told = [family.encode_text("" if number % 12 == 0 else caption) for number, caption in enumerate(captions)]
    return family.codec.to_model(torch.stack(means)), told


def _copy(unet: Any) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in unet.state_dict().items()}


@torch.no_grad()
def _follow(mean: dict[str, Tensor], unet: Any, decay: float) -> None:
    for name, tensor in unet.state_dict().items():
        mean[name].lerp_(tensor, 1 - decay)
