"""The panel of a run, shown what the node says as it trains."""

from collections.abc import Iterator
from typing import Any

import pytest

from .browser import Page
from .warped import faults_of

NASTY = "<img src=x onerror=\"document.title='hit'\">"


def told(step: int = 100, **more: Any) -> dict[str, Any]:
    """A run's state at a step, as the node sends it."""
    picture = {"filename": "a.png", "subfolder": "", "type": "output"}
    return {
        "run": "sage",
        "status": f"Step {step} of 200",
        "step": step,
        "steps": 200,
        "loss": [[at, 0.2 - at / 1000] for at in range(10, step + 1, 10)],
        "held_out": [[0, 0.3, 0.3], [50, 0.25, 0.2], [100, 0.26, 0.1]],
        "likeness": [[0, 0.1], [50, 0.4], [100, 0.6]],
        "live": [[50, 0.5], [100, 0.7]],
        "live_of": "the face in what training itself predicts",
        "samples": [{"step": 0, "images": [picture]}, {"step": 100, "images": [picture]}],
        "samples_of": 2,
        "saved": [100],
        "facts": "compiled: no (why) · attention flash",
        "spill": "",
        "by_heart": "learned by heart: 0.54 (0.5 is none, 1 all), 0.50 to 0.60",
        "plateau": "",
        "pictures": [
            {"name": NASTY, "learned": -0.2, "verdict": "stuck", "why": "stuck: learns nothing", "view": picture},
            {"name": "b.png", "learned": 0.42, "verdict": "learning", "why": "", "view": None},
        ],
        "pictures_of": 5,
        **more,
    }


class Panel:
    """The panel in a box of its own."""

    def __init__(self, page: Page) -> None:
        self.page = page.page
        self.page.evaluate(_MOUNT)

    def told(self, state: dict[str, Any]) -> "Panel":
        self.page.evaluate("(state) => runPanel.show(state)", state)
        return self

    def locate(self, selector: str, **options: Any) -> Any:
        return self.page.locator(f".likeness-run {selector}", **options)

    def legend(self) -> list[str]:
        return [
            self.locate(".likeness-legend-step").inner_text(),
            *self.locate(".likeness-legend-entry").all_inner_texts(),
        ]


@pytest.fixture
def panel(page: Page) -> Iterator[Panel]:
    page.complaints.clear()
    yield Panel(page).told(told())
    assert page.ours() == []


def test_each_curve_has_its_axis_its_name_and_its_last_value(panel: Panel) -> None:
    last = [
        "step 100",
        "likeness of samples 0.60",
        "live likeness 0.70",
        "held-out loss 0.2600",
        "loss: not quality 0.1000",
    ]
    assert panel.legend() == last
    for curve in ("loss", "held-out", "live", "likeness"):
        assert panel.locate(f"polyline.likeness-{curve}").get_attribute("points")
    numbers = panel.locate("svg text").all_text_contents()
    assert {"0", "20", "40", "60", "80", "100"} <= set(numbers) and "0.4" in numbers
    assert "what training itself predicts" in panel.locate("button.likeness-live-words").get_attribute("title")
    assert panel.locate(".likeness-saved").count() == 1


def test_pointing_at_a_step_reads_it_out_and_the_arrow_keys_go_on_from_there(panel: Panel) -> None:
    area = panel.locate(".likeness-chart-area")
    box = area.bounding_box()
    panel.page.mouse.move(box["x"] + 38 + (box["width"] - 76) / 2, box["y"] + 40)
    assert panel.legend()[:4] == ["step 50", "likeness of samples 0.40", "live likeness 0.50", "held-out loss 0.2500"]
    assert panel.locate(".likeness-cursor circle").count() == 4
    area.focus()
    panel.page.keyboard.press("ArrowRight")
    assert panel.legend()[:2] == ["step 60", "likeness of samples 0.40"]
    assert area.get_attribute("aria-valuetext").startswith("step 60, loss: not quality 0.1400")
    panel.page.keyboard.press("Home")
    assert panel.legend()[:3] == ["step 0", "likeness of samples 0.10", "live likeness"]
    panel.page.keyboard.press("Escape")
    assert panel.legend()[0] == "step 100" and panel.locate(".likeness-cursor *").count() == 0


def test_a_curve_can_be_put_away_and_comes_back(panel: Panel) -> None:
    panel.locate(".likeness-likeness-words").click()
    assert panel.locate("polyline.likeness-likeness").count() == 0
    panel.locate(".likeness-likeness-words").click()
    assert panel.locate("polyline.likeness-likeness").count() == 1


def test_a_paused_view_stays_and_the_status_goes_on(panel: Panel) -> None:
    panel.locate("button", has_text="Pause").click()
    panel.told(told(150))
    assert panel.locate(".likeness-status").inner_text() == "Step 150 of 200" and panel.legend()[0] == "step 100"
    panel.locate("button", has_text="Resume").click()
    assert panel.legend()[0] == "step 150"


def test_training_pictures_come_with_what_is_learned_of_them_and_names_are_text(panel: Panel) -> None:
    panel.locate("button", has_text="Pictures 5, 1 to look at").click()
    tiles = panel.locate(".likeness-watched-tile")
    assert tiles.count() == 2 and tiles.locator(".likeness-watched-words").all_inner_texts() == ["stuck", "42 %"]
    tiles.first.focus()
    assert panel.locate(".likeness-watched-told").inner_text() == f"{NASTY}: stuck: learns nothing, 0 % learned"
    assert panel.locate(".likeness-watched-rest").inner_text() == "and 3 more"
    assert panel.page.title() != "hit" and not panel.locate(".likeness-strip").is_visible()
    panel.told(told())
    assert tiles.first.evaluate("(tile) => tile === document.activeElement")  # nothing is made anew under the finger
    panel.locate(".likeness-run-bar button", has_text="Samples").click()
    assert panel.locate(".likeness-strip").is_visible()


