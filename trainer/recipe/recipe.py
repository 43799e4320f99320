"""How to train: small frozen parts that refuse what cannot work, all faults at once."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any, cast

from ..errors import RecipeError
from ..storage.values import checked_keys
from .buckets import Buckets, bucket_faults
from .early_stop import EarlyStop, early_stop_faults
from .flow import Flow, flow_faults
from .lora import Lora, lora_faults
from .loss import Loss, loss_faults
from .memory import Memory, memory_faults
from .optim import Optim, Schedule, optim_faults, schedule_faults
from .output import Output, output_faults
from .prior import Prior, prior_faults
from .text import Text, text_faults


@dataclass(frozen=True, kw_only=True, repr=False)
class Recipe:
    """Everything a run needs besides the dataset and the base; the same recipe and seed give the same LoRA on a CPU.

    `seeds` above 1 trains again with the seeds that follow, and their average becomes one more LoRA to choose from.
    """

    lora: Lora = field(default_factory=Lora)
    text: Text = field(default_factory=Text)
    optim: Optim = field(default_factory=Optim)
    schedule: Schedule = field(default_factory=Schedule)
    loss: Loss = field(default_factory=Loss)
    flow: Flow = field(default_factory=Flow)
    prior: Prior = field(default_factory=Prior)
    buckets: Buckets = field(default_factory=Buckets)
    memory: Memory = field(default_factory=Memory)
    output: Output = field(default_factory=Output)
    early_stop: EarlyStop = field(default_factory=EarlyStop)
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
            *flow_faults(self.flow),
            *prior_faults(self.prior),
            *bucket_faults(self.buckets),
            *memory_faults(self.memory),
            *output_faults(self.output),
            *early_stop_faults(self.early_stop, self.output),
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

    def __repr__(self) -> str:
        length = f"{self.schedule.epochs} epochs" if self.schedule.epochs else f"{self.schedule.steps} steps"
        return f"recipe of {length}, {self.lora.kind} of rank {self.lora.rank}"

    def to_json(self) -> dict[str, Any]:
        data = asdict(self)
        data["output"]["samples"] = list(self.output.samples)
        data["buckets"]["also"] = list(self.buckets.also)
        return data

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Recipe":
        """Raises RecipeError naming every key it does not know and every value of the wrong kind, at any depth."""
        known = checked_keys(cls, data, RecipeError)
        parts = {part.name: part.type for part in fields(cls) if isinstance(part.type, type) and part.type is not int}
        for name, kind in parts.items():
            if name in known:
                if not isinstance(known[name], Mapping):
                    raise RecipeError(f"{name} is {known[name]!r}; it must hold settings of its own.")
                known[name] = kind(**_typed(kind, name, checked_keys(kind, known[name], RecipeError)))
        return cls(**_typed(cls, "", known))


_KINDS: Mapping[type, str] = {bool: "true or false", int: "a whole number", float: "a number", str: "text"}


def _typed(kind: type, part: str, data: dict[str, Any]) -> dict[str, Any]:
    """The values as the fields want them: lists as tuples, whole numbers where numbers are meant."""
    typed: dict[str, Any] = {}
    faults: list[str] = []
    for each in fields(kind):
        if each.name in data:
            default: object = each.default
            value, wanted = data[each.name], type(default)
            name = f"{part}.{each.name}".lstrip(".")
            typed[each.name] = value
            if wanted is tuple:
                typed[each.name] = _listed(value, name, int if kind is Buckets else str, faults)
            elif wanted is float and isinstance(value, int) and not isinstance(value, bool):
                typed[each.name] = float(value)
            elif wanted in _KINDS and (not isinstance(value, wanted) or (wanted is int and isinstance(value, bool))):
                faults.append(f"{name} is {value!r}; it must be {_KINDS[wanted]}.")
    if faults:
        raise RecipeError.all_of(faults)
    return typed


def _listed(value: Any, name: str, wanted: type, faults: list[str]) -> tuple[Any, ...]:
    is_list = isinstance(value, (list, tuple))
    values = tuple(cast(Sequence[Any], value)) if is_list else ()
    if not is_list or not all(isinstance(each, wanted) and not isinstance(each, bool) for each in values):
        faults.append(f"{name} is {value!r}; it must be a list of {'whole numbers' if wanted is int else 'texts'}.")
    return values
