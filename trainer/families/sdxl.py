"""SDXL from a diffusers folder: encoding, the training loss, LoRA targets and saved names."""

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from torch.utils import checkpoint as checkpointing

from ..errors import ModelError
from ..generate.shot import Generator
from ..recipe.recipe import Loss, Precision
from ..training.losses import NoiseLevel, Prediction, offset_noise, picture_losses, snr
from .base import Base, Batch, FamilyName, Placement
from .sdxl_files import weight_variant
from .sdxl_keys import host_keys, saved_prefix, target_modules
from .sdxl_sampler import SdxlSampler
from .sdxl_text import SdxlText
from .sdxl_vae import SdxlVae

_REMEMBERED_CAPTIONS = 256


class Sdxl:
    """The SDXL family on one device. Each part loads when first used, the UNet in `precision`, the rest in fp32."""

    name: FamilyName = "sdxl"

    def __init__(self, base: Base, *, device: str = "cpu", precision: Precision = "fp32") -> None:
        self._base = base
        self.device = torch.device(device)
        self.dtype = torch.bfloat16 if precision == "bf16" else torch.float32
        self._text: SdxlText | None = None
        self._unet: Any = None
        self._captions: OrderedDict[str, Mapping[str, Tensor]] = OrderedDict()

    @property
    def denoiser(self) -> Any:
        """The UNet, frozen."""
        if self._unet is None:
            self._unet = self._load_unet()
        return self._unet

    @torch.inference_mode(False)
    def _load_unet(self) -> Any:
        from diffusers.models.unets.unet_2d_condition import UNet2DConditionModel

        kind: Any = UNet2DConditionModel
        folder = self._base.path / "unet"
        variant = weight_variant(folder)
        try:
            unet = kind.from_pretrained(
                folder, torch_dtype=self.dtype, variant=variant, local_files_only=True, use_safetensors=True
            )
        except Exception as error:  # the library raises anything from OSError to KeyError on a broken folder
            raise ModelError(f"The UNet in {folder} cannot be loaded: {error}.") from error
        return unet.eval().requires_grad_(False).to(self.device)

    @cached_property
    @torch.inference_mode(False)
    def vae(self) -> SdxlVae:
        return SdxlVae(self._base.path / "vae", self.device)

    @cached_property
    def scheduler_config(self) -> dict[str, Any]:
        path = self._base.path / "scheduler" / "scheduler_config.json"
        return json.loads(path.read_text(encoding="utf-8"))

    @cached_property
    @torch.inference_mode(False)
    def signal(self) -> Tensor:
        """ᾱ by timestep, the picture's share of the variance; down to 0 with `rescale_betas_zero_snr` in the config."""
        from diffusers.schedulers.scheduling_ddpm import DDPMScheduler

        kind: Any = DDPMScheduler
        return kind.from_config(self.scheduler_config).alphas_cumprod

    @property
    def _prediction(self) -> Prediction:
        kind = self.scheduler_config.get("prediction_type", "epsilon")
        if kind not in ("epsilon", "v_prediction"):
            raise ModelError(f"{self._base.name} predicts {kind!r}; only epsilon and v_prediction can be trained.")
        return kind

    @torch.inference_mode(False)
    def encode_text(self, caption: str) -> Mapping[str, Tensor]:
        """`context` (1, 77, c) and `pooled` (1, p) on the CPU; the latest captions are remembered."""
        if caption not in self._captions:
            if self._text is None:
                self._text = SdxlText(self._base.path, self.device, zeros_for_empty=self._zeros_for_empty)
            self._captions[caption] = self._text.encode(caption)
        self._captions.move_to_end(caption)
        while len(self._captions) > _REMEMBERED_CAPTIONS:
            self._captions.popitem(last=False)
        return self._captions[caption]

    @torch.inference_mode(False)
    def encode_image(self, image: Image.Image) -> Tensor:
        """Posterior mean and log-variance, (2c, h, w), fp32 on the CPU; ModelError on NaN."""
        return self.vae.encode(image)

    def loss(self, batch: Batch, noise: torch.Generator, how: Loss) -> Tensor:
        """Loss a picture, (n,), fp32, of noise or velocity as the base predicts it.

        Draws posterior, noise, timesteps and, where there is one, the noise offset from `noise`, in that order.
        """
        mean, log_variance = batch.latents.float().chunk(2, dim=1)
        deviation = (0.5 * log_variance.clamp(-30.0, 20.0)).exp()
        latents = self.vae.to_unet(mean + deviation * torch.randn(mean.shape, generator=noise))
        added = torch.randn(mean.shape, generator=noise)
        alphas = self.signal
        timesteps = torch.randint(0, len(alphas), (len(mean),), generator=noise)
        if how.noise_offset > 0:
            added = added + offset_noise(added, how.noise_offset, noise)
        signal = alphas[timesteps].sqrt()[:, None, None, None]
        spread = (1 - alphas[timesteps]).sqrt()[:, None, None, None]
        is_velocity = self._prediction == "v_prediction"
        target = signal * added - spread * latents if is_velocity else added
        predicted = self.predict(signal * latents + spread * added, timesteps, batch.text, batch.placements)
        at = NoiseLevel(timesteps=timesteps, snr=snr(alphas, timesteps), count=len(alphas), prediction=self._prediction)
        return picture_losses(predicted.float(), target.to(self.device), how, at, batch.mask)

    def predict(
        self, noisy: Tensor, timesteps: Tensor, text: Mapping[str, Tensor], placements: Sequence[Placement]
    ) -> Tensor:
        """The UNet's answer, (n, c, h, w), with true sizes and crop offsets as conditioning."""
        move = partial(torch.Tensor.to, device=self.device, dtype=self.dtype)
        conditions = {"text_embeds": move(text["pooled"]), "time_ids": move(size_conditioning(placements))}
        return self.denoiser(
            move(noisy),
            timesteps.to(self.device),
            encoder_hidden_states=move(text["context"]),
            added_cond_kwargs=conditions,
            return_dict=False,
        )[0]

    def lora_targets(self, targets: str) -> list[str]:
        """Names of the UNet's linear layers that a LoRA wraps."""
        return target_modules(self._layers(torch.nn.Linear), targets)

    def to_saved_keys(self, module: str) -> str:
        return saved_prefix(module)

    def key_map(self) -> Mapping[str, str]:
        return host_keys(self._layers((torch.nn.Linear, torch.nn.Conv2d)))

    def metadata(self) -> Mapping[str, str]:
        """kohya's and modelspec's words for this family."""
        is_velocity = self._prediction == "v_prediction"
        rescaled = {"ss_zero_terminal_snr": "True"} if self.scheduler_config.get("rescale_betas_zero_snr") else {}
        return {
            **rescaled,
            "ss_base_model_version": "sdxl_base_v1-0",
            "ss_v_parameterization": str(is_velocity),
            "modelspec.architecture": "stable-diffusion-xl-v1-base/lora",
            "modelspec.implementation": "https://github.com/Stability-AI/generative-models",
            "modelspec.prediction_type": "v" if is_velocity else "epsilon",
        }

    def generator(self) -> Generator:
        return SdxlSampler(self)

    def checkpoint_gradients(self) -> None:
        # No layer here draws random numbers, so their state need not be kept for the second forward pass.
        torch_checkpoint: Any = checkpointing
        recompute = torch_checkpoint.checkpoint
        self.denoiser.enable_gradient_checkpointing(partial(recompute, use_reentrant=False, preserve_rng_state=False))

    def free_encoders(self) -> None:
        """Drop the text encoders, which load again for a caption not seen yet; the VAE leaves the accelerator."""
        self._text = None
        self.vae.rest_on_cpu()

    @property
    def _zeros_for_empty(self) -> bool:
        index = json.loads((self._base.path / "model_index.json").read_text(encoding="utf-8"))
        return bool(index.get("force_zeros_for_empty_prompt", True))

    def _layers(self, kinds: type | tuple[type, ...]) -> list[str]:
        # A wrapped layer hides behind `.base_layer`; its own name is what files and callers know.
        layers = self.denoiser.named_modules()
        names = [name.removesuffix(".base_layer") for name, layer in layers if isinstance(layer, kinds)]
        return [name for name in names if ".lora_" not in name]


def size_conditioning(placements: Sequence[Placement]) -> Tensor:
    """SDXL's six numbers a picture, (n, 6): original height and width, crop top and left, target height and width."""
    rows = [(*p.original[::-1], *p.crop[::-1], *p.bucket[::-1]) for p in placements]
    return torch.tensor(rows, dtype=torch.float32)
