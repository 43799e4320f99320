"""Clips whose fault is known get the verdict for it and no other; what is not measured is never said."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.fakes import CHARACTER, FakeReader, mixed, picture
from tests.moving import (
    ANOTHER,
    SOMEONE,
    alternating,
    becoming,
    blinking,
    references,
    still,
    turning,
)
from trainer.demo.assets import demo_reader
from trainer.errors import Cancelled, DatasetError, FaceError
from trainer.runtime.work import follow
from trainer.scoring.motion.check import CheckedMotion, check_motion
from trainer.scoring.motion.frames import frames_of
from trainer.scoring.motion.strip import draw_strip

Clip = list[Image.Image]
STRANGER = np.array([-0.7, 0.6, 0.3])


@pytest.fixture(scope="module")
def known() -> Clip:
    return references()


@pytest.fixture(scope="module")
def reader() -> Any:
    return demo_reader()


@pytest.fixture
def check(known: Clip, reader: Any) -> Callable[..., CheckedMotion]:
    def checked(*clips: Clip, control: Sequence[Clip] = ()) -> CheckedMotion:
        ours, theirs = ([frames_of(f"clip {n}", clip) for n, clip in enumerate(some)] for some in (clips, control))
        return follow(check_motion(ours, known, reader, control=theirs))

    return checked


SECOND = replace(ANOTHER, skin=0, hair_color=5, hair_style=4, mark=1)


@pytest.mark.parametrize(
    ("clip", "kinds"),
    [
        (turning, ("holds",)),
        (becoming, ("drifts",)),
        (lambda: becoming(ANOTHER, SOMEONE), ("drifts",)),
        (lambda: becoming(ANOTHER, SECOND), ("another person", "drifts")),
        (lambda: alternating(part=0.3), ("flickers",)),
        (lambda: alternating(part=0.1), ("flickers",)),
        (lambda: blinking(turning(), 0.03), ("flickers",)),
        (still, ("hardly moves",)),
        (lambda: still(grain=8), ("hardly moves",)),
        (lambda: turning(ANOTHER), ("another person",)),
    ],
    ids=[
        "turns",
        "becomes another",
        "comes late",
        "strangers",
        "30 %",
        "10 %",
        "3 % darker",
        "still",
        "grain",
        "other",
    ],
)
def test_a_clip_gets_the_verdict_of_its_fault(
    check: Callable[..., CheckedMotion], clip: Callable[[], Clip], kinds: tuple[str, ...]
) -> None:
    assert check(clip()).report.kinds == kinds


def test_a_drift_is_told_by_what_shows_it(check: Callable[..., CheckedMotion]) -> None:
    lost, changed = check(becoming()).report.text, check(becoming(ANOTHER, SECOND)).report.text
    assert "likeness changes by -1." in lost and "The head turns by 70°" in lost
    assert "its end is unlike its start, -0." in changed


def test_a_fault_that_the_base_has_too_is_not_laid_at_the_loras_door(check: Callable[..., CheckedMotion]) -> None:
    dark = blinking(turning(), 0.1)
    both = check(dark, control=[blinking(turning(ANOTHER), 0.1)]).report
    own = check(dark, control=[turning(ANOTHER)]).report
    assert both.text.count("So does the clip without the LoRA.") == 1
    assert own.text.count("The clip without the LoRA does not.") == 1
    assert both.gain is not None and both.gain.low > 1


def test_a_fault_that_is_not_sure_keeps_a_clip_from_holding(check: Callable[..., CheckedMotion]) -> None:
    clip = turning(frames=8)
    clip[3] = alternating(part=0.25)[7]
    report = check(clip).report
    assert report.kinds == ("not sure",) and "not surely: flicker of the face" in report.text


def test_a_lora_that_adds_nothing_does_not_hold(check: Callable[..., CheckedMotion]) -> None:
    report = check(turning(), control=[turning()]).report
    assert report.kinds == ("not sure",) and "no nearer to the character" in report.text


def test_clips_of_several_seeds_are_measured_together(check: Callable[..., CheckedMotion]) -> None:
    one, both = check(turning()).report.clip, check(turning(), becoming()).report.clip
    assert (both.clips, both.frames) == (2, 32) and both.identity and one.identity
    assert both.identity.value < one.identity.value and both.identity.high - both.identity.low > 0.3


def test_the_report_tells_its_numbers_in_words_and_in_json(check: Callable[..., CheckedMotion]) -> None:
    report = check(turning(), control=[turning(ANOTHER)]).report
    told = json.loads(json.dumps(report.to_json()))
    assert told["verdicts"][0]["kind"] == "holds" and told["references"] == 8 and len(told["likeness"][0]) == 16
    assert told["clip"]["identity"]["low"] > told["floor"] > told["control"]["identity"]["high"]
    assert report.text.startswith("Holds.\n") and "without the LoRA" in report.text


def test_the_strip_shows_frames_of_both_and_a_curve_beneath(check: Callable[..., CheckedMotion]) -> None:
    alone, beside = draw_strip(check(turning())), draw_strip(check(turning(), control=[turning(ANOTHER)]))
    assert alone.width == beside.width == 1256 and beside.height > alone.height + 300
    green = (np.asarray(alone) == (124, 205, 164)).all(axis=2)
    assert green[270:].sum() > 500


def fake(faces: Sequence[np.ndarray | None]) -> Clip:
    return [picture(face, block=(n % 8, 0)) for n, face in enumerate(faces)]


FEW = [picture(mixed(CHARACTER, STRANGER, part)) for part in (0.0, 0.05, 0.1)]


def fake_check(clip: Clip, known: Clip = FEW, **more: Any) -> CheckedMotion:
    return follow(check_motion([frames_of("clip", clip)], known, FakeReader(), **more))


def test_frames_without_a_face_are_told_and_never_low(tmp_path: object) -> None:
    report = fake_check(fake([CHARACTER if n % 4 == 0 else None for n in range(24)])).report
    assert report.kinds[0] == "loses the face" and report.clip.faces and report.clip.faces.value == 0.25
    assert report.clip.identity and report.clip.identity.value > 0.9
    assert report.clip.flicker is None and report.to_json()["likeness"][0][1] is None


def test_without_any_face_nothing_of_it_is_measured() -> None:
    checked = fake_check(fake([None] * 8))
    assert checked.report.kinds == ("loses the face",) and checked.report.clip.identity is None
    assert "not measured" in checked.report.text and draw_strip(checked).width > 0


def test_two_references_give_flicker_of_the_face_no_scale() -> None:
    report = fake_check(fake([CHARACTER] * 8), FEW[:2]).report
    assert report.clip.flicker is None and "has no scale" in report.text


def test_too_few_frames_and_changing_sizes_are_refused() -> None:
    with pytest.raises(DatasetError, match="clip has 7 frames"):
        fake_check(fake([CHARACTER] * 7))
    with pytest.raises(DatasetError, match="Frame 9 .* another shape"):
        fake_check([*fake([CHARACTER] * 8), Image.new("RGB", (96, 48))])
    with pytest.raises(DatasetError, match="no clip"):
        follow(check_motion([], FEW, FakeReader()))


def test_references_without_a_face_are_refused() -> None:
    for few, said in (([], "no references"), ([picture(None)], "no face in the 1 references")):
        with pytest.raises(FaceError, match=said):
            fake_check(fake([CHARACTER] * 8), few)


def test_it_stops_between_two_frames() -> None:
    asked = iter([False, False, True])
    with pytest.raises(Cancelled, match="after 2 frames"):
        fake_check(fake([CHARACTER] * 8), cancelled=lambda: next(asked))
