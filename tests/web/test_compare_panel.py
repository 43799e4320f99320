"""The panel of a comparison, shown what the node says of a report."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ..nodes.conftest import loaded_pack, module_of_pack
from ..trainer.scoring.reported import reported
from .browser import Page
from .warped import faults_of

NASTY = "<img src=x onerror=\"document.title='hit'\">"


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What Compare checkpoints sends to the page."""
    home = tmp_path_factory.mktemp("compared")
    with loaded_pack(home):
        out = home / "output" / "report"
        made = module_of_pack("trainer.scoring.report.report").Report.from_json(reported(out))
        return module_of_pack("nodes.panel.comparison").comparison_view(made, out)


class Panel:
    """The panel in a box of its own, with a memory like the widget's."""

    def __init__(self, page: Page, kept: str = "") -> None:
        self.page = page.page
        self.page.evaluate(_MOUNT, kept)

    def told(self, output: dict[str, Any]) -> "Panel":
        self.page.evaluate("(output) => comparePanel.executed(output)", output)
        return self

    def locate(self, selector: str, **options: Any) -> Any:
        return self.page.locator(f".likeness-compare {selector}", **options)

    def heads(self) -> list[str]:
        return self.locate("thead .likeness-column-label").all_inner_texts()

    def kept(self) -> str:
        return self.page.evaluate("() => compareKept")


@pytest.fixture
def panel(page: Page, state: dict[str, Any]) -> Iterator[Panel]:
    page.complaints.clear()
    yield Panel(page).told({"likeness_compare": [state]})
    assert page.ours() == []


def test_before_a_run_there_is_one_line_and_nothing_to_unfold(page: Page) -> None:
    panel = Panel(page)
    panel.locate(".likeness-verdict").wait_for()
    words = page.page.locator(".likeness-compare").inner_text().split("\n")
    assert [word for word in words if word] == ["Not compared yet", "Pictures show here as they are drawn."]


def test_a_click_on_a_head_or_a_picture_picks_its_column_and_another_click_takes_it_back(panel: Panel) -> None:
    assert panel.locate(".likeness-verdict").inner_text() == "Recommended: Step 200"
    panel.locate("thead button", has_text="Step 300").click()
    assert panel.kept() == "Step 300"
    panel.locate(".likeness-picture-row").first.locator("td").nth(1).click()
    assert panel.kept() == "Step 100"
    assert panel.locate(".likeness-verdict").inner_text() == "Your pick: Step 100"
    assert panel.locate(".likeness-compare-words").inner_text() == "queue again to use it"
    assert panel.locate("td.likeness-picked").count() == 6
    panel.locate("thead button", has_text="Step 100").click()
    assert panel.kept() == ""
    panel.locate(".likeness-picture-row").first.locator("td").first.click()
    assert panel.kept() == ""  # the control is no LoRA


def test_columns_are_sorted_by_a_measure_the_best_first_after_the_control(panel: Panel) -> None:
    assert panel.heads() == ["No LoRA", "Step 100", "Step 200", "Step 300"]
    panel.locate("select.likeness-compare-sort").select_option("identity")
    assert panel.heads() == ["No LoRA", "Step 300", "Step 200", "Step 100"]
    panel.locate("select.likeness-compare-sort").select_option("leak")
    assert panel.heads() == ["No LoRA", "Step 300", "Step 200", "Step 100"]  # less is better
    panel.locate("select.likeness-compare-sort").select_option("")
    assert panel.heads() == ["No LoRA", "Step 100", "Step 200", "Step 300"]


def test_two_columns_lie_under_a_slider_first_the_control_and_the_recommended(panel: Panel) -> None:
    panel.locate("button", has_text="Two under a slider").click()
    images = panel.locate(".likeness-pair-frame img")
    assert [each.get_attribute("alt") for each in images.all()] == ["No LoRA", "Step 200"]
    panel.locate("select[aria-label='Left column']").select_option(label="Step 300")
    assert images.first.get_attribute("src").startswith("/api/view?filename=3.png")
    panel.locate(".likeness-pair-slider input[type=range]").focus()
    panel.page.keyboard.press("Home")
    assert "inset(0px 0px 0px 0%)" in images.last.get_attribute("style")


