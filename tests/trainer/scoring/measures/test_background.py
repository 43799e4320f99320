import pytest

from trainer.scoring.measures.background import background_leak
from trainer.scoring.plan.compare_plan import Kind
from trainer.scoring.reading.observation import Batch, PictureScore


def picture(seed: int, background: float | None, kind: Kind = "prompt", **asked: str) -> PictureScore:
    return PictureScore(probe=1, kind=kind, seed=seed, path="", background=background, asked=asked)


def column(*backgrounds: float | None) -> list[PictureScore]:
    return [picture(seed, background, place="beach") for seed, background in enumerate(backgrounds)]


def test_a_training_background_where_another_place_was_asked_is_a_leak():
    leak = background_leak(Batch(pictures=column(0.9, 0.8, 0.9, 0.8), control=column(0.1, 0.2, 0.1, 0.0)))
    assert leak and leak.value == pytest.approx(0.75)
    assert leak.low > 0.6


def test_a_ground_that_the_control_has_too_is_none():
    leak = background_leak(Batch(pictures=column(0.9, 0.8), control=column(0.9, 0.8)))
    assert leak and leak.value == 0


def test_only_pictures_that_both_have_and_that_ask_for_a_place_count():
    others = [picture(9, 1.0), picture(8, 1.0, kind="trigger"), picture(7, 1.0, clothing="red coat")]
    leak = background_leak(Batch(pictures=[*column(0.5, None, 0.5), *others], control=column(0.5, 0.5, None)))
    assert leak and (leak.value, leak.count) == (0, 1)


def test_where_no_prompt_names_a_place_all_scenes_count():
    leak = background_leak(Batch(pictures=[picture(1, 0.8)], control=[picture(1, 0.3)]))
    assert leak and leak.value == pytest.approx(0.5)
