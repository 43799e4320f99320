"""Identity adapters in ComfyUI's own models and in ours: the same answers, and nothing of them where they are not."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from .comfyui import ROOT, HostPython, comfy_path

NEAR = 1e-4
BASES = ("sdxl", "sd15")


@pytest.fixture(scope="module")
def unets(host_python: HostPython) -> dict[str, Any]:
    said = host_python.run("identity_unet_agreement.py", comfy_path(), ROOT)
    return {each["family"]: each for line in said if line.startswith("{") for each in [json.loads(line)]}


@pytest.fixture(scope="module")
def flux(host_python: HostPython) -> dict[str, Any]:
    return json.loads(host_python.run("identity_flux_agreement.py", comfy_path(), ROOT)[-1])


@pytest.fixture(scope="module")
def clip(host_python: HostPython) -> dict[str, Any]:
    return json.loads(host_python.run("identity_clip_agreement.py", comfy_path(), ROOT)[-1])


def near(gaps: Mapping[str, float]) -> bool:
    return all(gap < NEAR for gap in gaps.values())


@pytest.mark.parametrize("base", BASES)
def test_the_host_answers_as_our_own_engine(unets: dict[str, Any], base: str) -> None:
    """A batch of three with references of their own, odd sizes, masks, two adapters at once."""
    gaps = unets[base]["agreements"]
    assert gaps.pop("change") > 0.1
    assert near(gaps)


@pytest.mark.parametrize("base", BASES)
def test_every_layer_is_the_one_that_files_number_so(unets: dict[str, Any], base: str) -> None:
    layers = unets[base]["layers"]
    assert layers["count"] == {"sdxl": 17, "sd15": 11}[base]
    assert layers["gap"] < NEAR
    assert layers["change"] > 0.01
    assert layers["same paths"]
    assert layers["same places"]


@pytest.mark.parametrize("base", BASES)
def test_published_layouts_are_read_and_mounted_alike(unets: dict[str, Any], base: str) -> None:
    """FaceID with the LoRA in its file, weight types, PuLID."""
    files = unets[base]["files"]
    assert len(files) == {"sdxl": 5, "sd15": 3}[base]
    assert near({name: gap for name, (gap, _) in files.items()})
    assert all(change > 0.01 for _, change in files.values())


@pytest.mark.parametrize("base", BASES)
def test_whoever_guides_rows_with_the_prompt_are_known(unets: dict[str, Any], base: str) -> None:
    """CFG, CFG 1, split calls, PerpNeg, DualCFG, packs that ask for the negative alone."""
    assert near(unets[base]["guiders"])


@pytest.mark.parametrize("base", BASES)
def test_context_windows_and_areas_keep_to_their_latents_and_sides(unets: dict[str, Any], base: str) -> None:
    windows = unets[base]["windows"]
    assert windows.pop("area, positive changes") > 0.1
    assert near(windows)


@pytest.mark.parametrize("base", BASES)
def test_a_range_is_that_of_the_sampling_in_use_and_asked_once_a_pass(unets: dict[str, Any], base: str) -> None:
    ranges = unets[base]["ranges"]
    assert ranges.pop("asked") <= 2
    assert set(ranges.values()) == {0.0}


@pytest.mark.parametrize("base", BASES)
def test_branches_of_a_graph_do_not_see_each_other(unets: dict[str, Any], base: str) -> None:
    """Bit for bit: the parent after its child ran, the child after its own, the same node in a loop."""
    branches = unets[base]["branches"]
    assert [branches[name] for name in ("parent", "child", "in a loop")] == [0.0, 0.0, 0.0]
    assert branches["grandchild changes"] > 0.1
    assert branches["parent has no patches"]


@pytest.mark.parametrize("base", BASES)
def test_weight_0_is_the_model_that_came_in(unets: dict[str, Any], flux: dict[str, Any], base: str) -> None:
    assert unets[base]["branches"]["weight 0 is the model itself"]
    assert flux["others"]["weight 0 is the model itself"]


@pytest.mark.parametrize("base", BASES)
def test_the_host_loads_an_adapters_weights_with_the_model(unets: dict[str, Any], base: str) -> None:
    assert unets[base]["branches"]["held by the host"]
    assert unets[base]["branches"]["held of both"] == 2


@pytest.mark.parametrize("base", BASES)
def test_kept_pictures_go_by_adapter_identity_and_use(unets: dict[str, Any], base: str) -> None:
    assert unets[base]["names"] == {"differ": True, "come again": True, "stay": True}


@pytest.mark.parametrize("base", BASES)
def test_loras_come_before_or_after(unets: dict[str, Any], base: str) -> None:
    others = unets[base]["others"]
    assert others["lora before and after"] == 0.0
    assert others["lora changes"] > 0.01
    assert others["own lora"] < NEAR
    assert others["own lora changes"] > 0.01


@pytest.mark.parametrize("base", BASES)
def test_other_packs_patches_are_kept_under_and_over_ours(unets: dict[str, Any], base: str) -> None:
    others = unets[base]["others"]
    assert others["over another pack's"] < NEAR
    assert others["under another pack's"] < NEAR
    assert others["what another pack adds to a copy"] == 0.0


def test_instantids_controlnet_reads_the_identity_in_place_of_the_words(unets: dict[str, Any]) -> None:
    said = unets["sdxl"]["instantid"]
    assert said["reads the tokens"] == 0.0
    assert said["changes"] > 0.01
    assert said["over one that is past"] == 0.0
    assert said["one net for both"]
    assert said["words as they were"]
    assert said["strength 0"]


@pytest.mark.parametrize("base", BASES)
def test_an_adapter_that_does_not_belong_is_refused_in_a_sentence(unets: dict[str, Any], base: str) -> None:
    family, width, lacking, lora = unets[base]["refusals"]
    assert "an adapter for FLUX.1, and this model is SD" in family
    assert "wide and the adapter's is not" in width
    assert "changes cross-attention 139" in lacking
    assert "has no down_blocks.9.to_q.weight" in lora


def test_flux_answers_as_our_own_engine(flux: dict[str, Any]) -> None:
    """Joined and followed, as PuLID, XLabs and InstantX do; batches, ragged sizes, masks, two adapters at once."""
    gaps = flux["agreements"]
    assert gaps.pop("change") > 0.1
    assert near(gaps)


def test_published_layouts_for_flux_are_read_and_mounted_alike(flux: dict[str, Any]) -> None:
    assert set(flux["files"]) == {"xlabs", "instantx"}
    assert near({name: gap for name, (gap, _) in flux["files"].items()})
    assert all(change > 0.01 for _, change in flux["files"].values())


def test_every_block_of_flux_is_the_one_that_is_meant(flux: dict[str, Any]) -> None:
    assert flux["blocks"]["count"] == 10
    assert flux["blocks"]["gap"] < NEAR
    assert flux["blocks"]["change"] > 0.01


def test_a_references_tokens_are_left_alone(flux: dict[str, Any]) -> None:
    """4 by 3 tokens of the picture, 24 of the text, 9 of the reference."""
    tokens = {tuple(each) for each in flux["references"]["tokens"]}
    assert tokens == {(0, 1), (0, 12), (1, 1), (1, 36), (2, 1), (2, 12)}
    assert flux["references"]["gap"] < NEAR


def test_in_flux_too_nothing_is_left_behind(flux: dict[str, Any]) -> None:
    others = flux["others"]
    kept = ("within", "before it begins", "child", "parent", "lora before and after", "inside another pack's wrapper")
    assert [others[name] for name in kept] == [0.0] * len(kept)
    assert others["grandchild changes"] > 0.1
    assert others["lora changes"] > 0.01
    assert others["over another pack's"] < NEAR
    assert others["under another pack's"] < NEAR
    assert others["what another pack adds to a copy"] == 0.0
    assert others["held by the host"] == 1


def test_flux_refuses_what_does_not_belong(flux: dict[str, Any]) -> None:
    family, width, lacking = flux["refusals"]
    assert "an adapter for SDXL, and this model is FLUX.1" in family
    assert "256 wide and the adapter's is not" in width
    assert "changes block 56, and the model has 5" in lacking


def test_pictures_are_read_as_transformers_reads_them(clip: dict[str, Any]) -> None:
    assert clip["pooled"] < NEAR
    assert clip["hidden"] < NEAR
    assert clip["blank"] < NEAR


def test_another_image_encoder_is_refused_by_its_sizes(clip: dict[str, Any]) -> None:
    bigg, large, face, siglip = clip["refused"]
    assert "this CLIP vision model is CLIP ViT-H/14: load CLIP ViT-bigG/14 instead" in bigg
    assert "load CLIP ViT-L/14 instead" in large
    assert "does not read its pictures through a CLIP vision model" in face
    assert "one of 1664 and 1024 channels" in siglip
