"""Workflows as earlier commits shipped them, on today's page: saved graphs of users look like these.

Each file of `upgrade/` is one of them as it was in the commit named, without its groups and notes, beside what its
values meant by the schemas of that commit: node number → input → value. Together they have every number of widgets
that a node of ours was ever shipped with.
"""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from ..web.browser import chromium
from .comfyui import ROOT, Comfy, Refused
from .page import Page, Pages

needs_page = pytest.mark.skipif(chromium() is None, reason="no Chromium; install it to test the page")
SAVED = {
    path.stem: json.loads(path.read_text(encoding="utf-8")) for path in Path(__file__).parent.glob("upgrade/*.json")
}
FIRST, PREPARED = "0_try_the_demo_9d911ac", "1_prepare_a_character_dataset_a808fb0"
ROOTS = {"LikenessDemoCharacter": {"number": -1}, "LikenessDemoBaseModel": {"family": "none"}}


def test_what_is_kept_is_of_nodes_that_were_released() -> None:
    kinds = {node["type"] for saved in SAVED.values() for node in saved["workflow"]["nodes"]}
    ours = {kind for kind in kinds if kind.startswith("Likeness")}
    released = set(json.loads((ROOT / "tests" / "nodes" / "schemas.json").read_text(encoding="utf-8")))
    assert len(SAVED) == 15 and len(ours) >= 24 and ours <= released


@needs_page
def test_old_workflows_open_whole_with_the_values_they_were_saved_with_and_still_run(
    comfy: Comfy, pages: Pages
) -> None:
    with pages.opened(vue=False) as page:
        prompts = {name: _opened(comfy, page, name) for name in sorted(SAVED)}
        assert page.ours() == []
    assert {name: told for name, prompt in prompts.items() if (told := _refused(comfy, prompt))} == {}
    assert comfy.run(prompts[PREPARED])


@needs_page
@pytest.mark.slow
def test_the_first_workflow_ever_shipped_trains_chooses_and_draws(comfy: Comfy, pages: Pages) -> None:
    with pages.opened(vue=False) as page:
        prompt = _opened(comfy, page, FIRST)
    of = {node["class_type"]: node["inputs"] for node in prompt.values()}
    of["LikenessTrainingRecipe"].update(steps=4, save_every=4, sample_every=0, prior_images=0, batch=2)
    of["LikenessTrainCharacterLora"]["name"] = "upgraded"
    of["LikenessCompareCheckpoints"].update(most=1, prompts="Quick")
    # So short a run is never recommended; a person may choose it all the same.
    of["LikenessChooseCheckpoint"]["step"] = 4
    outputs = comfy.run(prompt, seconds=900)
    assert any("Saved as" in line for said in outputs.values() for line in said.get("text", []))


def _refused(comfy: Comfy, prompt: dict[str, Any]) -> dict[str, Any]:
    """What the host would refuse, by node. Nothing is learned or drawn: of its own doing the test asks for a character
    and a base that there are not, and what takes time hangs on one of them."""
    asked = copy.deepcopy(prompt)
    broken = {number for number, node in asked.items() if node["class_type"] in ROOTS}
    for number in broken:
        asked[number]["inputs"].update(ROOTS[asked[number]["class_type"]])
    try:
        faults = comfy.post("/prompt", {"prompt": asked})["node_errors"]
    except Refused as refused:
        faults = json.loads(str(refused))["node_errors"]
    return {number: told for number, told in faults.items() if number not in broken}


def _opened(comfy: Comfy, page: Page, name: str) -> dict[str, Any]:
    """The prompt of a saved workflow, opened on the page and found to be whole."""
    saved = SAVED[name]
    page.load(saved["workflow"])
    assert page.unknown_nodes() == [] and page.dialogs() == [], name
    shown, infos = page.page.evaluate(_SHOWN), comfy.get("/object_info")
    kinds = {str(node["id"]): node["type"] for node in saved["workflow"]["nodes"]}
    for number, meant in saved["meant"].items():
        # What came later holds its default: nothing that was saved has slipped into it.
        expected = {**_defaults(infos[kinds[number]]), **meant}
        shifted = {
            key: (value, shown[number].get(key)) for key, value in expected.items() if shown[number].get(key) != value
        }
        assert not shifted, f"{name}, node {number} {kinds[number]}, saved and shown: {shifted}"
    return page.page.evaluate("async () => (await app.graphToPrompt()).output")


def _defaults(info: dict[str, Any]) -> dict[str, Any]:
    """Of widgets that came as optional inputs; one without a default starts with its first choice."""
    found: dict[str, Any] = {}
    for name, (kind, *options) in info["input"].get("optional", {}).items():
        told = options[0] if options else {}
        if kind in ("COMBO", "INT", "FLOAT", "STRING", "BOOLEAN") and not told.get("forceInput"):
            found[name] = told["default"] if told.get("default") is not None else (told.get("options") or [""])[0]
    return found


_SHOWN = """async () => {
    const shown = {};
    for (const node of app.graph.nodes) {
        const values = (node.widgets ?? []).map(async (widget, place) => [widget.name,
            widget.serializeValue ? await widget.serializeValue(node, place) : widget.value]);
        shown[node.id] = Object.fromEntries(await Promise.all(values));
    }
    return shown;
}"""
