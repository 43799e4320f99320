"""The shipped workflows run as they are: nothing to download, nothing to set first."""

import json
from pathlib import Path

import pytest

from ..web.browser import chromium
from .comfyui import ROOT, Comfy
from .graphs import from_workflow
from .page import Pages
from .test_workflow import WORKFLOWS

FILL = ROOT / "workflows" / "3 Fill what is missing.json"
needs_page = pytest.mark.skipif(chromium() is None, reason="no Chromium; install it to test the page")


def test_what_is_missing_is_filled_with_the_same_face(comfy: Comfy) -> None:
    outputs = comfy.run(from_workflow(json.loads(FILL.read_text(encoding="utf-8")), comfy.get("/object_info")))
    assert any("3 of 3 gaps filled" in line for said in outputs.values() for line in said.get("text", []))
    saved = json.loads((comfy.output / "likeness_datasets" / "sage_filled" / "dataset.json").read_text("utf-8"))
    assert len([sample for sample in saved["samples"] if sample["origin"] == "filled"]) == 3


@pytest.mark.slow
@needs_page
@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_it_runs_as_it_was_shipped(comfy: Comfy, pages: Pages, path: Path) -> None:
    """What the page queues of it, subgraphs and bypassed nodes as it takes them."""
    with pages.opened(vue=False) as page:
        page.load(json.loads(path.read_text(encoding="utf-8")))
        prompt = page.page.evaluate("async () => (await app.graphToPrompt()).output")
    outputs = comfy.run(prompt, seconds=1800)
    infos = comfy.get("/object_info")
    shown = {number for number, node in prompt.items() if infos[node["class_type"]]["output_node"]}
    assert shown and shown <= {number for number, output in outputs.items() if output}
