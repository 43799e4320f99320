"""Pictures that begin from a picture."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from trainer.demo.assets import demo_base
from trainer.demo.characters.character import draw_character
from trainer.errors import ModelError
from trainer.generate.attachments import Start
from trainer.generate.local import LocalGenerator
from trainer.generate.shot import Shot, batches


@pytest.fixture(scope="module")
def generator() -> LocalGenerator:
    return LocalGenerator(demo_base())


@pytest.fixture
def shot(tmp_path: Path) -> Shot:
    start = draw_character(tmp_path).train[0].path
    return Shot(prompt="person", seed=3, width=128, height=128, steps=6, guidance=2.0, attachments=(Start(path=start),))


def begun(shot: Shot, denoise: float) -> Shot:
    assert shot.start is not None
    return replace(shot, attachments=(replace(shot.start, denoise=denoise),))


def _gap(one: Image.Image, other: Image.Image) -> float:
    return float(np.abs(np.asarray(one, np.float32) - np.asarray(other, np.float32)).mean())


def test_the_higher_the_denoise_the_farther_from_the_start(generator: LocalGenerator, shot: Shot) -> None:
    start = shot.opened_start()
    assert start is not None
    gaps = [
        _gap(start, next(generator.generate([begun(shot, denoise)])))  # type: ignore[arg-type]
        for denoise in (0.1, 0.4, 0.8)
    ]
    assert gaps == sorted(gaps)
    assert gaps[0] < 12 < gaps[2]


def test_a_denoise_of_one_leaves_nothing_of_the_start(generator: LocalGenerator, shot: Shot) -> None:
    bare = next(iter(generator.generate([replace(shot, attachments=())])))
    assert next(iter(generator.generate([begun(shot, 1.0)]))) == bare


def test_the_first_step_of_a_denoise_is_the_schedulers_own(
    generator: LocalGenerator, shot: Shot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As many steps as asked, from the noise of step n - steps of n = steps / denoise (ComfyUI's KSampler)."""
    asked: list[tuple[int, int]] = []
    family: Any = generator._family
    steps = family.drawing_steps
    monkeypatch.setattr(family, "drawing_steps", lambda *given: (asked.append(given), steps(*given))[1])
    next(iter(generator.generate([begun(shot, 0.5)])))
    assert asked == [(6, 12)]
    half, whole = steps(6, 12), steps(12, 12)
    assert half.timesteps.tolist() == whole.timesteps[6:].tolist()


def test_starts_of_another_size_are_refused(generator: LocalGenerator, shot: Shot) -> None:
    with pytest.raises(ModelError, match="128 x 128 and cannot begin a picture of 64 x 64"):
        list(generator.generate([replace(begun(shot, 0.5), width=64, height=64)]))


@pytest.mark.parametrize("denoise", [0.0, -0.1, 1.1, float("nan")])
def test_denoises_that_draw_nothing_are_refused(denoise: float) -> None:
    with pytest.raises(ModelError, match="draws nothing new"):
        Start(path=Path("start.png"), denoise=denoise)


def test_different_starts_share_a_batch_but_never_with_none(shot: Shot) -> None:
    other = replace(shot, attachments=(Start(path=Path("other.png")),))
    assert [len(batch) for batch in batches([shot, other, replace(shot, attachments=())])] == [2, 1]
