"""Z-Image and FLUX.2 klein in ComfyUI's own classes and in ours: the same answers, LoRA files, schedules and words."""

import json
import os
import subprocess
from typing import Any

import pytest

from .comfyui import ROOT, comfy_path, comfy_python

FAMILIES = pytest.mark.parametrize("family", ["z_image", "flux2"])


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    done = subprocess.run(
        [comfy_python(), ROOT / "tests" / "host" / "flow_agreements.py", comfy_path(), ROOT],
        cwd=comfy_path(),
        env={**os.environ, "COMFYUI_PATH": str(comfy_path())},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


def test_files_are_what_they_are_to_the_host(figures: dict[str, Any]) -> None:
    assert figures["z_image"]["real"] == {
        "image_model": "lumina2",
        "dim": 3840,
        "n_heads": 30,
        "n_layers": 30,
        "axes_dims": [32, 48, 48],
        "pad_tokens_multiple": 32,
    }
    assert figures["z_image"]["kind"] == "ZImage"
    assert figures["flux2"]["kind"] == "Flux2"


@FAMILIES
def test_the_transformer_answers_the_same(figures: dict[str, Any], family: str) -> None:
    assert figures[family]["answer"] < 1e-4


@FAMILIES
@pytest.mark.parametrize("kind", ["all lora", "attention lora", "all lokr", "all dora"])
def test_a_file_of_ours_changes_it_the_same_and_nothing_of_it_is_lost(
    figures: dict[str, Any], family: str, kind: str
) -> None:
    file = figures[family]["files"][kind]
    assert file["unknown"] == []
    assert file["unused"] == 0
    assert file["change"] > 0.01
    # The host measures DoRA's lengths on the frozen weight alone, for every base.
    assert file["gap"] < (0.1 * file["change"] if "dora" in kind else 1e-3 * file["change"])


@FAMILIES
def test_every_name_of_a_layer_that_the_host_takes_leads_to_it_here_too(figures: dict[str, Any], family: str) -> None:
    assert figures[family]["unmapped"] == []


@FAMILIES
def test_samples_take_the_hosts_steps(figures: dict[str, Any], family: str) -> None:
    assert figures[family]["schedule"] < 1e-6


@FAMILIES
def test_captions_become_the_hosts_words(figures: dict[str, Any], family: str) -> None:
    assert figures[family]["other_words"] == []


def test_klein_latents_are_the_hosts(figures: dict[str, Any]) -> None:
    """Between latents, and between pictures of them, of which ours has whole numbers from 0 to 255."""
    latents, pixels = figures["flux2"]["autoencoder"]
    assert latents < 1e-5
    assert pixels < 1.01 / 255
