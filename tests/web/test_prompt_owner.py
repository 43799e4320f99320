"""A panel shows what its own workflow's node of its own kind said, and shows it again when it is made anew."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from .browser import Page

SAVE, LOAD, REVIEW = "LikenessSaveDataset", "LikenessLoadCharacterDataset", "LikenessReviewCaptions"
TRAIN = "LikenessTrainCharacterLora"


class Tabs:
    """Two workflows, each with a node 7 of a kind, of which one is in front."""

    def __init__(self, page: Page) -> None:
        self.page = page.page
        self.page.evaluate(_START)

    def open(self, name: str, kind: str) -> None:
        self.page.evaluate(_OPEN, [name, kind])

    def queue(self, prompt: str, kind: str, **inputs: Any) -> None:
        self.page.evaluate(_QUEUE, [prompt, {"7": {"class_type": kind, "inputs": inputs}}])

    def tell(self, event: str, **detail: Any) -> None:
        self.page.evaluate(_TELL, [event, detail])

    def made(self, prompt: str, **output: Any) -> None:
        self.tell("executed", prompt_id=prompt, node="7", output=output)

    def words(self) -> str:
        return self.page.evaluate("() => window.node.panel.innerText")

    def answer(self, path: str, data: Any) -> None:
        self.page.evaluate("([path, data]) => { api.answers[path] = data }", [path, data])


@pytest.fixture
def tabs(page: Page) -> Iterator[Tabs]:
    page.complaints.clear()
    yield Tabs(page)
    assert page.ours() == []


def test_another_workflows_node_of_the_same_number_shows_nothing(tabs: Tabs) -> None:
    tabs.open("a", SAVE)
    tabs.queue("of a", SAVE)
    tabs.open("b", SAVE)
    tabs.tell("likeness.note", prompt="of a", node="7", text="working in a")
    tabs.made("of a", text=["made in a"])
    assert "in a" not in tabs.words()
    tabs.open("a", SAVE)
    assert tabs.words() == "made in a"


def test_a_node_of_another_kind_shows_nothing(tabs: Tabs) -> None:
    tabs.open("a", SAVE)
    tabs.queue("of a", LOAD)
    tabs.made("of a", text=["loaded"])
    assert "loaded" not in tabs.words()


def test_a_prompt_that_nobody_here_queued_shows_nothing(tabs: Tabs) -> None:
    tabs.open("a", SAVE)
    tabs.made("a stranger's", text=["made by a stranger"])
    assert "stranger" not in tabs.words()


def test_messages_that_are_quicker_than_the_prompts_name_are_shown(tabs: Tabs) -> None:
    tabs.open("a", SAVE)
    tabs.page.evaluate(_QUEUE_SLOWLY, ["a quick one", {"7": {"class_type": SAVE, "inputs": {}}}])
    tabs.made("a quick one", text=["made at once"])
    tabs.page.evaluate("() => { answerNow(); return new Promise((done) => setTimeout(done)) }")
    assert tabs.words() == "made at once"


def test_nodes_made_anew_by_an_undo_show_what_was_made(tabs: Tabs) -> None:
    tabs.open("a", SAVE)
    tabs.queue("of a", SAVE)
    tabs.made("of a", text=["made"])
    tabs.open("a", SAVE)
    assert tabs.words() == "made"


def test_what_comes_while_another_workflow_is_being_opened_is_not_shown_on_it(tabs: Tabs) -> None:
    """Its nodes are there before its tab is in front."""
    tabs.open("a", SAVE)
    tabs.queue("of a", SAVE)
    tabs.page.evaluate("() => { duringOpening = { prompt: 'of a', node: '7', text: 'working in a' } }")
    tabs.open("b", SAVE)
    assert "in a" not in tabs.words()
    tabs.open("a", SAVE)
    assert tabs.words() == "working in a"


def test_a_node_answered_from_the_cache_shows_what_it_made(tabs: Tabs) -> None:
    tabs.open("a", SAVE)
    tabs.queue("of a", SAVE)
    tabs.made("of a", text=["made"])
    tabs.tell("likeness.note", prompt="of a", node="7", text="1 of 2")
    tabs.tell("executed", prompt_id="of a", node="7", output=None)
    assert tabs.words() == "made"


def test_what_a_loop_unrolled_into_shows_on_the_node_that_it_is_of(tabs: Tabs) -> None:
    tabs.open("a", SAVE)
    tabs.queue("of a", SAVE)
    tabs.tell("executed", prompt_id="of a", node="604.0.7", display_node="7", output={"text": ["made in a loop"]})
    assert tabs.words() == "made in a loop"


def test_a_run_in_progress_is_known_again_after_a_reload(tabs: Tabs) -> None:
    tabs.open("a", SAVE)
    graph = {"7": {"class_type": SAVE, "inputs": {}}}
    of_a = [0, "from before", graph, {"extra_pnginfo": {"workflow": {"id": "a"}}}, []]
    of_none = [0, "of a closed one", graph, {"extra_pnginfo": {"workflow": {"id": "closed"}}}, []]
    tabs.answer("/queue", {"queue_running": [of_a], "queue_pending": [of_none]})
    tabs.tell("likeness.note", prompt="from before", node="7", text="1 of 2")
    tabs.tell("likeness.note", prompt="from before", node="7", text="2 of 2")
    tabs.tell("likeness.note", prompt="of a closed one", node="7", text="elsewhere")
    assert tabs.words() == "2 of 2"


def test_a_cancelled_node_says_what_was_kept_until_it_goes_on(tabs: Tabs) -> None:
    tabs.open("a", SAVE)
    tabs.queue("of a", SAVE)
    tabs.tell("likeness.note", prompt="of a", node="7", text="177 of 192 · 15 s left")
    tabs.tell("likeness.stopped", prompt="of a", node="7", text="Stopped after 177 of 192 pictures; they are kept.")
    tabs.tell("execution_interrupted", prompt_id="of a", node_id="7")
    assert tabs.words() == "Stopped after 177 of 192 pictures; they are kept."
    tabs.open("a", SAVE)
    assert tabs.words() == "Stopped after 177 of 192 pictures; they are kept."
    tabs.queue("again", SAVE)
    tabs.tell("execution_start", prompt_id="again")
    assert tabs.words() == "Queued again; goes on when its turn comes."
    tabs.tell("likeness.note", prompt="again", node="7", text="178 of 192")
    assert tabs.words() == "178 of 192"


def test_a_node_says_that_it_is_at_work_until_it_tells_more(tabs: Tabs) -> None:
    tabs.open("a", SAVE)
    tabs.queue("of a", SAVE)
    first = tabs.words()
    tabs.tell("execution_start", prompt_id="of a")
    assert tabs.words() == first
    tabs.tell("progress_state", prompt_id="of a", nodes={"7": {"node_id": "7", "state": "running"}})
    assert tabs.words() == "At work…"
    tabs.tell("likeness.note", prompt="of a", node="7", text="1 of 2")
    tabs.tell("progress_state", prompt_id="of a", nodes={"7": {"node_id": "7", "state": "running"}})
    assert tabs.words() == "1 of 2"
    tabs.made("of a", text=["made"])
    tabs.queue("again", SAVE)
    tabs.tell("execution_start", prompt_id="again")
    tabs.tell("progress_state", prompt_id="again", nodes={"7": {"node_id": "7", "state": "running"}})
    assert tabs.words() == "made"


def test_a_node_that_ends_without_a_word_says_that_it_did_not_run(tabs: Tabs) -> None:
    tabs.open("a", SAVE)
    tabs.queue("of a", SAVE)
    for state in ("running", "finished"):
        tabs.tell("progress_state", prompt_id="of a", nodes={"7": {"node_id": "7", "state": state}})
    assert tabs.words() == "Did not run: what leads to it gave nothing."


def test_a_node_that_was_cancelled_in_silence_says_so(tabs: Tabs) -> None:
    tabs.open("a", TRAIN)
    tabs.queue("of a", TRAIN)
    tabs.tell("execution_interrupted", prompt_id="of a", node_id="7")
    assert tabs.words().startswith("Cancelled. Run starts it again.")


@pytest.mark.parametrize("kind", [SAVE, TRAIN, REVIEW, "LikenessCheckDataset", "LikenessFillGaps"])
def test_a_failed_node_says_why_as_text(tabs: Tabs, kind: str) -> None:
    tabs.open("a", kind)
    tabs.queue("of a", kind)
    tabs.tell("execution_error", prompt_id="of a", node_id="7", exception_message="No <b>face</b> in 1.png.\n")
    assert "No <b>face</b> in 1.png." in tabs.words()
    assert tabs.page.evaluate("() => window.node.panel.querySelectorAll('b').length") == 0


def test_what_was_made_before_a_reload_comes_back_from_the_history(tabs: Tabs) -> None:
    graph = {"7": {"class_type": SAVE, "inputs": {"name": "sage"}}}
    tabs.answer("/history", {"old": _history("a", graph, text=["saved sage"])})
    tabs.page.evaluate("(graph) => { nowPrompt = graph }", graph)
    tabs.open("a", SAVE)
    assert tabs.words() == "saved sage"


@pytest.mark.parametrize(
    ("workflow", "inputs"), [("another", {"name": "sage"}), ("a", {"name": "other"}), ("a", {"name": ["5", 0]})]
)
def test_what_this_graph_would_not_make_stays_in_the_history(tabs: Tabs, workflow: str, inputs: Any) -> None:
    graph = {"7": {"class_type": SAVE, "inputs": inputs}, "5": {"class_type": LOAD, "inputs": {"folder": "x"}}}
    now = {"7": {"class_type": SAVE, "inputs": {"name": inputs["name"] if workflow == "another" else "sage"}}}
    tabs.answer("/history", {"old": _history(workflow, graph, text=["saved"])})
    tabs.page.evaluate("(graph) => { nowPrompt = graph }", now)
    tabs.open("a", SAVE)
    assert "saved" not in tabs.words()


def test_a_run_comes_back_from_its_folder(tabs: Tabs) -> None:
    tabs.answer("/likeness/run", {"status": "Stopped at step 2 of 30, saved at step 2.", "loss": [[1, 0.1]]})
    tabs.open("a", TRAIN)
    assert tabs.words().startswith("Stopped at step 2 of 30, saved at step 2.")
    assert tabs.page.evaluate("() => api.asked.at(-1)") == "/likeness/run?name=sage"


def test_decisions_that_were_saved_are_counted_before_anything_ran(tabs: Tabs) -> None:
    kept = {"dropped": ["a" * 64], "waived": {"b" * 64: ["blur", "size"]}}
    tabs.page.evaluate("(text) => { keptReview = text }", json.dumps(kept))
    tabs.open("a", "LikenessCheckDataset")
    assert "3 decisions kept; queue to see them." in tabs.words()
    tabs.page.evaluate('() => { keptReview = \'{"appearance":{"hair":"omit"}}\' }')
    tabs.open("b", REVIEW)
    assert "1 decision kept; queue to see it." in tabs.words()


def _history(workflow: str, graph: dict[str, Any], **output: Any) -> dict[str, Any]:
    prompt = [0, "old", graph, {"extra_pnginfo": {"workflow": {"id": workflow}}}, ["7"]]
    return {"prompt": prompt, "outputs": {"7": output}, "status": {"messages": []}}


_START = """() => {
    document.querySelectorAll('body > div').forEach((box) => box.remove());
    window.LiteGraph = { vueNodesMode: false };
    window.workflows = {};
    window.nowPrompt = {};
    window.keptReview = '';
    window.duringOpening = null;
    api.answers = {};
    app.graphToPrompt = async () => ({ output: nowPrompt });
}"""

_OPEN = """async ([name, kind]) => {
    document.querySelectorAll('body > div').forEach((box) => box.remove());
    app.extensions[0].beforeConfigureGraph();
    const node = window.node = {
        id: 7, comfyClass: kind, size: [300, 200], computeSize: () => [300, 200], setSize() {},
        widgets: [{ name: 'review', value: keptReview }, { name: 'name', value: 'sage' }],
        addDOMWidget(name, type, element) {
            node.panel = document.createElement('div');
            node.panel.style.cssText = 'position: fixed; inset: 0 auto auto 0; width: 600px; height: 600px';
            node.panel.append(element);
            document.body.append(node.panel);
            return { name, type, element };
        },
    };
    app.extensions[0].nodeCreated(node);
    app.rootGraph = { id: name, nodes: [node], getNodeById: (id) => (String(id) === '7' ? node : null) };
    if (duringOpening) api.dispatchEvent(new CustomEvent('likeness.note', { detail: duringOpening }));
    duringOpening = null;
    const tab = workflows[name] ??= { activeState: { id: name } };
    app.extensionManager.workflow.openWorkflows = Object.values(workflows);
    app.extensionManager.workflow.activeWorkflow = tab;
    const done = [];
    app.hear({ name: 'openWorkflow', after: (act) => done.push(act) });
    await Promise.all(done.map((act) => act()));
    await new Promise((done) => setTimeout(done));
}"""

_QUEUE = """async ([prompt, output]) => {
    api.nextPrompt = prompt;
    await api.queuePrompt(0, { output, workflow: {} });
}"""

_QUEUE_SLOWLY = """([prompt, output]) => {
    api.nextPrompt = new Promise((done) => { window.answerNow = () => done(prompt); });
    api.queuePrompt(0, { output, workflow: {} });
}"""

_TELL = """async ([event, detail]) => {
    api.dispatchEvent(new CustomEvent(event, { detail }));
    await new Promise((done) => setTimeout(done));
}"""
