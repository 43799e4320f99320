import numpy as np
import pytest

from trainer.faces.metric import Euclidean
from trainer.faces.outliers import FaceEmbedding
from trainer.scoring.measures.angles import angle_group, at_angle_of, identity_at
from trainer.scoring.measures.identity import identity_of
from trainer.scoring.reading.observation import Batch, Observation, PictureScore, Scale

FRONT, SIDE = np.array([1.0, 0.0]), np.array([0.0, 1.0])


def scale(*profiles: np.ndarray) -> Scale:
    faces = [FaceEmbedding(embedding=FRONT, yaw=0.0), *(FaceEmbedding(embedding=each, yaw=-70.0) for each in profiles)]
    return Scale(probes=(), character=FRONT, reference=None, others=None, faces=faces)


def seen(yaw: float | None, embedding: np.ndarray | None) -> Observation:
    return Observation(probe=0, seed=1, path="", embedding=embedding, read={}, small=np.zeros((1, 1, 3)), yaw=yaw)


@pytest.mark.parametrize(
    ("yaw", "pitch", "group"),
    [
        (-5, None, "front"),
        (30, None, "three-quarter"),
        (-80, 40, "profile"),
        (3, 30, "tilted"),
        (None, None, None),
    ],
)
def test_left_and_right_are_one_angle(yaw: float | None, pitch: float | None, group: str | None):
    assert angle_group(yaw, pitch) == group


def test_a_profile_is_held_against_profiles():
    """A reader's numbers fall with the turn, for the best of likenesses too."""
    assert at_angle_of(seen(75, SIDE), scale(SIDE, SIDE)) == pytest.approx(1.0)
    assert at_angle_of(seen(5, FRONT), scale(SIDE, SIDE)) == pytest.approx(1.0)


def test_one_reference_of_an_angle_does_not_stand_for_it():
    assert at_angle_of(seen(75, SIDE), scale(SIDE)) == pytest.approx(0.0)


def test_without_face_or_angle_there_is_no_number():
    assert at_angle_of(seen(None, SIDE), scale(SIDE, SIDE)) is None
    assert at_angle_of(seen(75, None), scale(SIDE, SIDE)) is None


def test_each_angle_has_its_own_mean():
    pictures = [
        PictureScore(probe=0, kind="prompt", seed=seed, path="", identity=0.5, at_angle=value, yaw=yaw)
        for seed, (value, yaw) in enumerate([(0.8, 0), (0.6, 10), (0.4, 70), (0.9, -70)])
    ]
    front, profile = (identity_at(group)(Batch(pictures=pictures)) for group in ("front", "profile"))
    assert front and (front.value, front.count) == (pytest.approx(0.7), 2)
    assert profile and profile.value == pytest.approx(0.65)
    assert identity_at("tilted")(Batch(pictures=pictures)) is None


def test_likeness_is_the_readers_own_measure():
    by_distance = Scale(
        probes=(), character=np.array([3.0, 4.0]), reference=None, others=None, metric=Euclidean(strangers=0.2)
    )
    assert identity_of(seen(0, np.array([3.0, 4.3])), by_distance) == pytest.approx(0.7)
