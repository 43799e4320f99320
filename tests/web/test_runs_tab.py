"""The sidebar's tab: the list of past runs, one opened, two compared, one removed, and models."""

from collections.abc import Iterator
from typing import Any

import pytest

from .browser import Page
from .test_run_panel import NASTY, told

NAMES = [f"run_{number:03d}" for number in range(500)]


_TOLD = "() => [...document.querySelectorAll('.likeness-runs-name')].every((name) => name.textContent)"
"""Rows are told of as they come into sight, a moment after they stand there."""


class Tab:
    """The tab in a box of its own, as the sidebar has it."""

    def __init__(self, page: Page) -> None:
        self.page = page.page
        self.page.evaluate(_MOUNT, [NAMES, NASTY])
        self.rows.first.wait_for()
        self.page.wait_for_function("() => document.querySelector('.likeness-runs-count').textContent === '500 runs'")

    @property
    def rows(self) -> Any:
        return self.locate(".likeness-runs-row")

    def locate(self, selector: str, **options: Any) -> Any:
        return self.page.locator(f".likeness-runs {selector}", **options)

    def button(self, words: str) -> Any:
        return self.locate("button", has_text=words)

    def names(self) -> list[str]:
        self.page.wait_for_function(_TOLD)
        return self.locate(".likeness-runs-row .likeness-runs-name").all_inner_texts()

    def asked(self) -> list[Any]:
        return self.page.evaluate("() => window.done")

    def tell(self, event: str, detail: dict[str, Any]) -> None:
        self.page.evaluate(
            "([event, detail]) => api.dispatchEvent(new CustomEvent(event, { detail }))", [event, detail]
        )


@pytest.fixture
def tab(page: Page) -> Iterator[Tab]:
    page.complaints.clear()
    yield Tab(page)
    assert page.ours() == []
    page.page.evaluate("() => { document.body.replaceChildren(); delete window.answer; }")


def test_of_hundreds_of_runs_only_those_in_sight_are_made(tab: Tab) -> None:
    assert tab.rows.count() == 40
    assert tab.locate(".likeness-runs-facts").first.inner_text() == "100 of 200 · likeness 0.60 · 1.2 GB · just now"
    tab.page.evaluate("() => { const list = document.querySelector('.likeness-runs-rows'); list.scrollTop = 1e6; }")
    tab.page.wait_for_function("() => document.querySelectorAll('.likeness-runs-row').length === 80")


def test_runs_are_found_by_words_and_by_how_they_stand(tab: Tab) -> None:
    tab.locate(".likeness-runs-search").fill("49 SDXL")
    assert tab.names() == [name for name in NAMES if "49" in name]
    tab.locate(".likeness-runs-filter").select_option("stopped")
    assert tab.names() == [name for name in NAMES if "49" in name and int(name[-3:]) % 3 == 1]
    assert tab.locate(".likeness-runs-count").inner_text() == "6 of 500 runs"
    tab.locate(".likeness-runs-filter").select_option("cannot be read")
    tab.locate(".likeness-runs-search").fill("")
    assert tab.names() == ["run_005"] and NASTY in tab.locate(".likeness-runs-base").inner_text()
    assert tab.page.title() == "Likeness"


def test_a_running_run_tells_of_itself_and_of_its_end(tab: Tab) -> None:
    state = tab.locate(".likeness-runs-row .likeness-runs-state").first
    tab.tell("likeness.train", told(150, run="run_000"))
    assert state.inner_text() == "running"
    assert tab.locate(".likeness-runs-facts").first.inner_text().startswith("150 of 200")
    tab.tell("executed", {"output": {"likeness": [{"run": "run_000"}]}})
    tab.locate(".likeness-runs-row").first.locator("[data-state=finished]").wait_for()


def test_an_opened_run_shows_its_curves_and_what_can_be_done(tab: Tab) -> None:
    tab.rows.nth(1).locator("button").click()
    tab.locate(".likeness-runs-table").first.wait_for()
    tab.page.wait_for_function("() => document.querySelector('.likeness-runs polyline.likeness-likeness')")
    assert tab.locate(".likeness-runs-title").inner_text() == "run_001"
    assert tab.locate(".likeness-runs-table td").first.inner_text() == NASTY
    assert tab.button("Use the LoRA").is_disabled() and not tab.button("Go on").is_disabled()
    link = tab.locate(".likeness-runs-report")
    assert (link.get_attribute("target"), link.get_attribute("rel")) == ("_blank", "noopener")
    tab.tell("likeness.train", told(180, run="run_001"))
    assert tab.locate(".likeness-runs-detail .likeness-runs-facts").inner_text().startswith("running · 180 of 200")
    assert tab.button("Delete…").is_disabled() and tab.button("Go on").is_disabled()


def test_two_picked_runs_are_compared_and_a_third_takes_the_firsts_place(tab: Tab) -> None:
    compare = tab.locate(".likeness-runs-compare")
    assert compare.is_hidden()
    tab.locate(".likeness-runs-pick").nth(0).check()
    assert compare.is_disabled()
    for place in (1, 2):
        tab.locate(".likeness-runs-pick").nth(place).check()
    assert not tab.locate(".likeness-runs-pick").nth(0).is_checked()
    assert compare.inner_text() == "Compare run_001 and run_002"
    compare.click()
    assert tab.locate(".likeness-runs-two tr").nth(1).inner_text().split("\t") == ["optim.lr", "0.0001", "0.0004"]


