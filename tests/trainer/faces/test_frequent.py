"""Who a set of pictures is of, where some show two people."""

import numpy as np

from trainer.bench.faces import face_detectors
from trainer.faces.choose import choose_face
from trainer.faces.face import Face
from trainer.faces.frequent import choice_over, frequent_person

HERO, FRIEND, PASSER = np.eye(3, dtype=np.float32)


def face(who: np.ndarray, high: float = 100.0) -> Face:
    return Face(box=(0, 0, high, high), points=(), yaw=0.0, embedding=who, score=0.9)


def test_whom_most_pictures_show_is_the_character_however_small() -> None:
    pictures = [[face(FRIEND, 200), face(HERO)], [face(HERO)], [face(PASSER, 300), face(HERO)]]
    choice = choice_over(pictures, 0.5)
    assert all(choose_face(faces, (9, 9), choice) is faces[-1] for faces in pictures)


def test_of_two_who_are_always_together_the_one_alone_somewhere_or_the_larger_is_meant() -> None:
    together = [[face(FRIEND, 200), face(HERO)]] * 2
    larger = frequent_person(together, 0.5)
    assert larger is not None and np.array_equal(larger, FRIEND)
    alone = frequent_person([*together, [face(FRIEND), face(PASSER)], [face(HERO)]], 0.5)
    assert alone is not None and np.array_equal(alone, HERO)


def test_a_set_without_pictures_of_several_or_without_identities_takes_the_largest() -> None:
    assert choice_over([[face(HERO)], [], [face(FRIEND)]], 0.5).policy == "largest"
    assert choice_over([[face(np.empty(0)), face(np.empty(0))]], 0.5).policy == "largest"


def test_drawn_strangers_are_told_from_the_character() -> None:
    assert face_detectors(2)["right_face"]["hit"] >= 0.95
