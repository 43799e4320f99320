"""How a base computes in a run: settled when it starts, with everything loaded and its LoRA on it, and told."""

from collections.abc import Iterator
from typing import Any

import torch

from ..families.family import Family
from ..families.memory.blocks import block_names
from ..families.memory.compiled import CompiledBlocks, in_words, pays, repeated, why_not_compiled
from ..families.memory.recomputed import Through, plainly, recompute
from ..runtime.backends import Backends
from ..runtime.work import Stopwatch
from .job import Job
from .memory.outlook import outlook
from .run.events import Settled
from .step.trial import Trial

_MOST_SHAPES = 4
"""Sizes of pictures up to which convolutions are tried for each."""


class Settling:
    """Of the denoiser's blocks: which recompute, and what they are gone through; of `backends`: attention's kernels.

    What is faster elsewhere is taken where one batch of this run, forward and backward, gives the same gradients.
    """

    def __init__(self, job: Job, family: Family, trial: Trial, backends: Backends) -> None:
        self._job, self._family, self._trial, self._backends = job, family, trial, backends
        self._memory = job.recipe.memory
        self._compiled: CompiledBlocks | None = None
        self._told = ""
        self._why_not = ""
        self._seconds = 0.0
        self._planned: int | None = None
        self._recomputed = 0
        """How many blocks make their activations anew."""

    def tell(self, step: int) -> Iterator[Settled]:
        """At the first call all is settled; later ones tell what has become of it, where it has changed."""
        if not self._told:
            self._settle(step)
        why = self._compiled.fault if self._compiled else self._why_not
        said = f"no: {why}" if why else "yes"
        if said != self._told:
            self._told = said
            yield Settled(
                step=step,
                compiled=said,
                attention=_ATTENTION[self._backends.attention],
                recomputed=self._recomputed,
                blocks=len(self._names),
                planned=self._planned,
            )

    @property
    def _names(self) -> tuple[str, ...]:
        return block_names(self._family.denoiser, self._family.spec.blocks)

    def _settle(self, step: int) -> None:
        denoiser, device = self._family.denoiser, self._job.device
        self._choose_blocks()
        self._why_not = why_not_compiled(self._memory, device, denoiser)
        if not self._why_not or self._backends.attention == "cudnn":
            plain = self._plain_gradients()
            self._try_attention(plain)
            if not self._why_not and self._memory.compile == "auto" and not self._pays(step):
                self._why_not = "the run is too short to win the time back"
            if not self._why_not:
                self._try_compiled(plain)
        has_convolutions = any(isinstance(module, torch.nn.Conv2d) for module in denoiser.modules())
        self._backends.tunes = has_convolutions and self._trial.shapes <= _MOST_SHAPES

    def _choose_blocks(self) -> None:
        """As the recipe says, or as many as the device's free memory demands."""
        memory, count = self._memory, len(self._names)
        self._recomputed = (memory.checkpointed_blocks or count) if memory.gradient_checkpointing else 0
        found = outlook(self._job, self._trial.size, count, beside=self._trial.shows_others)
        if found is None:
            return
        self._planned, everything = found.planned, self._recomputed
        if found.recomputed < everything:
            self._recomputed = found.recomputed
            self._go(plainly)
            try:
                self._trial.gradients()
            except torch.OutOfMemoryError:
                # Somebody has taken what was free, or a kernel needs more than is known of it.
                self._recomputed = everything
                self._go(plainly)

    def _plain_gradients(self) -> torch.Tensor:
        """By torch's own choice of kernels. The second of two passes is timed: the first one fetches and tunes."""
        chosen, self._backends.attention = self._backends.attention, "default"
        with self._backends.at_work():
            gradients = self._trial.gradients()
            if self._job.device.startswith("cuda"):
                watch = Stopwatch()
                gradients = self._trial.gradients()
                self._seconds = watch.read()
        self._backends.attention = chosen
        return gradients

    def _try_attention(self, plain: torch.Tensor) -> None:
        if self._backends.attention != "cudnn":
            return
        try:
            with self._backends.at_work():
                is_same = self._trial.agrees(plain, self._trial.gradients())
        except RuntimeError:
            is_same = False
        if not is_same:
            self._backends.attention = "default"

    def _pays(self, step: int) -> bool:
        schedule = self._job.recipe.schedule
        left = (schedule.steps - step) * schedule.accumulation * self._seconds
        return pays(left, len({type(block) for block in repeated(self._family.denoiser)}))

    def _try_compiled(self, plain: torch.Tensor) -> None:
        compiled = CompiledBlocks(self._family.denoiser)
        try:
            with self._backends.at_work():
                self._go(compiled)
                is_same = self._trial.agrees(plain, self._trial.gradients())
            why = compiled.fault or ("" if is_same else "its gradients are not those of the plain blocks")
        except Exception as fault:
            # Compilers fail in many ways, in the backward pass too, and the run can do without.
            why = in_words(fault)
        if why:
            self._why_not = why
            self._go(plainly)
        else:
            self._compiled = compiled

    def _go(self, through: Through) -> None:
        """Let blocks be gone through so, those that recompute as well."""
        denoiser: Any = self._family.denoiser
        memory, names = self._memory, self._names
        count = self._recomputed
        if not count and through is plainly:
            denoiser.disable_gradient_checkpointing()
            return
        chosen: list[torch.nn.Module] | None = None
        if count < len(names) or not memory.gradient_checkpointing:
            between = block_names(denoiser, self._family.spec.between)
            beside = between[: -(-len(between) * count // max(len(names), 1))]
            chosen = [denoiser.get_submodule(name) for name in (*names[:count], *beside)]
        recompute(
            denoiser,
            chosen,
            offloads=memory.offload_activations,
            keeps_attention=memory.keep_attention,
            through=through,
        )


_ATTENTION = {"default": "PyTorch's choice", "cudnn": "cuDNN", "not cudnn": "PyTorch's choice without cuDNN"}
