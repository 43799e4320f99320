import os
import subprocess
import sys
from pathlib import Path

import onnxruntime
import pytest

from trainer.runtime.onnx_engine import onnx_engine

_ROOT = Path(__file__).parents[3]


def test_usage_is_not_reported_even_where_onnxruntime_was_imported_before(monkeypatch: pytest.MonkeyPatch):
    switched: list[bool] = []
    monkeypatch.delenv("ORT_DISABLE_TELEMETRY", raising=False)
    monkeypatch.setattr(onnxruntime, "disable_telemetry_events", lambda: switched.append(True))
    assert onnx_engine() is onnxruntime
    assert switched == [True] and os.environ["ORT_DISABLE_TELEMETRY"] == "1"


def test_a_users_own_choice_stands(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    onnx_engine()
    assert os.environ["ORT_DISABLE_TELEMETRY"] == "0"


@pytest.mark.skipif(sys.platform == "win32", reason="looks for the files that Linux and macOS builds keep")
def test_nothing_is_kept_to_be_reported_later(tmp_path: Path):
    code = "from trainer.runtime.onnx_engine import onnx_engine; onnx_engine().get_available_providers()"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "ORT_"))}
    command, environment = [sys.executable, "-c", code], {**kept, "HOME": str(tmp_path)}
    done = subprocess.run(command, cwd=_ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert not [path for path in tmp_path.rglob("*") if "onnxruntime" in path.name]
