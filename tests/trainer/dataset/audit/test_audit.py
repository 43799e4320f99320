"""Auditing whole datasets with the fake reader: verdicts, counters, waived checks, and what stops nothing."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.fakes import CHARACTER, FakeReader
from trainer.bench.inputs.photos import photo
from trainer.dataset.audit import observation
from trainer.dataset.audit.audit import Audit, audit
from trainer.dataset.audit.sheet import draw_sheet
from trainer.dataset.checks.rules import Rules
from trainer.dataset.coverage.picture import draw_coverage
from trainer.dataset.dataset import Dataset, LeftOut
from trainer.dataset.files import folder as reading
from trainer.dataset.files.folder import read_dataset
from trainer.dataset.finding import Finding, Verdict
from trainer.dataset.sample import FaceMark, Sample
from trainer.errors import Cancelled
from trainer.images.pixels import pixel_sha256
from trainer.runtime import scan

from ..pictures import make_set

SIDE = 160
STRANGER = -CHARACTER
RULES = Rules.at(SIDE)


_photo = cache(photo)


def shot(seed: int, face: np.ndarray | None = CHARACTER) -> Image.Image:
    """A photo of its own with the fake reader's face in the middle; None: a black spot, which is no face."""
    image = _photo(seed, (SIDE, SIDE)).copy()
    color = (0, 0, 0) if face is None else tuple(int(v) for v in np.clip(face * 120 + 128, 0, 255))
    image.paste(color, (68, 68, 92, 92))
    return image


class Folder:
    """Collects samples on disk."""

    def __init__(self, root: Path) -> None:
        self.root, self.samples = root, list[Sample]()

    def add(self, image: Image.Image, **known: object) -> Sample:
        path = self.root / f"{len(self.samples) + 1:03}.png"
        image.save(path)
        sample = Sample(
            path=path, sha256=pixel_sha256(image), width=image.width, height=image.height, **known  # type: ignore[arg-type]
        )  # fmt: skip
        self.samples.append(sample)
        return sample

    def dataset(self, left_out: tuple[LeftOut, ...] = ()) -> Dataset:
        return Dataset(samples=tuple(self.samples), trigger="sage", subject="person", root=self.root, left_out=left_out)


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture
def good(folder: Folder) -> Folder:
    for seed in range(12):
        folder.add(shot(seed))
    return folder


def checked(folder: Folder, **how: object) -> Audit:
    return audit(folder.dataset(), **{"faces": FakeReader(), "rules": RULES, **how})  # type: ignore[arg-type]


def checks(sample: Sample) -> list[str]:
    return [finding.check for finding in sample.findings]


def test_a_good_set_is_ready_and_its_faces_are_filled_in(good: Folder) -> None:
    done = checked(good)

    # The fake faces all look straight ahead: that is coverage's to say, of the set.
    assert set(done.verdicts) == {"ready"}
    assert {finding.check.split()[0] for finding in done.findings if finding.level == "warning"} <= {"coverage"}
    assert all(s.face and s.face.reader == "fake reader" for s in done.dataset.samples)
    assert all(s.likeness and s.likeness.value and s.likeness.value > 0.99 for s in done.dataset.samples)


def test_a_stranger_a_copy_and_a_faceless_picture_are_each_found(good: Folder) -> None:
    good.add(shot(50, STRANGER))
    good.add(shot(3))
    good.add(shot(51, None))

    done = checked(good)

    found = [checks(sample) for sample in done.dataset.samples[-3:]]
    assert found == [["odd one out"], ["copy"], ["no face"]]
    assert done.dataset.samples[3].findings[0].other == done.dataset.samples[13].sha256
    assert done.verdict == "attention"
    assert "1 of 15 have no face to score (fake reader)." in done.counters


def test_pictures_of_one_source_are_not_copies_of_each_other(good: Folder) -> None:
    first = good.samples[0]
    good.add(shot(0).resize((200, 200)), origin="variant", source=first.sha256)
    assert not any("near copy" in checks(sample) for sample in checked(good).dataset.samples)


def test_a_near_copy_across_the_split_says_that_scores_would_flatter(good: Folder) -> None:
    good.add(shot(0).resize((200, 200)), split="held_out")
    text = checked(good).dataset.samples[-1].findings[0].text
    assert "001.png" in text and "held out" in text


