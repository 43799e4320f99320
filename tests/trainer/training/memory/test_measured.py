"""What a GPU takes besides is measured once, kept for its kind, and never believed beyond what can be."""

import json
from pathlib import Path

import pytest

from trainer.training.memory.machine import USUAL
from trainer.training.memory.measured import Peaks, keep_machine, machine_from, machine_on

GIB = 2**30


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "likeness" / "machines.json"


def test_a_machine_is_what_steps_took_besides_what_was_counted() -> None:
    machine = machine_from(Peaks(allocated=10 * GIB, reserved=11 * GIB, process=11 * GIB + GIB // 2), 9 * GIB)
    assert (machine.context, machine.work, machine.factor) == (GIB // 2, GIB, pytest.approx(1.1))
    assert machine.is_measured


def test_a_driver_that_tells_nothing_leaves_the_usual_context() -> None:
    machine = machine_from(Peaks(allocated=GIB, reserved=GIB, process=None), 2 * GIB)
    assert (machine.context, machine.work) == (USUAL.context, 0)


def test_it_is_kept_for_its_gpu_family_and_library(kept: Path) -> None:
    machine = machine_from(Peaks(allocated=10 * GIB, reserved=11 * GIB, process=12 * GIB), 9 * GIB)
    keep_machine("cpu", "flux1", machine)
    assert machine_on("cpu", "flux1") == machine
    assert machine_on("cpu", "sdxl") == USUAL
    (name,) = json.loads(kept.read_text())
    assert name.startswith("cpu | flux1 | torch ")


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"cpu": 3}', '{"%s": {"context": -1, "work": 0, "factor": 1}}', '{"%s": {"factor": "1e9"}}']
)
def test_a_broken_file_is_passed_over(
    kept: Path, text: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("trainer.training.memory.measured._key", lambda *_: "here")
    kept.parent.mkdir()
    kept.write_text(text.replace("%s", "here"))
    assert machine_on("cpu", "flux1") == USUAL
    assert "usual figures are taken" in caplog.text or text == '{"cpu": 3}'
