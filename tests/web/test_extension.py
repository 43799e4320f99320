"""What our extension does on the page: a panel for each of our nodes, and messages that reach the right one."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ..nodes.conftest import PACK
from .browser import Page

STATE = {
    "status": "Step 50 of 100",
    "loss": [[25, 0.4], [50, 0.2]],
    "held_out": [[50, 0.3, 0.2]],
    "likeness": [[50, 0.71]],
    "samples": [
        {"step": 0, "images": [{"filename": "a.png", "subfolder": "sage", "type": "output"}]},
        {"step": 50, "images": [{"filename": "b.png", "subfolder": "sage", "type": "output"}]},
    ],
    "lora": "likeness/sage.safetensors",
}


@pytest.fixture
def extension(page: Page) -> Iterator[Any]:
    page.page.evaluate(_GRAPH)
    page.complaints.clear()
    yield page.page
    assert page.ours() == []


def _create(extension: Any, kind: str) -> str:
    """Selector of the panel that a new node of this kind has, number 7 of the prompt "mine"."""
    name: str = extension.evaluate(_CREATE, kind)
    extension.evaluate(_QUEUE, ["mine", {"7": kind}])
    return f".{name.split()[-1]}"


def _made(extension: Any, output: dict[str, Any]) -> None:
    extension.evaluate(_TELL, ["executed", {"prompt_id": "mine", "node": "7", "output": output}])


def test_every_module_loads_and_only_one_registers(page: Page) -> None:
    """The host imports every module as an extension of its own."""
    modules = sorted(path.relative_to(PACK / "web").as_posix() for path in (PACK / "web").rglob("*.js"))
    assert len(modules) > 15
    counts = page.page.evaluate(_IMPORT_ALL, modules)
    assert counts == [1] * len(modules)
    assert page.ours() == []


@pytest.mark.parametrize(
    ("kind", "panel"),
    [
        ("LikenessTrainCharacterLora", ".likeness-run"),
        ("LikenessPlanRun", ".likeness-plan"),
        ("LikenessCheckDataset", ".likeness-check"),
        ("LikenessReviewCaptions", ".likeness-captions"),
        ("LikenessFillGaps", ".likeness-live"),
        ("LikenessSaveDataset", ".likeness-note"),
        ("LikenessLoadCharacterDataset", ".likeness-tall"),
        ("LikenessDemoBaseModel", ".likeness-line"),
    ],
)
def test_each_kind_of_node_has_its_panel(extension: Any, kind: str, panel: str) -> None:
    assert _create(extension, kind) == panel


def test_a_run_is_shown_as_its_messages_come(extension: Any) -> None:
    panel = extension.locator(_create(extension, "LikenessTrainCharacterLora"))
    extension.evaluate(_TELL, ["likeness.train", {"prompt": "mine", "node": "7", **STATE}])
    assert panel.locator(".likeness-status").inner_text() == "Step 50 of 100"
    assert panel.locator(".likeness-step").inner_text() == "step 50, likeness 0.71"
    assert panel.locator(".likeness-loss").get_attribute("points").count(",") == 2
    assert panel.locator("img").get_attribute("src") == "/api/view?filename=b.png&subfolder=sage&type=output"
    panel.locator(".likeness-foot input").evaluate(
        "(range) => { range.value = '0'; range.dispatchEvent(new Event('input')) }"
    )
    assert panel.locator(".likeness-step").inner_text() == "step 0: no LoRA"
    extension.evaluate(_TELL, ["likeness.train", {"prompt": "mine", "node": "7", **STATE, "status": "Step 75 of 100"}])
    assert panel.locator(".likeness-step").inner_text() == "step 0: no LoRA"  # who looks back is left there
    assert panel.locator(".likeness-status").inner_text() == "Step 75 of 100"


def test_a_new_lora_is_listed_once(extension: Any) -> None:
    _create(extension, "LikenessTrainCharacterLora")
    before = extension.evaluate("() => app.refreshed")
    for _ in range(2):
        _made(extension, {"likeness": [STATE]})
    assert extension.evaluate("() => [app.refreshed, app.told]") == [before + 1, []]


def test_lists_that_cannot_be_read_are_named(extension: Any) -> None:
    _create(extension, "LikenessTrainCharacterLora")
    extension.evaluate("() => { app.reloadNodeDefs = async () => { throw new Error('gone') } }")
    _made(extension, {"likeness": [{**STATE, "lora": "likeness/other.safetensors"}]})
    extension.wait_for_function("() => app.told.length")
    (told,) = extension.evaluate("() => app.told")
    assert told == "ComfyUI did not answer, so new files are not in its lists yet: press R."


def test_pictures_are_seen_while_a_node_draws_and_words_when_it_is_done(extension: Any) -> None:
    panel = extension.locator(_create(extension, "LikenessFillGaps"))
    pixel = "data:image/gif;base64,R0lGODlhAQABAIAAAMLCwgAAACH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=="
    extension.evaluate(
        _TELL, ["likeness.note", {"prompt": "mine", "node": "7", "text": "1 of 2 filled", "picture": pixel}]
    )
    assert panel.locator("img").get_attribute("src") == pixel
    assert "1 of 2 filled" in panel.inner_text()
    _made(extension, {"text": ["2 filled."], "warning": ["Still missing: smile"]})
    assert panel.locator("img").count() == 0
    assert panel.inner_text().split("\n") == ["Still missing: smile", "2 filled."]


def test_decisions_are_written_into_the_nodes_widget(extension: Any) -> None:
    _create(extension, "LikenessCheckDataset")
    one = {"id": "a" * 64, "name": "1.png", "size": "", "split": "train", "view": None, "framing": "", "likeness": None}
    tile = {**one, "against": "", "band": "", "findings": []}
    state = {"verdict": "ready", "review": "", "tiles": [tile], "axes": [], "pairs": [], "findings": [], "left_out": []}
    _made(extension, {"likeness_check": [{**state, "counters": [], "add_next": []}]})
    extension.locator(".likeness-tile").click()
    extension.keyboard.press("d")
    kept = json.loads(extension.evaluate("() => node.widgets.find(({ name }) => name === 'review').value"))
    assert kept["dropped"] == ["a" * 64]


_GRAPH = """() => {
    document.querySelectorAll('body > div').forEach((box) => box.remove());
    window.LiteGraph = { vueNodesMode: false };
    app.rootGraph = { id: 'g', nodes: [], getNodeById: (id) => (String(id) === '7' ? window.node : null) };
    app.extensionManager.workflow.activeWorkflow = { name: 'mine' };
}"""

_QUEUE = """async ([prompt, kinds]) => {
    api.nextPrompt = prompt;
    const nodes = Object.entries(kinds).map(([id, kind]) => [id, { class_type: kind, inputs: {} }]);
    const output = Object.fromEntries(nodes);
    await api.queuePrompt(0, { output, workflow: {} });
}"""

_CREATE = """(kind) => {
    window.node = {
        comfyClass: kind, size: [300, 200], computeSize: () => [300, 200], setSize() {},
        widgets: [{ name: 'review', value: '' }],
        addWidget(type, name) { return { type, name }; },
        addDOMWidget(name, type, element) {
            const box = document.createElement('div');
            box.style.cssText = 'position: fixed; inset: 0 auto auto 0; width: 600px; height: 600px';
            box.append(element);
            document.body.append(box);
            return { name, type, element };
        },
    };
    app.extensions[0].nodeCreated(window.node);
    return document.querySelector('body > div > div').className;
}"""

_TELL = "([event, detail]) => { api.dispatchEvent(new CustomEvent(event, { detail })) }"

_IMPORT_ALL = """async (modules) => {
    const counts = [];
    for (const module of modules) {
        await import(`/extensions/likeness/${module}`);
        counts.push(app.extensions.length);
    }
    return counts;
}"""
