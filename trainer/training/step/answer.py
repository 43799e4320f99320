"""What the denoiser answered in one forward pass of training."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from torch import Tensor

from ...families.noise import Noised
from ..data.training_set import Example


@dataclass(frozen=True)
class Answer:
    """Of n examples of one bucket: what they were told, what was noised (on the CPU), what was `predicted` (n, c, h, w)
    and each one's loss (n,), on the device and without gradients."""

    examples: Sequence[Example]
    captions: Sequence[str]
    noised: Noised
    predicted: Tensor
    losses: Tensor


Look = Callable[[Answer], None]
"""Is shown every forward pass, and may take what it likes; what waits for the device costs speed."""
