"""Any pictures against references: the same person, somebody else, nobody, and one of the references itself."""

import json
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from tests.fakes import CHARACTER, FakeReader, mixed, picture
from trainer.errors import Cancelled, FaceError
from trainer.faces.face import Face
from trainer.runtime.work import follow
from trainer.scoring.score_images import ImageScores, NamedImage, score_images

STRANGER = np.array([-0.7, 0.6, 0.3])
NEAR = (0.0, 0.05, 0.08, 0.1, 0.12)
"""How much of a stranger is in each reference."""


def _references() -> list[Image.Image]:
    return [picture(mixed(CHARACTER, STRANGER, part)) for part in NEAR]


def _scored(
    images: Sequence[Image.Image], references: Sequence[Image.Image] | None = None, least: float | None = None
) -> ImageScores:
    named = [NamedImage(name=str(number), image=image) for number, image in enumerate(images)]
    known = _references() if references is None else references
    return follow(score_images(named, known, FakeReader(), least=least))


def test_the_same_person_is_accepted_and_somebody_else_is_not() -> None:
    scores = _scored([picture(CHARACTER, "red"), picture(STRANGER)])
    assert scores.accepted == (0,) and scores.rejected == (1,)
    same, other = scores.images
    assert same.likeness is not None and other.likeness is not None and same.likeness > 0.95 > 0.6 > other.likeness
    assert same.band == "like the references" and other.band == "another person"


def test_a_picture_without_a_face_is_not_measured_and_never_low() -> None:
    scores = _scored([picture(None), picture(CHARACTER)])
    faceless = scores.images[0]
    assert faceless.likeness is None and faceless.band == "not measured" and "no face" in faceless.why
    assert scores.accepted == (1,) and scores.rejected == (0,)
    assert scores.likeness is not None and scores.likeness.count == 1 and scores.likeness.value > 0.95


def test_the_floor_comes_from_the_references_left_out_one_by_one() -> None:
    tight = _scored([picture(CHARACTER)])
    loose = _scored([picture(CHARACTER)], [picture(mixed(CHARACTER, STRANGER, part)) for part in (0, 0.3, 0.4, 0.45)])
    assert tight.floor > loose.floor >= FakeReader().same_person
    assert tight.reference is not None and loose.reference is not None and tight.reference > loose.reference


def test_a_floor_of_ones_own_goes_before_that_of_the_references() -> None:
    half = picture(mixed(CHARACTER, STRANGER, 0.3))
    assert _scored([half], least=0.99).rejected == (0,)
    assert _scored([half], least=0.1).accepted == (0,)


def test_a_reference_given_as_a_picture_is_measured_without_itself() -> None:
    references = _references()
    (scored,) = _scored([references[0]], references).images
    others = FakeReader().metric.mean(np.stack([FakeReader().faces(one)[0].embedding for one in references[1:]]))
    own = FakeReader().faces(references[0])[0].embedding
    assert scored.likeness == pytest.approx(float(own @ others), abs=1e-6)
    assert "one of the references" in scored.why


def test_one_reference_tells_by_the_readers_threshold_alone_and_says_so() -> None:
    scores = _scored([picture(CHARACTER)], [picture(CHARACTER, "blue")])
    assert scores.floor == FakeReader().same_person and scores.reference is None
    assert any("One reference" in note for note in scores.notes)


def test_references_without_a_face_are_refused_in_a_sentence() -> None:
    with pytest.raises(FaceError, match="fake reader finds no face in the 2 references"):
        _scored([picture(CHARACTER)], [picture(None)] * 2)
    with pytest.raises(FaceError, match="no references"):
        _scored([picture(CHARACTER)], [])


def test_no_pictures_are_no_scores() -> None:
    scores = _scored([])
    assert scores.accepted == scores.rejected == () and scores.likeness is None and "No picture" in scores.text


def test_the_report_names_reader_bands_and_every_picture_in_words_and_json() -> None:
    scores = _scored([picture(CHARACTER), picture(None)])
    assert "1 of 2 accepted" in scores.text and "fake reader" in scores.text and "not measured" in scores.text
    data = json.loads(json.dumps(scores.to_json()))
    assert data["reader"] == "fake reader" and data["metric"] == "cosine" and data["images"][1]["likeness"] is None


def test_a_cancel_stops_between_two_pictures() -> None:
    asked: list[int] = []
    named = [NamedImage(name=str(number), image=picture(CHARACTER)) for number in range(4)]

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 2

    with pytest.raises(Cancelled):
        follow(score_images(named, _references(), FakeReader(), cancelled=cancelled))


@pytest.mark.parametrize("least", [float("nan"), float("inf")])
def test_a_floor_that_is_no_number_is_refused(least: float) -> None:
    with pytest.raises(FaceError, match="give a number"):
        _scored([picture(CHARACTER)], least=least)


class _Overflowing(FakeReader):
    """Tells nobody in pictures on red."""

    def faces(self, image: Image.Image) -> list[Face]:
        red = self.read([image])[0].values["background"] == "red"
        return [replace(face, embedding=face.embedding * np.nan) if red else face for face in super().faces(image)]


def test_a_face_whose_embedding_is_no_number_is_not_measured() -> None:
    named = [NamedImage(name="one", image=picture(CHARACTER, "red"))]
    scores = follow(score_images(named, [*_references(), picture(CHARACTER, "red")], _Overflowing()))
    assert scores.images[0].likeness is None and scores.references == len(NEAR)
