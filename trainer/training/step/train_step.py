"""The adapter, its optimizer and one update of it."""

import json
import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

from ...errors import Echo, LikenessError, RunError, few
from ...families.family import Family
from ...families.noise import Noised
from ...lora.adapter import Adapter, trained_addresses
from ...lora.layers.frozen_linear import freeze_linears
from ...recipe.recipe import Recipe
from ...runtime.group import ALONE, Group
from ...runtime.reading import moved, reading
from ...runtime.work import ignore
from ...storage.seeding import random_source
from ..data.training_set import Batch, Example, TrainingSet
from .answer import Answer, Learned, Look, Updated
from .conditioning import Conditioning
from .dead_layers import dead_layers
from .fixed_loss import FixedLoss
from .flat_optimizer import FlatOptimizer
from .loss import picture_losses
from .loss_scale import LossScale
from .schedule import lr_at
from .shown import Shown, by_bucket

_HELD_OUT_PICTURES = 8


class TrainStep:
    """Learns from `training_set` into an adapter on the family's layers. All randomness comes from seed and step.

    The processes of a `group` each see their part of an update's micro-batches. `look` is shown every forward pass of
    this one.
    """

    def __init__(
        self, family: Family, training_set: TrainingSet, recipe: Recipe, group: Group = ALONE, look: Look = ignore
    ) -> None:
        self._family = family
        self._training_set = training_set
        self._recipe = recipe
        self._group, self._look = group, look
        freeze_linears(family.denoiser)
        self.adapter = Adapter(family, trained_addresses(family, recipe), recipe.lora, recipe.seed)
        self._text_weights = self.adapter.parameters(family.spec.text_parts)
        groups = [self.adapter.parameters((family.spec.denoiser,)), self._text_weights]
        self.optimizer = FlatOptimizer([group for group in groups if group], recipe.optim)
        self.scale = LossScale(recipe.memory.precision)
        self._conditioning = Conditioning(family, recipe.text, training_set.cache.condition, self.adapter.off)
        self.fixed_loss = FixedLoss(family, training_set, self._conditioning, recipe.seed)
        self._shown = Shown(training_set, recipe)
        self._is_checked = self._was_told = False
        # Processes that train together wait for each other anyway.
        self.lag = 1 if family.device.type == "cuda" and group.world == 1 else 0
        """How many updates may be under way before the first of them is read: a GPU is not waited for."""

    def update(self, step: int) -> Updated:
        """Update number `step`, from 0; RunError, and no update, when its loss or gradient is not finite.

        In fp16 an update whose gradients overflowed is left out, and the next one is scaled less. With a `lag` the
        update is made unseen, and reading it raises.
        """
        return self.apply(self.learned(step))

    def learned(self, step: int) -> Learned:
        """The first half of an update: all that takes long. Nothing that a run keeps is changed by it."""
        self._let_text_learn(step)
        parts = range(self._recipe.schedule.accumulation)[self._group.rank :: self._group.world]
        seen = [self._micro_batch(step * self._recipe.schedule.accumulation + part) for part in parts]
        if self._recipe.prior.delta_l2 and self._group.rank == 0:
            self._add_gradients(self._recipe.prior.delta_l2 * self.adapter.square_norm())
        examples = [example for part, _ in seen for example in part]
        for gradient in self.optimizer.gradients():
            self._group.add_up(gradient)
        self.optimizer.scale_gradients(1 / self.scale.factor)
        norm = self.optimizer.gradient_norm()
        read = reading(torch.cat([norm.detach()[None], *[losses for _, losses in seen]]))
        is_unseen = self.lag > 0 and self._is_checked and not self.scale.is_used
        check = partial(self._checked, step, examples)
        loss = (lambda: check(read())) if is_unseen else partial(float, check(read()))
        return Learned(step, norm, loss, is_unseen)

    def apply(self, learned: Learned) -> Updated:
        """The second half: weights, moments and the scale of the loss."""
        lrs = self._lrs(learned.step)
        if learned.is_unseen or self.scale.passed(is_finite=math.isfinite(learned.norm)):
            self.optimizer.step(lrs, learned.norm)
        else:
            self.optimizer.forget_gradients()
        return Updated(learned.step, lrs[0], learned.loss)

    def _checked(self, step: int, examples: Sequence[Example], numbers: Sequence[float]) -> float:
        """Mean loss of an update that gave the norm of its gradients and these losses; RunError for a broken one."""
        norm, *losses = numbers
        self._refuse_dead_layers(norm)
        is_broken = not all(map(math.isfinite, losses)) or not (math.isfinite(norm) or self.scale.may_overflow)
        if self._group.any(is_broken):
            raise self._not_finite(step + 1, examples, losses)
        return self._mean(losses)

    def _mean(self, losses: Sequence[float]) -> float:
        """Over the whole group's pictures."""
        total = torch.tensor([sum(losses), len(losses)], dtype=torch.float64)
        self._group.add_up(total)
        return float(total[0] / total[1])

    def _refuse_dead_layers(self, norm: float) -> None:
        """RunError, once, that names layers of the denoiser which the first gradients do not reach."""
        if self._is_checked or not math.isfinite(norm) or not norm or not self._group.any(self._was_told):
            return
        self._is_checked = True
        dead = dead_layers(self.adapter, self._family.spec.denoiser)
        if dead:
            said = (
                f"{few(dead)} learn nothing: no gradient reaches them, so the LoRA would hold layers that change "
                "nothing. Choose other LoRA targets."
            )
            raise Echo(said) if self._group.rank else RunError(said)

    def tensors(self) -> dict[str, Tensor]:
        """What a resumed run needs besides its step."""
        return {**self.optimizer.tensors(), **self.scale.tensors()}

    def restore(self, tensors: dict[str, Tensor], updates: int) -> None:
        """Continue as if `updates` had been made here."""
        rest = dict(tensors)
        self.scale.restore(rest)
        self.optimizer.restore(rest, updates)

    def held_out_loss(self) -> tuple[float, float] | None:
        """Loss on held-out and on as many training pictures, same noise and timesteps each time; None without any."""
        count = min(len(self._training_set.held_out), len(self._training_set.train), _HELD_OUT_PICTURES)
        if not count:
            return None
        with self.optimizer.eval_weights():
            held_out, train = self._training_set.held_out[:count], self._training_set.train[:count]
            return float(self.fixed_loss.of(held_out).mean()), float(self.fixed_loss.of(train).mean())

    def _lrs(self, step: int) -> list[float]:
        """The denoiser's rate and, on the same curve, the text encoders'."""
        optim, text = self._recipe.optim, self._recipe.text
        lr = lr_at(step, optim, self._recipe.schedule)
        if not self._text_weights:
            return [lr]
        return [lr, lr * text.encoder_lr / optim.lr if self._text_learns(step) else 0.0]

    def _text_learns(self, step: int) -> bool:
        last = self._recipe.text.encoder_steps
        return not last or step < last

    def _let_text_learn(self, step: int) -> None:
        for weight in self._text_weights:
            weight.requires_grad_(self._text_learns(step))

    def _micro_batch(self, number: int) -> tuple[list[Example], Tensor]:
        """Add the gradients of micro-batch `number`; its examples and their losses, (n,), without gradient."""
        source = random_source(self._recipe.seed, "step", number)
        examples = self._shown.examples(number)
        share = 1 / (len(examples) * self._recipe.schedule.accumulation)
        captions = self._shown.captions(examples, number, source)
        seen: list[Example] = []
        losses: list[Tensor] = []
        for places in by_bucket(examples):
            group = [examples[place] for place in places]
            batch = self._training_set.batch(group)
            noised = self._family.noised(batch.latents, source, self._recipe.loss.noise_offset)
            said = [captions[place] for place in places]
            loss, predicted = self.learn(batch, noised, said, share)
            self._look(Answer(group, said, noised, predicted, loss))
            if self._recipe.prior.output_weight:
                self._preserve(group, batch, noised, share)
            seen += group
            losses.append(loss)
        return seen, torch.cat(losses)

    def learn(self, batch: Batch, noised: Noised, captions: Sequence[str], share: float) -> tuple[Tensor, Tensor]:
        """Gradients of `share` of every picture's loss; the losses, (n,), and what was predicted, without gradients."""
        parts = self._asked_at_once(captions)
        if len(parts) == 1:
            return self._learn(batch, noised, captions, share)
        answers: dict[int, tuple[Tensor, Tensor]] = {}
        for rows in parts:
            told = [captions[row] for row in rows]
            answer = self._learn(batch.rows(rows), noised.rows(rows), told, share)
            answers |= dict(zip(rows, zip(*answer, strict=True), strict=True))
        losses, predicted = zip(*(answers[row] for row in range(len(captions))), strict=True)
        return torch.stack(losses), torch.stack(predicted)

    def _asked_at_once(self, captions: Sequence[str]) -> list[list[int]]:
        return self.adapter.asked_at_once(len(captions), lambda: self._conditioning.of(captions))

    def _learn(self, batch: Batch, noised: Noised, captions: Sequence[str], share: float) -> tuple[Tensor, Tensor]:
        level = noised.level
        # What is told nothing has layers with nothing to read.
        self._was_told |= any(captions)
        with self.adapter.at(level.time):
            text = self._conditioning.of(captions)
            predicted = self._family.predict(noised.noisy, level.time, text, batch.placements)
            target = moved(self._target(noised, batch), predicted.device)
            loss = picture_losses(predicted.float(), target, self._recipe.loss, level, batch.mask)
            if noised.weight is not None:
                loss = loss * moved(noised.weight, loss.device)
            self._add_gradients((loss * moved(batch.weight, loss.device)).sum() * share)
        return loss.detach(), predicted.detach()

    @torch.no_grad()
    def _target(self, noised: Noised, batch: Batch) -> Tensor:
        """What is to be predicted; with contrastive guidance g, U + g (target - U), where U is what is predicted
        without a caption."""
        scale = self._recipe.flow.contrastive
        if not scale:
            return noised.target
        untold = self._conditioning.of([""] * len(batch.placements))
        bare = self._family.predict(noised.noisy, noised.level.time, untold, batch.placements).float()
        return bare + scale * (moved(noised.target, bare.device) - bare)

    def _preserve(self, group: Sequence[Example], batch: Batch, noised: Noised, share: float) -> None:
        """Gradients that hold the prediction for anybody in the character's place to the bare base's own."""
        shown = [row for row, example in enumerate(group) if example.class_caption != example.caption]
        for part in self._asked_at_once([group[row].class_caption for row in shown]) if shown else ():
            self._preserve_rows([shown[place] for place in part], group, batch, noised, share)

    def _preserve_rows(
        self, rows: Sequence[int], group: Sequence[Example], batch: Batch, noised: Noised, share: float
    ) -> None:
        noisy, level = noised.noisy[rows], noised.level.rows(rows)
        captions, places = [group[row].class_caption for row in rows], [batch.placements[row] for row in rows]
        told = self._conditioning.of_base(captions)
        with torch.no_grad(), self.adapter.off():
            wanted = self._family.predict(noisy, level.time, told, places).float()
        with self.adapter.at(level.time):
            text = self._conditioning.of(captions)
            predicted = self._family.predict(noisy, level.time, text, places)
            loss = picture_losses(predicted.float(), wanted, self._recipe.loss, level, None)
            self._add_gradients(loss.sum() * share * self._recipe.prior.output_weight)

    def _add_gradients(self, loss: Tensor) -> None:
        scaled: Any = loss * self.scale.factor
        scaled.backward()

    def _not_finite(self, step: int, examples: Sequence[Example], losses: Sequence[float]) -> LikenessError:
        """Of the whole group's pictures; said by its first process."""
        shown = [example.name for example in examples]
        offending = [name for name, loss in zip(shown, losses, strict=True) if not math.isfinite(loss)]
        told = [json.loads(each) for each in self._group.gathered(json.dumps([offending, shown]))]
        all_offending, all_shown = ([name for each in told for name in each[which]] for which in (0, 1))
        fault = _not_finite(step, all_offending, all_shown)
        return Echo(str(fault)) if self._group.rank else fault


def _not_finite(step: int, offending: Sequence[str], shown: Sequence[str]) -> RunError:
    if step == 1 and offending:
        # Nothing is learned yet, so it is the base alone that answers.
        return RunError(
            "The base answers what is not a number before anything is learned, so no picture is to blame. Choose "
            "precision bf16 or fp32, another file of the base, or another LoRA to start from if there is one."
        )
    names = ", ".join(dict.fromkeys(offending or shown))
    return RunError(
        f"Step {step} gave a loss or gradient that is not a number, on {names}. "
        f"Try a lower lr, precision fp32, or leave the picture out. Checkpoints saved before are whole."
    )
