"""What the denoiser answered in one forward pass of training, and what an update of it gave."""

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


@dataclass(frozen=True)
class Learned:
    """The gradients of update `step` (from 0) are there: their `norm`, on the device, and the mean loss, read when it
    is asked for. Unless it `is_unseen`, it was read and is finite."""

    step: int
    norm: Tensor
    loss: Callable[[], float]
    is_unseen: bool


@dataclass(frozen=True)
class Updated:
    """Update `step` (from 0) at learning rate `lr`. `loss` is its mean over the pictures, read when it is asked for:
    RunError when it or its gradient is not a number, and then nothing that was learned since is worth keeping."""

    step: int
    lr: float
    loss: Callable[[], float]
