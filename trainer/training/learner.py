"""The adapter, its optimizer and one update of it."""

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ..errors import RunError
from ..families.base import Family
from ..recipe.loss import Loss
from ..recipe.recipe import Recipe
from .lora import Adapter
from .optim import FlatOptimizer
from .order import Order, random_source, stream
from .prepare import Item, Materials, as_batch
from .schedule import lr_at

_DRAWS = 4
_HELD_OUT_PICTURES = 8
# Squared error everywhere, whatever the recipe trains on, so that curves of different recipes compare.
_PLAIN = Loss(min_snr_gamma=0.0)


class Learner:
    """Learns from `materials` into an adapter on the family's denoiser. All randomness comes from seed and step."""

    def __init__(self, family: Family, materials: Materials, recipe: Recipe) -> None:
        self._family = family
        self._materials = materials
        self._recipe = recipe
        modules = family.lora_targets(recipe.lora.targets)
        self.adapter = Adapter(family.denoiser, modules, recipe.lora, recipe.seed)
        self.optimizer = FlatOptimizer(self.adapter.parameters, recipe.optim)
        buckets = [item.placement.bucket for item in materials.train]
        repeats = [item.repeats for item in materials.train]
        self._order = Order(buckets, repeats, recipe.schedule.batch, recipe.seed)

    def update(self, step: int) -> tuple[float, float]:
        """Update number `step`, from 0. Mean loss and learning rate; RunError, and no update, when it is not finite."""
        parts = range(self._recipe.schedule.accumulation)
        numbers = [step * len(parts) + part for part in parts]
        seen = [self._backward(number) for number in numbers]
        items = [item for part, _ in seen for item in part]
        norm = self.optimizer.gradient_norm()
        losses = [float(loss) for _, part in seen for loss in part.cpu()]
        if not math.isfinite(norm) or not all(map(math.isfinite, losses)):
            raise _not_finite(step + 1, items, losses)
        lr = lr_at(step, self._recipe.optim, self._recipe.schedule)
        self.optimizer.step(lr, norm)
        return sum(losses) / len(losses), lr

    @torch.no_grad()
    def held_out_loss(self) -> tuple[float, float] | None:
        """Loss on held-out and on as many training pictures, same noise and timesteps each time; None without any."""
        count = min(len(self._materials.held_out), len(self._materials.train), _HELD_OUT_PICTURES)
        if not count:
            return None
        with self.optimizer.at_rest():
            return self._fixed_loss(self._materials.held_out[:count]), self._fixed_loss(self._materials.train[:count])

    def _backward(self, number: int) -> tuple[list[Item], Tensor]:
        """Add the gradients of micro-batch `number`; its items and their losses, (n,), without gradient."""
        source = random_source(self._recipe.seed, "step", number)
        items = self._items(number)
        dropped = torch.rand(len(items), generator=source) < self._recipe.text.dropout
        texts = [self._materials.empty if drop else item.text for item, drop in zip(items, dropped, strict=True)]
        share = 1 / (len(items) * self._recipe.schedule.accumulation)
        seen: list[Item] = []
        losses: list[Tensor] = []
        for bucket in dict.fromkeys(item.placement.bucket for item in items):
            places = [place for place, item in enumerate(items) if item.placement.bucket == bucket]
            group = [items[place] for place in places]
            batch = as_batch(group, [texts[place] for place in places])
            loss = self._family.loss(batch, source, self._recipe.loss)
            total: Any = (loss * batch.weight.to(loss.device)).sum() * share
            total.backward()
            seen += group
            losses.append(loss.detach())
        return seen, torch.cat(losses)

    def _items(self, number: int) -> list[Item]:
        """The character's batch and, with prior preservation, as many of the base's own pictures."""
        train, prior = self._materials.train, self._materials.prior
        items = [train[index] for index in self._order.at(number)]
        if prior:
            batch = self._recipe.schedule.batch
            items += [prior[i] for i in stream(len(prior), number * batch, len(items), self._recipe.seed)]
        return items

    def _fixed_loss(self, items: Sequence[Item]) -> float:
        losses: list[Tensor] = []
        for number, item in enumerate(items):
            source = random_source(self._recipe.seed, "held out", number)
            batch = as_batch([item] * _DRAWS, [item.text] * _DRAWS)
            losses.append(self._family.loss(batch, source, _PLAIN))
        return float(torch.cat(losses).mean())


def _not_finite(step: int, items: Sequence[Item], losses: Sequence[float]) -> RunError:
    guilty = [item.name for item, loss in zip(items, losses, strict=True) if not math.isfinite(loss)]
    names = ", ".join(dict.fromkeys(guilty or [item.name for item in items]))
    return RunError(
        f"Step {step} gave a loss or gradient that is not a number, on {names}. "
        f"Try a lower lr, precision fp32, or leave the picture out. Checkpoints saved before are whole."
    )
