"""What pictures are kept under, on the host's own models."""

import json
import subprocess

from .comfyui import ROOT, comfy_path, comfy_python


def test_kept_pictures_are_named_by_content_whatever_core_nodes_patch() -> None:
    """LoRA strengths, merges by blocks, sampling patches, CLIP skip and a ControlNet on the demo base, loaded twice."""
    done = subprocess.run(
        [comfy_python(), ROOT / "tests" / "host" / "fingerprint_check.py", ROOT],
        cwd=comfy_path(),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout.strip().splitlines()[-1])
    assert said.pop("seconds") < 5
    assert said == {
        "names_differ": True,
        "names_come_again": True,
        "a_new_load_is_the_same": True,
        "drawing_changes_nothing": True,
        "flux2_latent": [2, 128, 4, 6],
    }
