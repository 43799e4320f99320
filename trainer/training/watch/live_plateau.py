"""Whether live likeness has ceased to rise: said once, and the run goes on."""

from collections.abc import Sequence

from ...recipe.early_stop import EarlyStop
from ..plateau import last_rise
from ..run.events import Sampled

_PATIENCE = 6


class Plateau:
    """Of a run with `warmup` steps, by the same statistics that end runs early, with a patience of six looks."""

    def __init__(self, early_stop: EarlyStop, warmup: int) -> None:
        self._early_stop, self._warmup = early_stop, warmup

    def said(self, rows: Sequence[Sequence[float]]) -> str:
        """A sentence where likeness has ceased to rise, else "". A row is a look: its step and each picture's likeness,
        NaN without a face. What never rose has not ceased to."""
        looks = [Sampled(step=int(step), paths=(), likeness=tuple(likeness)) for step, *likeness in rows]
        rise = last_rise(looks, self._early_stop, self._warmup)
        if rise is None or rise.waited < _PATIENCE or rise.step == looks[0].step:
            return ""
        return (
            f"Live likeness last rose at step {rise.step}, and not beyond its noise in {rise.waited} looks since: more "
            "steps may teach little more of the face."
        )
