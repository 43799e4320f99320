"""Recipes, plans and LoRA files in the host."""

import json
from pathlib import Path

import pytest

from .comfyui import ROOT, Comfy, Refused
from .graphs import SAMPLED, Graph, from_workflow, node, training
from .test_workflow import of_kind

KOHYA = (
    "network_dim = 4\nnetwork_alpha = 2\nlearning_rate = 1e-3\nmax_train_steps = 4\nresolution = 128\nflip_aug = true\n"
)


def test_settings_of_kohya_are_imported_planned_and_exported(comfy: Comfy) -> None:
    (comfy.home / "input" / "mine.toml").write_text(KOHYA)
    graph = training("unused")
    graph["recipe"] = node("LikenessImportRecipe", file="mine.toml", text="")
    wired = {"dataset": ["who", 0], "base": ["base", 3], "recipe": ["recipe", 0]}
    graph["plan"] = node("LikenessPlanRun", measure=True, **wired)
    graph["export"] = node("LikenessExportRecipe", recipe=["recipe", 0], format="OneTrainer JSON", name="back")
    del graph["train"]
    said = comfy.run(graph)
    assert "flip_aug = True: faces are not mirrored here" in said["recipe"]["text"][0]
    plan = said["plan"]["text"][0]
    assert "4 updates show 4 pictures" in plan
    assert "Time: about" in plan and "Memory: base, frozen" in plan
    assert said["plan"]["images"]
    written = json.loads((comfy.output / "likeness" / "recipes" / "back.json").read_text())
    assert (written["lora_rank"], written["lora_alpha"]) == (4, 2.0)
    assert not (comfy.output / "likeness" / "plan").exists()


@pytest.mark.parametrize("file", ["../secret.toml", "/etc/passwd", "none.toml"])
def test_a_file_outside_the_input_folder_is_refused_before_the_queue(comfy: Comfy, file: str) -> None:
    with pytest.raises(Refused):
        comfy.queue({"read": node("LikenessImportRecipe", file=file, text="")})


def test_a_trained_file_is_checked_against_the_model(comfy: Comfy) -> None:
    comfy.run(training("checked", **SAMPLED))
    graph: Graph = {
        "base": node("LikenessDemoBaseModel"),
        "check": node("LikenessCheckLora", lora="likeness/checked.safetensors", model=["base", 0], clip=["base", 1]),
    }
    said = comfy.run(graph)["check"]
    assert said["text"][0].splitlines()[0] == "All 48 layers belong to the model."
    assert said["images"]
    assert (comfy.loras / "likeness" / "checked.png").is_file()


def test_others_seeds_and_likeness_reach_the_run(comfy: Comfy, tmp_path: Path) -> None:
    graph = training("many", seeds=2, **SAMPLED)
    graph["others"] = node("LikenessDemoCharacter", number=5)
    graph["train"]["inputs"]["regularisation"] = ["others", 0]
    state = comfy.run(graph)["train"]["likeness"][0]
    run = comfy.output / "likeness" / "many"
    assert (run / "checkpoints" / "many_average2.safetensors").is_file()
    assert [step for step, _ in state["likeness"]] == [0, 3, 6]
    assert json.loads((run / "inputs.json").read_text())["regularisation"]


def test_a_lora_is_learned_on_from(comfy: Comfy) -> None:
    comfy.run(training("first"))
    graph = training("second")
    graph["train"]["inputs"]["start_from"] = "likeness/first.safetensors"
    comfy.run(graph)
    assert json.loads((comfy.output / "likeness" / "second" / "inputs.json").read_text())["start"]


def test_workflow_4_runs_as_it_is_but_for_its_steps(comfy: Comfy) -> None:
    workflow = json.loads((ROOT / "workflows" / "4 Train an SDXL character LoRA.json").read_text(encoding="utf-8"))
    graph = from_workflow(workflow, comfy.get("/object_info"))
    of_kind(graph, "LikenessTrainingRecipe")["inputs"].update(steps=4, save_every=4, sample_every=4, prior_images=0)
    of_kind(graph, "LikenessTrainCharacterLora")["inputs"]["name"] = "workflow4"
    shown = {graph[number]["class_type"]: output for number, output in comfy.run(graph).items()}
    assert "4 updates show 16 pictures" in shown["LikenessPlanRun"]["text"][0]
    assert shown["LikenessTrainCharacterLora"]["likeness"][0]["status"].startswith("Finished")
