"""Workflow 5 in the page: it opens whole, its grid is clicked, and what was clicked is taken and listed."""

import json
from pathlib import Path
from typing import Any

import pytest

from ..web.browser import chromium
from .comfyui import ROOT, Comfy
from .graphs import saved_with_recipe
from .page import Page, Pages

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium; install it to test the page")
WORKFLOW = ROOT / "workflows" / "5 Compare and choose.json"
RENDERERS = pytest.mark.parametrize("vue", [False, True], ids=["classic", "vue"], scope="package")


@RENDERERS
def test_a_clicked_column_is_taken_and_listed_by_lora_loader(
    comfy: Comfy, pages: Pages, vue: bool, shots: Path
) -> None:
    name = "vue" if vue else "classic"
    with pages.opened(vue=vue) as page:
        page.load(_short("compare_page"))
        assert page.unknown_nodes() == [] and page.dialogs() == []
        page.run_to_end()
        page.fit()
        page.shot(shots / f"compare_{name}.png")
        page.page.locator(".likeness-column-label").filter(has_text="Step 3").first.click()
        picked = "() => app.graph.nodes.find((n) => n.type === 'LikenessChooseCheckpoint')"
        value = f"{picked}.widgets.find((w) => w.name === 'pick').value"
        assert page.page.evaluate(value) == "Step 3"
        page.run_to_end()
        assert "likeness/compare_page_chosen.safetensors" in _loras(page)
        page.shot(shots / f"compare_{name}_picked.png")
        assert page.dialogs() == [] and page.ours() == []


def _short(name: str) -> dict[str, Any]:
    """Seconds of training, four prompts, and without the run that waits to be unmuted."""
    workflow = json.loads(WORKFLOW.read_text(encoding="utf-8"))
    gone = {node["id"] for node in workflow["nodes"] if node["mode"]}
    workflow["links"] = [link for link in workflow["links"] if link[3] not in gone]
    numbers = {link[0] for link in workflow["links"]}
    workflow["nodes"] = [node for node in workflow["nodes"] if node["id"] not in gone]
    for port in (port for node in workflow["nodes"] for port in node["outputs"]):
        port["links"] = [number for number in port["links"] or [] if number in numbers]
    nodes = {node["type"]: node for node in workflow["nodes"]}
    nodes["LikenessTrainCharacterLora"]["widgets_values"][0] = name
    _set(nodes["LikenessCompareCheckpoints"], prompts="Quick", strengths="")
    return saved_with_recipe(workflow, steps=6, batch=2, prior_images=0, save_every=3, sample_every=0)


def _set(node: dict[str, Any], **values: Any) -> None:
    """Widgets of a saved node by name."""
    names = [port["name"] for port in node["inputs"] if "widget" in port]
    for name, value in values.items():
        node["widgets_values"][names.index(name)] = value


def _loras(page: Page) -> str:
    return page.page.evaluate(
        """() => {
            const node = LiteGraph.createNode('LoraLoader');
            return JSON.stringify(node.widgets.find((w) => w.name === 'lora_name').options.values);
        }"""
    )
