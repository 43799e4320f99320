"""Which face is the character's."""

import numpy as np
import pytest

from trainer.errors import FaceError
from trainer.faces.choose import FaceChoice, choose_face
from trainer.faces.face import Face

SIZE = (1000, 600)


def face(left: float, side: float, embedding: tuple[float, ...] = (1.0, 0.0)) -> Face:
    return Face(box=(left, 200, left + side, 200 + side), points=(), yaw=None, embedding=np.array(embedding), score=0.9)


LEFT, MIDDLE, RIGHT = face(10, 300), face(430, 140), face(800, 150, (0.0, 1.0))
ALL = (MIDDLE, RIGHT, LEFT)


def test_the_largest_is_chosen_unless_asked_otherwise() -> None:
    assert choose_face(ALL, SIZE) is LEFT


def test_the_most_central_is_nearest_to_the_middle() -> None:
    assert choose_face(ALL, SIZE, FaceChoice(policy="most central")) is MIDDLE


@pytest.mark.parametrize(("index", "chosen"), [(0, LEFT), (1, MIDDLE), (2, RIGHT), (3, None)])
def test_an_index_counts_from_left_to_right(index: int, chosen: Face | None) -> None:
    assert choose_face(ALL, SIZE, FaceChoice(policy="index", index=index)) is chosen


def test_the_character_s_is_the_likest() -> None:
    choice = FaceChoice(policy="character", character=np.array([0.1, 0.99]))
    assert choose_face(ALL, SIZE, choice) is RIGHT


def test_an_embedding_of_another_reader_is_refused() -> None:
    with pytest.raises(FaceError, match="another reader"):
        choose_face(ALL, SIZE, FaceChoice(policy="character", character=np.ones(3)))
    with pytest.raises(FaceError, match="baselines"):
        FaceChoice(policy="character")


def test_no_face_is_no_choice() -> None:
    assert choose_face((), SIZE) is None
