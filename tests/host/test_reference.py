"""Apply reference in the host: core's own at strength 1, nothing at 0, and between them, on FLUX and Qwen-Image."""

import json
from typing import Any

import pytest

from .comfyui import ROOT, HostPython

EXACT = (
    "plain",
    "outside its window",
    "an empty mask",
    "a full mask",
    "the second alone off",
    "the model before",
)
BASES = pytest.mark.parametrize("base", ["flux", "qwen", "qwen, clean"])
BETWEEN = ("half strength", "half a mask", "half the steps")


@pytest.fixture(scope="module")
def figures(host_python: HostPython) -> dict[str, Any]:
    return json.loads(host_python.run("reference_agreement.py", ROOT)[-1])


@BASES
def test_used_whole_it_is_cores_to_the_bit_and_not_used_it_is_not_there(figures: dict[str, Any], base: str) -> None:
    found = figures[base]
    assert found["acts"] > 0.1 and found["two to one"] > 0.05
    assert {name: found[name] for name in EXACT} == dict.fromkeys(EXACT, 0.0)
    assert found["plain needs no patch"] and found["strength 0"]


@BASES
def test_strength_mask_and_window_lead_from_one_to_the_other(figures: dict[str, Any], base: str) -> None:
    found = figures[base]
    assert found["hardly any strength"] < 1e-5 and found["nearly all strength"] < 1e-4
    assert all(found[f"{what} to {end}"] > 0.01 for what in BETWEEN for end in ("none", "all"))


@BASES
def test_every_condition_of_a_batch_has_its_own(figures: dict[str, Any], base: str) -> None:
    assert figures[base]["rows of one batch"] < 1e-4
