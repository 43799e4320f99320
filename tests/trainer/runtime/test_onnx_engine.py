import os
import subprocess
import sys

import onnxruntime
import pytest

from trainer.runtime.onnx_engine import onnx_engine


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
def test_nothing_is_kept_to_be_reported_later(tmp_path):
    code = "from trainer.runtime.onnx_engine import onnx_engine; onnx_engine().get_available_providers()"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "ORT_"))}
    subprocess.run([sys.executable, "-c", code], check=True, env={**kept, "HOME": str(tmp_path)})
    assert not [path for path in tmp_path.rglob("*") if "onnxruntime" in path.name]
