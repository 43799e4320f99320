"""How to train: small frozen parts that refuse what cannot work, all faults at once."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, cast

from ..errors import RecipeError
from ..values import checked_keys
from .buckets import Buckets, bucket_faults
from .lora import Lora, lora_faults
from .loss import Loss, loss_faults
from .memory import Memory, memory_faults
from .optim import Optim, Schedule, optim_faults, schedule_faults
from .output import Output, output_faults
from .prior import Prior, prior_faults
from .text import Text, text_faults


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything a run needs besides the dataset and the base; the same recipe and seed give the same LoRA on a CPU.

    `seeds` above 1 trains again with the seeds that follow, and their average becomes one more LoRA to choose from.
    """

    lora: Lora = field(default_factory=Lora)
    text: Text = field(default_factory=Text)
    optim: Optim = field(default_factory=Optim)
    schedule: Schedule = field(default_factory=Schedule)
    loss: Loss = field(default_factory=Loss)
    prior: Prior = field(default_factory=Prior)
    buckets: Buckets = field(default_factory=Buckets)
    memory: Memory = field(default_factory=Memory)
    output: Output = field(default_factory=Output)
    seed: int = 0
    seeds: int = 1

    def __post_init__(self) -> None:
        faults = [sentence for broken, sentence in self._rules() if broken]
        if faults:
            raise RecipeError.all_of(faults)

    def _rules(self) -> list[tuple[bool, str]]:
        return [
            *lora_faults(self.lora),
            *text_faults(self.text),
            *optim_faults(self.optim),
            *schedule_faults(self.schedule, self.optim),
            *loss_faults(self.loss),
            *prior_faults(self.prior),
            *bucket_faults(self.buckets),
            *memory_faults(self.memory),
            *output_faults(self.output),
            (self.seed < 0, f"seed is {self.seed}; use 0 or more."),
            (not 1 <= self.seeds <= 16, f"seeds is {self.seeds}; use 1 to 16, usually 1 or 3."),
            (
                self.seeds > 1 and self.lora.kind != "lora",
                f"seeds is {self.seeds} with {self.lora.kind}, several of which have no average; use kind 'lora', or "
                "1 seed.",
            ),
            (
                self.optim.optimizer == "prodigy" and self.text.encoder_lr not in (0.0, self.optim.lr),
                f"encoder_lr is {self.text.encoder_lr} with prodigy, which finds one rate for all; use "
                f"{self.optim.lr} or 0.",
            ),
        ]

    def to_json(self) -> dict[str, Any]:
        data = asdict(self)
        data["output"]["samples"] = list(self.output.samples)
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Recipe":
        """Raises RecipeError naming every key it does not know, at any depth."""
        known = checked_keys(cls, data, RecipeError)
        parts = {part.name: part.type for part in fields(cls) if isinstance(part.type, type) and part.type is not int}
        for name, kind in parts.items():
            if name in known:
                known[name] = kind(**_tuples(checked_keys(kind, known[name], RecipeError)))
        return cls(**known)


def _tuples(data: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(cast(list[Any], value)) if isinstance(value, list) else value for key, value in data.items()}
