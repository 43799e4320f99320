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
    """A style with the rungs that were tried, the highest first, and the denoises left to use, from the chosen one
    down; none where no rung kept half the probes."""

    style: Style
    rungs: tuple[Rung, ...]
    left: tuple[float, ...]

    @property
    def denoise(self) -> float | None:
        return self.left[0] if self.left else None

    def lower(self, attempt: int) -> float:
        """The denoise of an attempt: the chosen one twice, with another seed the second time, then lower rungs."""
        return self.left[min(max(0, attempt - 1), len(self.left) - 1)]


def tune(style: Style, probes: Sequence[Source], plan: VariantPlan, studio: Studio) -> Iterator[Attempt | Tuned]:
    """Down the ladder until half of the probes may be kept. Every picture is yielded; the last item is the Tuned.

    Identity only falls as denoise rises, so the first rung that passes is the highest that does. Unchecked plans take
    the middle of the ladder and draw nothing here; edit models begin at noise and have but one rung.
    """
    ladder = (1.0,) if plan.edits else style.ladder()
    if not plan.check:
        yield Tuned(style=style, rungs=(), left=ladder[len(ladder) // 2 :])
        return
    rungs: list[Rung] = []
    for place, denoise in enumerate(ladder):
        jobs = [(Job(source=probe.sample, style=style, number=0), probe) for probe in probes]
        seen: list[Attempt] = []
        for attempt in studio.attempts(jobs, lambda _, at=denoise: at, 0):
            seen.append(attempt)
            yield attempt
        rungs.append(Rung.of(denoise, seen))
        if 2 * rungs[-1].kept >= len(seen):
            yield Tuned(style=style, rungs=tuple(rungs), left=ladder[place:])
            return
    yield Tuned(style=style, rungs=tuple(rungs), left=())
