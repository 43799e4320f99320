"""Whether live likeness has ceased to rise: said once, and the run goes on."""

from collections.abc import Callable, Iterator, Sequence

from ...recipe.early_stop import EarlyStop
from ..plateau import last_rise
from ..run.events import Event, LiveLikeness, Noticed, Sampled

_PATIENCE = 12
_SAID = "Live likeness last rose at step"


class LivePlateau:
    """Of a run with `warmup` steps, by the same statistics that end runs early, with a patience of twelve looks, each
    at one picture. `log` gives what the run told before it was resumed, and is asked once."""

    def __init__(self, early_stop: EarlyStop, warmup: int, log: Callable[[], Sequence[Event]]) -> None:
        self._early_stop, self._warmup, self._log = early_stop, warmup, log
        self._looks: list[Sampled] | None = None
        self._is_said = False

    def after(self, look: LiveLikeness) -> Iterator[Noticed]:
        """What there is to say after `look`. What never rose has not ceased to."""
        looks = self._before(look)
        looks.append(_as_samples(look))
        rise = last_rise(looks, self._early_stop, self._warmup)
        if self._is_said or rise is None or rise.waited < _PATIENCE or rise.step == looks[0].step:
            return
        self._is_said = True
        what = (
            f"{_SAID} {rise.step}, and not beyond its noise in {rise.waited} looks since: more steps may teach little "
            "more of the face."
        )
        yield Noticed(step=look.step, what=what)

    def _before(self, look: LiveLikeness) -> list[Sampled]:
        """The looks by the same reader up to now."""
        if self._looks is None:
            log = [
                event for event in self._log() if isinstance(event, LiveLikeness | Noticed) and event.step < look.step
            ]
            self._is_said = any(isinstance(event, Noticed) and event.what.startswith(_SAID) for event in log)
            same = [each for each in log if isinstance(each, LiveLikeness) and each.reader == look.reader]
            self._looks = [_as_samples(each) for each in same]
        return self._looks


def _as_samples(look: LiveLikeness) -> Sampled:
    """A picture that is looked at again and again compares as a prompt does."""
    return Sampled(step=look.step, paths=(), likeness=look.each)
