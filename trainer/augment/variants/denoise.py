"""Each style's denoise: the highest at which faces stay the same person's and the picture stops being a render."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass

from ..rounds import Drawn, Tally, mean
from .plan import VariantJob, VariantPlan
from .renderer import VariantAttempt, VariantRenderer
from .source import Source
from .style import Style


@dataclass(frozen=True, kw_only=True)
class DenoiseStep:
    """One denoise tried on the probes: how many may be kept, and the means of what was measured."""

    denoise: float
    tried: int
    kept: int
    identity: float | None
    look: float | None

    @classmethod
    def of(cls, denoise: float, attempts: Sequence[VariantAttempt]) -> "DenoiseStep":
        verdicts = [attempt.verdict for attempt in attempts]
        return cls(
            denoise=denoise,
            tried=len(verdicts),
            kept=sum(verdict.is_kept for verdict in verdicts),
            identity=mean([verdict.identity for verdict in verdicts]),
            look=mean([verdict.look for verdict in verdicts]),
        )


@dataclass(frozen=True, kw_only=True)
class StyleDenoise:
    """A style with the steps that were tried, the highest denoise first, and the denoises left to use, from the chosen
    one down; none where no step kept half the probes."""

    style: Style
    steps: tuple[DenoiseStep, ...]
    left: tuple[float, ...]

    @property
    def denoise(self) -> float | None:
        return self.left[0] if self.left else None

    def of_attempt(self, attempt: int) -> float:
        """The denoise of an attempt: the chosen one twice, with another seed the second time, then lower ones."""
        return self.left[min(max(0, attempt - 1), len(self.left) - 1)]


def find_denoise(
    style: Style, probes: Sequence[Source], plan: VariantPlan, renderer: VariantRenderer, tally: Tally[VariantAttempt]
) -> Generator[Drawn[VariantAttempt], None, StyleDenoise]:
    """Down the style's schedule until half of the probes may be kept.

    Identity only falls as denoise rises, so the first step that passes is the highest that does. Unchecked plans take
    the middle of the schedule and draw nothing here; edit models begin at noise and have but one step.
    """
    schedule = (1.0,) if plan.edits else style.denoise_schedule()
    if not plan.check:
        return StyleDenoise(style=style, steps=(), left=schedule[len(schedule) // 2 :])
    jobs = [(VariantJob(source=probe.sample, style=style, number=0), probe) for probe in probes]
    steps: list[DenoiseStep] = []
    for place, denoise in enumerate(schedule):
        seen: list[VariantAttempt] = []
        for attempt in renderer.attempts(jobs, lambda _, at=denoise: at, 0):
            seen.append(attempt)
            yield tally.probed(attempt)
        steps.append(DenoiseStep.of(denoise, seen))
        if 2 * steps[-1].kept >= len(seen):
            return StyleDenoise(style=style, steps=tuple(steps), left=schedule[place:])
    return StyleDenoise(style=style, steps=tuple(steps), left=())
