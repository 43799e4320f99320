"""How alike embeddings are: cosines as they have always been, and distances for readers trained for those."""

import numpy as np
import pytest

from trainer.faces.choose import FaceChoice, choose_face
from trainer.faces.face import Face
from trainer.faces.frequent import frequent_person
from trainer.faces.identity import (
    CharacterIdentity,
    is_first,
    likeness_to_the_most_frequent,
    likeness_to_the_others,
    made_face_floor,
)
from trainer.faces.metric import COSINE, Euclidean, Metric, alike, part_of
from trainer.faces.outliers import FaceEmbedding, outlier_scores

APART = Euclidean(strangers=0.2)


def unit_rows(count: int, width: int, kind: type) -> np.ndarray:
    rows = np.random.default_rng(count).normal(size=(count, width)).astype(kind)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("width", [3, 128, 512])
def test_cosines_are_bit_for_bit_what_dot_products_were(kind: type, width: int) -> None:
    rows = unit_rows(37, width, kind)
    mean = rows.mean(axis=0)
    mean = mean / max(float(np.linalg.norm(mean)), 1e-12)
    assert alike(COSINE, rows[3], rows[5]) == float(rows[3] @ rows[5])
    assert np.array_equal(COSINE.between(rows, rows[4:5])[:, 0], rows @ rows[4])
    assert np.array_equal(COSINE.mean(rows), mean)
    assert CharacterIdentity(rows).likeness(rows[0]) == float(rows[0] @ mean)
    wide = rows.astype(np.float64)
    others = wide.sum(axis=0) - wide
    before = (wide * others).sum(axis=1) / np.maximum(np.linalg.norm(others, axis=1), 1e-9)
    assert np.array_equal(likeness_to_the_others(rows), before)


def test_the_likeness_to_the_most_frequent_is_bit_for_bit_what_it_was() -> None:
    rows = unit_rows(40, 6, np.float32)
    likes = (rows @ rows.T >= 0.3).sum(axis=1)
    members = rows @ rows[int(likes.argmax())] >= 0.3
    others = rows[members].sum(axis=0)[None] - rows * members[:, None]
    before = (rows * others).sum(axis=1) / np.maximum(np.linalg.norm(others, axis=1), 1e-9)
    assert np.array_equal(likeness_to_the_most_frequent(rows, 0.3), before)


def test_distances_say_who_is_alike_where_cosines_cannot() -> None:
    """Descriptors far from the origin, as dlib's are: all cosines lie close to 1."""
    ground = np.zeros(8)
    ground[7] = 10.0
    hero, stranger = ground + 0.5 * np.eye(8)[0], ground + 0.5 * np.eye(8)[1]
    near = hero + 0.05 * np.eye(8)[2]
    assert alike(APART, hero, hero) == 1.0
    assert alike(APART, hero, near) == pytest.approx(0.95)
    assert alike(APART, hero, stranger) == pytest.approx(1 - 0.5**0.5)
    assert APART.mean(np.stack([hero, near])) == pytest.approx((hero + near) / 2)
    assert is_first(near, hero, stranger[None], APART)


def test_each_is_held_against_the_mean_of_the_others_by_any_metric() -> None:
    rows = np.random.default_rng(2).normal(size=(9, 4))
    inside = np.arange(9) % 3 > 0
    for metric in (COSINE, APART):
        if metric is COSINE:
            rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
        for members in (None, inside):
            among = np.ones(9, bool) if members is None else members
            slow = [alike(metric, rows[n], metric.mean(rows[among & (np.arange(9) != n)])) for n in range(9)]
            assert metric.to_the_others(rows, members) == pytest.approx(slow)


def test_a_thousand_faces_are_compared_in_parts() -> None:
    rows = np.random.default_rng(3).normal(size=(1100, 3))
    found = APART.between(rows, rows[:7])
    assert found.shape == (1100, 7)
    assert found[1050, 3] == pytest.approx(1 - np.linalg.norm(rows[1050] - rows[3]))


def face(embedding: np.ndarray, side: float) -> Face:
    return Face(box=(0, 0, side, side), points=(), yaw=0.0, embedding=embedding, score=0.9)


def test_everything_that_compares_faces_does_it_by_the_readers_metric() -> None:
    """Raw descriptors whose cosines are all above 0.99: whoever took dot products would call all of them one person."""
    rng = np.random.default_rng(4)
    middle = np.full(16, 5.0)
    hero, stranger = middle + rng.normal(size=16) * 0.15, middle + rng.normal(size=16) * 0.15
    own = [hero + rng.normal(size=16) * 0.03 for _ in range(6)]
    assert np.linalg.norm(hero - stranger) > 0.6
    pictures = [[face(stranger * 1.001, 90), face(one, 50)] for one in own]
    known = [[face(one, 50)] for one in own]
    person = frequent_person([*pictures, *known], 0.4, APART)
    assert person is not None and alike(APART, person, hero) > 0.8
    how = FaceChoice(policy="character", character=person, metric=APART)
    assert choose_face(pictures[0], (99, 99), how) is pictures[0][1]
    found = outlier_scores([FaceEmbedding(embedding=one, yaw=0.0) for one in (*own, stranger)], 0.4, APART)
    assert [one.is_outlier for one in found] == [False] * 6 + [True]
    values = likeness_to_the_most_frequent(np.stack([*own, stranger]), 0.4, APART)
    assert min(values[:6]) > 0.7 > 0.4 > values[6]
    character = CharacterIdentity.of(own, APART)
    assert character is not None and (character.self_likeness() or 0) > 0.7


@pytest.mark.parametrize(("metric", "same", "floor"), [(COSINE, 0.4, 0.6), (APART, 0.4, 0.5)])
def test_floors_are_counted_from_what_strangers_have(metric: Metric, same: float, floor: float) -> None:
    assert part_of(metric, same, 1.5) == pytest.approx(floor)
    alike_all = [np.eye(4)[0] + 1e-3 * np.eye(4)[1 + n % 3] for n in range(9)]
    assert made_face_floor(alike_all, same, metric) == pytest.approx(floor)