def test_a_run_is_deleted_only_after_two_questions(tab: Tab) -> None:
    tab.rows.nth(0).locator("button").click()
    tab.button("Delete…").click()
    box = tab.locate(".likeness-runs-removal")
    box.locator("li", has_text="checkpoints: 8, 900 MB").wait_for()
    assert tab.locate("li", has_text="notes.txt").inner_text() == "stays, not made by Likeness: notes.txt"
    assert tab.page.evaluate("() => document.activeElement.textContent") == "Keep it"
    tab.page.keyboard.press("Escape")
    assert box.is_hidden() and tab.page.evaluate("() => document.activeElement.textContent") == "Delete…"
    tab.button("Delete…").click()
    box.locator("button", has_text="Delete").click()
    assert "cannot be undone" in box.inner_text() and tab.asked() == []
    box.locator("button", has_text="Delete 1.0 GB for good").click()
    tab.rows.first.wait_for()
    assert tab.asked() == [{"name": "run_000", "files": 9, "bytes": 1_000_000_000}]
    assert tab.names()[0] == "run_001"


def test_models_are_told_with_terms_places_and_links_that_open_apart(tab: Tab) -> None:
    tab.button("Models").click()
    tab.locate(".likeness-models-row").first.wait_for()
    assert tab.locate(".likeness-models-row .likeness-runs-state").all_inner_texts() == ["here", "not here"]
    row = tab.locate(".likeness-models-row").nth(1)
    assert "research only (non-commercial) · 361 MB" in row.inner_text()
    for link in row.locator("a").all():
        assert link.get_attribute("target") == "_blank" and link.get_attribute("rel") == "noopener noreferrer"
    tab.locate(".likeness-runs-lacking input").check()
    assert tab.locate(".likeness-models-row .likeness-runs-name").all_inner_texts() == ["antelopev2"]
    tab.page.keyboard.press("Tab")
    assert tab.page.evaluate("() => document.activeElement.textContent") == "Look again"


_MOUNT = """async ([names, nasty]) => {
    window.done = [];
    const gone = new Set();
    const at = Date.now() / 1000;
    const run = (name) => {
        const number = Number(name.slice(-3));
        const shared = { name, bytes: 1.2e9, at, picture: false, loras: [], has_workflow: true };
        if (number === 5) return { ...shared, state: "cannot be read", fault: nasty, likeness: null };
        const state = number % 3 === 1 ? "stopped" : "finished";
        return { ...shared, state, base: "base", family: "SDXL", step: 100, steps: 200, likeness: 0.6, fault: "" };
    };
    const model = (title, lacks) => ({ group: "Face readers", title, what: "Reads faces.", licence: "research only",
        use: "non-commercial", folder: "models/insightface", page: "https://github.com/a", note: "", size: "361 MB",
        files: [{ name: "a.zip", link: "https://github.com/a.zip", size: "361 MB" }], lacks });
    const picture = { filename: "report.png", subfolder: "", type: "output" };
    const answers = {
        "/likeness/runs": () => ({ runs: names.filter((name) => !gone.has(name)).map((name) => ({ name, at })) }),
        "/likeness/runs/told": (asked) => ({ runs: asked.get("names").split("/").map(run) }),
        "/likeness/runs/one": (asked) => ({ run: run(asked.get("name")), made_of: [["Base", nasty]],
            settings: [["optim.lr", "0.0004"]], report: picture }),
        "/likeness/runs/diff": () => ({ names: ["one", "other"], same_settings: 80, same_pictures: 3, note: "",
            parts: [["Settings", [["optim.lr", "0.0001", "0.0004"]]], ["Base", []]] }),
        "/likeness/runs/removal": (asked) => ({ name: asked.get("name"), files: 9, bytes: 1e9, stays: ["notes.txt"],
            parts: [{ what: "checkpoints", files: 8, bytes: 9e8 }] }),
        "/likeness/models": () => ({ models: [model("buffalo_l", ""), model("antelopev2", "It is missing.")] }),
        "/likeness/run": (asked) => ({ run: asked.get("name"), status: "Stopped", step: 100, steps: 200, saved: [],
            loss: [[1, 0.2]], likeness: [[0, 0.1], [100, 0.6]], samples: [], samples_of: 0 }),
    };
    window.answer = (path, question) => {
        const [name, asked] = path.split("?");
        if (name !== "/likeness/runs/remove") return answers[name]?.(new URLSearchParams(asked));
        window.done.push(JSON.parse(question.body));
        gone.add(window.done.at(-1).name);
        return { removed: window.done.at(-1).name };
    };
    const { RunsTab } = await import("/extensions/likeness/runs/runs_tab.js");
    const tab = new RunsTab((view) => `/api/view?${new URLSearchParams(view)}`);
    const box = document.createElement("div");
    box.style.cssText = "position: fixed; inset: 0 auto 0 0; width: 320px; height: 900px";
    const place = document.createElement("div");
    box.append(place);
    document.body.append(box);
    tab.listen();
    tab.mount(place);
}"""
