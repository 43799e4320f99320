"""Pictures of a set that are nearly the same, by their latents."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

_SIDE = 16
_ALIKE = 0.85
_OUTLIER = 6.0
_FEWEST = 4
"""Pictures below which there is nothing to hold a pair against."""


def near_duplicates(latents: Sequence[Tensor]) -> list[int]:
    """Places of those that are nearly one before them. `latents` are posterior means, (c, h, w), of any sizes.

    Each is averaged to 16 x 16 and every channel's mean taken away, so that light does not count. Two are nearly the
    same whose cosine is at least 0.85, and whose Fisher z (arctanh of it) lies 6 robust standard deviations above the
    pairs' median: a set before one wall is alike as a whole. Copies that were moved by a few pixels, cut a little or
    made lighter are found; mirrored ones are not.
    """
    if len(latents) < _FEWEST:
        return []
    small = [torch.nn.functional.adaptive_avg_pool2d(each.float().cpu(), _SIDE) for each in latents]
    flat = torch.stack([(each - each.mean(dim=(1, 2), keepdim=True)).flatten() for each in small])
    unit = torch.nn.functional.normalize(flat, dim=1)
    cosines = (unit @ unit.T).numpy().astype(np.float64)
    pairs = cosines[np.triu_indices(len(cosines), 1)]
    distances = np.arctanh(pairs.clip(-0.999999, 0.999999))
    middle = float(np.median(distances))
    spread = 1.4826 * float(np.median(np.abs(distances - middle)))
    least = max(_ALIKE, float(np.tanh(middle + _OUTLIER * spread)))
    return [place for place in range(1, len(cosines)) if cosines[place, :place].max() >= least]
