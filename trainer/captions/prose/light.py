"""The light of a picture in words, for captions whose captioner said nothing of it."""

from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image

from ...dataset.coverage.lighting import Light, light_of, name_light, neutral_of
from ...dataset.dataset import Dataset
from ...dataset.sample import Sample
from ...dataset.sample_pixels import open_sample
from ...errors import DatasetError
from ...runtime.steps import Progress, Steps, silent, stepped
from ...runtime.work import never

DIM, BRIGHT = 100.0, 150.0
"""Luma that even a picture's lightest parts (95 %) do not reach, or its darkest (5 %) exceed: a black or white backdrop
alone says nothing of the light."""
_SIDE = 256
_WORDS = {"even light": "", "side light": "side lighting", "backlight": "backlighting"}
"""Even light is what nobody asks for: saying it on most pictures would only fuse with the trigger."""

_STOPPED = "Stopped after the light of {done} of {total} pictures; captions are as they were. Run again to start anew."


def lighting_words(
    dataset: Dataset,
    *,
    progress: Progress = silent,
    cancelled: Callable[[], bool] = never,
) -> Mapping[str, str]:
    """Words for the light of each picture, by its sha256; pictures in plain light and unreadable ones are absent.

    With a face mark (Check dataset and crops set them) light is told from the face against the rest of the set, else
    from the range of the whole picture, which tells only dim and bright. Raises Cancelled between pictures.
    """
    seen: dict[str, _LightReading] = {}
    steps = Steps(len(dataset.samples), _STOPPED, progress, cancelled)
    looks = stepped(dataset.samples, _read_light, steps, lambda sample: sample.path.name, lambda sample: sample.pixels)
    for index, light in looks:
        if light is not None:
            seen[dataset.samples[index].sha256] = light
    neutral = neutral_of([face for face, _ in seen.values() if face is not None])
    words = {sha256: _words(face, span, neutral) for sha256, (face, span) in seen.items()}
    return {sha256: said for sha256, said in words.items() if said}


_LightReading = tuple[Light | None, tuple[float, float]]
"""The light on the face, and the luma of a picture's darkest and lightest parts."""


def _read_light(sample: Sample) -> _LightReading | None:
    try:
        image = open_sample(sample)
    except DatasetError:  # the check names unreadable files; here they only stay without a word
        return None
    scale = min(1.0, _SIDE / max(image.size))
    small = image.resize(
        (max(1, round(image.width * scale)), max(1, round(image.height * scale))), Image.Resampling.BOX
    )
    pixels = np.asarray(small)
    left, top, right, bottom = sample.face.box if sample.face else (0.0, 0.0, 0.0, 0.0)
    face = light_of(pixels, (left * scale, top * scale, right * scale, bottom * scale)) if sample.face else None
    dark, light = np.percentile(np.asarray(small.convert("L")), (5, 95))
    return face, (float(dark), float(light))


def _words(face: Light | None, span: tuple[float, float], neutral: Light) -> str:
    if face is not None:
        name = name_light(face, neutral)
        if said := _WORDS.get(name, name.replace("light", "lighting")):
            return said
    darkest, lightest = span
    if lightest < DIM:
        return "dim lighting"
    return "bright lighting" if darkest > BRIGHT and face is None else ""
