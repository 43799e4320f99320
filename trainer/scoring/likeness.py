"""How much a face in a picture is the character's, for pictures that are drawn while training goes on."""

from collections.abc import Sequence
from functools import cached_property

from PIL import Image

from ..dataset.dataset import Dataset
from ..faces.choose import FaceChoice, choose_face
from ..faces.face import FaceReader
from ..faces.frequent import embeddings_of_character
from ..faces.identity import CharacterIdentity
from ..images.pixels import load_rgb


class Likeness:
    """Likeness of the faces in pictures that are most like the character to the mean of its own, by one reader."""

    def __init__(self, reader: FaceReader, dataset: Dataset) -> None:
        self._reader = reader
        self._dataset = dataset

    @property
    def name(self) -> str:
        """The reader's: numbers of two readers are on two scales."""
        return self._reader.name

    def __call__(self, images: Sequence[Image.Image]) -> list[float | None]:
        """One number a picture; None without a face, or where the reader knows no face of the dataset."""
        character = self._character
        if character is None:
            return [None] * len(images)
        how = FaceChoice(policy="character", character=character.centroid, metric=character.metric)
        seen = [choose_face(self._reader.faces(image), image.size, how) for image in images]
        return [None if face is None else character.likeness(face.embedding) for face in seen]

    @cached_property
    def _character(self) -> CharacterIdentity | None:
        if not self._reader.measures_identity:
            return None
        seen = [self._reader.faces(load_rgb(sample.path)) for sample in self._dataset.samples]
        metric = self._reader.metric
        return CharacterIdentity.of(embeddings_of_character(seen, self._reader.same_person, metric), metric)