def test_findings_do_not_depend_on_the_order_of_pictures(good: Folder) -> None:
    good.add(shot(4).transpose(Image.Transpose.FLIP_LEFT_RIGHT))
    good.add(shot(7))

    there = {s.path.name: checks(s) for s in checked(good).dataset.samples}
    good.samples.reverse()

    assert {s.path.name: checks(s) for s in checked(good).dataset.samples} == there


def test_a_waived_check_stays_listed_but_does_not_hurt(good: Folder) -> None:
    before = good.add(shot(51, None))
    good.samples[-1] = replace(before, waived=("no face",))

    done = checked(good)

    assert checks(done.dataset.samples[-1]) == ["no face"]
    assert done.verdicts[-1] == "ready"
    assert "1 warning is acknowledged." in done.counters
    assert "(acknowledged)" in done.text()


def test_a_waived_warning_of_the_set_does_not_hurt_its_verdict(good: Folder) -> None:
    good.samples = good.samples[:5]
    warned = checked(good)
    names = frozenset(finding.check for finding in warned.findings if finding.level == "warning")

    done = checked(good, rules=replace(RULES, waived=names))

    assert "count" in names and warned.verdict == "attention"
    assert done.verdict == "ready"
    assert done.findings == warned.findings


def test_a_file_that_vanished_is_named_and_stops_nothing(good: Folder) -> None:
    good.samples[2].path.unlink()

    done = checked(good)

    assert checks(done.dataset.samples[2]) == ["file"] and "003.png" in done.dataset.samples[2].findings[0].text
    assert done.verdicts[2] == "blocked" and done.verdict == "attention"
    assert done.verdicts.count("ready") == 11


def test_a_file_that_changed_is_told_to_be_loaded_again(good: Folder) -> None:
    shot(99).save(good.samples[2].path)
    assert checks(checked(good).dataset.samples[2]) == ["changed"]


def test_many_left_out_pictures_are_one_line(good: Folder) -> None:
    left = tuple(LeftOut(name=f"{number}.png", why=f"{number}.png was not picked.") for number in range(200))
    found = [finding for finding in audit(good.dataset(left)).findings if finding.check == "left out"]
    assert [(finding.level, finding.value) for finding in found] == [("note", 200.0)]


def test_what_was_left_out_when_reading_is_named(good: Folder) -> None:
    dataset = good.dataset((LeftOut(name="b.gif", why="b.gif has 4 frames; save one frame as PNG."),))
    done = audit(dataset, rules=RULES)
    assert "b.gif has 4 frames; save one frame as PNG." in [finding.text for finding in done.findings]


def _nothing(folder: Folder) -> None:
    folder.add(Image.new("RGB", (8, 8)))


def _copies(folder: Folder) -> None:
    for _ in range(12):
        folder.add(shot(1))


def _faceless(folder: Folder) -> None:
    for seed in range(12):
        folder.add(shot(seed, None))


def _few(folder: Folder) -> None:
    for seed in range(2):
        folder.add(shot(seed))


@pytest.mark.parametrize(
    ("fill", "expected", "check"),
    [
        (_nothing, "blocked", "count"),
        (_copies, "blocked", "all copies"),
        (_faceless, "blocked", "all faceless"),
        (_few, "attention", "count"),
    ],
)
def test_only_the_impossible_blocks_a_set(
    folder: Folder, fill: Callable[[Folder], None], expected: Verdict, check: str
) -> None:
    fill(folder)
    done = checked(folder)
    assert done.verdict == expected
    assert check in [finding.check for finding in done.findings if finding.level != "note"]


def test_without_a_reader_faces_are_neither_missed_nor_invented(folder: Folder) -> None:
    mark = FaceMark(box=(60, 60, 100, 100), reader="another reader", yaw=5.0)
    for seed in range(12):
        folder.add(shot(seed, None), face=mark)

    done = audit(folder.dataset(), rules=RULES)

    assert "no face" not in {check for sample in done.dataset.samples for check in checks(sample)}
    assert done.dataset.samples[0].face == mark
    assert "Faces were not looked for, so angles, expressions and likeness are not known." in done.counters


