"""The panel of a plan."""

from collections.abc import Iterator
from typing import Any

import pytest

from .browser import Page
from .warped import faults_of

GIB = 2**30
MEMORY = {
    "phases": [
        {"name": "captions", "parts": {"text encoders": 9 * GIB}, "total": 9 * GIB},
        {"name": "training", "parts": {"weights": 5 * GIB, "activations": GIB, "LoRA": 0}, "total": 6 * GIB},
    ],
    "peak": 9 * GIB,
    "free": 7 * GIB,
    "fits": False,
    "change": "text_quantization int8",
    "cards": {"6": "too small", "24": "<b>as it is</b>"},
}
PLAN = {
    "lines": ["400 updates.", "! no pictures of others", "✗ The disk is full."],
    "passes": 99.6,
    "passes_are": "usual",
    "updates": 400,
    "seconds": 600,
}


class Panel:
    """The panel in a box of its own."""

    def __init__(self, page: Page) -> None:
        self.page = page.page
        self.page.evaluate(_MOUNT)

    def told(self, **more: Any) -> "Panel":
        self.page.evaluate("(plan) => planPanel.executed({ likeness_plan: [plan] })", {**PLAN, **more})
        return self

    def texts(self, selector: str) -> list[str]:
        return self.page.locator(f".likeness-plan {selector}").all_inner_texts()


@pytest.fixture
def panel(page: Page) -> Iterator[Panel]:
    page.complaints.clear()
    yield Panel(page)
    assert page.ours() == []


def test_each_phase_has_a_bar_of_its_parts_beside_what_is_free(panel: Panel) -> None:
    panel.told(memory=MEMORY)
    chips = ["100 passes a picture: usual", "400 updates", "about 10 min", "9.0 GiB of 7.0 GiB free"]
    assert panel.texts(".likeness-plan-chip") == chips
    assert panel.texts(".likeness-plan-phases th") == ["captions", "training"]
    assert panel.texts(".likeness-plan-phases td:last-child") == ["9.0 GiB", "6.0 GiB"]
    assert panel.texts(".likeness-plan-over") == ["9.0 GiB"]
    wide = panel.page.locator(".likeness-plan-bar i").evaluate_all("(parts) => parts.map((part) => part.style.width)")
    assert wide[0] == "100%" and wide[1].startswith("55.5") and len(wide) == 3
    assert panel.page.locator(".likeness-plan-bar").nth(1).get_attribute("title") == (
        "training: 6.0 GiB\nweights 5.0 GiB\nactivations 1.0 GiB"
    )
    assert panel.texts(".likeness-plan-cards td") == ["too small", "<b>as it is</b>"]
    assert panel.texts(".likeness-warning")[0] == "What makes it fit: text_quantization int8"


def test_words_alone_where_no_memory_is_planned_and_where_nothing_was(panel: Panel) -> None:
    panel.told(memory=None, seconds=None)
    assert panel.texts("table") == []
    assert panel.texts(".likeness-plan-words .likeness-warning") == PLAN["lines"][1:]  # type: ignore[index]
    panel.page.evaluate("() => planPanel.say('Stopped.', true)")
    assert panel.texts("> *") == ["Stopped."]


def test_what_another_version_tells_is_refused_in_words_and_breaks_nothing(panel: Panel) -> None:
    assert faults_of(panel.page, "planPanel", "likeness_plan", {**PLAN, "memory": MEMORY}) == []
    assert panel.texts(".likeness-plan-chip")[1] == "400 updates"


_MOUNT = """async () => {
    const { PlanPanel } = await import('/extensions/likeness/plan/plan_panel.js');
    document.querySelector('#box')?.remove();
    const box = Object.assign(document.createElement('div'), { id: 'box' });
    box.style.cssText = 'position: absolute; inset: 0 auto auto 0; width: 600px; height: 330px';
    window.planPanel = new PlanPanel();
    box.append(planPanel.element);
    document.body.append(box);
}"""
