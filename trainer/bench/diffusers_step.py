"""One training step as diffusers' SDXL LoRA examples make it: peft's adapter, accelerate, cached latents and text.

Written after `examples/dreambooth/train_dreambooth_lora_sdxl.py` with `--cache_latents` and one prompt a picture, in
diffusers', peft's and accelerate's own calls.
"""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ..families.condition import Condition, stacked
from ..families.sd.model import StableDiffusion
from ..families.sd.text import size_conditioning
from ..recipe.buckets import Placement
from ..recipe.recipe import Recipe

_TARGETS = ["to_k", "to_q", "to_v", "to_out.0"]


class DiffusersLoop:
    """Trains on `pictures` in turn: posterior means and log-variances (2c, h, w), text and placement of each."""

    def __init__(
        self,
        family: StableDiffusion,
        recipe: Recipe,
        pictures: Sequence[tuple[Tensor, Condition, Placement]],
    ) -> None:
        from accelerate import Accelerator  # pyright: ignore[reportMissingTypeStubs]
        from diffusers.optimization import get_scheduler
        from diffusers.schedulers.scheduling_ddpm import DDPMScheduler

        self._recipe, self._device = recipe, family.device
        mixed = "no" if recipe.memory.precision == "fp32" else recipe.memory.precision
        self._accelerator: Any = Accelerator(
            gradient_accumulation_steps=recipe.schedule.accumulation,
            mixed_precision=mixed,
            cpu=family.device.type == "cpu",
        )
        unet, learned = _with_adapter(family.denoiser, recipe)
        optim = recipe.optim
        optimizer: Any = torch.optim.AdamW(
            learned, lr=optim.lr, betas=(optim.beta1, optim.beta2), weight_decay=optim.weight_decay
        )
        schedule: Any = get_scheduler(
            recipe.schedule.curve, optimizer=optimizer, num_warmup_steps=0, num_training_steps=recipe.schedule.steps
        )
        unet.train()
        self._unet, self._optimizer, self._schedule = self._accelerator.prepare(unet, optimizer, schedule)
        self._learned = learned
        kind: Any = DDPMScheduler
        self._noise: Any = kind.from_config(dict(family.schedule))
        self._scale = float(family.codec.scaling_factor)
        self._batches = _batches(pictures, recipe.schedule.batch, family.device)

    def step(self) -> float:
        """One optimizer update; its loss."""
        total = 0.0
        for _ in range(self._recipe.schedule.accumulation):
            with self._accelerator.accumulate(self._unet):
                loss = self._loss(next(self._batches))
                self._accelerator.backward(loss)
                if self._accelerator.sync_gradients:
                    self._accelerator.clip_grad_norm_(self._learned, self._recipe.optim.grad_clip)
                self._optimizer.step()
                self._schedule.step()
                self._optimizer.zero_grad()
                total += float(loss.detach())
        return total / self._recipe.schedule.accumulation

    def predicted(self, noisy: Tensor, time: Tensor) -> Tensor:
        """The model's answer for `noisy` (n, c, h, w) at `time` (n,), 0 to 1, with the first batch's text."""
        _, text, ids = next(self._batches)
        timesteps = (time * self._noise.config.num_train_timesteps).to(self._device)
        return self._unet(
            noisy.to(self._device, self._unet.dtype),
            timesteps,
            text["context"],
            added_cond_kwargs={"time_ids": ids, "text_embeds": text["pooled"]},
            return_dict=False,
        )[0]

    def _loss(self, batch: tuple[Tensor, Mapping[str, Tensor], Tensor]) -> Any:
        import diffusers.training_utils
        from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution

        moments, text, ids = batch
        kind: Any = DiagonalGaussianDistribution
        latents = kind(moments).sample() * self._scale
        noise = torch.randn_like(latents)
        count = self._noise.config.num_train_timesteps
        timesteps = torch.randint(0, count, (len(latents),), device=self._device)
        noisy = self._noise.add_noise(latents, noise, timesteps)
        conditions = {"time_ids": ids, "text_embeds": text["pooled"]}
        predicted = self._unet(
            noisy.to(self._unet.dtype),
            timesteps,
            text["context"],
            added_cond_kwargs=conditions,
            return_dict=False,
        )[0]
        each = torch.nn.functional.mse_loss(predicted.float(), noise.float(), reduction="none")
        utils: Any = diffusers.training_utils
        snr = utils.compute_snr(self._noise, timesteps)
        gamma = self._recipe.loss.min_snr_gamma
        weights = torch.stack([snr, gamma * torch.ones_like(snr)], dim=1).min(dim=1)[0] / snr
        return (each.mean(dim=list(range(1, each.ndim))) * weights).mean()


def _with_adapter(unet: Any, recipe: Recipe) -> tuple[Any, list[Tensor]]:
    """The UNet with peft's adapter on it, and the weights that learn, in fp32."""
    from peft import LoraConfig

    lora: Any = recipe.lora
    unet.add_adapter(
        LoraConfig(r=lora.rank, lora_alpha=lora.alpha, init_lora_weights="gaussian", target_modules=list(_TARGETS))
    )
    learned = [weight for weight in unet.parameters() if weight.requires_grad]
    for weight in learned:
        weight.data = weight.data.float()
    if recipe.memory.gradient_checkpointing:
        unet.enable_gradient_checkpointing()
    return unet, learned


def _batches(
    pictures: Sequence[tuple[Tensor, Condition, Placement]], size: int, device: torch.device
) -> Iterator[tuple[Tensor, Mapping[str, Tensor], Tensor]]:
    """Stacked on the device once, as the script's cache holds them; round and round."""
    made: list[tuple[Tensor, Mapping[str, Tensor], Tensor]] = []
    for start in range(0, len(pictures) - size + 1, size):
        rows = pictures[start : start + size]
        said = [row[1] for row in rows]
        text = {name: stacked(said, name).to(device) for name in said[0].tensors}
        moments = torch.stack([row[0] for row in rows]).to(device)
        made.append((moments, text, size_conditioning([row[2] for row in rows]).to(device)))
    return itertools.cycle(made)
