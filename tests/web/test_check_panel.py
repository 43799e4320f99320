"""The panel of Check dataset, shown what the node says of the demo character as found."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ..nodes.conftest import loaded_pack, module_of_pack
from .browser import Page
from .warped import faults_of


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What Check dataset sends to the page."""
    home = tmp_path_factory.mktemp("checked")
    with loaded_pack(home):
        dataset = module_of_pack("trainer.demo.characters.found").draw_found(home / "found", 0)
        node = module_of_pack("nodes.dataset.check").CheckDataset
        made = node.execute([dataset], reader=["demo drawings"], resolution=[128], review=[""])
    return made.ui["likeness_check"][0]


class Panel:
    """The panel in a box of its own, with a memory like the widget's."""

    def __init__(self, page: Page, state: dict[str, Any]) -> None:
        self.page = page.page
        self.page.evaluate(_MOUNT, state)

    def locate(self, selector: str, **options: Any) -> Any:
        return self.page.locator(f".likeness-check {selector}", **options)

    def tile(self, name: str) -> Any:
        return self.locate(f'.likeness-tile[aria-label^="{name}:"]')

    def review(self) -> dict[str, Any]:
        return json.loads(self.page.evaluate("() => checkKept") or "{}")


@pytest.fixture
def panel(page: Page, state: dict[str, Any]) -> Iterator[Panel]:
    page.complaints.clear()
    yield Panel(page, state)
    assert page.ours() == []


def test_chips_filter_and_pairs_are_dropped_by_button(panel: Panel) -> None:
    chip = panel.locate(".likeness-chip", has_text="three-quarter left")
    count = int(chip.inner_text().split()[-1])
    chip.click()
    assert panel.locate(".likeness-tile:visible").count() == count
    chip.click()
    assert panel.locate(".likeness-tile:visible").count() == 24
    assert panel.locate(".likeness-chip", has_text="left profile").is_disabled()
    pairs = panel.locate(".likeness-pair")
    before = pairs.count()
    panel.locate(".likeness-pair button", has_text="mirrored.png").click()
    assert pairs.count() == before - 1
    assert panel.tile("mirrored.png").get_attribute("data-mark") == "dropped"
    panel.locate(".likeness-check-bar button", has_text="Drop 1 blocked").click()
    panel.locate(".likeness-undo").first.click()
    assert len(panel.review()["dropped"]) == 1


def test_pictures_are_decided_on_by_keyboard_and_acts_are_taken_back(panel: Panel) -> None:
    panel.tile("stranger.png").click()
    for key in ("d", "ArrowLeft", "Delete"):
        panel.page.keyboard.press(key)
    assert len(panel.review()["dropped"]) == 2
    panel.page.keyboard.press("z")
    assert len(panel.review()["dropped"]) == 1
    panel.tile("nobody.png").click()
    panel.page.keyboard.press("a")
    assert [*panel.review()["waived"].values()] == [["no face"]]
    words = panel.locate(".likeness-check-words").inner_text()
    assert "1 dropped" in words and "queue again" in words
    panel.locate("button", has_text="Start afresh").click()
    assert panel.review() == {}


def test_two_hundred_pictures_stay_smooth(page: Page) -> None:
    """The quickest of several: what else the machine does is not the panel's fault."""
    seconds = page.page.evaluate(_MANY)
    assert seconds["draw"] < 1.0, seconds
    assert seconds["decide"] < 0.1, seconds


def test_what_another_version_tells_is_refused_in_words_and_breaks_nothing(panel: Panel, state: dict[str, Any]) -> None:
    assert faults_of(panel.page, "checkPanel", "likeness_check", state) == []
    assert panel.locate(".likeness-tile:visible").count() == 24


_MOUNT = """async (state) => {
    const { CheckPanel } = await import('/extensions/likeness/dataset/check_panel.js');
    window.checkPanel?.element.remove();
    window.checkKept = state.review;
    const memory = { read: () => window.checkKept, write: (text) => { window.checkKept = text; } };
    const panel = new CheckPanel(() => '', memory);
    panel.element.style.cssText = 'position: fixed; z-index: 9999; inset: 0 auto auto 0; width: 700px; height: 900px';
    document.body.append(panel.element);
    window.checkPanel = panel;
    panel.executed({ likeness_check: [state] });
}"""

_MANY = """async () => {
    const { CheckPanel } = await import('/extensions/likeness/dataset/check_panel.js');
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


@pytest.mark.parametrize("kept", ["what the node refuses", "[1, 2]", '{"dropped": '])
def test_what_is_kept_and_cannot_be_read_is_said_and_forgotten_by_a_button_before_anything_ran(
    page: Page, kept: str
) -> None:
    page.page.evaluate(_UNRUN, kept)
    panel = page.page.locator(".likeness-check")
    assert "cannot be read" in panel.locator(".likeness-refusal:visible").inner_text()
    panel.locator("button", has_text="Start afresh").click()
    assert page.page.evaluate("() => checkKept") == ""
    assert panel.locator(".likeness-refusal").is_hidden()
    assert panel.locator("button", has_text="Start afresh").is_hidden()


def test_before_a_run_there_is_one_line_and_nothing_to_unfold_or_press(page: Page) -> None:
    page.page.evaluate(_UNRUN, "")
    panel = page.page.locator(".likeness-check")
    panel.locator(".likeness-verdict").wait_for()
    assert panel.inner_text().split("\n") == ["Not checked yet", "Pictures and findings show here.", "Undo"]


def test_decisions_that_can_be_read_are_no_fault_before_anything_ran(page: Page) -> None:
    page.page.evaluate(_UNRUN, json.dumps({"waived_of_set": ["count"]}))
    panel = page.page.locator(".likeness-check")
    panel.locator("button", has_text="Start afresh").wait_for()
    assert panel.locator(".likeness-refusal").is_hidden()


_UNRUN = """async (kept) => {
    const { CheckPanel } = await import('/extensions/likeness/dataset/check_panel.js');
    window.checkPanel?.element.remove();
    window.checkKept = '';
    const memory = { read: () => window.checkKept, write: (text) => { window.checkKept = text; } };
    const panel = new CheckPanel(() => '', memory);
    window.checkKept = kept;  // as a workflow sets its widgets: once the node is made
    panel.element.style.cssText = 'position: fixed; z-index: 9999; inset: 0 auto auto 0; width: 700px; height: 300px';
    document.body.append(panel.element);
    window.checkPanel = panel;
}"""
