"""Whether weights and embeddings are numbers."""

import torch
from torch import Tensor


def is_finite(tensor: Tensor) -> bool:
    """Whether all values are numbers, without a copy of them."""
    if not tensor.numel():
        return True
    least, most = (tensor if tensor.element_size() > 1 else tensor.float()).aminmax()
    return bool(torch.isfinite(least) & torch.isfinite(most))
