"""The checked dataset on the page, in both renderers: chips, pairs, keys, undo, and decisions that are kept."""

import json
from pathlib import Path
from typing import Any

import pytest

from .comfyui import Comfy
from .page import Page, chromium, opened_page
from .test_dataset import WORKFLOW
from .test_page import RENDERERS, wait_until_idle

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium; install it to test the page")


def _workflow() -> dict[str, Any]:
    return json.loads(WORKFLOW.read_text(encoding="utf-8"))


def _run(comfy: Comfy, page: Page) -> None:
    page.run()
    page.page.wait_for_timeout(500)
    wait_until_idle(comfy)
    page.page.wait_for_timeout(1500)


def _review(page: Page) -> dict[str, Any]:
    """What would be saved with the workflow."""
    check = next(node for node in page.serialized()["nodes"] if node["type"] == "LikenessCheckDataset")
    return json.loads(check["widgets_values"][2] or "{}")


def _tile(page: Page, name: str) -> Any:
    return page.page.locator(f'.likeness-tile[aria-label^="{name}:"]')


@RENDERERS
def test_pictures_are_decided_on_by_keyboard_and_the_decisions_are_applied(
    comfy: Comfy, vue: bool, shots: Path
) -> None:
    name = "vue" if vue else "classic"
    with opened_page(comfy, vue=vue) as page:
        page.load(_workflow())
        assert page.unknown_nodes() == []
        assert page.dialogs() == []
        _run(comfy, page)
        page.fit()
        page.shot(shots / f"dataset_{name}.png")
        assert page.page.locator(".likeness-tile").count() == 24
        loaded = "(images) => images.every((image) => !image.complete || image.naturalWidth > 0)"
        assert page.page.locator(".likeness-tile img").evaluate_all(loaded)
        _tile(page, "stranger.png").click()
        page.page.keyboard.press("d")
        page.page.keyboard.press("ArrowLeft")
        page.page.keyboard.press("Delete")  # the canvas must not take it for its own
        assert len(_review(page)["dropped"]) == 2
        page.page.keyboard.press("z")
        assert len(_review(page)["dropped"]) == 1
        _tile(page, "nobody.png").click()
        page.page.keyboard.press("a")
        assert [*_review(page)["waived"].values()] == [["no face"]]
        assert "queue again" in page.page.locator(".likeness-check-words").inner_text()
        _run(comfy, page)
        assert "1 dropped" in page.page.locator(".likeness-check-words").inner_text()
        assert "queue again" not in page.page.locator(".likeness-check-words").inner_text()
        assert page.dialogs() == []
        assert _tile(page, "nobody.png").get_attribute("data-verdict") == "ready"
        page.shot(shots / f"dataset_{name}_decided.png")
        assert page.ours() == []


@RENDERERS
def test_chips_filter_and_pairs_are_dropped_by_button(comfy: Comfy, vue: bool) -> None:
    with opened_page(comfy, vue=vue) as page:
        page.load(_workflow())
        _run(comfy, page)
        page.fit()
        chip = page.page.locator(".likeness-chip", has_text="three-quarter left")
        count = int(chip.inner_text().split()[-1])
        chip.click()
        assert page.page.locator(".likeness-tile:visible").count() == count
        chip.click()
        assert page.page.locator(".likeness-tile:visible").count() == 24
        assert page.page.locator(".likeness-chip", has_text="left profile").is_disabled()
        pairs = page.page.locator(".likeness-pair")
        before = pairs.count()
        page.page.locator(".likeness-pair button", has_text="mirrored.png").click()
        assert pairs.count() == before - 1
        assert _tile(page, "mirrored.png").get_attribute("data-mark") == "dropped"
        page.page.locator(".likeness-check-bar button", has_text="Drop 1 blocked").click()
        page.page.locator(".likeness-undo").first.click()
        assert len(_review(page)["dropped"]) == 1
        assert page.ours() == []


def test_a_workflow_that_is_opened_again_shows_the_decisions_it_was_saved_with(comfy: Comfy) -> None:
    with opened_page(comfy, vue=False) as page:
        page.load(_workflow())
        _run(comfy, page)
        _tile(page, "tiny.png").click()
        page.page.keyboard.press("d")
        saved = page.serialized()
        page.load(saved)
        _run(comfy, page)
        assert _tile(page, "tiny.png").get_attribute("data-mark") == "dropped"


def test_two_hundred_pictures_stay_smooth(comfy: Comfy) -> None:
    """The quickest of several: what else the machine does is not the panel's fault."""
    with opened_page(comfy, vue=False) as page:
        page.load(_workflow())
        seconds = page.page.evaluate(_MANY)
    assert seconds["draw"] < 1.0, seconds
    assert seconds["decide"] < 0.1, seconds


_MANY = """async () => {
    const { CheckPanel } = await import('/extensions/likeness/check_panel.js');
    let kept = '';
    const panel = new CheckPanel((view) => '', { read: () => kept, write: (text) => { kept = text; } });
    panel.element.style.cssText = 'position: fixed; inset: 0 auto auto 0; width: 600px; height: 800px';
    document.body.append(panel.element);
    const id = (number) => number.toString(16).padStart(64, '0');
    const ids = [...Array(200).keys()].map(id);
    const tiles = ids.map((id, number) => ({ id, name: `${number}.png`, size: '1024 × 1024', split: 'train', view: null,
        framing: 'medium', likeness: 0.5, against: '', band: 'same',
        findings: [{ check: 'blur', level: 'warning', text: 'Soft.' }] }));
    const axes = ['angle', 'outfit'].map((name) => ({ name, unmeasured: '',
        buckets: [...Array(12).keys()].map((n) => ({ name: `b${n}`, ids: ids.filter((_, i) => i % 12 === n) })) }));
    const pairs = ids.slice(1).map((id, number) => ({ a: ids[number], b: id, text: 'nearly the same' }));
    const time = (work) => {
        const start = performance.now(); work(); panel.element.offsetHeight; return (performance.now() - start) / 1000;
    };
    const state = { verdict: 'attention', review: '', tiles, axes, pairs, findings: [], left_out: [], counters: [],
        add_next: [] };
    const draw = Math.min(...[1, 2, 3].map(() => time(() => panel.draw(state))));
    const times = ids.slice(0, 20).map((id) => time(() => panel.decide((review) => review.mark([id], 'dropped', 'x'))));
    panel.element.remove();
    return { draw, decide: Math.min(...times) };
}"""
