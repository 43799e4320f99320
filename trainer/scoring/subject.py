"""Whom a comparison looks for."""

from dataclasses import dataclass

import numpy as np

from ..dataset.sample import Sample


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """`references` are real pictures held out of training, `training` those trained on.

    `others` are unit embeddings of other people by the same face reader, (n, d), or None when none are known.
    """

    trigger: str
    references: tuple[Sample, ...]
    training: tuple[Sample, ...] = ()
    others: np.ndarray | None = None
