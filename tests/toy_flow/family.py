"""The toy behind the families' seam."""

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from safetensors.torch import load_file, save_file
from torch import Tensor

from trainer.families.base import CHECKPOINT, Base
from trainer.families.codec import sampled
from trainer.families.condition import Condition, padded
from trainer.families.drawing_steps import DrawingSteps
from trainer.families.key_layout import LayerTensors, fuse
from trainer.families.noise import Noised, NoiseLevel, flow_snr, mixed, target
from trainer.families.options import FamilyOptions
from trainer.families.residence import Residence, Residents
from trainer.families.spec import FamilySpec
from trainer.recipe.buckets import Placement
from trainer.storage.file_hash import file_sha256
from trainer.storage.tensor_header import Header

from .model import CHANNELS, FACTOR, WIDTH, Net, ToyCodec, words_of

QKV = ("net.to_q", "net.to_k", "net.to_v")
FUSED, OUT = "diffusion_model.qkv", "diffusion_model.out"


class ToyKeys:
    """q, k and v are one layer of the host's."""

    def save(self, layers: Mapping[str, LayerTensors]) -> dict[str, Tensor]:
        saved = {f"{FUSED}.{name}": tensor for name, tensor in fuse([layers[address] for address in QKV]).items()}
        return saved | {f"{OUT}.{name}": tensor for name, tensor in layers.get("net.to_out", {}).items()}

    def find(self, prefixes: Collection[str]) -> Mapping[str, tuple[str, ...]]:
        known = {FUSED: QKV, OUT: ("net.to_out",)}
        return {prefix: known[prefix] for prefix in prefixes if prefix in known}

    def turned(self, prefix: str, tensors: LayerTensors) -> LayerTensors:
        return tensors


class ToyFlow:
    """All of a Family, on the CPU in fp32."""

    text_key = ""
    predicts = "flow"
    keys = ToyKeys()

    def __init__(self, base: Base, residence: Residence, options: FamilyOptions) -> None:
        self.spec = TOY
        self.device, self.dtype = torch.device(residence.device), residence.dtype
        self.codec = ToyCodec()
        self._residents = Residents(self.device, {"net": lambda: _loaded(base.path)})

    @property
    def denoiser(self) -> torch.nn.Module:
        return self._residents.get("net")

    def module(self, address: str) -> torch.nn.Module:
        return self.denoiser.get_submodule(address.removeprefix("net."))

    def outline(self, address: str) -> torch.nn.Module:
        return self.module(address)

    def replace(self, address: str, module: torch.nn.Module) -> None:
        self.denoiser.set_submodule(address.removeprefix("net."), module)

    def encode_text(self, caption: str) -> Condition:
        return Condition({"words": words_of(caption)})

    def forget_captions(self) -> None: ...

    def conditions(self, captions: Sequence[str]) -> list[Condition]:
        return [self.encode_text(caption) for caption in captions]

    def encode_image(self, image: Image.Image) -> Tensor:
        return self.codec.encode(image)

    def noised(self, latents: Tensor, source: torch.Generator, noise_offset: float = 0.0) -> Noised:
        clean = sampled(latents, source)
        noise = torch.randn(clean.shape, generator=source)
        time = torch.rand(len(clean), generator=source)
        level = NoiseLevel(time=time.double(), snr=flow_snr(time), objective="flow")
        a, s = 1 - time, time
        return Noised(mixed(clean, noise, a, s), target("flow", clean, noise, a, s), level)

    def predict(
        self,
        noisy: Tensor,
        time: Tensor,
        conditions: Sequence[Condition],
        placements: Sequence[Placement],
        guidance: float | None = None,
    ) -> Tensor:
        words, mask = padded(conditions, "words")
        return self.denoiser(noisy, time.float().expand(len(noisy)), words, mask)

    def drawing_steps(self, steps: int, whole: int) -> DrawingSteps:
        from diffusers.schedulers.scheduling_flow_match_euler_discrete import FlowMatchEulerDiscreteScheduler

        kind: Any = FlowMatchEulerDiscreteScheduler
        return DrawingSteps(kind(), steps, whole, self.device)

    merged_assistant = 0.0

    def lora_targets(self, targets: str) -> list[str]:
        return [*QKV, "net.to_out"] if targets != "attention" else list(QKV)

    def text_targets(self) -> list[str]:
        return []

    def metadata(self) -> Mapping[str, str]:
        return self.spec.metadata

    def free_encoders(self, *, keep_text: bool = False) -> None: ...


def _loaded(path: Path) -> Net:
    net = Net()
    net.load_state_dict({name.removeprefix("toy."): tensor for name, tensor in load_file(path).items()})
    return net.eval().requires_grad_(False)


def _describe(path: Path, header: Header, given: Mapping[str, Path]) -> Base:
    return Base(family="toy", name=path.stem, sha256=file_sha256(path), files={CHECKPOINT: path})


def _no_folder(folder: Path) -> Base:
    raise AssertionError("the toy is one file")


TOY = FamilySpec(
    name="toy",
    title="Toy flow",
    denoiser="net",
    text_parts=(),
    latent_channels=CHANNELS,
    latent_factor=FACTOR,
    text_values=4 * WIDTH,
    usual_sides=(32, 64),
    metadata={"modelspec.architecture": "toy-flow/lora"},
    marks=("toy.to_q.weight",),
    describe_file=_describe,
    describe_folder=_no_folder,
    load=ToyFlow,
)


def write_toy(path: Path) -> Path:
    """Random weights, the same every time."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        net = Net()
    save_file({f"toy.{name}": tensor.clone() for name, tensor in net.state_dict().items()}, path)
    return path
