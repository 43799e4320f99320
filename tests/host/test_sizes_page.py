"""Sizes on the page: what is added is large enough to be read."""

import pytest

from ..web.browser import chromium
from .page import Pages
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
