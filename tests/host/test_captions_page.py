"""The panel of Review captions on the real page: what is written on it is kept with the workflow and applied."""

import json
from pathlib import Path
from typing import Any

import pytest

from ..web.browser import chromium
from ..web.captions_panel import Panel
from .comfyui import Comfy
from .page import Pages
from .test_captions import WORKFLOW
from .test_page import RENDERERS

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium; install it to test the page")


@RENDERERS
def test_the_node_keeps_what_was_written_on_it_and_applies_it(
    comfy: Comfy, pages: Pages, vue: bool, shots: Path
) -> None:
    with pages.opened(vue=vue) as page:
        panel = Panel(page)
        page.load(json.loads(WORKFLOW.read_text(encoding="utf-8")))
        nodes = page.serialized()["nodes"]
        page.run_to_end()
        panel.page.evaluate(_IN_SIGHT)
        page.settle()
        panel.row(1).locator(".likeness-caption").click()
        panel.press("Control+a")
        panel.page.keyboard.type("sage_character, in my words")
        panel.press("Control+Enter", "ArrowDown", "Delete", "Backspace")
        panel.open("appearance")
        panel.locate('[role=group][aria-label="glasses"] button').last.click()
        assert len(page.serialized()["nodes"]) == len(nodes)
        assert comfy.get("/queue") == {"queue_running": [], "queue_pending": []}
        (kept,) = (node for node in page.serialized()["nodes"] if node["type"] == "LikenessReviewCaptions")
        assert any('"appearance":{"glasses":"describe"}' in str(value) for value in kept["widgets_values"])
        page.shot(shots / f"captions_{'vue' if vue else 'classic'}.png")
        page.run_to_end()
        assert panel.head() == "24 captions · 1 by hand"
        assert panel.caption(1) == "sage_character, in my words"
        assert panel.locate(".likeness-caption", has_text="glasses").count() > 0
        assert panel.locate("del", has_text="glasses").count() == 0
        assert page.dialogs() == []
        text = comfy.home / "input" / "sage_captioned" / "1_sage_character" / "002.txt"
        assert text.read_text() == "sage_character, in my words\n"
        page.load(_saved_as("sage_shared", page.serialized()))  # the workflow as somebody else opens it
        page.run_to_end()
        assert panel.caption(1) == "sage_character, in my words"
        shared = comfy.home / "input" / "sage_shared" / "1_sage_character" / "002.txt"
        assert shared.read_text() == "sage_character, in my words\n"
        assert page.ours() == []


def _saved_as(name: str, workflow: dict[str, Any]) -> dict[str, Any]:
    (save,) = (node for node in workflow["nodes"] if node["type"] == "LikenessSaveDataset")
    save["widgets_values"][0] = name
    save.pop("widgets_values_named", None)
    return workflow


_IN_SIGHT = """() => {
    const node = app.graph.nodes.find(({ comfyClass }) => comfyClass === 'LikenessReviewCaptions');
    app.canvas.ds.scale = 1;
    app.canvas.ds.offset = [120 - node.pos[0], 60 - node.pos[1]];
    app.canvas.setDirty(true, true);
}"""
