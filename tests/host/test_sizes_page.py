"""Sizes on the page: what is added is large enough to be read, and no node of a template touches another."""

import json
from typing import Any

import pytest

from ..web.browser import chromium
from .comfyui import ROOT
from .page import Page, Pages
from .test_page import RENDERERS

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium; install it to test the page")

WIDTHS = {
    "LikenessCheckDataset": 640,
    "LikenessReviewCaptions": 760,
    "LikenessCompareCheckpoints": 680,
    "LikenessTrainCharacterLora": 480,
}
LOWEST, HIGHEST = 100, 900


@RENDERERS
def test_nodes_have_the_size_that_they_need(pages: Pages, vue: bool) -> None:
    with pages.opened(vue=vue) as page:
        page.load({"nodes": [], "links": [], "groups": [], "config": {}, "extra": {}, "version": 0.4})
        page.page.evaluate(_ADD, [*WIDTHS, "LikenessTrainingRecipe"])
        page.settle()
        sizes = page.page.evaluate(_SIZES)
        assert {kind: sizes[kind][0] for kind in WIDTHS} == WIDTHS
        assert all(LOWEST < height < HIGHEST for _, height in sizes.values()), sizes
        for path in sorted((ROOT / "workflows").glob("[1-9]*.json")):
            page.load(json.loads(path.read_text(encoding="utf-8")))
            page.fit()
            assert _touching(page) == [], path.stem


def _touching(page: Page) -> list[Any]:
    """Pairs of nodes less than ten pixels apart, and nodes that stick out of the group they begin in."""
    boxes, groups = page.page.evaluate(_BOXES)
    pairs = [(a, b) for number, a in enumerate(boxes) for b in boxes[:number]]
    near = [(a[0], b[0]) for a, b in pairs if max(_gap(a, b, 1), _gap(a, b, 2)) < 10]
    return near + [(box[0], group[0]) for box in boxes for group in groups if _begins(box, group) and _out(box, group)]


def _gap(one: Any, other: Any, axis: int) -> float:
    return max(one[axis], other[axis]) - min(one[axis] + one[axis + 2], other[axis] + other[axis + 2])


def _begins(box: Any, group: Any) -> bool:
    return all(group[axis] <= box[axis] <= group[axis] + group[axis + 2] for axis in (1, 2))


def _out(box: Any, group: Any) -> bool:
    return any(box[axis] + box[axis + 2] > group[axis] + group[axis + 2] for axis in (1, 2))


_ADD = """async (kinds) => {
    let left = 0;
    for (const kind of kinds) {
        const node = LiteGraph.createNode(kind);
        node.pos = [left, 0];
        left += 900;
        app.graph.add(node);
    }
    await app.extensionManager.command.execute('Comfy.Canvas.FitView');
}"""

_SIZES = "() => Object.fromEntries(app.graph.nodes.map((node) => [node.type, [node.size[0], node.size[1]]]))"

_BOXES = """() => {
    const title = LiteGraph.NODE_TITLE_HEIGHT;
    const boxes = app.graph.nodes.map((node) => {
        const drawn = document.querySelector(`[data-node-id="${node.id}"]`)?.getBoundingClientRect();
        const [width, height] = drawn ? [drawn.width, drawn.height].map((side) => side / app.canvas.ds.scale)
            : [node.size[0], node.size[1] + title];
        return [`${node.id} ${node.type}`, node.pos[0], node.pos[1] - title, width, height];
    });
    return [boxes, app.graph.groups.map((group) => [group.title, ...group.pos, ...group.size])];
}"""
