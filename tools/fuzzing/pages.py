"""The page: what the host tells of nodes, and workflows that somebody else made. No script of theirs may run."""

import json
import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from playwright.sync_api import Error, TimeoutError

from tests.host.page import Pages
from tests.web.browser import browser

from . import values
from .findings import Findings
from .host import FuzzedHost

ROOT = Path(__file__).resolve().parents[2]
_PROMPT = "fuzzed"
_BATCH = 25
_TABS = 100
_PATIENCE_MS = 60_000


class FuzzedPage:
    """The host's page with a graph in it, and what it complained of."""

    def __init__(self, page: Any, found: Findings) -> None:
        self.page, self.found = page.page, found
        self._verbs = page
        self.case: Any = None
        self.page.on("pageerror", self._fault)
        self.page.on("crash", lambda: found.fault("the page crashed", self.case))
        self.page.on("dialog", self._dialog)
        self.page.set_default_timeout(_PATIENCE_MS)
        self._inside = self.page.context.new_cdp_session(self.page)
        # Once a page hangs it can be stopped, and asked where it is, by who had said so before.
        self._inside.send("Debugger.enable")

    def _fault(self, fault: Any) -> None:
        stack = str(getattr(fault, "stack", "") or fault)
        if "/extensions/likeness/" in stack:
            place = next((line.strip() for line in stack.splitlines() if "/extensions/likeness/" in line), "")
            where = place.split("/extensions/likeness/")[-1].rstrip(")")
            self.found.fault(f"page: {stack.splitlines()[0][:80]} at {where}", self.case, stack)

    def _dialog(self, dialog: Any) -> None:
        if dialog.type == "beforeunload":
            dialog.accept()
        else:
            self.found.fault("a dialog of the browser opened", self.case)
            dialog.dismiss()

    def load(self, workflow: dict[str, Any]) -> str:
        """ "" or what the host's page said itself. A page that hangs is a fault where it is in our code."""
        self.page.evaluate(_LOAD, json.dumps(for_page(workflow)))
        try:
            return self.page.wait_for_function("() => window.__likeness_loaded").json_value()["said"]
        except TimeoutError:
            stack = self._stopped()
            if any("/extensions/likeness/" in frame for frame in stack):
                self.found.fault(f"the page hung at {stack[0]}", self.case, "\n".join(stack))
            self.found.outcomes["the page hung"] += 1
            return f"hung at {stack[:1]}"

    def _stopped(self) -> list[str]:
        """Where a page was that hung: it is there no more."""
        frames: list[str] = []
        self._inside.once(
            "Debugger.paused",
            lambda told: frames.extend(f"{each['functionName']} {each['url']}" for each in told["callFrames"]),
        )
        self._inside.send("Debugger.pause")
        self.page.wait_for_timeout(2000)
        self._inside.send("Runtime.terminateExecution")
        with suppress(Error):  # it was only waiting
            self._inside.send("Debugger.resume")
        return frames

    def reopen(self) -> None:
        """The page anew, without what it had open."""
        self.page.evaluate("() => { localStorage.clear(); sessionStorage.clear(); }")
        self.page.reload()
        self.page.wait_for_function("() => Boolean(window.LiteGraph?.registered_node_types.LikenessTrainCharacterLora)")
        self.found.outcomes["the page was opened anew"] += 1

    def prompt(self, workflow: dict[str, Any]) -> dict[str, Any]:
        """What the page queues of a workflow."""
        self.load(workflow)
        return self.page.evaluate("async () => (await app.graphToPrompt()).output")

    def tell(self, messages: list[dict[str, Any]]) -> None:
        """Messages, one after the other, as the host's socket would bring them."""
        for said in self.page.evaluate(_TELL, json.dumps(for_page(messages))):
            self.found.outcomes[said] += 1

    def look(self) -> None:
        """Whether anything ran."""
        if self.page.evaluate("() => new Promise((done) => setTimeout(() => done(window.__likeness_fuzzed), 30))"):
            self.found.fault("a script ran", self.case)
            self.page.evaluate("() => { delete window.__likeness_fuzzed }")


@contextmanager
def fuzzed_page(host: FuzzedHost, found: Findings, vue: bool) -> Iterator[FuzzedPage]:
    with browser() as launched, Pages(host.comfy, launched).opened(vue=vue) as page:
        yield FuzzedPage(page, found)


