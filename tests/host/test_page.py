"""The page in headless Chromium, in both renderers."""

import json
import re
import time
from pathlib import Path
from typing import Any

import pytest

from ..web.browser import chromium
from .comfyui import Comfy
from .graphs import saved_with_recipe
from .page import Page, Pages
from .test_workflow import DEMO, of_kind

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium; install it to test the page")

# Of the package: those of one renderer come one after the other and share its page.
RENDERERS = pytest.mark.parametrize("vue", [False, True], ids=["classic", "vue"], scope="package")
CLASSIC = pytest.mark.parametrize("vue", [False], ids=["classic"], scope="package")


@RENDERERS
def test_the_workflow_opens_runs_and_shows_what_it_made(comfy: Comfy, pages: Pages, vue: bool, shots: Path) -> None:
    """The second renderer asks for the same run, so the host answers it from what the first one made."""
    name = "vue" if vue else "classic"
    with pages.opened(vue=vue) as page:
        page.load(_short("page"))
        assert page.unknown_nodes() == []
        assert page.dialogs() == []
        page.fit()
        page.shot(shots / f"{name}_opened.png")
        page.run_to_end()
        page.page.locator(".likeness-status").filter(has_text="Finished").wait_for(timeout=10_000)
        page.fit()
        page.shot(shots / f"{name}_finished.png")
        assert re.fullmatch(r"step 6, likeness -?\d\.\d\d", page.page.locator(".likeness-step").inner_text())
        page.page.locator(".likeness-foot input").evaluate(
            "(range) => { range.value = '0'; range.dispatchEvent(new Event('input')) }"
        )
        assert page.page.locator(".likeness-step").inner_text().startswith("step 0: no LoRA, likeness")
        page.page.wait_for_function(_LOADED, arg=".likeness-strip img", timeout=10_000)
        assert "likeness/page.safetensors" in _loras(page)
        notes = page.page.locator(".likeness-note").all_inner_texts()
        assert any("16 to train on, 8 held out" in note for note in notes), notes
        assert page.ours() == []


@CLASSIC
def test_what_is_advanced_is_folded_in_the_classic_renderer_too(pages: Pages, vue: bool) -> None:
    """Seen and folded widgets of the recipe node, and its height, before and after "Show Advanced"."""
    recipe = "window.app.graph.nodes.find((node) => node.type === 'LikenessTrainingRecipe')"
    seen = f"() => {recipe}.widgets.filter((widget) => {recipe}.isWidgetVisible(widget)).map((widget) => widget.name)"
    with pages.opened(vue=vue) as page:
        page.load(_short("folded"))
        assert page.page.evaluate(seen) == ["preset", "steps", "rank", "learning_rate", "seed", "likeness_panel"]
        folded = page.page.evaluate(f"() => {recipe}.size[1]")
        page.page.evaluate(f"() => {recipe}.toggleAdvanced()")
        assert len(page.page.evaluate(seen)) > 50
        assert page.page.evaluate(f"() => {recipe}.size[1]") > folded + 500
        assert page.ours() == []


@RENDERERS
def test_the_panel_follows_a_run_as_it_goes(pages: Pages, vue: bool, shots: Path) -> None:
    name = "live_vue" if vue else "live_classic"
    with pages.opened(vue=vue) as page:
        page.load(_training_alone(name))
        page.fit()
        page.run()
        status = page.page.locator(".likeness-status")
        status.filter(has_text=re.compile(r"Step [1-9]")).wait_for(timeout=120_000)
        page.shot(shots / f"{name}.png")
        assert page.page.locator(".likeness-loss").get_attribute("points")
        status.filter(has_text="Finished").wait_for(timeout=120_000)
        assert page.ours() == []


def _short(name: str, steps: int = 6) -> dict[str, Any]:
    """Workflow 0 with seconds of training, as a person would wire and type it in."""
    workflow = json.loads(DEMO.read_text(encoding="utf-8"))
    nodes = {str(node["id"]): {"class_type": node["type"], **node} for node in workflow["nodes"]}
    of_kind(nodes, "LikenessTrainCharacterLora")["widgets_values"][0] = name
    of_kind(nodes, "LikenessCompareCheckpoints")["widgets_values"][2] = 1
    of_kind(nodes, "LikenessChooseCheckpoint")["widgets_values"][0] = 6
    return saved_with_recipe(workflow, steps=steps, batch=2, prior_images=0, save_every=6, sample_every=3)


def _training_alone(name: str) -> dict[str, Any]:
    """Only what Train needs, long enough to be watched."""
    workflow = _short(name, steps=14)
    kept = {1, 2, 4, workflow["last_node_id"]}
    links = [link for link in workflow["links"] if link[1] in kept and link[3] in kept]
    numbers = {link[0] for link in links}
    nodes = [node for node in workflow["nodes"] if node["id"] in kept]
    for port in (port for node in nodes for port in node.get("outputs", [])):
        port["links"] = [number for number in port["links"] if number in numbers]
    return {**workflow, "nodes": nodes, "links": links, "groups": []}


def wait_until_idle(comfy: Comfy) -> None:
    deadline = time.monotonic() + 400
    while time.monotonic() < deadline:
        queue = comfy.get("/queue")
        if not queue["queue_running"] and not queue["queue_pending"]:
            return
        time.sleep(0.1)
    raise AssertionError(f"The queue never emptied:\n{comfy.text()[-2000:]}")


_LOADED = """(which) => {
    const images = [...document.querySelectorAll(which)];
    return images.length > 0 && images.every((image) => image.naturalWidth > 0);
}"""


def _loras(page: Page) -> str:
    return page.page.evaluate(
        """() => {
            const node = LiteGraph.createNode('LoraLoader');
            return JSON.stringify(node.widgets.find((w) => w.name === 'lora_name').options.values);
        }"""
    )
