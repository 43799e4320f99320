"""A loaded Stable Diffusion: encoding, what is noised and predicted, LoRA targets and saved names."""

from collections.abc import Mapping, Sequence
from functools import cached_property, partial
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from ...errors import ModelError
from ...recipe.buckets import Placement
from ...runtime.reading import moved
from ..assistant import MergedAssistant
from ..base import Base
from ..codec import KlCodec, sampled
from ..condition import Condition, rows_of, stacked
from ..drawing_steps import DrawingSteps
from ..layer_names import layer_names
from ..memory.housing import Housing
from ..memory.quantised import packing_on
from ..noise import Noised, NoiseLevel, Objective, mixed, offset_noise, snr_of, target
from ..options import FamilyOptions
from ..remembered import RememberedCaptions
from ..residence import Residence, Residents
from ..spec import FamilySpec
from .checkpoint import CheckpointParts
from .folder import FolderParts
from .keys import SdKeys, target_modules, text_modules
from .layout import Layout
from .parts import SAID, Parts, predicts_of
from .text import Sd15Text, SdxlText, Text, pack_layers, size_conditioning

_TEXT = "text"
_WORDS, _SIZES = 77, 6
"""Words that CLIP reads, and numbers of a picture's size and cut."""
_OBJECTIVES: Mapping[str, Objective] = {"epsilon": "epsilon", "v_prediction": "velocity"}


