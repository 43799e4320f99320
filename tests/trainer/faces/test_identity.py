import numpy as np
import pytest

from trainer.errors import FaceError
from trainer.faces.identity import (
    CharacterIdentity,
    is_first,
    likeness_to_the_others,
    made_face_floor,
    normalised,
)


def test_the_centroid_has_unit_length_and_lies_between():
    middle = CharacterIdentity(np.array([[1.0, 0.0], [0.0, 1.0]])).centroid
    assert middle == pytest.approx([2**-0.5, 2**-0.5])


def test_a_reference_is_scored_against_the_others_and_never_itself():
    assert CharacterIdentity(np.array([[1.0, 0.0], [0.0, 1.0]])).self_likeness() == pytest.approx(0.0)
    assert CharacterIdentity(np.array([[1.0, 0.0]])).self_likeness() is None


def test_first_means_nearer_than_every_other_person():
    character, others = np.array([1.0, 0.0]), np.array([[0.0, 1.0], [0.8, 0.6]])
    assert is_first(np.array([1.0, 0.0]), character, others)
    assert not is_first(np.array([0.8, 0.6]), character, others)


def test_likeness_runs_from_the_control_to_real_pictures():
    assert normalised(0.5, 0.1, 0.9) == pytest.approx(0.5)
    assert normalised(0.5, 0.9, 0.9) is None


def test_a_character_is_known_by_the_faces_that_were_read():
    faces = [np.array([1.0, 0.0]), None, np.zeros(0), np.array([0.0, 1.0])]
    character = CharacterIdentity.of(faces)
    assert character is not None and len(character.embeddings) == 2
    assert character.likeness(np.array([1.0, 0.0])) == pytest.approx(2**-0.5)


def test_without_a_face_there_is_no_character():
    assert CharacterIdentity.of([None, np.zeros(0)]) is None
    with pytest.raises(FaceError, match="one embedded face"):
        CharacterIdentity(np.zeros((0, 4)))


def test_the_mean_leaves_out_the_face_that_is_measured() -> None:
    rows = np.eye(3)
    assert likeness_to_the_others(rows) == pytest.approx([0.0, 0.0, 0.0])


@pytest.mark.parametrize(("spread", "low", "high"), [(0.0, 0.6, 0.6), (0.7, 0.45, 0.59), (3.0, 0.4, 0.4)])
def test_the_made_face_floor_made_faces_follows_the_set_within_the_readers_bounds(
    spread: float, low: float, high: float
) -> None:
    """The reader says 0.4: never below it, never above 0.6, between them 0.15 under the set's lower tenth."""
    rng = np.random.default_rng(3)
    rows = np.array([1.0, 0, 0, 0, 0, 0, 0, 0]) + spread * rng.normal(size=(12, 8)) / 8**0.5
    faces = list(rows / np.linalg.norm(rows, axis=1, keepdims=True))
    assert low - 1e-9 <= made_face_floor(faces, 0.4) <= high + 1e-9
    assert made_face_floor(faces[:2], 0.4) == 0.4, "two faces tell nothing of a set"
