"""Pictures grouped by colour."""

import numpy as np
import pytest

from trainer.dataset.coverage.clusters import groups, histogram
from trainer.dataset.coverage.colour_name import colour_name


def cloud(colour: tuple[int, int, int], seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.clip(np.array(colour) + rng.normal(0, 6, (600, 3)), 0, 255).astype(np.uint8)


def test_groups_are_found_and_numbered_in_order_of_appearance() -> None:
    colours = [(200, 40, 40), (40, 40, 200), (200, 40, 40), (40, 200, 40), (40, 40, 200)]
    assert groups([histogram(cloud(colour, n)) for n, colour in enumerate(colours)]) == [0, 1, 0, 2, 1]


def test_a_slow_drift_of_light_stays_one_group() -> None:
    assert len(set(groups([histogram(cloud((120 + n, 120 + n, 130 + n), n)) for n in range(0, 30, 3)]))) == 1


def test_thousands_of_pictures_are_grouped_like_few() -> None:
    colours = [(200, 40, 40), (40, 40, 200), (40, 200, 40)]
    few = [histogram(cloud(colours[n % 3], n)) for n in range(60)]
    many = few * 20
    assert groups(many) == groups(few) * 20


def test_nothing_makes_no_groups() -> None:
    assert groups([]) == []


def test_a_histogram_is_a_unit_vector() -> None:
    assert np.linalg.norm(histogram(cloud((255, 0, 128), 1))) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize(
    ("colour", "name"),
    [
        ((0, 0, 0), "black"),
        ((255, 255, 255), "white"),
        ((128, 128, 130), "gray"),
        ((40, 42, 44), "dark gray"),
        ((150, 196, 244), "light blue"),
        ((40, 120, 50), "dark green"),
        ((220, 40, 40), "red"),
        ((120, 70, 30), "brown"),
    ],
)
def test_colours_have_plain_names(colour: tuple[int, int, int], name: str) -> None:
    assert colour_name(colour) == name
