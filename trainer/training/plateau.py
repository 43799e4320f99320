"""Whether the samples of a run have ceased to grow more like the character, and the end of the run for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite, sqrt
from statistics import fmean

from ..recipe.early_stop import EarlyStop
from .job import Job
from .run.events import Event, Sampled, StoppedEarly, Unwatched


@dataclass(frozen=True, kw_only=True)
class Rise:
    """The step of the sampling at which likeness last rose, and how many in a row have not risen since."""

    step: int
    waited: int


def last_rise(samplings: Sequence[Sampled], early_stop: EarlyStop, warmup: int) -> Rise | None:
    """How the likeness of samplings, by step, has gone; None before any was measured.

    A sampling is compared with the one that rose last, prompt by prompt, as each prompt keeps its seed: what parts one
    prompt from another falls out of the gains. It rises when their mean is above `least_gain` and above its own noise,
    one standard error of the gains. So a sampling in which every prompt gained has always risen (of n gains above 0
    the standard error is below the mean), and of two prompts both must have. One prompt has no noise to tell: there
    `least_gain` decides alone.

    This is UP of Prechelt 1998 ("Early stopping - but when?"), which counts strips in a row that went the wrong way:
    `sample_every` is the length of a strip and patience their number. He compares with the strip before, on a loss that
    turns; likeness levels off, so here it is the best so far, which a slow rise passes in the end. His finding that
    slow criteria learn a little more for much more time is why patience counts several.

    Nothing is counted up to step `warmup`, nor where no prompt can be compared; a likeness that is no number is none.
    """
    rise: Rise | None = None
    reference: dict[int, float] = {}
    for sampled in samplings:
        now = _measured(sampled)
        gains = [now[prompt] - reference[prompt] for prompt in now if prompt in reference]
        if now and (rise is None or (gains and _is_rise(gains, early_stop.least_gain))):
            rise, reference = Rise(step=sampled.step, waited=0), reference | now
            continue
        if rise is not None and gains and sampled.step > warmup:
            rise = Rise(step=rise.step, waited=rise.waited + 1)
        # A face that is seen for the first time can gain from now on.
        reference = now | reference
    return rise


def _measured(sampled: Sampled) -> dict[int, float]:
    """Likeness by the prompt's place."""
    return {prompt: value for prompt, value in enumerate(sampled.likeness) if value is not None and isfinite(value)}


def _is_rise(gains: Sequence[float], least: float) -> bool:
    count, mean = len(gains), fmean(gains)
    spread = sum((gain - mean) ** 2 for gain in gains)
    noise = sqrt(spread / (count * (count - 1))) if count > 1 else 0.0
    return mean > max(least, noise)


class PlateauWatch:
    """Tells from a run's log when it is to end early, so that a resumed run ends where an unbroken one does."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._early_stop = job.recipe.early_stop
        self._schedule = job.recipe.schedule

    def unwatched(self, step: int, log: Sequence[Event]) -> Unwatched | None:
        """Why this run cannot stop early although it is to, once; None where it can, or was told before."""
        if not self._early_stop.patience or any(isinstance(event, Unwatched) for event in log):
            return None
        why = self._blindness(step, log)
        return Unwatched(step=step, why=why) if why else None

    def stop(self, step: int, log: Sequence[Event]) -> StoppedEarly | None:
        """That the run ends at `step`, if its samples have just shown a plateau."""
        samplings = of_one_reader(log)
        is_now = bool(samplings) and samplings[-1].step == step < self._schedule.steps
        if not self._early_stop.patience or self._job.likeness is None or not is_now:
            return None
        rise = last_rise(samplings, self._early_stop, self._schedule.warmup)
        if rise is None or rise.waited < self._early_stop.patience:
            return None
        return StoppedEarly(step=step, steps=self._schedule.steps, best=rise.step, samplings=rise.waited)

    def _blindness(self, step: int, log: Sequence[Event]) -> str:
        """Known before the first step, or once as many samplings as it has patience for showed no face."""
        last, dataset = f"it trains to step {self._schedule.steps}", self._job.dataset
        if self._job.likeness is None:
            return (
                f"Nobody reads faces, so this run cannot stop early and {last}. Choose a face reader that is installed."
            )
        if not any("{trigger}" in prompt or dataset.trigger in prompt for prompt in self._job.recipe.output.samples):
            return f"No sample prompt names {{trigger}}, so this run cannot stop early and {last}. Add one that does."
        seen = [sampled for sampled in of_one_reader(log) if sampled.step > self._schedule.warmup]
        if len(seen) < self._early_stop.patience or any(map(_measured, seen)):
            return ""
        return f"Up to step {step} no sample shows a face to compare with the character's: until one does, {last}."


def of_one_reader(log: Sequence[Event]) -> list[Sampled]:
    """The samplings that the last one can be compared with: another reader's numbers are on another scale, and one
    that was skipped tells nothing."""
    samplings = [event for event in log if isinstance(event, Sampled) and not event.skipped]
    return [sampled for sampled in samplings if sampled.reader == samplings[-1].reader]
