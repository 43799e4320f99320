"""The shipped workflow: whole, short, and running from pictures to a drawn character."""

import json
from typing import Any
from urllib.parse import quote

from .comfyui import ROOT, Comfy, failure
from .graphs import Graph, demo_recipe, from_workflow

DEMO = ROOT / "workflows" / "0 Try the demo.json"
WORKFLOWS = sorted(DEMO.parent.glob("*.json"))


def demo_graph(comfy: Comfy, name: str, **recipe: Any) -> Graph:
    """Workflow 0 with a recipe of seconds in place of minutes."""
    graph = from_workflow(json.loads(DEMO.read_text(encoding="utf-8")), comfy.get("/object_info"))
    numbers = {"steps": 4, "save_every": 4, "sample_every": 4, "prior_images": 0, "batch": 2, **recipe}
    graph["recipe"] = demo_recipe(**numbers)
    of_kind(graph, "LikenessTrainCharacterLora")["inputs"].update(name=name, recipe=["recipe", 0])
    of_kind(graph, "LikenessCompareCheckpoints")["inputs"]["most"] = 1
    # So short a run is never recommended; a person may choose it all the same.
    of_kind(graph, "LikenessChooseCheckpoint")["inputs"]["step"] = numbers["steps"]
    return graph


def of_kind(graph: Graph, kind: str) -> dict[str, Any]:
    return next(node for node in graph.values() if node["class_type"] == kind)


def test_the_way_from_pictures_to_a_compared_grid_is_short() -> None:
    workflow = json.loads(DEMO.read_text(encoding="utf-8"))
    kinds = {saved["id"]: saved["type"] for saved in workflow["nodes"]}
    ours = {number for number, kind in kinds.items() if kind.startswith("Likeness")}
    after = ("LikenessChooseCheckpoint", "LikenessApplyCharacterLora")
    before = {number for number in ours if kinds[number] not in after}
    wires = [link for link in workflow["links"] if link[1] in before and link[3] in before]
    assert len(before) == 4
    assert len(wires) == 3


def test_the_template_browser_lists_all_with_their_pictures(comfy: Comfy) -> None:
    names = [path.stem for path in WORKFLOWS]
    assert sorted(comfy.get("/api/workflow_templates")["likeness"]) == sorted(names)
    assert [comfy.status(f"/api/workflow_templates/likeness/{quote(name)}.jpg") for name in names] == [200] * len(names)


def test_a_step_that_was_not_saved_is_refused_with_those_that_were(comfy: Comfy) -> None:
    graph = demo_graph(comfy, "workflow")
    of_kind(graph, "LikenessChooseCheckpoint")["inputs"]["step"] = 3
    entry = comfy.wait(comfy.queue(graph), seconds=600)
    assert "no checkpoint at step 3; it has 4" in failure(entry)
