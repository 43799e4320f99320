from dataclasses import replace

from trainer.scoring.gates import Gates, flagged
from trainer.scoring.intervals import interval, share
from trainer.scoring.measures.memorisation import Memorisation
from trainer.scoring.observation import PictureScore
from trainer.scoring.scores import Scores


def column(hits: list[bool], identity: float = 0.6, step: int | None = 100) -> Scores:
    """A column whose pictures follow `scene` as told."""
    pictures = tuple(
        PictureScore(probe=1, kind="prompt", seed=seed, path="", identity=identity, followed={"scene": hit})
        for seed, hit in enumerate(hits)
    )
    return Scores(
        label="",
        step=step,
        lora=None,
        measures={
            "identity": interval([identity] * len(hits)),
            "face_rate": share([True] * len(hits)),
            "following": interval([float(hit) for hit in hits]),
        },
        likeness=identity,
        slots={"scene": sum(hits) / len(hits)},
        pictures=pictures,
    )


CONTROL = column([True] * 12, identity=0.1, step=None)


def test_half_the_scenes_lost_is_overtrained():
    assert flagged(column([True, False] * 6), CONTROL, Gates()).overtrained


def test_a_drop_that_chance_explains_is_not_held_against_a_checkpoint():
    assert not flagged(column([True, True, True, False]), column([True] * 4, 0.1, None), Gates()).flags


def test_held_out_loss_that_rises_only_counts_while_training_loss_falls():
    risen = Memorisation(held_out=0.195, train=0.038, rise=3.0, fall=0.6)
    diverged = Memorisation(held_out=0.195, train=0.2, rise=3.0, fall=3.0)
    fine = column([True] * 12)
    assert flagged(replace(fine, memorisation=risen), CONTROL, Gates()).overtrained
    assert not flagged(replace(fine, memorisation=diverged), CONTROL, Gates()).overtrained


def test_a_checkpoint_hardly_on_its_way_has_not_learned():
    assert flagged(column([True] * 12, identity=0.15), CONTROL, Gates()).flags[0].kind == "weak"


def test_limits_can_be_set():
    assert not flagged(column([True, False] * 6), CONTROL, Gates(following_drop=0.9, slot_drop=0.9)).flags
