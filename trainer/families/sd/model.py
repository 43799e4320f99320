"""A loaded Stable Diffusion: encoding, what is noised and predicted, LoRA targets and saved names."""

from abc import ABC, abstractmethod
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from torch.utils import checkpoint as checkpointing

from ...errors import ModelError
from ...generate.shot import Generator
from ...recipe.buckets import Placement
from ...recipe.memory import Precision
from ...training.step.loss import NoiseLevel, Prediction, offset_noise, snr
from ..base import Base, FamilyName, Noised
from .keys import TEXT, UNET, Names, target_modules, text_modules, text_prefix
from .parts import PREDICTS, Parts
from .sampler import Sampler
from .text import Text
from .vae import Vae

_REMEMBERED_CAPTIONS = 256
_DTYPES: Mapping[Precision, torch.dtype] = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


class StableDiffusion(ABC):
    """SDXL or SD 1.5 on one device. Each part loads when first used, the UNet in `precision`, the rest in fp32."""

    name: FamilyName
    text_parts: tuple[str, ...]

    def __init__(self, base: Base, parts: Parts, *, device: str = "cpu", precision: Precision = "fp32") -> None:
        self._base = base
        self._parts = parts
        self.device = torch.device(device)
        self.dtype = _DTYPES[precision]
        self._text: Text | None = None
        self._unet: Any = None
        self._captions: OrderedDict[str, Mapping[str, Tensor]] = OrderedDict()

    @abstractmethod
    def _load_text(self) -> Text:
        """The text encoders on the device."""

    @abstractmethod
    def _conditions(self, text: Mapping[str, Tensor], placements: Sequence[Placement]) -> Mapping[str, Tensor] | None:
        """What the UNet is told besides the captions' `context`."""

    @abstractmethod
    def metadata(self) -> Mapping[str, str]:
        """kohya's and modelspec's words for this family."""

    @property
    def denoiser(self) -> Any:
        """The UNet, frozen."""
        if self._unet is None:
            with torch.inference_mode(False):
                self._unet = self._parts.unet(self.dtype).to(self.device)
        return self._unet

    @cached_property
    @torch.inference_mode(False)
    def vae(self) -> Vae:
        return Vae(self._parts.vae(), self.device)

    @property
    def schedule(self) -> Mapping[str, Any]:
        """Settings of diffusers' schedulers that the base was trained with."""
        return {**self._parts.schedule, **PREDICTS[self._base.predicts]}

    @cached_property
    @torch.inference_mode(False)
    def signal(self) -> Tensor:
        """ᾱ by timestep, the picture's share of the variance; down to 0 where the schedule is rescaled to zero SNR."""
        from diffusers.schedulers.scheduling_ddpm import DDPMScheduler

        kind: Any = DDPMScheduler
        return kind.from_config(dict(self.schedule)).alphas_cumprod

    @property
    def _prediction(self) -> Prediction:
        kind = self.schedule.get("prediction_type", "epsilon")
        if kind not in ("epsilon", "v_prediction"):
            raise ModelError(f"{self._base.name} predicts {kind!r}; only epsilon and v_prediction can be trained.")
        return kind

    @property
    def text(self) -> Text:
        """The text encoders with their tokenizers."""
        if self._text is None:
            with torch.inference_mode(False):
                self._text = self._load_text()
        return self._text

    @property
    def text_encoders(self) -> Mapping[str, torch.nn.Module]:
        return dict(zip(self.text_parts, self.text.encoders, strict=True))

    def forget_captions(self) -> None:
        self._captions.clear()

    def condition(self, captions: Sequence[str]) -> Mapping[str, Tensor]:
        """`context` (n, 77, c), and for SDXL `pooled` (n, p), on the device, with gradients."""
        return self.text.condition(captions)

    @torch.inference_mode(False)
    @torch.no_grad()
    def encode_text(self, caption: str) -> Mapping[str, Tensor]:
        """`context` (1, 77, c), and for SDXL `pooled` (1, p), on the CPU; the latest captions are remembered."""
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
        """The UNet's answer, (n, c, h, w)."""
        move = partial(torch.Tensor.to, device=self.device, dtype=self.dtype)
        others = self._conditions(text, placements)
        return self.denoiser(
            move(noisy),
            timesteps.to(self.device),
            encoder_hidden_states=move(text["context"]),
            added_cond_kwargs=others and {name: move(tensor) for name, tensor in others.items()},
            return_dict=False,
        )[0]

    def lora_targets(self, targets: str) -> list[str]:
        """Addresses of the UNet's layers that a LoRA wraps."""
        found = layers(self.denoiser, (torch.nn.Linear, torch.nn.Conv2d))
        return [f"unet.{name}" for name in target_modules(found, targets)]

    def text_targets(self) -> list[str]:
        """Attention and MLP layers of the text encoders."""
        return [
            f"{part}.{name}"
            for part, encoder in self.text_encoders.items()
            for name in text_modules(layers(encoder, (torch.nn.Linear,)))
        ]

    def to_saved_keys(self, address: str) -> str:
        return self._names.saved(address)

    def key_map(self, prefixes: Collection[str]) -> Mapping[str, str]:
        """`prefixes` may be of UNet and text encoders; those of neither are left out."""
        known: dict[str, str] = {}
        if any(prefix.startswith(UNET) for prefix in prefixes):
            known |= dict(self._names.known(layers(self.denoiser, (torch.nn.Linear, torch.nn.Conv2d))))
        if any(prefix.startswith(TEXT) for prefix in prefixes):
            for part, encoder in self.text_encoders.items():
                addresses = [f"{part}.{name}" for name in layers(encoder, (torch.nn.Linear,))]
                known |= {text_prefix(address): address for address in addresses}
        return {prefix: known[prefix] for prefix in prefixes if prefix in known}

    def module(self, address: str) -> torch.nn.Module:
        part, _, name = address.partition(".")
        return self._part(part).get_submodule(name)

    def replace(self, address: str, module: torch.nn.Module) -> None:
        part, _, name = address.partition(".")
        self._part(part).set_submodule(name, module)

    def _part(self, name: str) -> torch.nn.Module:
        return self.denoiser if name == "unet" else self.text_encoders[name]

    @property
    def _names(self) -> Names:
        config = self.denoiser.config
        attends = ["CrossAttn" in kind for kind in config.up_block_types]
        return Names(self.name, int(config.layers_per_block), attends)

    def _prediction_words(self) -> dict[str, str]:
        is_velocity = self._prediction == "v_prediction"
        rescaled = {"ss_zero_terminal_snr": "True"} if self.schedule.get("rescale_betas_zero_snr") else {}
        return {
            **rescaled,
            "ss_v_parameterization": str(is_velocity),
            "modelspec.prediction_type": "v" if is_velocity else "epsilon",
        }

    def generator(self) -> Generator:
        return Sampler(self)

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


def layers(model: torch.nn.Module, kinds: tuple[type, ...]) -> list[str]:
    """Names of the model's layers of these kinds, its own names where an adapter wraps them."""
    # A wrapped layer hides behind `.base_layer`; its own name is what files and callers know.
    whole: Any = model
    modules: Iterable[tuple[str, torch.nn.Module]] = whole.named_modules()
    return [name.removesuffix(".base_layer") for name, layer in modules if isinstance(layer, kinds)]
