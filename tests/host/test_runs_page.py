"""The sidebar with past runs and models on the host's own page, in both renderers, and the one route that writes."""

import json
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import save_file
from torch import zeros

from ..trainer.dataset.pictures import make_set, put
from ..trainer.training.run.made_run import make_run, stepped, whole_story
from ..web.browser import chromium
from .comfyui import Comfy
from .page import Pages
from .test_page import RENDERERS

needs_page = pytest.mark.skipif(chromium() is None, reason="no Chromium; install it to test the page")
OPEN = "() => app.extensionManager.command.execute('Workspace.ToggleSidebarTab.likeness')"


@pytest.fixture(scope="package")
def runs(comfy: Comfy, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run with its LoRA, and one for each renderer to go on with and to remove."""
    folder = comfy.output / "likeness"
    dataset = make_set(tmp_path_factory.mktemp("pictures") / "wrenna_folder", 3, trigger="wrenna_character")
    done = folder / "sidebar_done"
    make_run(done, dataset=dataset, events=whole_story(done))
    put(done / "samples" / "step000004_0.png")
    for renderer in ("classic", "vue"):
        make_run(folder / f"sidebar_{renderer}", dataset=dataset, events=[stepped(1)])
    lora = comfy.loras / "likeness" / "sidebar_done.safetensors"
    lora.parent.mkdir(exist_ok=True)
    save_file({"a": zeros(1)}, lora, {"ss_output_name": "sidebar_done"})
    put(lora.with_suffix(".png"))
    return folder


@needs_page
@RENDERERS
def test_a_run_is_opened_gone_on_with_used_and_removed_from_the_sidebar(
    pages: Pages, runs: Path, vue: bool, shots: Path
) -> None:
    name = f"sidebar_{'vue' if vue else 'classic'}"
    with pages.opened(vue=vue) as page:
        page.load({"nodes": [], "links": [], "version": 0.4})
        tab = page.page.locator(".likeness-runs")
        page.page.evaluate(OPEN)
        tab.locator(".likeness-runs-search").fill("sidebar_done")
        tab.locator(".likeness-runs-row [data-state=finished]").wait_for()
        page.shot(shots / f"{name}_list.png")
        tab.locator(".likeness-runs-open").click()
        tab.locator("polyline.likeness-likeness").wait_for(state="attached")
        tab.get_by_role("button", name="Use the LoRA").click()
        page.page.wait_for_function(_HOLDS, arg=["LikenessApplyCharacterLora", "lora_name", "sidebar_done"])
        tab.get_by_role("button", name="‹ Runs").click()
        tab.locator(".likeness-runs-search").fill(name)
        tab.locator(".likeness-runs-open").click()
        tab.get_by_role("button", name="Go on").click()
        page.page.wait_for_function(_HOLDS, arg=["LikenessTrainCharacterLora", "name", name])
        page.page.wait_for_function(_HOLDS, arg=["LikenessImportRecipe", "text", '"rank"'])
        page.settle()
        page.shot(shots / f"{name}_goes_on.png")
        tab.get_by_role("button", name="Delete…").click()
        tab.locator(".likeness-runs-removal button", has_text="Delete").click()
        tab.locator(".likeness-runs-removal button", has_text="for good").click()
        tab.locator(".likeness-runs-search").wait_for()
        assert not (runs / name).exists() and (runs / "sidebar_done" / "recipe.json").is_file()
        tab.get_by_role("button", name="Models").click()
        tab.locator(".likeness-models-row", has_text="JoyCaption").locator("a").first.wait_for()
        page.shot(shots / f"{name}_models.png")
        page.page.evaluate(OPEN)
        assert page.ours() == []


def test_only_the_hosts_own_page_may_remove_a_run(comfy: Comfy, runs: Path) -> None:
    told = comfy.get("/likeness/runs/removal?name=sidebar_done")
    question = {"name": "sidebar_done", "files": told["files"], "bytes": told["bytes"]}
    json_of = {"Content-Type": "application/json"}
    for headers in (
        {"Content-Type": "text/plain"},
        {**json_of, "Origin": "http://elsewhere.test"},
        {**json_of, "Sec-Fetch-Site": "same-site"},
        {**json_of, "Sec-Fetch-Site": "cross-site"},
    ):
        assert _posted(comfy, question, headers) == 403, headers
    assert (runs / "sidebar_done" / "recipe.json").is_file()
    assert "has changed since" in comfy.post("/likeness/runs/remove", {**question, "files": 0})["fault"]
    assert "no run '../input'" in comfy.post("/likeness/runs/remove", {**question, "name": "../input"})["fault"]


def test_the_hosts_model_library_shows_the_picture_beside_a_lora(comfy: Comfy, runs: Path) -> None:
    listed = {row["name"]: row for row in comfy.get("/experiment/models/loras")}
    row = listed[str(Path("likeness") / "sidebar_done.safetensors")]
    path = f"/experiment/models/preview/loras/{row['pathIndex']}/likeness/sidebar_done.safetensors"
    with urllib.request.urlopen(comfy.url + path, timeout=60) as answer:
        assert answer.headers["Content-Type"] == "image/webp" and answer.read(4) == b"RIFF"


def _posted(comfy: Comfy, question: dict[str, Any], headers: dict[str, str]) -> int:
    request = urllib.request.Request(f"{comfy.url}/likeness/runs/remove", json.dumps(question).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code


_HOLDS = """([type, name, value]) => app.graph.nodes.some((node) =>
    node.type === type &&
    node.widgets.some((widget) => widget.name === name && String(widget.value).includes(value)))"""
