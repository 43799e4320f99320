"""What a node looks like in the page: words beside ids, panels that are no inputs, help with its picture."""

from pathlib import Path
from typing import Any

import pytest

from ..web.browser import chromium
from .comfyui import ROOT, Comfy
from .page import Pages

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium; install it to test the page")

RENDERERS = pytest.mark.parametrize("vue", [False, True], ids=["classic", "vue"], scope="package")
_PANELLED = ("LikenessCompareCheckpoints", "LikenessReviewCaptions", "LikenessMixDatasets", "LikenessTrainingRecipe")


@RENDERERS
def test_inputs_have_words_while_ids_and_values_stay(pages: Pages, vue: bool) -> None:
    with pages.opened(vue=vue) as page:
        page.load(_EMPTY)
        made: dict[str, Any] = page.page.evaluate(_MAKE, list(_PANELLED))
        compare, review, mix, _ = (made[kind] for kind in _PANELLED)
        assert compare["labels"]["most"] == "most checkpoints" and compare["labels"]["reader"] == "face reader"
        assert "other captions 1" in review["slots"] and mix["slots"][:2] == ["dataset 1", "dataset 2"]
        assert [kind for kind, node in made.items() if node["listed"]] == []
        for kind in _PANELLED:
            assert made[kind]["again"] == made[kind]["saved"], kind
        assert page.ours() == []


def test_help_pages_and_their_pictures_are_served_where_the_page_asks(comfy: Comfy) -> None:
    pictures = sorted(path.name for path in (ROOT / "web" / "docs" / "pictures").glob("*.jpg"))
    for name in pictures[:: len(pictures) // 4]:
        assert comfy.status(f"/extensions/likeness/docs/{Path(name).stem}.md") == 200
        assert comfy.status(f"/extensions/likeness/docs/pictures/{name}") == 200


_EMPTY: dict[str, Any] = {"nodes": [], "links": [], "groups": [], "version": 0.4, "last_node_id": 0, "last_link_id": 0}

_MAKE = """(kinds) => {
    const seat = (widget) => widget.visibility?.surfaces.panel ?? (widget.options?.hideInPanel ? 'never' : 'shown');
    const listed = (widget) => seat(widget) !== 'never';
    const made = {};
    for (const kind of kinds) {
        const node = LiteGraph.createNode(kind);
        app.graph.add(node);
        const saved = JSON.stringify(node.serialize().widgets_values);
        const other = LiteGraph.createNode(kind);
        app.graph.add(other);
        other.configure({ ...node.serialize(), id: other.id });
        made[kind] = {
            labels: Object.fromEntries(node.widgets.map((widget) => [widget.name, widget.label])),
            slots: node.inputs.map((slot) => slot.label || slot.localized_name || slot.name),
            listed: node.widgets.filter((each) => /^likeness_/.test(each.name) && listed(each)).map(({ name }) => name),
            saved,
            again: JSON.stringify(other.serialize().widgets_values),
        };
    }
    app.graph.clear();
    return made;
}"""
