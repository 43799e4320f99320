"""One loss of a tiny base under a LoRA that has learned already, and every gradient of it."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from trainer.families.base import Base
from trainer.families.condition import Condition
from trainer.families.family import Family
from trainer.families.registry import load_family
from trainer.families.residence import Residence
from trainer.lora.adapter import Adapter
from trainer.recipe.buckets import Placement
from trainer.recipe.lora import Lora

PLACE = Placement(original=(64, 64), scaled=(64, 64), crop=(0, 0), bucket=(64, 64))


WIDTHS = {"flux1": (32, 64), "sdxl": (64, 32), "sd15": (64, 1)}
"""Of each tiny base's words, and of what sums them up."""


@dataclass
class Side:
    """A base in its residence with a LoRA on it."""

    family: Family
    adapter: Adapter

    def loss(self, lengths: tuple[int, int] = (8, 8)) -> Tensor:
        source = torch.Generator().manual_seed(3)
        shape = (2, self.family.spec.latent_channels, 8, 8)
        noisy = torch.randn(shape, generator=source)
        wanted = torch.randn(shape, generator=source)
        width, pooled = WIDTHS[self.family.spec.name]
        told = [
            Condition(
                {
                    "context": torch.randn(length, width, generator=source),
                    "pooled": torch.randn(pooled, generator=source),
                }
            )
            for length in lengths
        ]
        answer = self.family.predict(noisy, torch.tensor([0.3, 0.7]), told, [PLACE] * 2)
        return (answer.float() - wanted).square().mean()

    def step(self, lengths: tuple[int, int] = (8, 8)) -> tuple[Tensor, list[Tensor]]:
        """The loss and all gradients, which are forgotten here."""
        loss = self.loss(lengths)
        loss.backward()
        found: list[Tensor] = []
        for weight in self.weights:
            assert weight.grad is not None
            found.append(weight.grad)
            weight.grad = None
        return loss.detach(), found

    @property
    def weights(self) -> list[torch.nn.Parameter]:
        return self.adapter.parameters((self.family.spec.denoiser,))


def side(base: Base, residence: Residence, targets: str = "attention_mlp", kind: str = "lora") -> Side:
    family = load_family(base, residence)
    lora = Lora(kind=kind, rank=2, alpha=2.0, factor=4)  # type: ignore[arg-type]
    adapter = Adapter(family, family.lora_targets(targets), lora, seed=0)
    source = torch.Generator().manual_seed(1)
    for weight in adapter.parameters((family.spec.denoiser,)):
        weight.data += 0.05 * torch.randn(weight.shape, generator=source)
    return Side(family, adapter)


def tiny_flux(home: Path) -> Path:
    return home / "models" / "diffusion_models" / "tiny-flux.safetensors"