def test_what_costs_speed_is_a_warning_and_nothing_changes_its_place(panel: Panel) -> None:
    before = panel.locate(".likeness-chart").bounding_box()
    panel.told(told(spill="2 GiB lie in the computer's memory.", plateau="likeness last rose at step 50", facts=""))
    assert panel.locate(".likeness-notes .likeness-warning").inner_text().startswith("2 GiB lie")
    assert panel.locate(".likeness-chart").bounding_box() == before
    panel.told({**told(), "live": [], "likeness": [], "pictures": [], "pictures_of": 0})
    assert panel.locate(".likeness-chart").bounding_box() == before


def test_a_state_of_before_has_neither_facts_nor_pictures_and_is_shown(panel: Panel) -> None:
    old = {key: told()[key] for key in ("status", "loss", "held_out", "likeness", "samples", "samples_of", "saved")}
    panel.told(old)
    assert panel.locate(".likeness-facts").inner_text() == "" and panel.legend()[0] == "step 100"
    assert panel.locate("button", has_text="Diagnostic bundle").is_disabled()


def test_a_bundle_is_shown_file_by_file_before_it_is_saved(panel: Panel) -> None:
    panel.page.evaluate(_ANSWERS, NASTY)
    panel.locate("button", has_text="Diagnostic bundle").click()
    files = panel.locate(".likeness-bundle-files button")
    assert files.all_inner_texts() == ["README.txt · 12 B", "events.jsonl · 1.2 kB"]
    files.nth(1).click()
    assert panel.locate(".likeness-bundle-text").inner_text() == f"{NASTY}\n…"
    head = panel.locate(".likeness-bundle-head")
    assert head.inner_text().endswith("No picture, path or name of yours is in it.")
    panel.locate("label", has_text="names of picture files").click()
    head.filter(has_text="No picture and no path of yours is in it; what you ticked is.").wait_for()
    assert panel.page.evaluate("() => bundleAsked") == ["name=sage", "name=sage&names=1"]
    panel.page.evaluate("() => { HTMLAnchorElement.prototype.click = function () { window.saved = this.href; } }")
    panel.locate("button", has_text="Save zip").click()
    assert panel.page.evaluate("() => saved").endswith("/api/likeness/bundle.zip?name=sage&names=1")
    assert not panel.locate(".likeness-bundle").is_visible()


@pytest.mark.parametrize("theme", ["#fff #353535 #222", "#222 #f5f5f5 #c9c9c9"])
def test_words_can_be_read_in_both_themes(panel: Panel, theme: str) -> None:
    """WCAG 2: 4.5 to 1 for words, on the panel's ground; curves 3 to 1 on the chart's."""
    words, ground, chart = theme.split()
    panel.page.evaluate(_THEME, [words, ground, chart])
    for name in ("status", "facts", "notes", "likeness-words", "live-words", "held-out-words", "loss-words"):
        assert panel.page.evaluate(_CONTRAST, [f".likeness-{name}", "color", ground]) >= 4.5, name
    for name in ("likeness", "live", "held-out", "loss"):
        assert panel.page.evaluate(_CONTRAST, [f"polyline.likeness-{name}", "stroke", chart]) >= 3, name


def test_what_another_version_tells_is_refused_in_words_and_breaks_nothing(panel: Panel) -> None:
    assert faults_of(panel.page, "runPanel", "likeness", told()) == []
    assert panel.locate(".likeness-status").inner_text() == "Step 100 of 200"


_MOUNT = """async () => {
    const { RunPanel } = await import('/extensions/likeness/run/run_panel.js');
    document.querySelector('#box')?.remove();
    const box = Object.assign(document.createElement('div'), { id: 'box' });
    box.style.cssText = 'position: absolute; inset: 0 auto auto 0; width: 480px; height: 520px';
    window.bundleAsked = [];
    window.runPanel = new RunPanel((view) => `/api/view?${new URLSearchParams(view)}`, window.api);
    box.append(runPanel.element);
    document.body.append(box);
}"""

_ANSWERS = """(nasty) => {
    window.answer = (path) => {
        const [place, asked] = path.split('?');
        if (place !== '/likeness/bundle') return undefined;
        bundleAsked.push(asked);
        return { files: [
            { name: 'README.txt', bytes: 12, what: 'this', text: 'What it is', is_cut: false },
            { name: 'events.jsonl', bytes: 1234, what: 'losses', text: nasty, is_cut: true },
        ] };
    };
}"""

_THEME = """([words, ground, chart]) => {
    const style = document.documentElement.style;
    style.setProperty('--fg-color', words);
    style.setProperty('--comfy-menu-bg', ground);
    style.setProperty('--comfy-input-bg', chart);
}"""

_CONTRAST = """([selector, property, ground]) => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 1, height: 1 });
    const pen = canvas.getContext('2d', { willReadFrequently: true });
    const light = (color) => {
        pen.clearRect(0, 0, 1, 1);
        pen.fillStyle = color;
        pen.fillRect(0, 0, 1, 1);
        const linear = [...pen.getImageData(0, 0, 1, 1).data].slice(0, 3).map((byte) => {
            const share = byte / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
    };
    const drawn = getComputedStyle(document.querySelector(`.likeness-run ${selector}`))[property];
    const [low, high] = [light(drawn), light(ground)].sort((one, other) => one - other);
    return (high + 0.05) / (low + 0.05);
}"""
