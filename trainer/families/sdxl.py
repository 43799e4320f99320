"""SDXL from a diffusers folder: encoding, the training loss, LoRA targets and saved names."""

import json
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from torch.utils import checkpoint as checkpointing

from ..errors import ModelError
from ..generate.shot import Generator
from ..recipe.memory import Precision
from ..training.losses import NoiseLevel, Prediction, offset_noise, snr
from .base import Base, FamilyName, Noised, Placement
from .sdxl_files import weight_variant
from .sdxl_keys import TEXT, UNET, host_keys, saved_prefix, target_modules, text_modules
from .sdxl_sampler import SdxlSampler
from .sdxl_text import SdxlText
from .sdxl_vae import SdxlVae

_REMEMBERED_CAPTIONS = 256


class Sdxl:
    """The SDXL family on one device. Each part loads when first used, the UNet in `precision`, the rest in fp32."""

    name: FamilyName = "sdxl"
    text_parts: tuple[str, ...] = ("te1", "te2")

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

    @property
    def text(self) -> SdxlText:
        """Both text encoders with their tokenizers."""
        if self._text is None:
            self._text = self._load_text()
        return self._text

    @torch.inference_mode(False)
    def _load_text(self) -> SdxlText:
        return SdxlText(self._base.path, self.device, zeros_for_empty=self._zeros_for_empty)

    @property
    def text_encoders(self) -> Mapping[str, torch.nn.Module]:
        return dict(zip(self.text_parts, self.text.encoders, strict=True))

    def forget_captions(self) -> None:
        self._captions.clear()

    def condition(self, captions: Sequence[str]) -> Mapping[str, Tensor]:
        """`context` (n, 77, c) and `pooled` (n, p) on the device, with gradients."""
        return self.text.condition(captions)

    @torch.inference_mode(False)
    @torch.no_grad()
    def encode_text(self, caption: str) -> Mapping[str, Tensor]:
        """`context` (1, 77, c) and `pooled` (1, p) on the CPU; the latest captions are remembered."""
        if caption not in self._captions:
            self._captions[caption] = {name: tensor.cpu() for name, tensor in self.text.condition([caption]).items()}
        self._captions.move_to_end(caption)
        while len(self._captions) > _REMEMBERED_CAPTIONS:
            self._captions.popitem(last=False)
        return self._captions[caption]

    @torch.inference_mode(False)
    def encode_image(self, image: Image.Image) -> Tensor:
        """Posterior mean and log-variance, (2c, h, w), fp32 on the CPU; ModelError on NaN."""
        return self.vae.encode(image)

    def noised(self, latents: Tensor, source: torch.Generator, noise_offset: float = 0.0) -> Noised:
        """Noise or velocity to predict, as the base does.

        Draws posterior, noise, timesteps and, where there is one, the noise offset from `source`, in that order.
        """
        mean, log_variance = latents.float().chunk(2, dim=1)
        deviation = (0.5 * log_variance.clamp(-30.0, 20.0)).exp()
        clean = self.vae.to_unet(mean + deviation * torch.randn(mean.shape, generator=source))
        added = torch.randn(mean.shape, generator=source)
        alphas = self.signal
        timesteps = torch.randint(0, len(alphas), (len(mean),), generator=source)
        if noise_offset > 0:
            added = added + offset_noise(added, noise_offset, source)
        signal = alphas[timesteps].sqrt()[:, None, None, None]
        spread = (1 - alphas[timesteps]).sqrt()[:, None, None, None]
        is_velocity = self._prediction == "v_prediction"
        target = signal * added - spread * clean if is_velocity else added
        level = NoiseLevel(
            timesteps=timesteps, snr=snr(alphas, timesteps), count=len(alphas), prediction=self._prediction
        )
        return Noised(signal * clean + spread * added, target, level)

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
        """Addresses of the UNet's layers that a LoRA wraps."""
        found = layers(self.denoiser, (torch.nn.Linear, torch.nn.Conv2d))
        return [f"unet.{name}" for name in target_modules(found, targets)]

    def text_targets(self) -> list[str]:
        """Attention and MLP layers of both text encoders."""
        return [
            f"{part}.{name}"
            for part, encoder in self.text_encoders.items()
            for name in text_modules(layers(encoder, (torch.nn.Linear,)))
        ]

    def to_saved_keys(self, address: str) -> str:
        return saved_prefix(address)

    def key_map(self, prefixes: Collection[str]) -> Mapping[str, str]:
        """`prefixes` may be of UNet and text encoders; those of neither are left out."""
        known: dict[str, str] = {}
        if any(prefix.startswith(UNET) for prefix in prefixes):
            known |= host_keys(layers(self.denoiser, (torch.nn.Linear, torch.nn.Conv2d)))
        if any(prefix.startswith(TEXT) for prefix in prefixes):
            for part, encoder in self.text_encoders.items():
                known |= {
                    saved_prefix(f"{part}.{name}"): f"{part}.{name}" for name in layers(encoder, (torch.nn.Linear,))
                }
        return {prefix: known[prefix] for prefix in prefixes if prefix in known}

    def module(self, address: str) -> torch.nn.Module:
        part, _, name = address.partition(".")
        return self._part(part).get_submodule(name)

    def replace(self, address: str, module: torch.nn.Module) -> None:
        part, _, name = address.partition(".")
        self._part(part).set_submodule(name, module)

    def _part(self, name: str) -> torch.nn.Module:
        return self.denoiser if name == "unet" else self.text_encoders[name]

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

    def free_encoders(self, *, keep_text: bool = False) -> None:
        """Drop the text encoders, which load again for a caption not seen yet; the VAE leaves the accelerator."""
        if not keep_text:
            self._text = None
        self.vae.rest_on_cpu()

    @property
    def _zeros_for_empty(self) -> bool:
        index = json.loads((self._base.path / "model_index.json").read_text(encoding="utf-8"))
        return bool(index.get("force_zeros_for_empty_prompt", True))


def layers(model: torch.nn.Module, kinds: tuple[type, ...]) -> list[str]:
    """Names of the model's layers of these kinds, its own names where an adapter wraps them."""
    # A wrapped layer hides behind `.base_layer`; its own name is what files and callers know.
    whole: Any = model
    modules: Iterable[tuple[str, torch.nn.Module]] = whole.named_modules()
    return [name.removesuffix(".base_layer") for name, layer in modules if isinstance(layer, kinds)]


def size_conditioning(placements: Sequence[Placement]) -> Tensor:
    """SDXL's six numbers a picture, (n, 6): original height and width, crop top and left, target height and width."""
    rows = [(*p.original[::-1], *p.crop[::-1], *p.bucket[::-1]) for p in placements]
    return torch.tensor(rows, dtype=torch.float32)
