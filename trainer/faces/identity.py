"""How much a face is the character's: cosines of unit embeddings, (d,) or (n, d), of one and the same reader."""

import numpy as np


def centroid(embeddings: np.ndarray) -> np.ndarray:
    """The unit-length mean of (n, d) unit embeddings, (d,)."""
    mean = embeddings.mean(axis=0)
    return mean / max(float(np.linalg.norm(mean)), 1e-12)


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other)


def leave_one_out(embeddings: np.ndarray) -> float | None:
    """Mean cosine of each real picture to the centroid of the rest: the top of the scale. None for fewer than two."""
    count = len(embeddings)
    if count < 2:
        return None
    rest = [centroid(np.delete(embeddings, index, axis=0)) for index in range(count)]
    return float(np.mean([cosine(embeddings[index], rest[index]) for index in range(count)]))


def is_first(embedding: np.ndarray, character: np.ndarray, others: np.ndarray) -> bool:
    """Whether a face is nearer to the character than to every one of (n, d) other people."""
    return cosine(embedding, character) > float((others @ embedding).max())


def normalised(value: float, control: float, reference: float) -> float | None:
    """0 at the control, 1 at real pictures; None when the reader cannot tell the two apart."""
    span = reference - control
    return (value - control) / span if span > 0.05 else None
