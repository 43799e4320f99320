"""Line charts on sheets."""

import pytest

from trainer.images.axes import Axes, round_values


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [(0, 1, [0, 0.5, 1]), (0.06, 0.13, [0.06, 0.08, 0.1, 0.12]), (0, 600, [0, 200, 400, 600]), (-3, 3, [-2, 0, 2])],
)
def test_numbers_on_an_axis_are_round(low: float, high: float, expected: list[float]) -> None:
    assert round_values(low, high, most=4) == expected


def test_a_curve_fills_its_box_and_one_value_alone_has_room(tmp_path: object) -> None:
    axes = Axes.around((10, 10, 110, 60), [[(0, 0.2), (100, 0.4)], []])
    assert axes is not None
    assert axes.at(0, 0.2)[0] == 10 and axes.at(100, 0.4)[0] == 110
    assert 10 < axes.at(100, 0.4)[1] < axes.at(0, 0.2)[1] < 60
    flat = Axes.around((0, 0, 10, 10), [[(0, 0.0)]])
    assert flat is not None and flat.at(0, 0.0) == (0, 5)
    assert Axes.around((0, 0, 10, 10), [[]]) is None
