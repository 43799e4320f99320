"""FLUX.1 in ComfyUI's own class and in ours: the same answers, the same LoRA files, the same schedule and words."""

import json
import os
import subprocess
from typing import Any

import pytest

from .comfyui import ROOT, comfy_path, comfy_python


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    done = subprocess.run(
        [comfy_python(), ROOT / "tests" / "host" / "flux_agreement.py", comfy_path(), ROOT],
        cwd=comfy_path(),
        env={**os.environ, "COMFYUI_PATH": str(comfy_path())},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return json.loads(done.stdout.strip().splitlines()[-1])


@pytest.mark.parametrize("name", ["dev", "schnell", "pipeline"])
def test_the_transformer_answers_the_same(figures: dict[str, Any], name: str) -> None:
    assert figures[name] < 1e-4


@pytest.mark.parametrize("kind", ["all lora", "attention lora", "all lokr", "all dora", "attention dora"])
def test_a_file_of_ours_changes_it_the_same_and_nothing_of_it_is_lost(figures: dict[str, Any], kind: str) -> None:
    file = figures["files"][kind]
    assert file["unknown"] == []
    assert file["unused"] == 0
    assert file["change"] > 0.01
    # The host measures DoRA's lengths on the frozen weight alone, for every base.
    assert file["gap"] < (0.1 * file["change"] if "dora" in kind else 1e-3 * file["change"])


def test_every_name_of_a_layer_that_the_host_takes_leads_to_it_here_too(figures: dict[str, Any]) -> None:
    assert figures["unmapped"] == []


def test_samples_take_the_hosts_steps_from_the_hosts_latents(figures: dict[str, Any]) -> None:
    assert figures["schedule"] < 1e-6
    assert figures["latents"] == [True, True]


@pytest.mark.parametrize("name", ["dev", "schnell"])
def test_four_steps_end_where_ksampler_with_flux_guidance_ends(figures: dict[str, Any], name: str) -> None:
    assert figures["drawn"][name] < 1e-3


def test_the_text_encoders_say_the_same(figures: dict[str, Any]) -> None:
    assert figures["text"]["context"] < 5e-4
    assert figures["text"]["pooled"] < 1e-4


def test_captions_become_the_hosts_words(figures: dict[str, Any]) -> None:
    assert figures["other_words"] == []


def test_int8_files_hold_the_hosts_weights(figures: dict[str, Any]) -> None:
    assert figures["int8"] < 1e-6
