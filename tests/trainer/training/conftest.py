"""What the tests of training share."""

from collections.abc import Iterator

import pytest

from trainer.families.drawing_steps import DrawingSteps
from trainer.families.sd.model import StableDiffusion


@pytest.fixture(autouse=True, scope="module")
def drawn_in_few_steps() -> Iterator[None]:
    """Prior pictures and samples of a random base are noise after three steps as after twenty."""
    real = StableDiffusion.drawing_steps

    def few(self: StableDiffusion, steps: int, whole: int) -> DrawingSteps:
        return real(self, min(steps, 3), min(whole, 3))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(StableDiffusion, "drawing_steps", few)
        yield
