"""What the page is told of a run."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

Pack = Callable[[str], Any]


def _view(path: Path) -> dict[str, str]:
    return {"filename": path.name, "subfolder": "", "type": "output"}


def _stepped(pack: Pack, step: int, loss: float) -> Any:
    return pack("trainer.training.run.events").Stepped(
        step=step, steps=1000, loss=loss, lr=1e-4, seconds_per_step=0.5, seconds_left=(1000 - step) * 0.5
    )


def test_the_snapshot_holds_the_whole_run_so_far(pack: Pack) -> None:
    events, live = pack("trainer.training.run.events"), pack("nodes.panel.run").RunState(_view)
    live.add(events.Sampled(step=0, paths=(Path("a.png"),)))
    live.add(_stepped(pack, 50, 0.25))
    live.add(events.HeldOut(step=50, held_out=0.5, train=0.25))
    live.add(events.Saved(step=50, path=Path("x.safetensors")))
    said = json.loads(json.dumps(live.snapshot()))
    assert said["status"] == "Step 50 of 1000 · 0.50 s a step · 7 min 55 s left"
    assert said["loss"] == [[50, 0.25]]
    assert said["held_out"] == [[50, 0.5, 0.25]]
    assert said["samples"] == [{"step": 0, "images": [_view(Path("a.png"))]}]
    assert said["saved"] == [50]


def test_likeness_and_seeds_and_missing_samples_are_told(pack: Pack, tmp_path: Path) -> None:
    events, live = pack("trainer.training.run.events"), pack("nodes.panel.run").RunState(_view)
    sampled = events.Sampled(step=50, paths=(tmp_path / "a.png", tmp_path / "b.png"), likeness=(0.5, None))
    live.add(events.Seeded(seed=4, number=2, count=3))
    live.add(sampled)
    live.add(_stepped(pack, 51, 0.25))
    assert live.snapshot()["likeness"] == [[50, 0.5]]
    assert live.snapshot()["status"].startswith("Seed 2 of 3 · Step 51")
    live.add(events.Sampled(step=100, paths=(), skipped="Samples of step 100 were left out: why."))
    assert live.snapshot()["status"] == "Samples of step 100 were left out: why."
    log = tmp_path / "events.jsonl"
    log.write_text(json.dumps(events.event_json(sampled, tmp_path)) + "\n")
    assert list(pack("trainer.training.run.events").read_events(log)) == [sampled]


def test_an_early_stop_and_what_cannot_be_watched_stay_in_the_status(pack: Pack, tmp_path: Path) -> None:
    events, live = pack("trainer.training.run.events"), pack("nodes.panel.run").RunState(_view)
    told = [
        events.Unwatched(step=0, why="Nobody reads faces."),
        _stepped(pack, 40, 0.25),
        events.StoppedEarly(step=40, steps=1000, best=20, samplings=2),
        events.Finished(checkpoints=(), answered=False),
    ]
    live.add(told[0])
    live.add(told[1])
    assert live.snapshot()["status"].endswith("left · Nobody reads faces.")
    live.add(told[2])
    assert (live.snapshot()["step"], live.snapshot()["steps"]) == (40, 40)
    live.add(told[3])
    said = live.snapshot()["status"]
    assert said.startswith("Finished. Stopped early at step 40 of 1000") and said.endswith("Nobody reads faces.")
    log = tmp_path / "events.jsonl"
    log.write_text("".join(json.dumps(events.event_json(each, tmp_path)) + "\n" for each in told))
    assert list(events.read_events(log)) == told


def test_long_curves_are_thinned_and_end_at_the_last_step(pack: Pack) -> None:
    points = pack("nodes.panel.run").thinned([(step, float(step)) for step in range(1, 1001)])
    assert len(points) <= 160
    assert points[-1][0] == 1000
    assert abs(sum(value for _, value in points) / len(points) - 500) < 10


def test_a_resumed_runs_page_starts_from_its_log(pack: Pack, tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    to_json = pack("trainer.training.run.events").event_json
    log.write_text(json.dumps(to_json(_stepped(pack, 1, 0.5), tmp_path)) + "\n" + '{"event": "stepped", "st')
    live = pack("nodes.panel.run").RunState(_view)
    for event in pack("trainer.training.run.events").read_events(log):
        live.add(event)
    assert live.snapshot()["loss"] == [[1, 0.5]]


def test_no_log_is_no_history(pack: Pack, tmp_path: Path) -> None:
    assert list(pack("trainer.training.run.events").read_events(tmp_path / "none.jsonl")) == []


def test_the_pulse_is_slower_than_quick_steps(pack: Pack) -> None:
    times = iter([0.0, 0.1, 0.2, 0.3, 0.5])
    throttle = pack("nodes.panel.progress").Throttle(lambda: next(times))
    assert [throttle.is_due() for _ in range(5)] == [True, False, False, True, False]


def test_durations_are_said_as_people_say_them(pack: Pack) -> None:
    duration = pack("trainer.runtime.duration").duration
    assert [duration(s) for s in (5, 65, 3725)] == ["5 s", "1 min 5 s", "1 h 2 min"]
