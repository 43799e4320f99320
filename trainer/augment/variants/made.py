"""What came of making variants: the new dataset, and figures by style."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ...dataset.dataset import Dataset
from .judge import mean
from .ladder import Tuned
from .plan import Job
from .studio import Attempt


@dataclass(frozen=True, kw_only=True)
class Dropped:
    """A variant that could not be made, and why its last attempt failed."""

    job: Job
    why: str

    @property
    def sentence(self) -> str:
        return f"{self.job.source.path.name} as {self.job.style.prompt}: {self.why}."


@dataclass(frozen=True, kw_only=True)
class StyleFigures:
    """One style: what was tried on the way to its denoise, how many variants were kept and dropped, their means."""

    tuned: Tuned
    kept: int
    dropped: int
    drawn: int
    identity: float | None
    shift: float | None
    look: float | None

    @property
    def sentence(self) -> str:
        name, denoise = self.tuned.style.prompt, self.tuned.denoise
        if denoise is None:
            return f"{name}: left out, {_why(self.tuned)}."
        parts = [f"denoise {denoise:.2f}", f"{self.kept} kept"]
        parts += [f"{self.dropped} dropped"] if self.dropped else []
        parts += [f"face {self.identity:.2f}"] if self.identity is not None else []
        parts += [f"style {self.look:+.2f} over 3d render"] if self.look is not None else []
        return f"{name}: {', '.join(parts)}."

    def to_json(self) -> dict[str, Any]:
        from dataclasses import asdict

        return {
            "style": self.tuned.style.prompt,
            "denoise": self.tuned.denoise,
            "rungs": [asdict(rung) for rung in self.tuned.rungs],
            **{name: getattr(self, name) for name in ("kept", "dropped", "drawn", "identity", "shift", "look")},
        }


@dataclass(frozen=True, kw_only=True)
class Made:
    """`dataset` holds originals and variants with their repeats; `kept` are the variants in its order."""

    dataset: Dataset
    kept: tuple[Attempt, ...]
    dropped: tuple[Dropped, ...]
    styles: tuple[StyleFigures, ...]
    texts: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "styles": [style.to_json() for style in self.styles],
            "dropped": [{"source": one.job.source.path.name, "style": one.job.style.prompt, "why": one.why}
                        for one in self.dropped],
            "texts": list(self.texts),
        }  # fmt: skip


def figures(tuned: Tuned, tried: Sequence[Attempt], kept: Sequence[Attempt], dropped: int) -> StyleFigures:
    """Of one style, from every attempt at it and those that were kept."""
    verdicts = [attempt.verdict for attempt in kept]
    return StyleFigures(
        tuned=tuned,
        kept=len(kept),
        dropped=dropped,
        drawn=len({attempt.kept.sha256 for attempt in tried}),
        identity=mean([verdict.identity for verdict in verdicts]),
        shift=mean([verdict.shift for verdict in verdicts]),
        look=mean([verdict.look for verdict in verdicts]),
    )


def notes(kept: Sequence[Attempt]) -> list[str]:
    """What is to be known of kept variants, once each with how many it is true of."""
    said = Counter("faces that read low" if a.verdict.identity is not None else "no face found"
                   for a in kept if a.verdict.note)  # fmt: skip
    return [f"{count} drawings kept with {what}: look at them." for what, count in said.items()]


def _why(tuned: Tuned) -> str:
    if not tuned.rungs:
        return "nothing was tried"
    lowest = tuned.rungs[-1]
    seen = "" if lowest.identity is None else f", faces at {lowest.identity:.2f}"
    look = "" if lowest.look is None else f", style {lowest.look:+.2f} over 3d render"
    return f"{lowest.kept} of {lowest.tried} could be kept even at denoise {lowest.denoise:.2f}{seen}{look}"
