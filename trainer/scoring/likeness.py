"""How much a face in a picture is the character's, for pictures that are drawn while training goes on."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from PIL import Image

from ..dataset.dataset import Dataset
from ..faces.choose import choose_face
from ..faces.face import FaceReader
from ..faces.identity import CharacterIdentity
from ..images.pixels import load_rgb


class Likeness:
    """Cosines of pictures' largest faces to the mean of the character's own, by one reader."""

    def __init__(self, reader: FaceReader, dataset: Dataset) -> None:
        self._reader = reader
        self._dataset = dataset

    def __call__(self, images: Sequence[Image.Image]) -> list[float | None]:
        """One number a picture; None without a face, or where the reader knows no face of the dataset."""
        character = self._character
        if character is None:
            return [None] * len(images)
        seen = [self._face(image) for image in images]
        return [None if face is None else character.likeness(face) for face in seen]

    @cached_property
    def _character(self) -> CharacterIdentity | None:
        if not self._reader.measures_identity:
            return None
        return CharacterIdentity.of(self._face(load_rgb(sample.path)) for sample in self._dataset.samples)

    def _face(self, image: Image.Image) -> np.ndarray | None:
        face = choose_face(self._reader.faces(image), image.size)
        return None if face is None else face.embedding
