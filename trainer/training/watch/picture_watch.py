"""Tells of each training picture whether it is learned, and which do not belong."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from ..data.placed import placed_picture
from ..data.training_set import Example, TrainingSet
from ..run.events import Event, PicturesWatched
from ..step.answer import Answer
from .alike import near_duplicates
from .own_losses import Gain, OwnLosses, Table
from .predicted_faces import Read
from .probes import Probes
from .verdicts import FEWEST, Seen, verdicts


class PictureWatch:
    """A Watcher of `pictures`, one example each: every `every`-th step and after the last, once there is anything to
    tell. `read` tells how like the character each one's own face is, as a Job's likeness does."""

    def __init__(  # noqa: PLR0913
        self,
        training_set: TrainingSet,
        pictures: Sequence[Example],
        probes: Probes,
        every: int,
        steps: int,
        read: Read | None = None,
    ) -> None:
        self._training_set, self._pictures, self._probes = training_set, pictures, probes
        self._every, self._steps = every, steps
        paths = [example.sample.path for example in pictures]
        self._names = told_names(paths)
        self._own = OwnLosses(paths)
        self._twins: list[int] | None = None
        self._read = read
        self._faces: Sequence[float | None] | None = None if read else ()

    def look(self, answer: Answer) -> None:
        self._own.add(answer)

    def tell(self, step: int) -> Iterator[Event]:
        is_due = step % self._every == 0 or step == self._steps
        if not is_due or len(self._pictures) < FEWEST:
            return
        gains, count = self._own.gains(), len(self._pictures)
        drops = self._probes.drops_by_draw()[:count]
        twins, faces = self._near_duplicates(), self._own_faces()
        said = verdicts(Seen(self._probes.caption_gains(), drops, twins, gains, faces))
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

    def _own_faces(self) -> Sequence[float | None]:
        """Read once, when first asked for, and one picture in memory at a time."""
        if self._faces is None:
            assert self._read is not None
            self._faces = [self._read([placed_picture(each.sample, each.placement)])[0] for each in self._pictures]
        return self._faces


def told_names(paths: Sequence[Path]) -> tuple[str, ...]:
    """The files' names, with the folder before one that several have."""
    count = Counter(path.name for path in paths)
    return tuple(path.name if count[path.name] == 1 else f"{path.parent.name}/{path.name}" for path in paths)
