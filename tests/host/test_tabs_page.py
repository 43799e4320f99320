"""Panels over tabs, undos, cancels and reloads, in both renderers."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from ..web.browser import chromium
from .comfyui import ROOT, Comfy
from .page import Page, Pages
from .test_page import RENDERERS, wait_until_idle

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium; install it to test the page")

_KEPT = re.compile(r"Stopped at step \d+ of 400, saved")


@RENDERERS
def test_panels_show_what_is_theirs_and_how_it_ended(comfy: Comfy, pages: Pages, vue: bool, shots: Path) -> None:
    """A second tab has a node of the same number and kind with a run of its own, and what trains is cancelled."""
    name = f"tabs_{'vue' if vue else 'classic'}"
    with pages.opened(vue=vue) as page:
        status = page.page.locator(".likeness-status")
        page.load(_training(name))
        page.run()
        status.filter(has_text=re.compile("Step [1-9]")).wait_for(timeout=120_000)
        page.load(_training(f"{name}_other"))
        status.filter(has_text="Not run yet").wait_for(timeout=10_000)
        comfy.interrupt()
        wait_until_idle(comfy)
        assert status.inner_text().startswith("Not run yet")
        _other_tab(page)
        status.filter(has_text=_KEPT).wait_for(timeout=10_000)
        page.fit()
        page.shot(shots / f"{name}_cancelled.png")
        _undo(page)
        status.filter(has_text=_KEPT).wait_for(timeout=10_000)
        page.reload()
        status.filter(has_text=_KEPT).wait_for(timeout=10_000)
        assert page.page.locator(".likeness-loss").get_attribute("points")
        _sees_the_failure_after_a_reload(page, 1 + vue, shots / f"{name}_failed.png")
        assert page.ours() == []


def _sees_the_failure_after_a_reload(page: Page, number: int, shot: Path) -> None:
    """One node made something, the next failed: both say so, also when the page is loaded again."""
    made = page.page.locator(".likeness-note").filter(has_text="16 to train on")
    failed = page.page.locator(".likeness-warning").filter(has_text="No picture is called none.png")
    page.load(_picking(number))
    page.run_to_end()
    for reload in (False, True):
        if reload:
            page.reload()
        made.wait_for(timeout=10_000)
        failed.wait_for(timeout=10_000)
        page.fit()
        page.shot(shot)


def _training(name: str) -> dict[str, Any]:
    """Workflow 4 with a run too long to wait for, that saves as soon as it is stopped."""
    path = ROOT / "workflows" / "4 Train an SDXL character LoRA.json"
    workflow = json.loads(path.read_text(encoding="utf-8"))
    for node in workflow["nodes"]:
        if node["type"] == "LikenessTrainCharacterLora":
            node["widgets_values"][0] = name
        if node["type"] == "LikenessTrainingRecipe":
            steps, batch, prior_images, sample_every = 1, 6, 8, 13
            for place, value in ((steps, 400), (batch, 2), (prior_images, 0), (sample_every, 0)):
                node["widgets_values"][place] = value
        if node["type"] in ("LikenessPlanRun", "LikenessLoadCharacterDataset", "LikenessChooseBaseModel"):
            node["mode"] = 2
    return workflow


def _picking(number: int) -> dict[str, Any]:
    """A demo character, and a picture asked for that it does not have. What another test has made is not told again."""
    return {
        "id": "6b0e3f52-0d1c-4c8e-8a37-1f2e3d4c5b6a",
        "last_node_id": 2,
        "last_link_id": 1,
        "nodes": [
            _node(1, "LikenessDemoCharacter", [number, "ready to train"], outputs=[_port("dataset", links=[1])]),
            _node(2, "LikenessPickImages", [10, "demo drawings", "none.png", 0], inputs=[_port("dataset", link=1)]),
        ],
        "links": [[1, 1, 0, 2, 0, "LIKENESS_DATASET"]],
        "groups": [],
        "config": {},
        "extra": {},
        "version": 0.4,
    }


def _node(number: int, kind: str, values: list[Any], **ports: Any) -> dict[str, Any]:
    place = {"pos": [number * 500, 60], "size": [400, 520], "flags": {}, "order": number, "mode": 0}
    return {"id": number, "type": kind, **place, "widgets_values": values, "properties": {}, **ports}


def _port(name: str, **ends: Any) -> dict[str, Any]:
    return {"name": name, "type": "LIKENESS_DATASET", **ends}


def _other_tab(page: Page) -> None:
    page.page.evaluate("() => app.extensionManager.command.execute('Workspace.PreviousOpenedWorkflow')")
    page.settle()


def _undo(page: Page) -> None:
    """Moves a node, and takes that back."""
    page.page.evaluate(
        """async () => {
            const tracker = app.extensionManager.workflow.activeWorkflow.changeTracker;
            app.graph.nodes[0].pos = [app.graph.nodes[0].pos[0] - 300, app.graph.nodes[0].pos[1]];
            (tracker.captureCanvasState ?? tracker.checkState).call(tracker);
            await tracker.undo();
        }"""
    )
    page.settle()
