"""Subgraph blueprints in the page: found in its node library, put into a graph, run there, and looked into."""

import time
from typing import Any

import pytest

from ..web.browser import chromium
from .comfyui import ROOT, Comfy
from .page import Page, Pages

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium; install it to test the page")
PREPARE, TRAIN, IDENTITY = "Prepare a character dataset", "Train and compare", "Use with an identity adapter"
RENDERERS = pytest.mark.parametrize("vue", [False, True], ids=["classic", "vue"], scope="package")


def test_the_host_lists_every_blueprint_as_ours(comfy: Comfy) -> None:
    listed = comfy.get("/global_subgraphs").values()
    ours = {each["name"] for each in listed if each["info"]["node_pack"] == "custom_nodes.likeness"}
    assert ours == {path.stem for path in (ROOT / "subgraphs").glob("*.json")} == {PREPARE, TRAIN, IDENTITY}


def test_they_are_put_in_from_the_library_and_prepare_a_dataset(comfy: Comfy, pages: Pages, shots: Any) -> None:
    with pages.opened(vue=False) as page:
        _insert_all(page)
        page.page.evaluate(_WIRE, {"name": "blueprint_prepared", "recipe": False})
        prompt = page.page.evaluate("async () => (await app.graphToPrompt()).output")
        page.fit()
        page.shot(shots / "blueprints.png")
        crossed = page.page.evaluate(_PICK, "Step 3")
        assert page.dialogs() == [] and page.ours() == []
    kinds = {node["class_type"] for node in prompt.values()}
    assert {"LikenessCheckDataset", "LikenessTrainCharacterLora", "LikenessApplyIdentity"} <= kinds
    assert crossed == {"write": True, "inside": "Step 3", "outside": "Step 3", "read": "Step 3"}
    save = next(name for name, node in prompt.items() if node["class_type"] == "LikenessSaveDataset")
    outputs = comfy.run(_leading_to(prompt, save))
    assert outputs[save]["folder"] == ["input/blueprint_prepared"]


@pytest.mark.slow
@RENDERERS
def test_they_run_whole_and_show_inside_what_they_do(pages: Pages, vue: bool, shots: Any) -> None:
    with pages.opened(vue=vue) as page:
        _insert_all(page)
        page.page.evaluate(_WIRE, {"name": f"blueprint_{vue}", "recipe": True})
        page.run_to_end()
        page.fit()
        page.shot(shots / f"blueprints_ran_{vue}.png")
        page.page.evaluate(_OPEN, TRAIN)
        page.settle()
        page.fit()
        page.shot(shots / f"blueprints_inside_{vue}.png")
        page.page.locator(".likeness-column-label").filter(has_text="Step 3").first.click()
        assert "Finished" in page.page.locator(".likeness-run").first.inner_text()
        outside = "() => app.rootGraph.nodes.find((n) => n.title === 'outside').widgets.find((w) => w.name === 'pick')"
        assert page.page.evaluate(f"({outside})().value") == "Step 3"
        assert page.dialogs() == [] and page.ours() == []


def _insert_all(page: Page) -> None:
    """By the node library, as a user does."""
    page.load({"nodes": [], "links": [], "version": 0.4, "last_node_id": 0, "last_link_id": 0})
    page.page.keyboard.press("n")
    for place, name in enumerate((PREPARE, TRAIN, IDENTITY)):
        page.page.locator('input[placeholder*="earch"]').first.fill(name)
        entry = page.page.get_by_text(name, exact=True).last
        entry.wait_for()
        page.settle()
        entry.click()
        page.page.mouse.move(700 + 300 * place, 300)
        page.page.mouse.click(700 + 300 * place, 300)
        _until(page, f"() => app.rootGraph.nodes.length === {place + 1}")
    page.page.keyboard.press("n")


def _until(page: Page, holds: str, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not page.page.evaluate(holds):
        assert time.monotonic() < deadline, f"Waited {seconds} s for {holds}."
        time.sleep(0.05)


def _leading_to(prompt: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    wanted = [name]
    while wanted:
        at = wanted.pop()
        found[at] = prompt[at]
        wanted += [value[0] for value in prompt[at]["inputs"].values() if isinstance(value, list)]
    return found


_WIRE = """({ name, recipe }) => {
    const named = (title) => app.graph.nodes.find((node) => node.title === title);
    const set = (node, values) => {
        for (const [key, value] of Object.entries(values)) {
            const widget = node.widgets.find((each) => each.name === key);
            widget.value = value;
            widget.callback?.(value);
        }
        return node;
    };
    const add = (type, pos, values = {}) => {
        const node = LiteGraph.createNode(type);
        app.graph.add(node);
        node.pos = pos;
        return set(node, values);
    };
    const wire = (from, output, to, input) => from.connect(
        from.outputs.findIndex((slot) => slot.name === output), to, to.inputs.findIndex((slot) => slot.name === input));
    const prepare = set(named('Prepare a character dataset'),
        { reader: 'demo drawings', resolution: 128, name, overwrite: true });
    const train = set(named('Train and compare'), { name, prompts: 'Quick' });
    const identity = set(named('Use with an identity adapter'), { adapter: 'Demo adapter' });
    [prepare.pos, train.pos, identity.pos] = [[400, 0], [860, 0], [1340, 0]];
    const who = add('LikenessDemoCharacter', [0, 0]);
    const base = add('LikenessDemoBaseModel', [0, 420]);
    wire(who, 'dataset', prepare, 'dataset');
    wire(prepare, 'dataset', train, 'dataset');
    wire(base, 'base', train, 'base');
    wire(base, 'model', identity, 'model');
    wire(who, 'dataset', identity, 'dataset');
    const outside = add('LikenessChooseCheckpoint', [860, 520], { step: 6 });
    outside.title = 'outside';
    wire(train, 'report', outside, 'report');
    if (!recipe) return;
    const short = { preset: 'Demo', steps: 6, save_every: 3, sample_every: 0, prior_images: 0, batch: 2 };
    wire(add('LikenessTrainingRecipe', [0, 640], short), 'recipe', train, 'recipe');
}"""

_OPEN = """(title) => {
    const node = app.rootGraph.nodes.find((each) => each.title === title);
    app.canvas.openSubgraph(node.subgraph, node);
}"""

_PICK = """async (label) => {
    const { pickMemory } = await import('/extensions/likeness/compare/pick_memory.js');
    const train = app.graph.nodes.find((node) => node.title === 'Train and compare');
    const of = (kind) => train.subgraph.nodes.find((node) => node.type === kind);
    const memory = pickMemory(of('LikenessCompareCheckpoints'));
    const pick = (node) => node.widgets.find((each) => each.name === 'pick').value;
    const write = memory.write(label);
    const outside = app.graph.nodes.find((node) => node.title === 'outside');
    return { write, inside: pick(of('LikenessChooseCheckpoint')), outside: pick(outside), read: memory.read() };
}"""
