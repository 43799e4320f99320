"""Each style's denoise: the highest at which faces stay the same person's and the picture stops being a render."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from .judge import mean
from .plan import Job, VariantPlan
from .source import Source
from .studio import Attempt, Studio
from .style import Style


@dataclass(frozen=True, kw_only=True)
class Rung:
    """One denoise tried on the probes: how many may be kept, and the means of what was measured."""

    denoise: float
    tried: int
    kept: int
    identity: float | None
    look: float | None

    @classmethod
    def of(cls, denoise: float, attempts: Sequence[Attempt]) -> "Rung":
        verdicts = [attempt.verdict for attempt in attempts]
        return cls(
            denoise=denoise,
            tried=len(verdicts),
            kept=sum(verdict.is_kept for verdict in verdicts),
            identity=mean([verdict.identity for verdict in verdicts]),
            look=mean([verdict.look for verdict in verdicts]),
        )


@dataclass(frozen=True, kw_only=True)
class Tuned:
    """A style with the rungs that were tried, the highest first. `denoise` is None where none kept half the probes."""

    style: Style
    rungs: tuple[Rung, ...]
    denoise: float | None

    def lower(self, attempt: int) -> float:
        """The denoise of an attempt: the chosen one twice, with another seed the second time, then lower rungs."""
        rungs = [rung for rung in self.style.ladder() if self.denoise is not None and rung <= self.denoise]
        return rungs[min(max(0, attempt - 1), len(rungs) - 1)]


def tune(style: Style, probes: Sequence[Source], plan: VariantPlan, studio: Studio) -> Iterator[Attempt | Tuned]:
    """Down the ladder until half of the probes may be kept. Every picture is yielded; the last item is the Tuned.

    Identity only falls as denoise rises, so the first rung that passes is the highest that does. Unchecked plans take
    the middle of the ladder and draw nothing here.
    """
    ladder = style.ladder()
    if not plan.check:
        yield Tuned(style=style, rungs=(), denoise=ladder[len(ladder) // 2])
        return
    rungs: list[Rung] = []
    for denoise in ladder:
        jobs = [(Job(source=probe.sample, style=style, number=0), probe) for probe in probes]
        seen: list[Attempt] = []
        for attempt in studio.attempts(jobs, lambda _, at=denoise: at, 0):
            seen.append(attempt)
            yield attempt
        rungs.append(Rung.of(denoise, seen))
        if 2 * rungs[-1].kept >= len(seen):
            yield Tuned(style=style, rungs=tuple(rungs), denoise=denoise)
            return
    yield Tuned(style=style, rungs=tuple(rungs), denoise=None)
