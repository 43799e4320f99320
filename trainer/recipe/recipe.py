"""How to train: small frozen parts that refuse what cannot work, all faults at once."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, cast

from ..errors import RecipeError
from ..values import checked_keys
from .choices import is_choice, options
from .loss import Loss, loss_faults
from .optim import Optim, Schedule, optim_faults, schedule_faults

Targets = Literal["attention", "attention_mlp"]
Precision = Literal["fp32", "bf16"]


@dataclass(frozen=True, kw_only=True)
class Lora:
    """The adapter: y = W x + (alpha / rank) B A x on the UNet's `targets`."""

    rank: int = 16
    alpha: float = 8.0
    targets: Targets = "attention"


@dataclass(frozen=True, kw_only=True)
class Prior:
    """Prior preservation: `images` the base itself makes of the class word, trained beside the character at `weight`.

    `images` 0 switches it off. Without it the character appears whether the trigger is named or not.
    """

    images: int = 0
    weight: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Buckets:
    """Aspect buckets of about `resolution`² pixels with sides in steps of `step` between `shortest` and `longest`."""

    resolution: int = 1024
    step: int = 64
    shortest: int = 512
    longest: int = 2048


@dataclass(frozen=True, kw_only=True)
class Memory:
    """What the run costs in memory."""

    precision: Precision = "bf16"
    gradient_checkpointing: bool = True


@dataclass(frozen=True, kw_only=True)
class Output:
    """What is kept: a checkpoint and a state every `save_every` steps, `samples` prompts drawn every `sample_every`.

    `{trigger}` and `{subject}` in a sample prompt stand for the dataset's words. 0 switches sampling off.
    """

    save_every: int = 250
    sample_every: int = 250
    samples: tuple[str, ...] = ("{trigger}, {subject}",)
    held_out_every: int = 50


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything a run needs besides the dataset and the base; the same recipe and seed give the same LoRA on a CPU."""

    lora: Lora = field(default_factory=Lora)
    optim: Optim = field(default_factory=Optim)
    schedule: Schedule = field(default_factory=Schedule)
    loss: Loss = field(default_factory=Loss)
    prior: Prior = field(default_factory=Prior)
    buckets: Buckets = field(default_factory=Buckets)
    memory: Memory = field(default_factory=Memory)
    output: Output = field(default_factory=Output)
    seed: int = 0

    def __post_init__(self) -> None:
        faults = [sentence for broken, sentence in self._rules() if broken]
        if faults:
            raise RecipeError.all_of(faults)

    def _rules(self) -> list[tuple[bool, str]]:
        lora, optim, schedule, buckets = self.lora, self.optim, self.schedule, self.buckets
        loss, prior, output = self.loss, self.prior, self.output
        return [
            (not 1 <= lora.rank <= 1024, f"rank is {lora.rank}; use 1 to 1024 (16 to 64 for a character)."),
            (not 0 < lora.alpha <= 4096, f"alpha is {lora.alpha}; use a number above 0, usually rank / 2."),
            (not is_choice(lora.targets, Targets), f"targets is {lora.targets!r}; use {options(Targets)}."),
            *optim_faults(optim),
            *schedule_faults(schedule, optim),
            *loss_faults(loss),
            (prior.images < 0, f"prior images is {prior.images}; use 0 for none, or about as many as you train on."),
            (prior.weight < 0, f"prior weight is {prior.weight}; use 0 or more, usually 1."),
            (
                buckets.step < 8 or buckets.step % 8 != 0,
                f"bucket step is {buckets.step}; use a multiple of 8, usually 64.",
            ),
            (
                not buckets.step <= buckets.shortest <= buckets.resolution <= buckets.longest,
                f"bucket sides {buckets.shortest} to {buckets.longest} must enclose resolution {buckets.resolution}.",
            ),
            (
                not is_choice(self.memory.precision, Precision),
                f"precision is {self.memory.precision!r}; use {options(Precision)}.",
            ),
            (output.save_every < 1, f"save_every is {output.save_every}; use 1 or more."),
            (output.sample_every < 0, f"sample_every is {output.sample_every}; use 0 for none."),
            (output.held_out_every < 1, f"held_out_every is {output.held_out_every}; use 1 or more."),
            (self.seed < 0, f"seed is {self.seed}; use 0 or more."),
        ]

    def to_json(self) -> dict[str, Any]:
        data = asdict(self)
        data["output"]["samples"] = list(self.output.samples)
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Recipe":
        """Raises RecipeError naming every key it does not know, at any depth."""
        known = checked_keys(cls, data, RecipeError)
        parts = {part.name: part.type for part in fields(cls) if isinstance(part.type, type) and part.name != "seed"}
        for name, kind in parts.items():
            if name in known:
                known[name] = kind(**_tuples(checked_keys(kind, known[name], RecipeError)))
        return cls(**known)


def _tuples(data: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(cast(list[Any], value)) if isinstance(value, list) else value for key, value in data.items()}
