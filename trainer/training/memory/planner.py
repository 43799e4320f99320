"""Plans of a base: of its recipe and of what else could be done, each part of them counted once."""

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from typing import Any, TypeVar

from ...families.base import Base
from ...families.condition import Condition
from ...families.memory.blocks import chosen_blocks
from ...families.registry import load_family, spec_of
from ...families.residence import Residence
from ...generate.shot import LARGEST_BATCH
from ...recipe.buckets import Size
from ...recipe.recipe import Recipe
from .encoders import ShapedAutoencoder, TextBytes, text_bytes
from .machine import USUAL, Machine
from .optimizer import drawing_bytes, state_bytes, stepping_bytes
from .plan import MemoryPlan, Phase, Step
from .shaped import ShapedModel
from .timeline import Timeline
from .traced import answering_bytes, traced_step

_RING, _ALIGNED = 2, 256
_HELD_OUT = 4
"""Pictures at once in the loss that is held against training's."""
T = TypeVar("T")


def planned(base: Base, recipe: Recipe, size: Size, *, beside: bool = False, machine: Machine = USUAL) -> MemoryPlan:
    """The plan of a run whose largest bucket is `size`; `beside` each picture one of others is shown.

    Errors as `load_family`; nothing is loaded but headers.
    """
    return Planner(base, size, beside=beside, machine=machine).plan(recipe)