def test_a_picture_is_larger_under_the_pointer_and_goes_when_it_leaves(panel: Panel) -> None:
    panel.locate(".likeness-picture-row td img").nth(1).hover()
    loupe = panel.page.locator(".likeness-loupe")
    assert loupe.locator("img").get_attribute("src").endswith("type=output")
    assert "Step 100, identity 0.50" in loupe.inner_text()
    panel.locate(".likeness-verdict").hover()
    assert loupe.count() == 0


def test_a_picture_that_comes_under_a_resting_pointer_is_not_made_larger(panel: Panel, state: dict[str, Any]) -> None:
    picture, mouse = panel.locate(".likeness-picture-row td img").nth(1), panel.page.mouse
    box = picture.bounding_box()
    panel.page.evaluate("() => { comparePanel.element.hidden = true }")
    mouse.move(box["x"] + 20, box["y"] + 20)
    panel.page.evaluate("() => { comparePanel.element.hidden = false }")
    panel.told({"likeness_compare": [state]})
    panel.page.wait_for_timeout(400)
    loupe = panel.page.locator(".likeness-loupe")
    assert loupe.count() == 0
    mouse.move(box["x"] + 22, box["y"] + 20)
    assert loupe.count() == 1


def test_pictures_are_gone_through_picked_and_shown_large_by_keys(panel: Panel) -> None:
    panel.locate(".likeness-picture-row td").first.focus()
    for key in ("ArrowRight", "ArrowDown", "p"):
        panel.page.keyboard.press(key)
    assert panel.kept() == "Step 100"
    panel.page.keyboard.press("Enter")
    large = panel.page.locator("dialog.likeness-large")
    assert "sage, scene 0" in large.inner_text()
    panel.page.keyboard.press("Escape")
    large.wait_for(state="detached")


def test_prompts_are_filtered_by_words(panel: Panel) -> None:
    rows = panel.locate(".likeness-picture-row:visible")
    assert rows.count() == 6
    panel.locate("input[type=search]").fill("scene 1")
    assert rows.count() == 2


def test_a_comparison_at_work_says_so_and_once_stopped_that_there_is_none(page: Page) -> None:
    panel = Panel(page)
    for call, verdict in (
        ("show({ text: '36 pictures to draw.' })", "At work"),
        ("say('Stopped after 9 of 36 pictures; run again to go on from there.', true)", "Not compared yet"),
    ):
        page.page.evaluate(f"() => comparePanel.{call}")
        assert panel.locate(".likeness-verdict").inner_text() == verdict


def test_faults_advice_and_notes_are_told_beneath(panel: Panel) -> None:
    panel.locate("summary").click()
    said = panel.locate(".likeness-compare-said").inner_text()
    for words in ("Step 300: It repeats its pictures.", "Train fewer epochs.", "One face was read twice.", "bf16"):
        assert words in said


def test_names_and_prompts_are_text_whatever_they_hold(page: Page, state: dict[str, Any]) -> None:
    columns = [{**each, "label": f"{NASTY}{number}"} for number, each in enumerate(state["columns"])]
    rows = [{**each, "prompt": NASTY} for each in state["rows"]]
    other = {"columns": columns, "rows": rows, "reason": NASTY, "advice": [NASTY], "chosen": f"{NASTY}1"}
    panel = Panel(page).told({"likeness_compare": [{**state, **other}], "text": [NASTY]})
    panel.locate(".likeness-picture-row td img").nth(1).hover()
    assert page.page.locator("img[src=x]").count() == 0 and page.page.title() != "hit"
    assert panel.heads()[1] == f"{NASTY}1"


def test_the_grid_fills_while_pictures_are_drawn(page: Page, state: dict[str, Any]) -> None:
    panel = Panel(page)
    view = {"filename": "1.jpg", "subfolder": "", "type": "temp"}
    live = {"columns": ["No LoRA", "Step 100"], "rows": [{"prompt": "sage", "pictures": [view, None]}]}
    tell = "([text, live]) => comparePanel.show({ text, live })"
    panel.page.evaluate(tell, ["Picture 1 of 2", live])
    assert panel.locate(".likeness-compare-words").inner_text() == "Picture 1 of 2"
    assert panel.locate(".likeness-compare-live td img").count() == 1
    live["rows"][0]["pictures"][1] = view
    panel.page.evaluate(tell, ["Picture 2 of 2", live])
    assert panel.locate(".likeness-compare-live td img").count() == 2
    panel.told({"likeness_compare": [state]})
    assert panel.locate(".likeness-compare-live").is_hidden()


