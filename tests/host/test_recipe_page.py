"""The recipe node on the host's page: every widget shows what will be used, in both renderers."""

import re
from pathlib import Path
from typing import Any

import pytest

from ..web.browser import chromium
from .comfyui import Comfy
from .page import Page, Pages
from .test_page import RENDERERS

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium; install it to test the page")

GUIDE = "SDXL character (guide)"


@RENDERERS
def test_every_widget_shows_what_will_be_used_follows_a_hand_and_saves_what_was_told(
    comfy: Comfy, pages: Pages, vue: bool, shots: Path
) -> None:
    with pages.opened(vue=vue) as page:
        saved = _open_recipe(page, comfy)
        _shows_the_presets_values(page, vue, comfy.get("/likeness/recipe")["presets"]["Demo"])
        assert _saved(page) == saved
        assert _prompt(page)["rank"] == 0
        page.shot(shots / f"recipe_{'vue' if vue else 'classic'}.png")
        _press_plus(page, "steps", vue)
        assert _seen(page, vue)["steps"] == ("steps | 301" if vue else "301")
        assert _prompt(page)["steps"] == 301
        _set(page, "preset", GUIDE)
        _set(page, "rank", 64)
        page.page.wait_for_function("() => node.widgets.find(({ name }) => name === 'alpha').value === 32")
        page.page.wait_for_timeout(200)
        seen = _seen(page, vue)
        assert "301" in seen["steps"]
        assert "32" in seen["alpha"] and "from rank" in seen["alpha"]
        _set(page, "steps", 0)
        assert "500" in _seen(page, vue)["steps"] and "preset" in _seen(page, vue)["steps"]
        _opens_as_it_was(page, [GUIDE, 0, 64, *saved[3:]])
        assert "64" in _seen(page, vue)["rank"] and "preset" not in _seen(page, vue)["rank"]
        assert page.ours() == []


def test_the_host_answers_questions_about_a_recipe_and_refuses_in_a_sentence(comfy: Comfy) -> None:
    asked = {"preset": GUIDE, "values": {"rank": 64}}
    assert comfy.post("/likeness/recipe", asked)["values"]["alpha"] == {"value": 32.0, "mark": "from rank"}
    none = comfy.post("/likeness/recipe", {"preset": "none"})
    assert none.keys() == {"fault"} and "There is no preset 'none'; pick one of the list" in none["fault"]
    long = comfy.post("/likeness/recipe", {"preset": "x" * 70_000})
    assert long.keys() == {"fault"} and "longer than 65536 bytes" in long["fault"]


def _shows_the_presets_values(page: Page, vue: bool, preset: dict[str, Any]) -> None:
    page.page.evaluate("() => node.showAdvanced || node.toggleAdvanced()")
    page.page.wait_for_timeout(500)
    seen = _seen(page, vue)
    assert len(seen) == len(preset) + 2
    assert [name for name, text in seen.items() if "-1" in text or "preset says" in text] == []
    assert [name for name in preset if preset[name]["mark"] not in seen[name]] == []
    assert _numbers(seen) == {"steps": 300, "rank": 16, "learning_rate": 0.003, "batch": 4, "longest_side": 256}


def _opens_as_it_was(page: Page, values: list[Any]) -> None:
    assert _saved(page) == values
    page.load(page.serialized())
    page.page.evaluate(_FIND)
    assert _saved(page) == values


_FIND = """() => {
    window.node = app.graph.nodes.find((each) => each.type === "LikenessTrainingRecipe");
    Object.assign(app.canvas.ds, { scale: 1, offset: [100 - node.pos[0], 100 - node.pos[1]] });
    app.canvas.setDirty(true, true);
}"""


def _open_recipe(page: Page, comfy: Comfy) -> list[Any]:
    """An untouched recipe node, alone, as it was saved before; gives its values."""
    kind = "LikenessTrainingRecipe"
    parts = comfy.get(f"/object_info/{kind}")[kind]["input"]
    values = [part[1]["default"] for group in ("required", "optional") for part in parts[group].values()]
    place = {"id": 1, "pos": [100, 100], "size": [400, 300], "flags": {}, "order": 0, "mode": 0}
    node = {**place, "type": kind, "inputs": [], "outputs": [], "properties": {}, "widgets_values": values}
    page.load({"nodes": [node], "links": [], "groups": [], "last_node_id": 1, "last_link_id": 0, "version": 0.4})
    page.page.evaluate(_FIND)
    page.page.wait_for_timeout(500)
    return values


def _saved(page: Page) -> list[Any]:
    [node] = page.serialized()["nodes"]
    return node["widgets_values"]


def _prompt(page: Page) -> dict[str, Any]:
    return page.page.evaluate("async () => Object.values((await app.graphToPrompt()).output)[0].inputs")


def _set(page: Page, name: str, value: Any) -> None:
    told = (
        "const widget = node.widgets.find((each) => each.name === name); widget.value = value; widget.callback(value)"
    )
    page.page.evaluate(f"([name, value]) => {{ {told} }}", [name, value])
    page.page.wait_for_timeout(300)


def _seen(page: Page, vue: bool) -> dict[str, str]:
    return page.page.evaluate(_VUE if vue else _CLASSIC)


def _numbers(seen: dict[str, str]) -> dict[str, float]:
    names = ("steps", "rank", "learning_rate", "batch", "longest_side")
    return {name: float(seen[name].replace(",", " ").split()[-1 if "|" in seen[name] else 0]) for name in names}


def _press_plus(page: Page, name: str, vue: bool) -> None:
    if vue:
        row = page.page.get_by_test_id("node-widget").filter(has_text=re.compile(f"^{name}"))
        row.get_by_test_id("increment").click(timeout=10_000)
    else:
        box = page.page.locator("#graph-canvas").bounding_box()
        x, y = page.page.evaluate(_ARROW, name)
        page.page.mouse.click(box["x"] + x, box["y"] + y)
    page.page.wait_for_timeout(400)


_ARROW = """(name) => {
    const { y } = node.widgets.find((each) => each.name === name);
    return app.canvas.ds.convertOffsetToCanvas([node.pos[0] + node.size[0] - 22, node.pos[1] + y + 10]);
}"""

_CLASSIC = """() => Object.fromEntries(node.widgets.filter((each) => each.serialize !== false)
    .map((each) => [each.name, each.element ? `${each.value}, ${each.label}` : each._displayValue]))"""

_VUE = """() => Object.fromEntries([...document.querySelectorAll('[data-testid=node-widget]')].map((row) => {
    const field = row.querySelector('input, textarea');
    const label = row.querySelector('[data-testid=widget-layout-field-label], label')?.innerText ?? '';
    const value = field ? field.value : row.querySelector('button')?.innerText ?? '';
    return [label.split(',')[0].trim(), `${label} | ${value}`];
}).filter(([name]) => name))"""
