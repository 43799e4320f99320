"""The panels of a run and of two, in headless Chromium on the host's own page, in both renderers."""

import io
import json
import urllib.request
import zipfile
from pathlib import Path
from typing import Any

import pytest

from ..trainer.dataset.pictures import make_set, put
from ..trainer.training.run.made_run import make_run, stepped, whole_story
from ..web.browser import chromium
from .comfyui import ROOT, Comfy
from .page import Page, Pages
from .test_page import RENDERERS

needs_page = pytest.mark.skipif(chromium() is None, reason="no Chromium; install it to test the page")
WORKFLOW = ROOT / "workflows" / "4 Train an SDXL character LoRA.json"


@pytest.fixture(scope="module")
def run(comfy: Comfy) -> str:
    """A run that lies in its folder, its pictures elsewhere among the host's."""
    name, elsewhere = "by_hand", comfy.output / "elsewhere" / "wrenna_folder"
    folder = comfy.output / "likeness" / name
    if not folder.exists():
        dataset = make_set(elsewhere, 3, trigger="wrenna_character")
        make_run(folder, dataset=dataset, base=comfy.home / "base.safetensors", events=whole_story(folder))
        for step in (0, 4):
            put(folder / "samples" / f"step{step:06d}_0.png")
        make_run(folder.with_name("by_hand_too"), dataset=dataset, events=[stepped(1)])
    return name


@needs_page
@RENDERERS
def test_a_kept_run_shows_its_curves_and_pictures_and_what_would_be_handed_on(
    pages: Pages, run: str, vue: bool, shots: Path
) -> None:
    with pages.opened(vue=vue) as page:
        page.load(_workflow(run))
        page.page.locator(".likeness-status").filter(has_text="Finished").wait_for(timeout=20_000)
        assert page.page.locator("polyline.likeness-likeness").count() == 1
        _zoom(page, "LikenessTrainCharacterLora")
        page.page.locator(".likeness-run-bar button", has_text="Pictures 3, 2 to look at").click()
        page.page.wait_for_function(_LOADED, arg=".likeness-watched img", timeout=20_000)
        page.shot(shots / f"{'vue' if vue else 'classic'}_run.png")
        page.page.locator(".likeness-run-bar button", has_text="Diagnostic bundle").click()
        page.page.locator(".likeness-bundle-files button").first.wait_for(timeout=60_000)
        page.shot(shots / f"{'vue' if vue else 'classic'}_bundle.png")
        with page.page.expect_download() as saved:
            page.page.locator(".likeness-bundle button", has_text="Save zip").click()
        assert saved.value.suggested_filename == "likeness_diagnostics.zip"
        with zipfile.ZipFile(saved.value.path()) as opened:
            assert {"README.txt", "recipe.json", "versions.json"} <= set(opened.namelist())
        assert page.ours() == []


def test_two_runs_are_held_side_by_side_and_a_bundle_names_nobody(comfy: Comfy, run: str) -> None:
    inputs = {"first": run, "second": "by_hand_too"}
    shown = comfy.run({"1": {"class_type": "LikenessDiffRuns", "inputs": inputs}})["1"]
    assert shown["text"][0].startswith("by_hand → by_hand_too\nSettings: all") and shown["images"]
    told = comfy.get(f"/likeness/bundle?name={run}")
    assert told["files"][0]["name"] == "README.txt"
    with urllib.request.urlopen(f"{comfy.url}/likeness/bundle.zip?name={run}", timeout=60) as answer:
        assert answer.headers["Content-Disposition"] == 'attachment; filename="likeness_diagnostics.zip"'
        data = answer.read()
    with zipfile.ZipFile(io.BytesIO(data)) as opened:
        texts = {name: opened.read(name).decode() for name in opened.namelist()}
    for own in ("by_hand", "wrenna", str(comfy.home), "/tmp/"):
        assert not [name for name, text in texts.items() if own in text], own
    assert json.loads(texts["versions.json"])["host"]["ComfyUI"]


@pytest.mark.parametrize("name", ["..%2f..", "none", "%00", "recipes"])
def test_no_other_folder_is_packed(comfy: Comfy, run: str, name: str) -> None:
    assert "fault" in comfy.get(f"/likeness/bundle?name={name}")
    assert comfy.status(f"/likeness/bundle.zip?name={name}") == 404


def _workflow(run: str) -> dict[str, Any]:
    workflow = json.loads(WORKFLOW.read_text(encoding="utf-8"))
    for node in workflow["nodes"]:
        if node["type"] == "LikenessTrainCharacterLora":
            node["widgets_values"][0] = run
    return workflow


def _zoom(page: Page, kind: str) -> None:
    page.page.evaluate(_ZOOM, kind)
    page.settle()


_ZOOM = """(kind) => {
    const node = app.graph.nodes.find(({ type }) => type === kind);
    app.canvas.ds.scale = 0.7;
    app.canvas.ds.offset = [200 - node.pos[0], 120 - node.pos[1]];
    app.canvas.setDirty(true, true);
}"""

_LOADED = """(which) => {
    const images = [...document.querySelectorAll(which)];
    return images.length > 0 && images.every((image) => image.naturalWidth > 0);
}"""
