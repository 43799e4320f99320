"""ControlNet and reference pictures through our generator, beside ComfyUI's core nodes."""

import json
import subprocess
from pathlib import Path

from .comfyui import ROOT, comfy_path, comfy_python


def test_a_controlnet_steers_as_the_core_nodes_do(tmp_path: Path) -> None:
    """A random ControlNet for the demo base: ControlNetApplyAdvanced with KSampler beside ours, to one step of 255."""
    done = subprocess.run(
        [comfy_python(), ROOT / "tests" / "host" / "control_check.py", ROOT, tmp_path],
        cwd=comfy_path(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout.strip().splitlines()[-1])
    assert said == {"hint_changes_the_picture": True, "same_as_core_nodes": True, "references_are_taken": True}
