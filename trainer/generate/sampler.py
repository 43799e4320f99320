"""Pictures from a loaded family's own weights: Euler steps as its scheduler says, with classifier-free guidance."""

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import torch
from PIL import Image
from torch import Tensor

from ..errors import Cancelled, ModelError
from ..families.batch_rows import BatchRows, told_rows
from ..families.condition import Condition
from ..families.drawing_steps import DrawingSteps
from ..families.family import Family
from ..recipe.buckets import Placement
from ..runtime.work import Ask, never
from .attachments import Attachment, Start, refuse_unsupported
from .shot import LARGEST_BATCH, Shot, batches

_STOPPED = "Stopped while drawing; pictures that were finished are kept. Run again to go on from there."


class Predict(Protocol):
    """As `Family.predict`."""

    def __call__(
        self,
        noisy: Tensor,
        time: Tensor,
        conditions: Sequence[Condition],
        placements: Sequence[Placement],
        guidance: float | None = None,
    ) -> Tensor: ...


class Sampler:
    """A Generator on a family's weights, with whatever adapter is attached to them at the moment.

    `predict` asks the family in another way than with a whole batch at once, `steps` goes another way from noise to a
    picture than the family's own, and at most `largest` shots are one batch. `cancelled` is asked at every step, for a
    batch may take a minute.
    """

    supports: frozenset[type[Attachment]] = frozenset({Start})

    def __init__(
        self,
        family: Family,
        *,
        predict: Predict | None = None,
        steps: Callable[[int, int], DrawingSteps] | None = None,
        largest: int = LARGEST_BATCH,
        cancelled: Ask = never,
    ) -> None:
        self._family = family
        self._predict: Predict = predict or family.predict
        self._steps = steps
        self._largest = largest
        self._cancelled = cancelled

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        """Pictures in order; ModelError for a shot that names a LoRA file, which these weights cannot swap in. Raises
        Cancelled between two steps."""
        for batch in batches(shots, self._largest):
            refuse_unsupported(batch[0].attachments, self.supports)
            yield from self._draw(batch)

    @torch.inference_mode(False)
    @torch.no_grad()
    def _draw(self, shots: Sequence[Shot]) -> list[Image.Image]:
        shot, family = shots[0], self._family
        factor = family.codec.factor
        if shot.width % factor or shot.height % factor:
            raise ModelError(f"A picture of {shot.width}x{shot.height} is not possible; use multiples of {factor}.")
        # The steps to go are the last of as many as make up the denoise, as KSampler has it.
        steps = self._steps or family.drawing_steps
        way = steps(shot.steps, shot.steps if shot.start is None else int(shot.steps / shot.denoise))
        latents = self._begun(shots, way)
        is_guided = family.spec.guidance == "cfg" and shot.guidance > 1
        conditions = self._conditions(shots, is_guided)
        told = shot.guidance if family.spec.guidance == "embedded" else None
        size = (shot.width, shot.height)
        placements = [Placement(size, size, (0, 0), size)] * len(conditions)
        rows = BatchRows.guided(len(shots)) if is_guided else BatchRows.plain(len(shots))
        for number, time in enumerate(way.times):
            if self._cancelled():
                raise Cancelled(_STOPPED)
            shown = way.shown(torch.cat([latents, latents]) if is_guided else latents, number)
            with told_rows(rows):
                predicted = self._predict(shown, time, conditions, placements, told).float()
            if is_guided:
                without, asked = predicted.chunk(2)
                predicted = without + shot.guidance * (asked - without)
            latents = way.next(predicted, latents, number)
        return family.codec.decode(latents)

    def _begun(self, shots: Sequence[Shot], way: DrawingSteps) -> Tensor:
        """Pure noise, or the starting pictures' latents with as much noise as the first step has."""
        noise = self._noise(shots)
        starts = [image for shot in shots if (image := shot.opened_start()) is not None]
        if not starts or shots[0].denoise == 1:
            return way.from_noise(noise)
        codec = self._family.codec
        moments = torch.stack([codec.encode(image) for image in starts])
        return way.from_picture(codec.to_model(moments.chunk(2, dim=1)[0]).to(noise), noise)

    def _noise(self, shots: Sequence[Shot]) -> Tensor:
        """One CPU stream a shot, so that a picture's noise does not depend on its batch or device."""
        codec = self._family.codec
        shape = (1, codec.channels, shots[0].height // codec.factor, shots[0].width // codec.factor)
        noise = [torch.randn(shape, generator=torch.Generator("cpu").manual_seed(shot.seed)) for shot in shots]
        return torch.cat(noise).to(self._family.device)

    def _conditions(self, shots: Sequence[Shot], is_guided: bool) -> list[Condition]:
        prompts = [shot.negative for shot in shots] if is_guided else []
        prompts += [shot.prompt for shot in shots]
        device, dtype = self._family.device, self._family.dtype
        return [self._family.encode_text(prompt).to(device, dtype) for prompt in prompts]
