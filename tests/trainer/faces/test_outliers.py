"""The odd one out, and what is not measured."""

import numpy as np

from trainer.faces.outliers import FaceEmbedding, OutlierScore, outlier_scores


def embedded(part: float, *, yaw: float | None = 0.0, seed: int = 0) -> FaceEmbedding:
    """A face whose cosine to the character (1, 0, …) is `part`."""
    rest = np.random.default_rng(seed).normal(size=15)
    rest *= np.sqrt(1 - part**2) / np.linalg.norm(rest)
    return FaceEmbedding(embedding=np.concatenate([[part], rest]), yaw=yaw)


def faces(count: int, part: float = 0.9, *, yaw: float | None = 0.0, first: int = 0) -> list[FaceEmbedding]:
    return [embedded(part, yaw=yaw, seed=first + number) for number in range(count)]


def test_a_stranger_is_the_odd_one_out() -> None:
    found = outlier_scores([*faces(9), embedded(-0.1, seed=99)], 0.5)
    assert [one.is_outlier for one in found] == [False] * 9 + [True]


def test_a_set_that_agrees_to_a_hair_calls_no_soft_picture_a_stranger() -> None:
    found = outlier_scores([*faces(9, 0.999), embedded(0.92, seed=99)], 0.5)
    assert not any(one.is_outlier for one in found)


def test_four_profiles_are_compared_among_themselves() -> None:
    turned = [FaceEmbedding(embedding=p.embedding[::-1].copy(), yaw=70.0) for p in faces(4, 0.95)]
    found = outlier_scores([*faces(6), *turned], 0.5)
    assert all(one.value is not None and one.value > 0.9 for one in found[6:])
    assert found[6].against == "the others: right profile"


def test_a_lone_profile_is_not_measured_rather_than_low() -> None:
    found = outlier_scores([*faces(6), embedded(0.3, yaw=-70.0)], 0.5)
    assert found[-1].value is None and not found[-1].is_outlier and "profile" in found[-1].against


def test_few_of_an_angle_are_compared_with_all_that_face_the_camera() -> None:
    found = outlier_scores([*faces(6), embedded(0.9, yaw=30.0, seed=50)], 0.5)
    assert found[-1].value is not None and found[-1].against == "the others"


def test_no_face_is_not_measured() -> None:
    found = outlier_scores([*faces(4), None], 0.5)
    assert found[-1] == OutlierScore(value=None, against="no face")


def test_two_faces_are_too_few_to_say_who_is_outlier() -> None:
    assert [one.value for one in outlier_scores(faces(2), 0.5)] == [None, None]


def test_a_reader_without_identity_measures_none() -> None:
    blind = [FaceEmbedding(embedding=np.zeros(0))] * 5
    assert {one.against for one in outlier_scores(blind, 0.5)} == {"the reader measures no identity"}
