"""Workflow 6 in the real host: the LoRA with the demo's adapter on top, drawn and balanced."""

import json
from typing import Any

import pytest

from .comfyui import ROOT, Comfy, failure
from .graphs import demo_recipe, from_workflow
from .test_workflow import of_kind

WORKFLOW = ROOT / "workflows" / "6 LoRA with an identity adapter.json"
PROMPTS = "{trigger}, {subject}\n{trigger}, {subject}, red shirt, in a forest | clothing: red shirt"


@pytest.mark.slow
def test_a_lora_and_the_demo_adapter_are_balanced_pair_by_pair(comfy: Comfy) -> None:
    graph = from_workflow(json.loads(WORKFLOW.read_text(encoding="utf-8")), comfy.get("/object_info"))
    graph["recipe"] = demo_recipe(steps=4, save_every=4, sample_every=4, prior_images=0, batch=2)
    of_kind(graph, "LikenessTrainCharacterLora")["inputs"].update(name="balanced", recipe=["recipe", 0])
    few: dict[str, Any] = {"prompts": "from the text below", "prompt_text": PROMPTS, "seeds": 1, "steps": 4}
    of_kind(graph, "LikenessCompareCheckpoints")["inputs"].update(few, most=1)
    # So short a run is never recommended; a person may choose it all the same.
    of_kind(graph, "LikenessChooseCheckpoint")["inputs"]["step"] = 4
    chosen = next(name for name, node in graph.items() if node["class_type"] == "LikenessChooseCheckpoint")
    numbers = {"grid": "from the numbers below", "strengths": "0.8", "weights": "0, 0.6", "lora": [chosen, 0]}
    of_kind(graph, "LikenessBalance")["inputs"].update(numbers)
    of_kind(graph, "KSampler")["inputs"]["steps"] = 4
    entry = comfy.wait(comfy.queue(graph), seconds=900)
    assert entry["status"]["status_str"] == "success", failure(entry)
    name = next(name for name, node in graph.items() if node["class_type"] == "LikenessBalance")
    assert "too few to tell pairs apart" in entry["outputs"][name]["text"][0]
    folder = comfy.output / "likeness" / "balanced" / "report"
    told = json.loads((folder / "balance.json").read_text(encoding="utf-8"))
    assert [cell["pair"] for cell in told["cells"]] == [[0.8, 0.0], [0.8, 0.6]] and told["title"] == "Demo adapter"
    alone, both = ([folder / each["path"] for each in cell["scores"]["pictures"]] for cell in told["cells"])
    assert all(path.is_file() for path in (*alone, *both))
    assert all(one.read_bytes() != other.read_bytes() for one, other in zip(alone, both, strict=True))