class StableDiffusion:
    """SDXL or SD 1.5 on one device. Each part loads when first used, the UNet in `residence`'s precision, the rest in
    fp32."""

    def __init__(
        self, spec: FamilySpec, layout: Layout, base: Base, residence: Residence, options: FamilyOptions
    ) -> None:
        self.spec = spec
        self.device = torch.device(residence.device)
        self.dtype = residence.dtype
        self._layout = layout
        self._base = base
        self._residence = residence
        self._clip_skip = options.clip_skip
        self._captions = RememberedCaptions(self._encoded)
        self._outlines: dict[str, torch.nn.Module] = {}
        self._assistant = MergedAssistant(base, options.flow, spec.denoiser, lambda: self.keys, self.outline)
        self.codec = KlCodec(self._residents)
        if residence.is_special:
            # What cannot be is told before pictures are encoded.
            _ = self._housing

    @cached_property
    def _parts(self) -> Parts:
        path = self._base.path
        return FolderParts(path, self._layout) if path.is_dir() else CheckpointParts(path, self._layout)

    @cached_property
    def _residents(self) -> Residents:
        load = {self.spec.denoiser: self._load_unet, "vae": self._parts.vae, _TEXT: self._load_text}
        return Residents(self.device, load, {self.spec.denoiser: lambda unet, device: self._housing.move(unet, device)})

    @cached_property
    def _housing(self) -> Housing:
        outline = self._outline(self.spec.denoiser)
        return Housing(self._residence, outline, self.spec.blocks, self.spec.modulation, self.spec.between)

    @property
    def text_key(self) -> str:
        return f"clip_skip {self._clip_skip}" if self.spec.reads_clip_skip and self._clip_skip > 1 else ""

    def _load_text(self) -> Text:
        names, encoders = self.spec.text_parts, self._parts.encoders()
        if pack := packing_on(self._residence.text_quantization, self.device):
            pack_layers(encoders, pack)
        if self._layout.has_sizes:
            return SdxlText(names, encoders, zeros_for_empty=self._parts.zeros_for_empty)
        return Sd15Text(names, encoders, clip_skip=self._clip_skip)

    def _load_unet(self) -> Any:
        if self.device.type == "meta":
            # A plan asks for shapes alone.
            unet: Any = self._outline(self.spec.denoiser)
            unet.to(self.dtype).eval().requires_grad_(False)
        elif self._residence.is_special:
            unet = self._parts.unet(self.dtype, self._arrived)
        else:
            unet = self._parts.unet(self.dtype)
            self._assistant.merge("", unet)
        self._housing.settle(unet)
        return unet

    def _arrived(self, name: str, block: torch.nn.Module) -> None:
        self._assistant.merge(name, block)
        self._housing.arrived(name, block)

    @property
    def denoiser(self) -> Any:
        """The UNet, frozen."""
        return self._residents.get(self.spec.denoiser)

    @property
    def text(self) -> Text:
        """The text encoders with their tokenizers."""
        return self._residents.get(_TEXT)

    @property
    def schedule(self) -> Mapping[str, Any]:
        """Settings of diffusers' schedulers that the base was trained with."""
        return {**self._parts.schedule, **SAID[self._base.predicts]}

    @cached_property
    @torch.inference_mode(False)
    def signal(self) -> Tensor:
        """ᾱ by timestep, the picture's share of the variance; down to 0 where the schedule is rescaled to zero SNR."""
        from diffusers.schedulers.scheduling_ddpm import DDPMScheduler

        kind: Any = DDPMScheduler
        return kind.from_config(dict(self.schedule)).alphas_cumprod

    @property
    def predicts(self) -> str:
        # What cannot be trained is refused by name here too.
        assert self.objective
        return predicts_of(self.schedule)

    @property
    def objective(self) -> Objective:
        kind = self.schedule.get("prediction_type", "epsilon")
        if kind not in _OBJECTIVES:
            raise ModelError(f"{self._base.name} predicts {kind!r}; only epsilon and v_prediction can be trained.")
        return _OBJECTIVES[kind]

    def forget_captions(self) -> None:
        self._captions.forget()

    def conditions(self, captions: Sequence[str]) -> list[Condition]:
        """`context` (77, c), and for SDXL `pooled` (p,)."""
        return rows_of(self.text.tensors(captions))

    def encode_text(self, caption: str) -> Condition:
        """`context` (77, c), and for SDXL `pooled` (p,); the latest captions are remembered."""
        return self._captions.of(caption)

    @torch.inference_mode(False)
    @torch.no_grad()
    def _encoded(self, caption: str) -> Condition:
        (condition,) = self.conditions([caption])
        return condition.to("cpu", self.dtype)

    def encode_image(self, image: Image.Image) -> Tensor:
        return self.codec.encode(image)

    def noised(self, latents: Tensor, source: torch.Generator, noise_offset: float = 0.0) -> Noised:
        """Draws posterior, noise, timesteps and, where there is one, the noise offset from `source`, in that order."""
        clean = self.codec.to_model(sampled(latents, source))
        noise = torch.randn(clean.shape, generator=source)
        timesteps = torch.randint(0, len(self.signal), (len(clean),), generator=source)
        if noise_offset > 0:
            noise = noise + offset_noise(noise, noise_offset, source)
        alphas = self.signal[timesteps]
        a, s = alphas.sqrt(), (1 - alphas).sqrt()
        level = NoiseLevel(
            time=timesteps.double() / len(self.signal), snr=snr_of(self.signal, timesteps), objective=self.objective
        )
        return Noised(mixed(clean, noise, a, s), target(self.objective, clean, noise, a, s), level)

    def predict(
        self,
        noisy: Tensor,
        time: Tensor,
        conditions: Sequence[Condition],
        placements: Sequence[Placement],
        guidance: float | None = None,
    ) -> Tensor:
        """The UNet's answer, (n, c, h, w)."""
        move = partial(moved, device=self.device, dtype=self.dtype)
        others = self._beside(conditions, placements)
        return self.denoiser(
            move(noisy),
            # In fp64 a whole timestep, and any other of fp32, comes back as it was.
            moved(time.double() * len(self.signal), self.device, torch.float32),
            encoder_hidden_states=move(stacked(conditions, "context")),
            added_cond_kwargs=others and {name: move(tensor) for name, tensor in others.items()},
            return_dict=False,
        )[0]

    def blank_condition(self) -> Condition:
        sizes: Any = self._outline(self.spec.denoiser)
        told: dict[str, tuple[int, ...]] = {"context": (_WORDS, sizes.config.cross_attention_dim)}
        if self._layout.has_sizes:
            beside = _SIZES * sizes.config.addition_time_embed_dim
            told["pooled"] = (sizes.config.projection_class_embeddings_input_dim - beside,)
        return Condition({name: torch.empty(shape, device="meta", dtype=self.dtype) for name, shape in told.items()})

    def _beside(self, conditions: Sequence[Condition], placements: Sequence[Placement]) -> dict[str, Tensor] | None:
        """What SDXL's UNet is told besides the captions' `context`."""
        if not self._layout.has_sizes:
            return None
        return {"text_embeds": stacked(conditions, "pooled"), "time_ids": size_conditioning(placements)}

    def drawing_steps(self, steps: int, whole: int) -> DrawingSteps:
        from diffusers.schedulers.scheduling_euler_discrete import EulerDiscreteScheduler

        kind: Any = EulerDiscreteScheduler
        return DrawingSteps(kind.from_config(self.schedule), steps, whole, self.device)

    @property
    def merged_assistant(self) -> float:
        return self._assistant.strength

    def lora_targets(self, targets: str) -> list[str]:
        """Addresses of the UNet's layers that a LoRA wraps."""
        found = layer_names(self._outline(self.spec.denoiser), (torch.nn.Linear, torch.nn.Conv2d))
        return [f"{self.spec.denoiser}.{name}" for name in target_modules(found, targets)]

    def text_targets(self) -> list[str]:
        """Attention and MLP layers of the text encoders."""
        return [
            f"{part}.{name}"
            for part in self.spec.text_parts
            for name in text_modules(layer_names(self._outline(part), (torch.nn.Linear,)))
        ]

    @property
    def keys(self) -> SdKeys:
        """Names of LoRA layers in files; no part loads for them."""
        return SdKeys(self.spec, self._outline)

    def outline(self, address: str) -> torch.nn.Module:
        part, _, name = address.partition(".")
        return self._outline(part).get_submodule(name)

    def module(self, address: str) -> torch.nn.Module:
        part, _, name = address.partition(".")
        return self._part(part).get_submodule(name)

    def replace(self, address: str, module: torch.nn.Module) -> None:
        part, _, name = address.partition(".")
        self._part(part).set_submodule(name, module)

    def _outline(self, part: str) -> torch.nn.Module:
        """The part, or one without weights until it is loaded: names and sizes of its layers are the same."""
        if self._residents.holds(part if part == self.spec.denoiser else _TEXT):
            return self._part(part)
        if part not in self._outlines:
            order = (self.spec.denoiser, *self.spec.text_parts)
            self._outlines[part] = self._parts.outline(order.index(part))
        return self._outlines[part]

    def _part(self, name: str) -> torch.nn.Module:
        return self.denoiser if name == self.spec.denoiser else self.text.get_submodule(name)

    def metadata(self) -> Mapping[str, str]:
        """kohya's and modelspec's words for the family and for what this base predicts."""
        is_velocity = self.objective == "velocity"
        rescaled = {"ss_zero_terminal_snr": "True"} if self.schedule.get("rescale_betas_zero_snr") else {}
        return {
            **rescaled,
            "ss_v_parameterization": str(is_velocity),
            "modelspec.prediction_type": "v" if is_velocity else "epsilon",
            **self.spec.metadata,
            **({"ss_clip_skip": str(self._clip_skip)} if self.spec.reads_clip_skip else {}),
        }

    def free_encoders(self, *, keep_text: bool = False) -> None:
        """Drop the text encoders, which load again for a caption not seen yet; the VAE leaves the accelerator."""
        if not keep_text:
            self._residents.drop(_TEXT)
        self._residents.rest("vae")
