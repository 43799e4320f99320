"""The workflow that opens as an App: a form in place of the graph, which runs to its end there."""

import json
from pathlib import Path
from typing import Any

import pytest

from ..web.browser import chromium
from .comfyui import ROOT, Comfy
from .graphs import saved_with_recipe
from .page import Page, Pages

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium; install it to test the page")
APP = ROOT / "workflows" / "0 Try the demo as an App.json"
SHORT = {"steps": 6, "save_every": 3, "sample_every": 0, "prior_images": 0, "batch": 2}
FORM = [
    "character",
    "name of the LoRA",
    "how to train",
    "what to draw",
    "0 likeness · 1 freedom",
    "how many pictures",
    "seed of the pictures",
]


def test_it_opens_as_a_form_and_every_field_and_result_is_there(pages: Pages, shots: Path) -> None:
    workflow = json.loads(APP.read_text(encoding="utf-8"))
    with pages.opened(vue=False) as page:
        _open(page, workflow)
        fields = page.page.locator("[data-testid=app-mode-widget-item]").all_inner_texts()
        page.shot(shots / "app.png")
        kept = page.page.evaluate(
            "() => app.rootGraph.extra.linearData.outputs.map((id) => app.rootGraph.getNodeById(id).type)"
        )
        prompt = page.page.evaluate("async () => (await app.graphToPrompt()).output")
        assert page.dialogs() == [] and page.ours() == [] and page.unknown_nodes() == []
    assert [field.split("\n")[0].split(",")[0] for field in fields] == FORM
    assert kept == ["SaveImage", "SaveImage"]
    trigger = next(node["inputs"]["string_a"] for node in prompt.values() if node["class_type"] == "StringConcatenate")
    assert prompt[trigger[0]]["class_type"] == "LikenessApplyCharacterLora"


@pytest.mark.slow
def test_run_gives_the_compared_grid_and_the_pictures_in_the_app(comfy: Comfy, pages: Pages, shots: Path) -> None:
    workflow = saved_with_recipe(json.loads(APP.read_text(encoding="utf-8")), **SHORT)
    nodes = {node["type"]: node for node in workflow["nodes"]}
    nodes["LikenessCompareCheckpoints"]["widgets_values"][0] = "Quick"
    nodes["LikenessChooseCheckpoint"]["widgets_values"][0] = SHORT["steps"]
    for kind in ("LikenessCompareCheckpoints", "LikenessChooseCheckpoint"):
        nodes[kind].pop("widgets_values_named", None)
    with pages.opened(vue=False) as page:
        _open(page, workflow)
        page.page.evaluate(_ENDED)
        page.page.get_by_role("button", name="Run", exact=True).last.click()
        page.page.wait_for_function("() => window.ended", timeout=900_000)
        page.page.locator("main img, section img, img[src*='app_']").first.wait_for()
        page.settle()
        page.shot(shots / "app_ran.png")
        assert page.page.evaluate("() => window.ended") == "execution_success"
        assert page.dialogs() == [] and page.ours() == []
    saved = sorted(path.name for path in (comfy.output / "likeness").glob("app_*.png"))
    assert [name.rpartition("_0")[0] for name in saved] == ["app_grid", *["app_picture"] * 4]


def _open(page: Page, workflow: dict[str, Any]) -> None:
    open_it = "async (graph) => { await app.loadGraphData(graph, true, true, 'demo app', { openSource: 'template' }); }"
    page.page.evaluate(open_it, workflow)
    page.page.locator("[data-testid=app-mode-widget-item]").first.wait_for()
    page.settle()


_ENDED = """() => {
    window.ended = '';
    for (const end of ['execution_success', 'execution_error', 'execution_interrupted'])
        app.api.addEventListener(end, () => { window.ended = end; }, { once: true });
}"""