class Planner:
    """For one base and largest bucket; what several recipes have in common is counted once.

    `draws` where samples are drawn by the base in training, not by a sampler of the caller's.
    """

    def __init__(
        self, base: Base, size: Size, *, beside: bool = False, draws: bool = True, machine: Machine = USUAL
    ) -> None:
        self.base, self.size = base, size
        self.spec = spec_of(base)
        self._beside, self._draws, self.machine = beside, draws, machine
        self._kept: dict[Any, Any] = {}

    def plan(self, recipe: Recipe, size: Size | None = None) -> MemoryPlan:
        """With this recipe, and a largest bucket of another size where one is given."""
        size = size or self.size
        step = self.step(recipe, size)
        return MemoryPlan(recipe=recipe, size=size, phases=tuple(self._phases(recipe, size, step)), step=step)

    @property
    def blank(self) -> Condition | None:
        """Nothing can be planned of a family that does not tell it."""
        return load_family(self.base, Residence(device="meta")).blank_condition()

    @property
    def packs_text(self) -> bool:
        """Whether there are text encoders that can be packed."""
        return self._text(Recipe()).can_pack

    def _phases(self, recipe: Recipe, size: Size, step: Step) -> Iterator[Phase]:
        model, text = self._model(recipe), self._text(recipe)
        weights = {"weights": step.resting["weights"]}
        beside = {"text encoders": text.weights, "autoencoder": self._autoencoder.weights}
        own, state = self.machine.with_own, state_bytes(recipe.optim, model.learns)
        yield Phase(name="loading", parts=own(weights, model.packing))
        if recipe.prior.images:
            # The denoiser is there from then on.
            beside = {**weights, **beside}
            largest = min(recipe.prior.images, LARGEST_BATCH)
            asked, whole = self._answering(recipe, size, largest, is_drawn=True), self._decoding(size)
            spared = max(0, whole - max(asked, self._decoding(size, is_tiled=True)))
            drawn = own({**beside, "activations": max(asked, whole)})
            yield Phase(name="prior pictures", parts=drawn, spared=spared)
        yield Phase(name="captions", parts=own({**beside, "activations": text.work}))
        yield Phase(name="latents", parts=own({**beside, "activations": self._encoding(size)}))
        first = step.parts(recomputed_blocks(recipe, step), is_offloaded=recipe.memory.offload_activations)
        yield Phase(name="first step", parts=first)
        moved = max(first["activations"], stepping_bytes(recipe.optim, model.learns))
        yield Phase(name="training", parts={**first, "optimizer": state, "activations": moved})
        trained = {**step.resting, "optimizer": state}
        asked = self._answering(recipe, size, _HELD_OUT)
        yield Phase(name="held-out pictures", parts=own({**trained, "activations": asked}))
        if self._draws and recipe.output.sample_every and recipe.output.samples:
            yield self._sampling(recipe, trained)

    def _sampling(self, recipe: Recipe, trained: Mapping[str, int]) -> Phase:
        """While the denoiser is asked, or while its answer becomes a picture, whichever takes more."""
        side = recipe.buckets.resolution // recipe.buckets.step * recipe.buckets.step
        size, pictures = (side, side), min(len(recipe.output.samples), LARGEST_BATCH)
        aside = drawing_bytes(recipe.optim, self._model(recipe).learns)
        state = {**trained, "optimizer": trained["optimizer"] + aside}
        asked = self._answering(recipe, size, pictures, is_drawn=True)
        decoder, whole, tiled = self._autoencoder.weights, self._decoding(size), self._decoding(size, is_tiled=True)
        if asked >= decoder + whole:
            return Phase(name="samples", parts=self.machine.with_own({**state, "activations": asked}))
        parts = self.machine.with_own({**state, "autoencoder": decoder, "activations": whole})
        return Phase(name="samples", parts=parts, spared=whole - max(tiled, asked - decoder))

    def step(self, recipe: Recipe, size: Size | None = None) -> Step:
        """Of a plan, the training alone."""
        size = size or self.size
        model = self._model(recipe)
        sizes = model.block_bytes
        blocks = tuple(sizes)
        timeline = self._timeline(recipe, size)
        keeps_text = recipe.text.encoder_lr > 0 or recipe.text.changes_captions
        learned = 4 * model.learns
        return Step(
            blocks=blocks,
            between=tuple(block.name for block in timeline.blocks if block.name not in sizes),
            timeline=timeline,
            resting={
                "weights": model.weights - _off_the_device(recipe, sizes),
                **({"text encoders": self._text(recipe).weights} if keeps_text else {}),
                "LoRA": learned,
                "gradients": learned,
            },
            machine=self.machine,
        )

    def _model(self, recipe: Recipe) -> ShapedModel:
        return self._once(("model", *_of_model(recipe)), lambda: ShapedModel(self.base, recipe))

    def _timeline(self, recipe: Recipe, size: Size) -> Timeline:
        pictures = recipe.schedule.batch * (2 if self._beside else 1)
        key = ("step", *_of_model(recipe), size, pictures)
        return self._once(key, lambda: traced_step(self._model(recipe), size, pictures))

    def _answering(self, recipe: Recipe, size: Size, pictures: int, *, is_drawn: bool = False) -> int:
        """Without gradients; what is drawn by its words is asked without them too."""
        rows = pictures * (2 if is_drawn and self.spec.guidance == "cfg" else 1)
        key = ("answer", *_of_model(recipe), size, rows)
        return self._once(key, lambda: answering_bytes(self._model(recipe), size, rows))

    def _text(self, recipe: Recipe) -> TextBytes:
        key = ("text", recipe.memory.text_quantization, recipe.memory.precision)
        return self._once(key, lambda: text_bytes(self.base, self.spec, recipe.memory))

    @cached_property
    def _autoencoder(self) -> ShapedAutoencoder:
        return ShapedAutoencoder(self.base)

    def _encoding(self, size: Size) -> int:
        return self._once(("encode", size), lambda: self._autoencoder.encoding(size))

    def _decoding(self, size: Size, *, is_tiled: bool = False) -> int:
        return self._once(("decode", size, is_tiled), lambda: self._autoencoder.decoding(size, is_tiled=is_tiled))

    def _once(self, key: Any, count: Callable[[], T]) -> T:
        if key not in self._kept:
            self._kept[key] = count()
        return self._kept[key]


def _of_model(recipe: Recipe) -> tuple[Any, ...]:
    """What a denoiser of shapes and its step hang on."""
    memory = recipe.memory
    ways = memory.precision, memory.quantization, memory.precompute_modulation, memory.keep_attention
    return *ways, recipe.lora, recipe.flow


def recomputed_blocks(recipe: Recipe, step: Step) -> int:
    """How many blocks recompute as a recipe says."""
    memory = recipe.memory
    return (memory.checkpointed_blocks or len(step.blocks)) if memory.gradient_checkpointing else 0


def _off_the_device(recipe: Recipe, sizes: Mapping[str, int]) -> int:
    """Bytes of swapped blocks, but for the two that are here at any time."""
    swapped = [sizes[name] for name in chosen_blocks(tuple(sizes), Residence.of(recipe.memory, "meta")).swapped]
    whole = [-(-size // _ALIGNED) * _ALIGNED for size in swapped]
    return sum(swapped) - min(_RING * max(whole, default=0), sum(swapped))