def test_a_pick_that_is_not_among_the_columns_is_said(page: Page, state: dict[str, Any]) -> None:
    panel = Panel(page, kept="Step 9000")
    assert "Step 9000 is kept" in panel.locate(".likeness-compare-words").inner_text()
    panel.told({"likeness_compare": [{**state, "pick": "Step 9000"}]})
    assert "Step 9000 is not among these" in panel.locate(".likeness-verdict").inner_text()
    panel.locate("button", has_text="Take the recommended").click()
    assert panel.kept() == ""


def test_a_pick_is_kept_in_the_node_the_report_is_wired_to(page: Page) -> None:
    assert page.page.evaluate(_WIRED) == {"alone": False, "wired": True, "kept": "Step 100", "read": "Step 100"}


def test_a_pick_crosses_the_border_of_a_subgraph_both_ways_and_the_way_back_is_told(page: Page) -> None:
    assert page.page.evaluate(_CROSSED) == {"out": ["Step 100", 1], "in": ["Step 200", 1]}


def test_a_pick_is_pending_until_the_node_that_keeps_it_has_run_with_it(page: Page, state: dict[str, Any]) -> None:
    assert page.page.evaluate(_USED, state) == ["queue again to use it", "as good: Step 100"]


def test_the_reports_page_sorts_filters_and_enlarges_by_its_own_script_alone(launched: Any, tmp_path: Path) -> None:
    from trainer.scoring.report.page import page
    from trainer.scoring.report.report import Report

    made = Report.from_json(reported(tmp_path, trigger=NASTY))
    (tmp_path / "report.html").write_text(page(made, tmp_path), encoding="utf-8")
    opened = launched.new_page()
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text))
    opened.on("request", lambda asked: said.append(asked.url) if not asked.url.startswith(("data:", "file:")) else None)
    try:
        opened.goto((tmp_path / "report.html").as_uri())
        heads = opened.locator("table.grid").first.locator("tr").first.locator("th")
        opened.locator("#measures th button", has_text="Identity").click()
        assert [words.split("\n")[0] for words in heads.all_inner_texts()] == [
            "No LoRA",
            "Step 300",
            "Step 200",
            "Step 100",
        ]
        opened.locator("#filter").fill("scene 1")
        assert opened.locator("tr[data-row]:visible").count() == 2
        assert opened.locator("#pair .right").get_attribute("alt").startswith("Step 200")
        opened.locator("tr[data-row]:visible img").nth(1).click()
        opened.keyboard.press("ArrowRight")
        assert opened.locator("dialog b").inner_text().startswith("Step 200")
        assert opened.title().startswith("<img") and said == []
        assert opened.evaluate(_INJECTED) == "no"
    finally:
        opened.close()


def test_what_another_version_tells_is_refused_in_words_and_breaks_nothing(panel: Panel, state: dict[str, Any]) -> None:
    assert faults_of(panel.page, "comparePanel", "likeness_compare", state) == []
    assert panel.locate(".likeness-verdict").inner_text() == "Recommended: Step 200"


_INJECTED = """async () => {
    window.ran = 'no';
    const script = document.createElement('script');
    script.textContent = "window.ran = 'yes'";
    document.body.append(script);
    return window.ran;
}"""

_MOUNT = """async (kept) => {
    const { ComparePanel } = await import('/extensions/likeness/compare/compare_panel.js');
    window.comparePanel?.loupe.hide();
    window.comparePanel?.element.remove();
    window.compareKept = kept;
    const memory = { read: () => window.compareKept, write: (label) => { window.compareKept = label; return true; } };
    const panel = new ComparePanel((view) => `/api/view?${new URLSearchParams(view)}`, memory);
    panel.element.style.cssText = 'position: fixed; z-index: 9999; inset: 0 auto auto 0; width: 700px; height: 900px';
    document.body.append(panel.element);
    window.comparePanel = panel;
}"""

