"""The odd one out, and what is not measured."""

import numpy as np
import pytest

from trainer.dataset.checks.faces import count_faces, judge_belonging, judge_faces
from trainer.dataset.checks.identity import Belonging, Portrait, belonging, floor_of, leave_one_out


def portrait(part: float, *, yaw: float | None = 0.0, seed: int = 0) -> Portrait:
    """A face whose cosine to the character (1, 0, …) is `part`."""
    rest = np.random.default_rng(seed).normal(size=15)
    rest *= np.sqrt(1 - part**2) / np.linalg.norm(rest)
    return Portrait(embedding=np.concatenate([[part], rest]), yaw=yaw)


def faces(count: int, part: float = 0.9, *, yaw: float | None = 0.0, first: int = 0) -> list[Portrait]:
    return [portrait(part, yaw=yaw, seed=first + number) for number in range(count)]


def test_a_stranger_is_the_odd_one_out() -> None:
    found = belonging([*faces(9), portrait(-0.1, seed=99)], 0.5)
    assert [one.is_odd for one in found] == [False] * 9 + [True]


def test_a_set_that_agrees_to_a_hair_calls_no_soft_picture_a_stranger() -> None:
    found = belonging([*faces(9, 0.999), portrait(0.92, seed=99)], 0.5)
    assert not any(one.is_odd for one in found)


def test_the_mean_leaves_out_the_face_that_is_measured() -> None:
    rows = np.eye(3)
    assert leave_one_out(rows) == pytest.approx([0.0, 0.0, 0.0])


def test_four_profiles_are_compared_among_themselves() -> None:
    turned = [Portrait(embedding=p.embedding[::-1].copy(), yaw=70.0) for p in faces(4, 0.95)]
    found = belonging([*faces(6), *turned], 0.5)
    assert all(one.value is not None and one.value > 0.9 for one in found[6:])
    assert found[6].against == "the others: right profile"


def test_a_lone_profile_is_not_measured_rather_than_low() -> None:
    found = belonging([*faces(6), portrait(0.3, yaw=-70.0)], 0.5)
    assert found[-1].value is None and not found[-1].is_odd and "profile" in found[-1].against


def test_few_of_an_angle_are_compared_with_all_that_face_the_camera() -> None:
    found = belonging([*faces(6), portrait(0.9, yaw=30.0, seed=50)], 0.5)
    assert found[-1].value is not None and found[-1].against == "the others"


def test_no_face_is_not_measured() -> None:
    found = belonging([*faces(4), None], 0.5)
    assert found[-1] == Belonging(value=None, against="no face")


def test_two_faces_are_too_few_to_say_who_is_odd() -> None:
    assert [one.value for one in belonging(faces(2), 0.5)] == [None, None]


def test_a_reader_without_identity_measures_none() -> None:
    blind = [Portrait(embedding=np.zeros(0))] * 5
    assert {one.against for one in belonging(blind, 0.5)} == {"the reader measures no identity"}


def test_no_face_and_several_faces_are_warnings_that_name_the_reader() -> None:
    none, several = judge_faces(0, "sface"), judge_faces(2, "sface")
    assert none is not None and none.check == "no face" and "sface" in none.text
    assert several is not None and several.check == "several faces" and "sface" in several.text
    assert judge_faces(1, "sface") is None


def test_a_passer_by_in_the_distance_is_not_a_second_subject() -> None:
    assert count_faces([400.0, 60.0]) == 1
    assert count_faces([400.0, 350.0]) == 2
    assert count_faces([]) == 0


def test_the_odd_one_out_is_told_with_its_number_and_limit() -> None:
    finding = judge_belonging(Belonging(value=0.1, against="the others", limit=0.5), "sface")
    assert finding is not None and "0.10" in finding.text and "0.50" in finding.text and "sface" in finding.text
    assert judge_belonging(Belonging(value=None, against="no face", limit=0.5), "sface") is None


@pytest.mark.parametrize(("spread", "low", "high"), [(0.0, 0.6, 0.6), (0.7, 0.45, 0.59), (3.0, 0.4, 0.4)])
def test_the_floor_of_made_faces_follows_the_set_within_the_readers_bounds(
    spread: float, low: float, high: float
) -> None:
    """The reader says 0.4: never below it, never above 0.6, between them 0.15 under the set's lower tenth."""
    rng = np.random.default_rng(3)
    rows = np.array([1.0, 0, 0, 0, 0, 0, 0, 0]) + spread * rng.normal(size=(12, 8)) / 8**0.5
    faces = list(rows / np.linalg.norm(rows, axis=1, keepdims=True))
    assert low - 1e-9 <= floor_of(faces, 0.4) <= high + 1e-9
    assert floor_of(faces[:2], 0.4) == 0.4, "two faces tell nothing of a set"
