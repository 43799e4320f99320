"""Clips without a host: a base from its files, a motion module in its UNet, LoRA files swapped as for pictures."""

from collections.abc import Iterator
from pathlib import Path

from PIL import Image

from ...families.base import Base
from ...families.options import FamilyOptions
from ...families.residence import Residence
from ...identity.from_files import OpenReader
from ..attachments import Identity, Lora, refuse_unsupported
from ..identities import no_reader
from ..local import LocalGenerator
from ..sampler import Sampler
from .clip import Clip
from .file import MotionModule, open_motion_module
from .mount import drawing_steps, mounted
from .windows import WindowedPrediction


class LocalClipGenerator(LocalGenerator):
    """A ClipGenerator that also draws pictures, which do not move."""

    def __init__(
        self,
        base: Base,
        motion: Path,
        residence: Residence | None = None,
        options: FamilyOptions | None = None,
        reader: OpenReader = no_reader,
    ) -> None:
        super().__init__(base, residence, options, reader)
        self._file = motion
        self._motion: MotionModule | None = None

    def generate_clip(self, clip: Clip) -> Iterator[Image.Image]:
        """Frames in order; ModelError for a motion module or LoRA file that does not fit the base.

        All of them are drawn before the first is yielded: each knows the others.
        """
        refuse_unsupported(clip.shot.attachments, self.supports)
        motion = self._motion = self._motion or open_motion_module(self._file)
        self._use(clip.shot)
        family, shots = self._family, [shot.without(Lora, Identity) for shot in clip.shots]
        with mounted(family, motion) as working:
            predict = WindowedPrediction(family, working, clip.frames)
            sampler = Sampler(family, predict=predict, steps=drawing_steps(family, motion), largest=clip.frames)
            frames = list(sampler.generate(shots))
        yield from frames