_USED = """async (state) => {
    const { ComparePanel } = await import('/extensions/likeness/compare/compare_panel.js');
    const { pickMemory } = await import('/extensions/likeness/compare/pick_memory.js');
    const { wear } = await import('/extensions/likeness/shared/graph_nodes.js');
    const compare = { id: 1, widgets: [], outputs: [{ links: [7] }] };
    const choose = { id: 2, widgets: [{ name: 'pick', value: '' }], inputs: [{ name: 'report', link: 7 }] };
    const links = new Map([[7, { origin_id: 1, target_id: 2 }]]);
    const graph = { links, getNodeById: (id) => ({ 1: compare, 2: choose })[id], setDirtyCanvas() {} };
    const panels = [compare, choose].map((node) => {
        node.graph = graph;
        wear(node, new ComparePanel((view) => `/api/view?${new URLSearchParams(view)}`, pickMemory(node)));
        return pickMemory(node) && node;
    });
    const { panelOf } = await import('/extensions/likeness/shared/graph_nodes.js');
    const [left, right] = panels.map(panelOf);
    left.draw(state);
    right.draw(state);
    left.pick('Step 300');
    const before = left.words.textContent;
    right.draw({ ...state, pick: 'Step 300' });
    return [before, left.words.textContent];
}"""

_CROSSED = """async () => {
    const { pickMemory } = await import('/extensions/likeness/compare/pick_memory.js');
    const { wear } = await import('/extensions/likeness/shared/graph_nodes.js');
    const graphOf = (nodes, links) => {
        const graph = { nodes, links: new Map(links), getNodeById: (id) => nodes.find((node) => node.id === id) };
        for (const node of nodes) node.graph = Object.assign(graph, { setDirtyCanvas() {} });
        return graph;
    };
    const told = [];
    const compare = (links) => {
        const node = { id: 1, widgets: [], outputs: [{ links }] };
        wear(node, { drawPick: () => told.push(node) });
        return node;
    };
    const choose = (link) => ({ id: 2, widgets: [{ name: 'pick', value: '' }], inputs: [{ name: 'report', link }] });
    const picked = (from, to, label) => {
        pickMemory(from).write(label);
        told.length = 0;
        pickMemory(to).write(label);
        return [to.widgets[0].value, told.filter((node) => node === from).length];
    };
    const inner = compare([1]);
    const end = [1, { origin_id: 1, origin_slot: 0, target_id: -20, target_slot: 0 }];
    const left = { ...graphOf([inner], [end]), outputs: [{ linkIds: [1] }], inputs: [] };
    inner.graph = left;
    const outer = choose(7);
    const over = [7, { origin_id: 5, origin_slot: 0, target_id: 2, target_slot: 0 }];
    app.rootGraph = graphOf([{ id: 5, subgraph: left, outputs: [{ links: [7] }] }, outer], [over]);
    const out = picked(inner, outer, 'Step 100');
    const deep = choose(1);
    const start = [1, { origin_id: -10, origin_slot: 0, target_id: 2, target_slot: 0 }];
    const right = { ...graphOf([deep], [start]), inputs: [{ linkIds: [1] }], outputs: [] };
    deep.graph = right;
    const above = compare([8]);
    const down = [8, { origin_id: 1, origin_slot: 0, target_id: 6, target_slot: 0 }];
    app.rootGraph = graphOf([above, { id: 6, subgraph: right, inputs: [{ link: 8 }] }], [down]);
    const into = picked(above, deep, 'Step 200');
    delete app.rootGraph;
    return { out, in: into };
}"""

_WIRED = """async () => {
    const { pickMemory } = await import('/extensions/likeness/compare/pick_memory.js');
    const widget = { name: 'pick', value: '' };
    const choose = { id: 3, type: 'LikenessChooseCheckpoint', widgets: [{ name: 'step' }, widget] };
    const reroute = { id: 2, type: 'Reroute', outputs: [{ links: [8] }] };
    const links = new Map([[7, { target_id: 2 }], [8, { target_id: 3 }]]);
    const graph = { links, getNodeById: (id) => ({ 2: reroute, 3: choose })[id], setDirtyCanvas() {} };
    for (const node of [choose, reroute]) node.graph = graph;
    const compare = (links) => ({ id: 1, graph, widgets: [], outputs: [{ links }, { links: null }] });
    const alone = pickMemory(compare([])).write('Step 100');
    const memory = pickMemory(compare([7]));
    return { alone, wired: memory.write('Step 100'), kept: widget.value, read: memory.read() };
}"""
