"""Whom a comparison looks for."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """`references` are real pictures held out of training, `training` those trained on.

    `others` are unit embeddings of other people by the same face reader, (n, d), or None when none are known.
    """

    trigger: str
    references: tuple[Path, ...]
    training: tuple[Path, ...] = ()
    others: np.ndarray | None = None
