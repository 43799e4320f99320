"""The shipped workflows on the page: nothing is missing, nothing is complained of, no node touches another."""

import json
from typing import Any

import pytest

from ..web.browser import chromium
from .page import Page, Pages
from .test_page import RENDERERS
from .test_workflow import WORKFLOWS

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium; install it to test the page")

TO_CHOOSE = ("put a", "train a run first", "save one with Read face")
"""How values begin that ask for a file or a run which the machine may have by now."""


@RENDERERS
def test_every_workflow_opens_whole_and_as_it_was_saved(pages: Pages, vue: bool) -> None:
    with pages.opened(vue=vue) as page:
        for path in WORKFLOWS:
            workflow = json.loads(path.read_text(encoding="utf-8"))
            page.load(workflow)
            assert page.unknown_nodes() == [], path.stem
            assert page.dialogs() == [], path.stem
            assert _values(page.serialized()) == _values(workflow), path.stem
            assert [one for one in page.page.evaluate(_MISSING) if not str(one[2]).startswith(TO_CHOOSE)] == []
            assert _touching(page) == [], path.stem
        assert page.ours() == []


def _values(workflow: dict[str, Any]) -> dict[int, Any]:
    return {node["id"]: node.get("widgets_values") or [] for node in workflow["nodes"]}


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


_MISSING = """() => app.graph.nodes.flatMap((node) => (node.widgets ?? [])
    .filter((widget) => Array.isArray(widget.options?.values) && !widget.options.values.includes(widget.value))
    .map((widget) => [node.type, widget.name, widget.value]))"""

_BOXES = """() => {
    const title = LiteGraph.NODE_TITLE_HEIGHT;
    const boxes = app.graph.nodes.map((node) => {
        const drawn = document.querySelector(`[data-node-id="${node.id}"]`)?.getBoundingClientRect();
        const [width, height] = drawn ? [drawn.width, drawn.height].map((side) => side / app.canvas.ds.scale)
            : [node.size[0], (node.flags.collapsed ? 0 : node.size[1]) + title];
        return [`${node.id} ${node.type}`, node.pos[0], node.pos[1] - title, width, height];
    });
    return [boxes, app.graph.groups.map((group) => [group.title, ...group.pos, ...group.size])];
}"""