def test_findings_of_others_survive_and_old_ones_of_ours_do_not(good: Folder) -> None:
    old = (
        Finding(check="blur", level="warning", text="old"),
        Finding(check="crop", level="note", text="cut at the edge"),
    )
    good.samples[0] = replace(good.samples[0], findings=old)
    assert checks(checked(good).dataset.samples[0]) == ["crop"]


def test_judging_again_without_some_pictures_opens_no_file(good: Folder) -> None:
    good.add(shot(50, STRANGER))
    done = checked(good)
    for sample in good.samples:
        sample.path.unlink()

    again = done.again(done.dataset.with_samples(done.dataset.samples[:-1]))

    assert set(again.verdicts) == {"ready"} and len(again.seen) == 12


def test_progress_names_every_picture_in_order(good: Folder) -> None:
    told: list[tuple[int, int, str]] = []
    checked(good, progress=lambda *step: told.append(step))
    assert told == [(n, 12, f"{n:03}.png") for n in range(1, 13)]


def test_cancelling_stops_after_a_picture_or_two(good: Folder) -> None:
    told: list[int] = []
    with pytest.raises(Cancelled):
        checked(good, progress=lambda done, *_: told.append(done), cancelled=lambda: len(told) == 2)
    assert told == [1, 2]


def test_the_audit_is_the_same_every_time_and_is_json(good: Folder) -> None:
    one, other = checked(good).to_json(), checked(good).to_json()
    assert json.dumps(one) == json.dumps(other)
    assert Dataset.from_json(one["dataset"]).samples == checked(good).dataset.samples


def test_the_text_ends_in_what_to_add_next(good: Folder) -> None:
    done = checked(good)
    lines = done.text().splitlines()
    assert lines[0].startswith("sage: ") and done.add_next
    assert lines[-1] == f"  - {done.add_next[-1]}"


def test_the_sheet_has_a_tile_for_every_picture_and_grows_with_them(good: Folder) -> None:
    few = draw_sheet(checked(good))
    for seed in range(20, 40):
        good.add(shot(seed, STRANGER if seed == 30 else CHARACTER))
    good.samples[0].path.unlink()

    many = draw_sheet(checked(good))

    assert many.width <= 2000 and many.height > few.height
    assert many.getcolors(maxcolors=256) is None


def test_a_sheet_of_an_audit_without_faces_can_be_drawn(good: Folder) -> None:
    assert draw_sheet(audit(good.dataset(), rules=RULES)).mode == "RGB"


def test_the_coverage_chart_of_nothing_measured_can_be_drawn(folder: Folder) -> None:
    _nothing(folder)
    folder.samples[0].path.unlink()
    assert draw_coverage(checked(folder).coverage).mode == "RGB"


def test_reading_and_checking_take_pictures_by_their_pixels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, now, most = threading.Lock(), 0, 0

    def counted(work: Callable[..., Any]) -> Callable[..., Any]:
        def alone(*args: Any, **named: Any) -> Any:
            nonlocal now, most
            with lock:
                now += 1
                most = max(most, now)
            time.sleep(0.005)
            done = work(*args, **named)
            with lock:
                now -= 1
            return done

        return alone

    make_set(tmp_path, 6)
    monkeypatch.setattr(scan, "MOST_PIXELS", 1)
    monkeypatch.setattr(reading, "read_sample", counted(reading.read_sample))
    monkeypatch.setattr(observation, "look", counted(observation.look))
    dataset = read_dataset(tmp_path, trigger="sage")
    audit(dataset)
    assert most == 1
    monkeypatch.setattr(scan, "MOST_PIXELS", 10**9)
    audit(read_dataset(tmp_path, trigger="sage"))
    assert most > 1, "the measure sees pictures at once where they fit"


def test_coverage_is_of_what_is_trained_on(good: Folder) -> None:
    """A view that held-out pictures alone show is one that the LoRA will not know."""
    whole = checked(good).coverage.axes["angle"].buckets
    good.samples[:] = [replace(sample, split="held_out") for sample in good.samples]
    held_out = checked(good).coverage.axes["angle"].buckets
    assert any(whole.values()) and not any(held_out.values())
