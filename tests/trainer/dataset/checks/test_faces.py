"""What the faces of one picture are told as."""

from trainer.dataset.checks.faces import count_faces, judge_faces, judge_outlier
from trainer.faces.outliers import OutlierScore


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
    finding = judge_outlier(OutlierScore(value=0.1, against="the others", limit=0.5), "sface")
    assert finding is not None and "0.10" in finding.text and "0.50" in finding.text and "sface" in finding.text
    assert judge_outlier(OutlierScore(value=None, against="no face", limit=0.5), "sface") is None
