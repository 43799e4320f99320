"""ControlNet and reference pictures through our generator, beside ComfyUI's core nodes."""

import json
from pathlib import Path

from .comfyui import ROOT, HostPython


def test_a_controlnet_steers_as_the_core_nodes_do(host_python: HostPython, tmp_path: Path) -> None:
    """A random ControlNet for the demo base: ControlNetApplyAdvanced with KSampler beside ours, to one step of 255."""
    said = json.loads(host_python.run("control_check.py", ROOT, tmp_path)[-1])
    assert said == {"hint_changes_the_picture": True, "same_as_core_nodes": True, "references_are_taken": True}