def all_nodes(infos: dict[str, Any]) -> dict[str, Any]:
    """A workflow with one of each of our nodes, numbered from 1 in the order of their names."""
    ours = sorted(name for name in infos if name.startswith("Likeness"))
    nodes = [
        {
            "id": number,
            "type": name,
            "pos": [400 * (number % 8), 500 * (number // 8)],
            "size": [380, 400],
            "flags": {},
            "order": number,
            "mode": 0,
            "inputs": [],
            "outputs": [],
            "properties": {},
        }
        for number, name in enumerate(ours, 1)
    ]
    return {
        "id": "11111111-2222-4333-8444-555555555555",
        "last_node_id": len(nodes),
        "last_link_id": 0,
        "nodes": nodes,
        "links": [],
        "groups": [],
        "config": {},
        "extra": {},
        "version": 0.4,
    }


@st.composite
def messages(draw: Callable[..., Any], seeds: dict[str, list[Any]], numbers: dict[str, int]) -> dict[str, Any]:
    """One message to one node: an output, a live state, a fault; or decisions that a workflow has kept."""
    kind = draw(st.sampled_from(sorted(numbers)))
    good = seeds.get(kind) or [one for several in seeds.values() for one in several]
    made = json.loads(json.dumps(draw(st.sampled_from(good))))
    for _ in range(draw(st.integers(1, 5))):
        made = values.changed(draw, made)
    node = str(numbers[kind])
    match draw(st.integers(0, 9)):
        case 0:
            return {
                "event": "execution_error",
                "detail": {"prompt_id": _PROMPT, "node_id": node, "exception_message": draw(values.words)},
            }
        case 1:
            return {
                "event": "likeness.stopped",
                "detail": {"prompt": _PROMPT, "node": node, "text": draw(values.words)},
            }
        case 2 | 3:
            live = (
                next(
                    (
                        each
                        for several in made.values()
                        if isinstance(several, list)
                        for each in several
                        if isinstance(each, dict)
                    ),
                    {},
                )
                if isinstance(made, dict)
                else {}
            )
            name = draw(st.sampled_from(["likeness.train", "likeness.note"]))
            return {"event": name, "detail": {**live, "text": draw(values.words), "prompt": _PROMPT, "node": node}}
        case 4:
            return {
                "event": "",
                "node": node,
                "widget": draw(st.sampled_from(["review", "pick", "name", "trigger"])),
                "value": draw(values.json_text(draw(st.sampled_from(REVIEWS)))),
                "output": made,
            }
        case _:
            return {"event": "executed", "detail": {"prompt_id": _PROMPT, "node": node, "output": made}}


REVIEWS = (
    {
        "kept": ["a" * 64],
        "dropped": ["b" * 64 + "#2"],
        "waived": {"c" * 64: ["blurred"]},
        "waived_of_set": ["few close-ups"],
    },
    {"captions": {"a" * 64: "text"}, "sources": {"b" * 64: 1}, "source": 1, "appearance": {"hair": "keep"}},
    {"step": 3, "strength": 0.8},
)


def fuzz_panels(host: FuzzedHost, found: Findings, count: int, seed: int, run: Any) -> int:
    """Half of the messages in each renderer."""
    infos = host.comfy.get("/object_info")
    workflow = all_nodes(infos)
    numbers = {one["type"]: one["id"] for one in workflow["nodes"]}
    queued = {
        "queue_running": [
            [
                0,
                _PROMPT,
                {str(number): {"class_type": name, "inputs": {}} for name, number in numbers.items()},
                {"extra_pnginfo": {"workflow": {"id": workflow["id"]}}},
                [],
            ]
        ],
        "queue_pending": [],
    }
    done = 0
    for vue in (False, True):
        with fuzzed_page(host, found, vue) as page:
            page.page.route("**/queue*", lambda route: route.fulfill(json=queued))
            page.load(workflow)
            waiting: list[dict[str, Any]] = []

            def flush(page: FuzzedPage = page, waiting: list[dict[str, Any]] = waiting) -> None:
                page.case = list(waiting)
                page.tell(waiting)
                page.look()
                waiting.clear()

            def each(message: dict[str, Any], waiting: list[dict[str, Any]] = waiting, flush: Any = flush) -> None:
                waiting.append(message)
                if len(waiting) >= _BATCH:
                    flush()

            done += run(messages(host.outputs, numbers), count // 2, seed + vue, each)
            flush()
    return done


def templates() -> dict[str, dict[str, Any]]:
    return {
        path.stem: json.loads(path.read_text(encoding="utf-8")) for path in sorted((ROOT / "workflows").glob("*.json"))
    }


@st.composite
def workflows(draw: Callable[..., Any]) -> dict[str, Any]:
    """A part of a template with up to six changes, and markup in some of its texts."""
    made = draw(st.sampled_from(sorted(templates().items())))[1]
    made = json.loads(json.dumps(made))
    first = draw(st.integers(0, max(len(made["nodes"]) - 2, 0)))
    made["nodes"] = made["nodes"][first : first + draw(st.integers(1, 3))]
    there = {node["id"] for node in made["nodes"]}
    made["links"] = [link for link in made["links"] if {link[1], link[3]} <= there]
    for node in made["nodes"]:
        if draw(st.booleans()):
            node["title"] = draw(st.sampled_from(values.MARKUP))
        if isinstance(node.get("widgets_values"), list):
            node["widgets_values"] = [
                draw(st.one_of(values.words, values.plain)) if draw(st.integers(0, 2)) == 0 else value
                for value in node["widgets_values"]
            ]
    for group in made.get("groups", []):
        group["title"] = draw(st.sampled_from(values.MARKUP))
    for _ in range(draw(st.integers(0, 3))):
        made = values.changed(draw, made)
    return made


def fuzz_workflows(host: FuzzedHost, found: Findings, count: int, seed: int, run: Any) -> int:
    """Half as workflows in the page, half as prompts over HTTP."""
    done = 0
    with fuzzed_page(host, found, vue=True) as page:
        opened = 0

        def each(workflow: dict[str, Any]) -> None:
            nonlocal opened
            page.case = workflow
            opened += 1
            # ComfyUI keeps a tab for each, and gets slower with every one.
            if opened % _TABS == 0:
                page.reopen()
            is_refused = page.load(workflow) != ""
            found.outcomes["refused by the page" if is_refused else "loaded"] += 1
            page.look()
            # ComfyUI writes down the graph that it has before it opens the next: one that it cannot write bars the way.
            if is_refused and page.load(blank):
                page.reopen()

        # Before anything is changed: ComfyUI itself cannot write down every graph that it opens.
        good = {name: page.prompt(workflow) for name, workflow in templates().items()}
        blank = {**all_nodes({}), "nodes": []}
        done += run(workflows(), count // 2, seed, each)

    @st.composite
    def prompts(draw: Callable[..., Any]) -> dict[str, Any]:
        made = json.loads(json.dumps(draw(st.sampled_from(sorted(good.items())))[1]))
        for _ in range(draw(st.integers(1, 5))):
            made = values.changed(draw, made)
        return made

    def post(prompt: dict[str, Any]) -> None:
        body = json.dumps(
            {"prompt": prompt, "client_id": "fuzz", "extra_data": {"extra_pnginfo": {"workflow": {"id": "x"}}}}
        ).encode()
        status, _, answer = host.request("POST", "/prompt", body, {"Content-Type": "application/json"})
        found.outcomes[f"prompt {status}"] += 1
        if b"custom_nodes/likeness/" in answer:
            found.fault("validation: a traceback of ours", prompt, repr(answer[-3000:]))
        if status == 200:
            host.request("POST", "/queue", b'{"clear": true}', {"Content-Type": "application/json"})
            host.request("POST", "/interrupt", b"{}", {"Content-Type": "application/json"})

    return done + run(prompts(), count - count // 2, seed, post)


def for_page(value: Any) -> Any:
    """As JSON in a page has it: no NaN, and no number beyond its own."""
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > 2**1000:
        return "1e999"
    if isinstance(value, dict):
        return {str(name): for_page(inner) for name, inner in value.items()}
    return [for_page(inner) for inner in value] if isinstance(value, list | tuple) else value


_LOAD = """(text) => {
    window.__likeness_loaded = null;
    setTimeout(async () => {
        let said = '';
        try { await window.app.loadGraphData(JSON.parse(text)); }
        catch (fault) { said = String(fault).slice(0, 300) || 'fault'; }
        document.querySelectorAll('.p-dialog-close-button, .p-toast-close-button').forEach((e) => e.click());
        window.__likeness_loaded = { said };
    });
}"""
_TELL = """async (text) => {
    const told = [];
    for (const message of JSON.parse(text)) {
        const send = (event, detail) => app.api.dispatchEvent(new CustomEvent(event, { detail }));
        if (message.event) send(message.event, message.detail);
        else {
            const node = app.graph.getNodeById(Number(message.node));
            const widget = node?.widgets?.find(({ name }) => name === message.widget);
            if (widget) { widget.value = message.value; widget.callback?.(message.value); }
            send('executed', { prompt_id: 'fuzzed', node: message.node, output: message.output });
        }
        await Promise.resolve();
        told.push(message.event || 'decisions');
    }
    for (const node of app.graph.nodes) {
        const element = node.widgets?.find(({ name }) => name === 'likeness_panel')?.element;
        const buttons = [...(element?.querySelectorAll('button, [role=button], summary, img') ?? [])].slice(0, 6);
        for (const one of buttons) if (!/zip|upload/i.test(one.textContent ?? '')) one.click?.();
    }
    await new Promise((done) => requestAnimationFrame(done));
    return told;
}"""
