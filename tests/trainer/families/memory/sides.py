"""One loss of a tiny FLUX.1 under a LoRA that has learned already, and every gradient of it."""

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


@dataclass
class Side:
    """A base in its residence with a LoRA on it."""

    family: Family
    adapter: Adapter

    def loss(self, lengths: tuple[int, int] = (8, 8)) -> Tensor:
        source = torch.Generator().manual_seed(3)
        noisy = torch.randn(2, 16, 8, 8, generator=source)
        wanted = torch.randn(2, 16, 8, 8, generator=source)
        told = [
            Condition(
                {
                    "context": torch.randn(length, 32, generator=source),
                    "pooled": torch.randn(64, generator=source),
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
