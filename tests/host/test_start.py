"""What the host sees of the pack when it opens."""

import json
import re

from .comfyui import ROOT, Comfy, HostPython, comfy_path

NODES = {
    "LikenessDemoBaseModel",
    "LikenessDemoCharacter",
    "LikenessCheckInstallation",
    "LikenessCleanUp",
    "LikenessLoadCharacterDataset",
    "LikenessImagesToDataset",
    "LikenessCheckDataset",
    "LikenessCropDataset",
    "LikenessPickImages",
    "LikenessFillGaps",
    "LikenessMakeStyleVariants",
    "LikenessMixDatasets",
    "LikenessApplyCaptionRules",
    "LikenessCaptionWithJoyCaption",
    "LikenessReviewCaptions",
    "LikenessTagWithWd14",
    "LikenessUseCaptions",
    "LikenessSaveDataset",
    "LikenessDatasetToImages",
    "LikenessChooseBaseModel",
    "LikenessTrainingRecipe",
    "LikenessImportRecipe",
    "LikenessExportRecipe",
    "LikenessPlanRun",
    "LikenessTrainCharacterLora",
    "LikenessDiffRuns",
    "LikenessCompareCheckpoints",
    "LikenessChooseCheckpoint",
    "LikenessAdviseNextRun",
    "LikenessScoreImages",
    "LikenessCheckLora",
    "LikenessApplyCharacterLora",
    "LikenessReadFace",
    "LikenessLoadIdentity",
    "LikenessLoadIdentityAdapter",
    "LikenessApplyIdentity",
    "LikenessInstantIdConditioning",
    "LikenessApplyReference",
    "LikenessBalance",
    "LikenessCheckMotion",
    "LikenessTrainOrZeroShot",
}


def test_every_node_is_there(comfy: Comfy) -> None:
    found = {name for name in comfy.get("/object_info") if name.startswith("Likeness")}
    assert found == NODES


def test_every_node_explains_itself(comfy: Comfy) -> None:
    for name in sorted(NODES):
        info = comfy.get(f"/object_info/{name}")[name]
        assert info["description"] and info["search_aliases"] and info["category"].startswith("Likeness/"), name
        assert all(info["output_tooltips"]), name
        for kind in ("required", "optional"):
            for key, (_, *options) in info["input"].get(kind, {}).items():
                assert options and options[0].get("tooltip"), f"{name}.{key}"


def test_every_node_has_a_help_page(comfy: Comfy) -> None:
    missing = [name for name in sorted(NODES) if comfy.status(f"/extensions/likeness/docs/{name}.md") != 200]
    assert missing == []


def test_the_pack_opens_in_no_time(comfy: Comfy) -> None:
    said = re.search(r"([\d.]+) seconds: .*custom_nodes/likeness", comfy.text())
    assert said, comfy.text()
    assert float(said[1]) <= 0.1  # the host rounds; the exact figure is `python -m trainer bench import`


def test_the_demo_base_draws_alike_in_the_host_and_in_diffusers(host_python: HostPython) -> None:
    base = ROOT / "trainer" / "demo" / "assets" / "base"
    gaps = json.loads(host_python.run("agreement.py", comfy_path(), ROOT, base)[-1])
    assert gaps.pop("euler") < 2e-3, gaps  # four steps from sigma 14 multiply the rounding
    assert all(gap < 2e-5 for gap in gaps.values()), gaps


def test_the_flow_demo_base_draws_alike_in_the_hosts_flux_and_here(host_python: HostPython) -> None:
    """Its text encoders, transformer, autoencoder, one picture, and what a LoRA file of ours changes."""
    gaps = json.loads(host_python.run("flow_demo_agreement.py", comfy_path(), ROOT)[-1])
    assert gaps.pop("lora_changes") > 1e-2 and gaps.pop("picture_spread") > 0.05, gaps
    assert gaps.pop("picture") <= 2 / 255, gaps
    assert gaps.pop("decode") <= 1 / 255, gaps  # ours rounds to whole numbers
    assert all(gap < 1e-4 for gap in gaps.values()), gaps


def test_a_checkpoint_and_its_lora_are_alike_in_the_host_and_here(host_python: HostPython) -> None:
    """Tiny SDXL and SD 1.5 files through the host's own loader: text, picture, and what LoRA files change.

    Every name that the host reads a layer by leads to the same weights here, and every kind of layer does the same.
    """
    printed = host_python.run("checkpoint_agreement.py", comfy_path(), ROOT)
    families = [json.loads(line) for line in printed if line.startswith('{"family"')]
    assert [said["family"] for said in families] == ["sdxl", "sd15"]
    for said in families:
        assert said["unknown"] == []
        assert said["patched"] == said["layers"] > 200
        assert max(said["text"], said["picture"]) < 2e-5, said
        assert said["velocity"] and said["zero_snr"]
        assert said["change_gap"] < 1e-3 < said["change"], said
        # What is left is never read: a projection of CLIP-L's, and Cascade's name for SDXL's.
        assert all(name.endswith("text_projection") for name in said["unmapped"]), said["unmapped"]
        assert len(said["kinds"]) == 9
        assert max(said["kinds"].values()) < 5e-3, said["kinds"]
