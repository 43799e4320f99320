import numpy as np
import pytest

from trainer.faces.identity import centroid, is_first, leave_one_out, normalised


def test_the_centroid_has_unit_length_and_lies_between():
    middle = centroid(np.array([[1.0, 0.0], [0.0, 1.0]]))
    assert middle == pytest.approx([2**-0.5, 2**-0.5])


def test_a_reference_is_scored_against_the_others_and_never_itself():
    assert leave_one_out(np.array([[1.0, 0.0], [0.0, 1.0]])) == pytest.approx(0.0)
    assert leave_one_out(np.array([[1.0, 0.0]])) is None


def test_first_means_nearer_than_every_other_person():
    character, others = np.array([1.0, 0.0]), np.array([[0.0, 1.0], [0.8, 0.6]])
    assert is_first(np.array([1.0, 0.0]), character, others)
    assert not is_first(np.array([0.8, 0.6]), character, others)


def test_likeness_runs_from_the_control_to_real_pictures():
    assert normalised(0.5, 0.1, 0.9) == pytest.approx(0.5)
    assert normalised(0.5, 0.9, 0.9) is None
