"""How to train: small frozen parts that refuse what cannot work, all faults at once."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal, cast, get_args

from ..errors import RecipeError
from ..values import checked_keys

Targets = Literal["attention", "attention_mlp"]
Precision = Literal["fp32", "bf16"]
Curve = Literal["cosine", "constant"]


@dataclass(frozen=True, kw_only=True)
class Lora:
    """The adapter: y = W x + (alpha / rank) B A x on the UNet's `targets`."""

    rank: int = 16
    alpha: float = 8.0
    targets: Targets = "attention"


@dataclass(frozen=True, kw_only=True)
class Optim:
    """AdamW with gradients clipped to norm `grad_clip`."""

    lr: float = 1e-4
    weight_decay: float = 0.01
    beta1: float = 0.9
    beta2: float = 0.999
    grad_clip: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Schedule:
    """`steps` are optimizer updates of `batch` × `accumulation` pictures; lr warms up, then follows `curve`."""

    steps: int = 1500
    batch: int = 1
    accumulation: int = 1
    curve: Curve = "cosine"
    warmup: int = 0


@dataclass(frozen=True, kw_only=True)
class Loss:
    """Noise-prediction loss. `min_snr_gamma` 0 switches weighting off (Hang et al. 2023, equation 5)."""

    min_snr_gamma: float = 5.0
    caption_dropout: float = 0.0


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
            (not _known(lora.targets, Targets), f"targets is {lora.targets!r}; use {_options(Targets)}."),
            (not 0 < optim.lr <= 1, f"lr is {optim.lr}; use a number above 0 and at most 1, like 1e-4."),
            (optim.weight_decay < 0, f"weight_decay is {optim.weight_decay}; use 0 or more."),
            (not 0 <= optim.beta1 < 1, f"beta1 is {optim.beta1}; use 0 up to, not including, 1."),
            (not 0 <= optim.beta2 < 1, f"beta2 is {optim.beta2}; use 0 up to, not including, 1."),
            (optim.grad_clip <= 0, f"grad_clip is {optim.grad_clip}; use a number above 0, usually 1."),
            (schedule.steps < 1, f"steps is {schedule.steps}; use 1 or more."),
            (schedule.batch < 1, f"batch is {schedule.batch}; use 1 or more."),
            (schedule.accumulation < 1, f"accumulation is {schedule.accumulation}; use 1 or more."),
            (not _known(schedule.curve, Curve), f"curve is {schedule.curve!r}; use {_options(Curve)}."),
            (
                not 0 <= schedule.warmup < max(schedule.steps, 1),
                f"warmup is {schedule.warmup} of {schedule.steps} steps; use 0 up to fewer than steps.",
            ),
            (loss.min_snr_gamma < 0, f"min_snr_gamma is {loss.min_snr_gamma}; use 5, or 0 for none."),
            (not 0 <= loss.caption_dropout < 1, f"caption_dropout is {loss.caption_dropout}; use 0 to 0.5."),
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
                not _known(self.memory.precision, Precision),
                f"precision is {self.memory.precision!r}; use {_options(Precision)}.",
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


def _known(value: str, choices: Any) -> bool:
    return value in get_args(choices)


def _options(choices: Any) -> str:
    return " or ".join(repr(choice) for choice in get_args(choices))
