"""What is compared: LoRA files, each at one strength, as the columns of a comparison."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...dataset.dataset import LeftOut
from ...errors import ModelError
from ...lora.file import opened_lora
from ...storage.values import json_value
from ...training.run.folder import Checkpoint, RunFolder


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A LoRA file at a strength, None for the plan's. `label` names its column everywhere and is unique in a
    comparison.

    `step` is None where neither name nor metadata tell one, `seed` the training seed where several runs are compared,
    `run` the folder of the run that it comes from, None for anybody's file.
    """

    label: str
    path: Path
    step: int | None = None
    seed: int | None = None
    run: Path | None = None
    strength: float | None = None

    @property
    def order(self) -> tuple[int, int, str, float]:
        """Earliest first; files that tell no step come last, by name."""
        return (self.step is None, self.step or 0, self.label, self.strength or 0.0)

    def at(self, strength: float) -> "Candidate":
        """The same file as a column of a strength sweep."""
        return replace(self, label=f"{self.label} at {strength:g}", strength=strength)


def candidates_of_run(checkpoints: Sequence[Checkpoint], strength: float | None = None) -> tuple[Candidate, ...]:
    """A run's checkpoints, by step."""
    made = [
        Candidate(label=each.label, path=each.path, step=each.step, run=each.path.parent.parent, strength=strength)
        for each in checkpoints
    ]
    return tuple(sorted(made, key=lambda each: each.order))


def candidates_of_seeds(run: Path, strength: float | None = None) -> tuple[Candidate, ...]:
    """The checkpoints of a run and of its other training seeds, by step; of one seed alone as `candidates_of_run`."""
    own = candidates_of_run(RunFolder(run).checkpoints(), strength)
    others = sorted(
        (folder for folder in (run / "seeds").glob("*") if folder.name.isdigit()), key=lambda f: int(f.name)
    )
    found = [(int(folder.name), RunFolder(folder).checkpoints()) for folder in others]
    if not any(checkpoints for _, checkpoints in found):
        return own
    first = _first_seed(run)
    made = [each if each.label.startswith("Average") else _of_seed(each, first) for each in own]
    for seed, checkpoints in found:
        made += [_of_seed(each, seed) for each in candidates_of_run(checkpoints, strength)]
    return tuple(sorted(made, key=lambda each: each.order))


def spread(candidates: Sequence[Candidate], most: int) -> tuple[Candidate, ...]:
    """At most `most` of them, evenly apart, the last always among them.

    Of several seeds the same steps of each: one step of each at least, which of many seeds may be more than `most`.
    """
    if len(candidates) <= most:
        return tuple(candidates)
    names = [(each.step, "" if each.seed is not None else each.label) for each in candidates]
    steps = list(dict.fromkeys(names))
    count = max(1, most * len(steps) // len(candidates))
    kept = {steps[round((number + 1) * len(steps) / count) - 1] for number in range(count)}
    return tuple(each for each, name in zip(candidates, names, strict=True) if name in kept)


def neighbours(chosen: Candidate, drawn: Sequence[Candidate], among: Sequence[Candidate]) -> tuple[Candidate, ...]:
    """Of `among`, in order, those next before and after the chosen one of the same seed that were not drawn."""
    row = [each for each in sorted(among, key=lambda each: each.order) if each.seed == chosen.seed]
    paths = [each.path for each in row]
    if chosen.path not in paths:
        return ()
    place, known = paths.index(chosen.path), {each.path for each in drawn}
    beside = row[max(place - 1, 0) : place + 2]
    return tuple(each for each in beside if each.path not in known)


def fitting(candidates: Sequence[Candidate], family: str) -> tuple[tuple[Candidate, ...], tuple[LeftOut, ...]]:
    """Those whose files are LoRAs of the base called `family` ("" where that is not known), and why not the others.

    Files are opened and not read: what only shows when a base is loaded is refused by who draws.
    """
    kept: list[Candidate] = []
    left: list[LeftOut] = []
    for each in candidates:
        why = _refusal(each.path, family)
        if why:
            left.append(LeftOut(name=each.label, why=why))
        else:
            kept.append(each)
    return tuple(kept), tuple(left)


def _refusal(path: Path, family: str) -> str:
    try:
        with opened_lora(path) as file:
            made_for = file.made_for
    except ModelError as fault:
        return str(fault)
    if made_for and family and made_for not in family:
        return f"{path.name} is a LoRA for {made_for} and this base is {family}; compare it on its own base."
    return ""


def _of_seed(candidate: Candidate, seed: int) -> Candidate:
    return replace(candidate, label=f"{candidate.label}, seed {seed}", seed=seed)


def _first_seed(run: Path) -> int:
    """As the run's recipe says it; 0 where that cannot be read."""
    try:
        return int(json_value((run / "recipe.json").read_text(encoding="utf-8")).get("seed", 0))
    except (OSError, ValueError, AttributeError, TypeError):
        return 0
