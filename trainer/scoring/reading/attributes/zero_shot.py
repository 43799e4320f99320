"""Reads what prompts ask for off pictures without training for it: the likeliest of a slot's words is what it shows."""

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import cast

import numpy as np
from PIL import Image

from ....faces.face import AttributeReader, FaceReader, Reading
from ...plan.compare_plan import ComparePlan
from .contrasts import sentence, slots_of
from .image_text import ImageText, find_image_text

NO_ATTRIBUTE_READER = (
    "Whether pictures show the clothes, place, light and style that prompts ask for is not measured: put config.json, "
    "model.safetensors, preprocessor_config.json and the tokenizer files of openai/clip-vit-large-patch14, or of a "
    "SigLIP, into a folder of models/clip_vision."
)


class ZeroShotReader:
    """Slots and words are a plan's, with contrasts: following says nothing where there is only one thing to say."""

    def __init__(self, model: ImageText, slots: Mapping[str, Sequence[str]]) -> None:
        self._model = model
        self.name = f"{model.name}, zero-shot"
        self.slots: Mapping[str, Sequence[str]] = {slot: tuple(words) for slot, words in slots.items()}

    @property
    def fingerprint(self) -> str:
        """Another one has pictures read again."""
        return self._model.fingerprint

    def read(self, images: Sequence[Image.Image]) -> list[Reading]:
        """Of each slot the word whose sentence is nearest to the picture."""
        if not images or not self.slots:
            return [Reading() for _ in images]
        seen = self._model.images(images)
        likeness = {slot: seen @ rows.T for slot, rows in self._words.items()}
        return [
            Reading(values={slot: self.slots[slot][int(rows[index].argmax())] for slot, rows in likeness.items()})
            for index in range(len(images))
        ]

    @cached_property
    def _words(self) -> dict[str, np.ndarray]:
        """Every slot's sentences, (n, d)."""
        return {slot: self._model.texts([sentence(slot, word) for word in words]) for slot, words in self.slots.items()}


def attribute_reader_for(
    plan: ComparePlan, folders: Sequence[Path], faces: FaceReader | None = None, device: str = "cpu"
) -> AttributeReader | None:
    """Who reads a plan's words: the face reader itself where it reads words, else a CLIP or SigLIP of `folders`.

    None where there is neither. Angles, mouth and eyes are the face's alone wherever its reader measures them
    (measures/following), so that this one never doubts them.
    """
    if hasattr(faces, "read") and hasattr(faces, "slots"):
        return cast(AttributeReader, faces)
    folder, slots = find_image_text(folders), slots_of(plan)
    return ZeroShotReader(ImageText(folder, device), slots) if folder is not None and slots else None
