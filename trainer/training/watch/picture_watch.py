"""Tells of each training picture whether it is learned, and which do not belong."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from ..data.training_set import Example, TrainingSet
from ..run.events import Event, PicturesWatched
from ..step.answer import Answer
from .alike import near_duplicates
from .own_losses import Gain, OwnLosses, Table
from .probes import Probes
from .verdicts import FEWEST, Seen, verdicts


class PictureWatch:
    """A Watcher of `pictures`, one example each: every `every`-th step and after the last, once there is anything to
    tell."""

    def __init__(
        self, training_set: TrainingSet, pictures: Sequence[Example], probes: Probes, every: int, steps: int
    ) -> None:
        self._training_set, self._pictures, self._probes = training_set, pictures, probes
        self._every, self._steps = every, steps
        self._names = tuple(example.name for example in pictures)
        self._own = OwnLosses(self._names)
        self._twins: list[int] | None = None

    def look(self, answer: Answer) -> None:
        self._own.add(answer)

    def tell(self, step: int) -> Iterator[Event]:
        is_due = step % self._every == 0 or step == self._steps
        if not is_due or len(self._pictures) < FEWEST:
            return
        gains, count = self._own.gains(), len(self._pictures)
        drops = self._probes.drops_by_draw()[:count]
        said = verdicts(Seen(self._probes.caption_gains(), drops, self._near_duplicates(), gains))
        if gains is None and not any(said):
            return
        learned = self._learned(drops, gains)
        yield PicturesWatched(
            step=step, names=self._names, learned=tuple(round(each, 3) for each in learned), verdicts=said
        )

    def tensors(self) -> Mapping[str, Tensor]:
        return {"own": torch.tensor(self._own.rows())}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        if tensors:
            self._own.restore(tensors["own"].numpy().copy())

    def _learned(self, drops: Table, gains: Sequence[Gain] | None) -> list[float]:
        """Share of its error near noise, once every picture was looked at there; before, of training's own losses."""
        if not np.isnan(drops[:, 0]).any():
            return (1 - np.exp(-np.nanmean(drops, axis=1))).tolist()
        return [gain.share for gain in gains] if gains else [0.0] * len(drops)

    def _near_duplicates(self) -> list[int]:
        """Found once, when first asked for."""
        if self._twins is None:
            latents = [self._training_set.cache.latents(each.sample, each.placement) for each in self._pictures]
            self._twins = near_duplicates([each.chunk(2, dim=0)[0] for each in latents])
        return self._twins
