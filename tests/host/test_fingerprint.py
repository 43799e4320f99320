"""What pictures are kept under, on the host's own models."""

import json

from .comfyui import ROOT, HostPython


def test_kept_pictures_are_named_by_content_whatever_core_nodes_patch(host_python: HostPython) -> None:
    """LoRA strengths, merges by blocks, sampling patches, CLIP skip and a ControlNet on the demo base, loaded twice."""
    said = json.loads(host_python.run("fingerprint_check.py", ROOT)[-1])
    assert said.pop("seconds") < 5
    assert said == {
        "names_differ": True,
        "names_come_again": True,
        "a_new_load_is_the_same": True,
        "drawing_changes_nothing": True,
        "flux2_latent": [2, 128, 4, 6],
    }
