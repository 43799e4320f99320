"""What the page is told of how a run computes and what it learns."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ...trainer.dataset.pictures import make_set
from ..fake_host import FakeHost

Pack = Callable[[str], Any]


@pytest.fixture
def events(pack: Pack) -> Any:
    return pack("trainer.training.run.events")


def _folded(pack: Pack, *events: Any) -> dict[str, Any]:
    state = pack("nodes.panel.run").RunState(lambda path: None)
    for event in events:
        state.add(event)
    return json.loads(json.dumps(state.snapshot()))


def _sampled(events: Any, step: int, likeness: float) -> Any:
    return events.Sampled(step=step, paths=(), likeness=(likeness, likeness + 0.01))


def test_a_run_that_tells_nothing_of_it_shows_nothing_of_it(pack: Pack) -> None:
    said = _folded(pack)
    assert (said["facts"], said["spill"], said["by_heart"], said["plateau"]) == ("", "", "", "")
    assert (said["live"], said["pictures"], said["pictures_of"]) == ([], [], 0)


def test_how_it_computes_is_one_line_with_the_peak_so_far_and_a_spill_apart(pack: Pack, events: Any) -> None:
    settled = events.Settled(step=0, compiled="yes", attention="flash", recomputed=12, blocks=57, planned=6 << 30)
    said = _folded(pack, settled, events.MemoryUsed(step=1, peak=5 << 30), events.MemoryUsed(step=2, peak=4 << 30))
    assert said["facts"].endswith("planned 6.0 GiB, peak 5.0 GiB") and said["spill"] == ""
    assert _folded(pack, events.MemoryUsed(step=2, peak=1, spill="1 GiB lies elsewhere."))["spill"].startswith("1 GiB")
    spilled = events.MemoryUsed(step=1, peak=1, spill="1 GiB lies elsewhere.")
    assert _folded(pack, spilled, events.MemoryUsed(step=2, peak=2))["spill"].startswith("1 GiB")


def test_live_likeness_is_a_curve_of_its_own_that_says_what_it_is(pack: Pack, events: Any) -> None:
    rows = [events.LiveLikeness(step=step, likeness=step / 1000, pictures=8, reader="dlib") for step in range(1, 1001)]
    said = _folded(pack, *rows)
    assert len(said["live"]) <= 160 and said["live"][-1] == [1000, 1.0] and said["likeness"] == []
    assert "by dlib, a mean of 8" in said["live_of"] and "no sample is drawn" in said["live_of"]


def test_pictures_worth_a_look_come_first_and_very_many_are_counted(pack: Pack, events: Any) -> None:
    names = tuple(f"{number}.png" for number in range(300))
    verdicts = ("learning", "stranger", "stuck", *["learning"] * 297)
    watched = events.PicturesWatched(step=1, names=names, learned=(0.5,) * 300, verdicts=verdicts)
    said = _folded(pack, watched, events.MemoryScored(step=1, score=0.54, low=0.5, high=0.6))
    assert [row["name"] for row in said["pictures"][:3]] == ["2.png", "1.png", "0.png"]
    assert said["pictures"][0]["why"].startswith("stuck: ") and said["pictures"][2]["why"] == ""
    assert len(said["pictures"]) <= 96 and said["pictures_of"] == 300
    assert said["by_heart"] == "learned by heart: 0.54 (0.5 is none, 1 all), 0.50 to 0.60"


def test_a_plateau_is_told_after_three_samplings_and_not_once_the_run_ended_for_it(pack: Pack, events: Any) -> None:
    rising = [_sampled(events, step, step / 100) for step in (10, 20, 30)]
    flat = [_sampled(events, step, 0.3) for step in (40, 50, 60)]
    assert _folded(pack, *rising, *flat[:2])["plateau"] == ""
    assert _folded(pack, *rising, *flat)["plateau"].startswith("likeness last rose at step 30: no rise")
    stop = events.StoppedEarly(step=60, steps=100, best=30, samplings=3)
    assert _folded(pack, *rising, *flat, stop)["plateau"] == ""


def test_samplings_of_another_reader_or_seed_are_no_plateau(pack: Pack, events: Any) -> None:
    rising = [_sampled(events, step, step / 100) for step in (10, 20, 30)]
    flat = [_sampled(events, step, 0.3) for step in (40, 50, 60)]
    others = [replace(_sampled(events, step, step / 1000), reader="another") for step in (40, 50, 60)]
    assert _folded(pack, *rising, *others)["plateau"] == ""
    assert _folded(pack, *rising, events.Seeded(seed=2, number=2, count=2), *flat)["plateau"] == ""


def test_what_a_run_notices_is_told_once_and_the_status_stays_a_status(pack: Pack, events: Any) -> None:
    stepped = events.Stepped(step=1, steps=9, loss=0.1, lr=1e-4, seconds_per_step=1.0, seconds_left=8.0)
    said = _folded(pack, *[events.Noticed(step=1, what="Nobody reads faces.")] * 2, stepped)
    assert said["noticed"] == "Nobody reads faces." and said["status"] == "Step 1 of 9 · 1.00 s a step · 8 s left"


def test_a_runs_pictures_are_seen_by_their_names_where_they_still_lie(
    pack: Pack, fake_host: FakeHost, tmp_path: Path
) -> None:
    dataset = make_set(fake_host.home / "input" / "pictures", 3)
    folder = fake_host.home / "output" / "likeness" / "sage"
    _claimed(pack, folder, dataset)
    dataset.samples[1].path.unlink()
    views = pack("nodes.panel.watched").TrainingPictures(folder)(("0.png", "1.png", "2.png", "else.png"))
    assert [view is not None for view in views] == [True, False, True, False]
    assert (
        views[0]["type"] == "temp"
        and (fake_host.home / "temp" / views[0]["subfolder"] / views[0]["filename"]).is_file()
    )
    assert pack("nodes.panel.watched").TrainingPictures(tmp_path)(("0.png",)) == [None]


def test_pictures_that_are_called_alike_go_by_their_order(pack: Pack, fake_host: FakeHost) -> None:
    first, second = make_set(fake_host.home / "input" / "a", 1), make_set(fake_host.home / "input" / "b", 1, first=0)
    both = first.with_samples((*first.samples, replace(second.samples[0], sha256="0" * 64)))
    folder = fake_host.home / "output" / "likeness" / "sage"
    _claimed(pack, folder, both)
    one, other = pack("nodes.panel.watched").TrainingPictures(folder)(("0.png", "0.png"))
    assert one is not None and other is not None and one != other


def _claimed(pack: Pack, folder: Path, dataset: Any) -> None:
    base = pack("trainer.families.base").Base(
        family="sdxl", name="b", sha256="0" * 64, files={"checkpoint": folder / "b"}
    )
    recipe = pack("trainer.recipe.recipe").Recipe()
    identity = pack("trainer.training.run.identity").RunIdentity(recipe=recipe, dataset=dataset, base=base)
    folder.mkdir(parents=True)
    pack("trainer.training.run.folder").RunFolder(folder).claim("sage", identity)


def test_a_picture_outside_the_hosts_folders_is_not_shown(pack: Pack, fake_host: FakeHost) -> None:
    """A run's dataset.json names its pictures, and a run that somebody shares may name anything on this disk."""
    view = pack("nodes.host.pictures").view_of_thumbnail
    pictures = {place: make_set(fake_host.home / place / "set", 1) for place in ("input", "output", "elsewhere")}
    found = {place: next((fake_host.home / place / "set").rglob("*.png")) for place in pictures}
    assert view(found["input"]) and view(found["output"])
    assert view(found["elsewhere"]) is None
    (link := fake_host.home / "input" / "link.png").symlink_to(found["elsewhere"])
    assert view(link) is None
