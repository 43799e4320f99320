import numpy as np

from trainer.scoring.measures.faces import bleed, bleeds, face_rate, is_top1, top1
from trainer.scoring.plan.compare_plan import Kind
from trainer.scoring.reading.observation import Batch, Observation, PictureScore, Scale

SCALE = Scale(probes=(), character=np.array([1.0, 0.0]), reference=None, others=np.array([[0.0, 1.0]]))


def seen(*embedding: float) -> Observation:
    face = np.array(embedding) if embedding else None
    return Observation(probe=0, seed=1, path="", embedding=face, read={}, small=np.zeros((1, 1, 3)))


def picture(kind: Kind, identity: float | None, top1: bool | None = None, bleed: bool | None = None) -> PictureScore:
    return PictureScore(probe=0, kind=kind, seed=1, path="", identity=identity, top1=top1, bleed=bleed)


def test_the_character_is_first_where_nobody_else_is_nearer():
    assert is_top1(seen(0.9, 0.1), SCALE) is True
    assert is_top1(seen(0.1, 0.9), SCALE) is False
    assert is_top1(seen(), SCALE) is None


def test_somebody_else_bleeds_when_nearer_to_the_character_than_to_who_was_drawn_there():
    assert bleeds(seen(0.9, 0.1), seen(0.0, 1.0), SCALE) is True
    assert bleeds(seen(0.1, 0.9), seen(0.0, 1.0), SCALE) is False
    assert bleeds(seen(0.9, 0.1), seen(), SCALE) is None


def test_pictures_without_a_face_count_for_faces_alone():
    batch = Batch(pictures=[picture("prompt", 0.9, top1=True), picture("prompt", None), picture("other", 0.2)])
    found, first, other = face_rate(batch), top1(batch), bleed(batch)
    assert found and (found.value, found.count) == (2 / 3, 3)
    assert first and (first.value, first.count) == (1.0, 1)
    assert other is None
