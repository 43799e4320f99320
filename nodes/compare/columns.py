"""What a comparison puts side by side: a run's checkpoints and anybody's LoRA files of the host's folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ...trainer.errors import RunError
from ..host.lora_patterns import lora_paths

if TYPE_CHECKING:
    from ...trainer.scoring.plan.candidate import Candidate
    from ..sockets import Run


@dataclass(frozen=True, kw_only=True)
class Columns:
    """`shown` are drawn, `rest` only where the winner asks for its neighbours."""

    shown: tuple[Candidate, ...]
    rest: tuple[Candidate, ...]

    @property
    def said(self) -> str:
        """How many are left out for their number; "" for none."""
        if not self.rest:
            return ""
        count = len(self.shown) + len(self.rest)
        return f"{len(self.shown)} of {count} LoRA files are compared, evenly spread; most checkpoints says how many. "

    def files(self, strengths: Sequence[float]) -> dict[str, Path]:
        """The LoRA of every column there may be, by its label."""
        among = (*self.shown, *self.rest)
        return {each.label: each.path for one in among for each in (one, *(one.at(s) for s in strengths))}


def columns_of(run: Run | None, text: str, most: int) -> Columns:
    """At most `most` of the run's checkpoints and of the files that `text` names, evenly spread.

    RunError where there are none.
    """
    from ...trainer.scoring.plan.candidate import candidates_of_seeds, spread
    from ...trainer.scoring.plan.candidate_files import candidates_of_files

    own = candidates_of_seeds(run.folder) if run else ()
    known = {each.path.resolve() for each in own}
    files = candidates_of_files([path for path in lora_paths(text) if path.resolve() not in known])
    candidates = tuple(_apart(own, files))
    if run and not own and not files:
        raise RunError(f"The run {run.name!r} has no checkpoints any more under {run.folder}; train it again.")
    if not candidates:
        raise RunError("There is nothing to compare: wire a run into Compare checkpoints, or name LoRA files in loras.")
    shown = spread(candidates, most)
    return Columns(shown=shown, rest=tuple(each for each in candidates if each not in shown))


def _apart(own: Sequence[Candidate], files: Sequence[Candidate]) -> Iterator[Candidate]:
    """The files beside the run's, under labels that no other has."""
    taken = {each.label for each in own}
    yield from own
    for each in files:
        label = each.label if each.label not in taken else each.path.stem
        number = 2
        while label in taken:
            label, number = f"{each.path.stem} ({number})", number + 1
        taken.add(label)
        yield replace(each, label=label)
