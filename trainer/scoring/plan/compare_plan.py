"""What a comparison asks of every checkpoint: prompts, seeds and sampling, the same for all and for the control."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from math import inf, isfinite
from pathlib import Path
from typing import Any, Literal, cast, get_args

from ...errors import RecipeError
from ...generate.attachments import Lora
from ...generate.shot import Shot
from ...storage.values import checked_values
from .scenes import PORTRAIT, QUICK_SCENES, SCENES, SOMEONE_ELSE, Scene

Kind = Literal["trigger", "prompt", "class", "other"]
SLOTS = ("expression", "turn", "clothing", "place", "light", "style")
"""What the prompts of `default_plan` ask for, and following is told by."""
FULL_SEEDS, QUICK_SEEDS = (1, 2, 3, 4), (1, 2)
WITH_TRIGGER: tuple[Kind, ...] = ("trigger", "prompt")


@dataclass(frozen=True, kw_only=True)
class Probe:
    """One prompt, drawn once a seed.

    `trigger`: the trigger and class word alone. `prompt`: the trigger in a context; `asked` names, by slot, the words
    an attribute reader should read back. `class`: a context without the trigger, where the character should not
    appear. `other`: a described other person, who should stay that person. A `sentinel` asks for what the training
    pictures never show.
    """

    kind: Kind
    prompt: str
    asked: Mapping[str, str] = field(default_factory=dict[str, str])
    seeds: tuple[int, ...] = (1, 2, 3, 4)
    sentinel: bool = False

    def __post_init__(self) -> None:
        faults: list[str] = []
        if self.kind not in get_args(Kind):
            faults.append(f"Probe kind is {self.kind!r}; use one of {', '.join(get_args(Kind))}.")
        if not self.prompt.strip():
            faults.append(f"A {self.kind} probe has no prompt; write what to draw.")
        if not self.seeds or len(set(self.seeds)) != len(self.seeds):
            faults.append(f"Seeds of {self.prompt!r} are {self.seeds}; give one or more, each once.")
        if faults:
            raise RecipeError.all_of(faults)


@dataclass(frozen=True, kw_only=True)
class ComparePlan:
    """Probes and how to sample them: `size` is width and height in pixels, `face_floor` the least face score.

    Candidates compete at `strength`; the winner is drawn at each of `strengths` besides.
    """

    probes: tuple[Probe, ...]
    size: tuple[int, int] = (1024, 1024)
    steps: int = 20
    guidance: float = 5.0
    negative: str = ""
    strength: float = 1.0
    face_floor: float = 0.5
    strengths: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        faults = [sentence for broken, sentence in self._rules() if broken]
        if faults:
            raise RecipeError.all_of(faults)

    def _rules(self) -> list[tuple[bool, str]]:
        width, height = self.size
        wanted = any(probe.kind in WITH_TRIGGER for probe in self.probes)
        return [
            (not wanted, "No probe names the trigger; add one of kind 'trigger' or 'prompt'."),
            (min(width, height) < 8 or width % 8 + height % 8 > 0, f"size is {width}×{height}; use multiples of 8."),
            (self.steps < 1, f"steps is {self.steps}; use 1 or more, usually 20."),
            (not 0 < self.strength < inf, f"strength is {self.strength}; use a number above 0, usually 0.7 to 1."),
            (
                not all(0 < each < inf for each in self.strengths),
                f"strengths are {', '.join(f'{each:g}' for each in self.strengths)}; use numbers above 0.",
            ),
            (not isfinite(self.guidance), f"guidance is {self.guidance}; use a number, usually 3 to 7."),
            (not 0 <= self.face_floor < 1, f"face_floor is {self.face_floor}; use 0 up to, not including, 1."),
        ]

    @property
    def pictures(self) -> int:
        """Of one column."""
        return sum(len(probe.seeds) for probe in self.probes)

    @property
    def swept(self) -> tuple[float, ...]:
        """The strengths that the winner is drawn at besides its own."""
        return tuple(each for each in dict.fromkeys(self.strengths) if each != self.strength)

    def shot(self, probe: Probe, seed: int, lora: Path | None, strength: float | None = None) -> Shot:
        width, height = self.size
        at = self.strength if strength is None else strength
        return Shot(
            prompt=probe.prompt,
            negative=self.negative,
            seed=seed,
            width=width,
            height=height,
            steps=self.steps,
            guidance=self.guidance,
            attachments=() if lora is None else (Lora(path=lora, strength=at),),
        )

    def to_json(self) -> dict[str, Any]:
        probes = [{**asdict(probe), "asked": dict(probe.asked), "seeds": list(probe.seeds)} for probe in self.probes]
        return {**asdict(self), "probes": probes, "size": list(self.size)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "ComparePlan":
        """Raises RecipeError naming every key it does not know."""
        known = checked_values(cls, data, RecipeError)
        known["probes"] = tuple(Probe(**_tuples(checked_values(Probe, row, RecipeError))) for row in known["probes"])
        return cls(**_tuples(known))


def default_plan(trigger: str, subject: str = "person", seeds: tuple[int, ...] = FULL_SEEDS) -> ComparePlan:
    """Trigger alone and eleven scenes, the class word, someone else; no word in them describes the character."""
    return _plan(trigger, subject, SCENES, seeds)


def quick_plan(trigger: str, subject: str = "person", seeds: tuple[int, ...] = QUICK_SEEDS) -> ComparePlan:
    """Six prompts of two seeds, for a first look: too few pictures to rule much out."""
    return _plan(trigger, subject, QUICK_SCENES, seeds)


def _plan(trigger: str, subject: str, scenes: tuple[Scene, ...], seeds: tuple[int, ...]) -> ComparePlan:
    with_trigger = [
        Probe(kind="prompt", prompt=f"{trigger}, {subject}, {each.words}", asked=each.asked, seeds=seeds)
        for each in scenes
    ]
    return ComparePlan(
        probes=(
            Probe(kind="trigger", prompt=f"{trigger}, {subject}", seeds=seeds),
            *with_trigger,
            Probe(kind="class", prompt=f"{subject}, {PORTRAIT.words}", asked=PORTRAIT.asked, seeds=seeds),
            Probe(kind="other", prompt=f"{SOMEONE_ELSE}, {PORTRAIT.words}", asked=PORTRAIT.asked, seeds=seeds),
        )
    )


def _tuples(data: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(cast(list[Any], value)) if isinstance(value, list) else value for key, value in data.items()}
