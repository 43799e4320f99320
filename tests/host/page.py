"""ComfyUI's page in headless Chromium."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..web import browser as web
from .comfyui import Comfy

# While a prompt runs a button pulses; without a GPU a core does little else than paint that.
_STILL = ".animate-pulse, .animate-spin { animation: none !important }"
_QUIET_SETTINGS = {
    "Comfy.TutorialCompleted": True,
    "Comfy.Workflow.ShowMissingModelsWarning": False,
    "Comfy.Release.Status": "skipped",
    # The page's own tour of Apps, which it offers once.
    "Comfy.OnboardingCoachmarks.Seen": ["appMode", "firstRun"],
}


class Pages:
    """The host's page in one renderer at a time, kept from test to test: to open it takes longer than most tests.

    Each workflow that a test loads gets a tab of its own.
    """

    def __init__(self, comfy: Comfy, launched: Any) -> None:
        self._comfy = comfy
        self._launched = launched
        self._kept: tuple[bool, Page] | None = None

    @contextmanager
    def opened(self, *, vue: bool) -> Iterator["Page"]:
        """The page in this renderer, ready to load a workflow. A test that fails leaves none to the next."""
        try:
            yield self._page(vue)
        except BaseException:
            self._close()
            raise

    def _page(self, vue: bool) -> "Page":
        if self._kept and self._kept[0] == vue:
            return self._kept[1].afresh()
        self._close()
        self._comfy.post("/settings", {**_QUIET_SETTINGS, "Comfy.VueNodes.Enabled": vue})
        page = self._launched.new_page(viewport={"width": 1800, "height": 1000})
        page.set_default_timeout(240_000)
        self._kept = (vue, Page(page))
        page.goto(self._comfy.url)
        _ready(page)
        return self._kept[1]

    def _close(self) -> None:
        if self._kept:
            self._kept[1].page.close()
        self._kept = None


def _ready(page: Any) -> None:
    page.wait_for_function("() => window.app?.extensionManager && window.app.graph && window.LiteGraph")
    page.wait_for_function("() => Boolean(LiteGraph.registered_node_types['LikenessTrainCharacterLora'])")
    # Before that the host would not know whom to tell how a prompt goes.
    page.wait_for_function("() => app.api.clientId && app.api.socket?.readyState === WebSocket.OPEN")
    # `add_style_tag` fails when the page logs anything of its security policy meanwhile.
    page.evaluate(
        "(css) => { document.head.append(Object.assign(document.createElement('style'), { textContent: css })) }",
        _STILL,
    )


class Page(web.Page):
    """A few verbs over the host's page."""

    def afresh(self) -> "Page":
        """Without what an earlier test was told or has complained of."""
        self.page.evaluate(_NO_TOASTS)
        self.settle()
        self.complaints.clear()
        return self

    def load(self, workflow: dict[str, Any]) -> None:
        self.page.evaluate("async (graph) => { await window.app.loadGraphData(graph) }", workflow)
        self.settle()

    def settle(self) -> None:
        """Until nothing has changed or moved on the page for a fifth of a second; three seconds at most."""
        self.page.evaluate(_SETTLE, [200, 3000])

    def reload(self) -> None:
        """Loads the page anew; it opens the tabs it had once it has stored them."""
        self.page.wait_for_timeout(1500)
        self.page.reload()
        _ready(self.page)

    def unknown_nodes(self) -> list[str]:
        return self.page.evaluate(
            "() => window.app.graph.nodes.map((n) => n.type).filter((t) => !LiteGraph.registered_node_types[t])"
        )

    def dialogs(self) -> list[str]:
        """Words of the dialogs and toasts that are open."""
        return self.page.evaluate(
            "() => [...document.querySelectorAll('[role=dialog], .p-dialog, .p-toast-message')]"
            ".filter((e) => e.offsetParent !== null || e.getClientRects().length).map((e) => e.innerText)"
        )

    def serialized(self) -> dict[str, Any]:
        return self.page.evaluate("() => window.app.graph.serialize()")

    def fit(self) -> None:
        self.page.evaluate("() => window.app.extensionManager.command.execute('Comfy.Canvas.FitView')")
        self.settle()

    def run(self) -> None:
        self.page.evaluate("() => window.app.queuePrompt(0, 1)")

    def run_to_end(self) -> None:
        """Until the page was told that its prompt has ended, however it ended, and has shown it."""
        self.page.evaluate(_RUN_TO_END, 900_000)
        self.settle()

    def shot(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path.as_posix())
        return path


# Pages from 1.58 on have no removeAll.
_NO_TOASTS = """() => {
    const { toast } = app.extensionManager;
    if (toast.removeAll) return toast.removeAll();
    for (const close of document.querySelectorAll('.p-toast-close-button')) close.click();
}"""

_SETTLE = """([still, most]) => new Promise((done) => {
    const begun = performance.now();
    let [changed, place] = [begun, ''];
    const watch = new MutationObserver(() => { changed = performance.now(); });
    watch.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
    const look = () => {
        const now = performance.now();
        const at = [app.canvas.ds.scale, ...app.canvas.ds.offset].join();
        if (at !== place) [changed, place] = [now, at];
        if (now - changed < still && now - begun < most) return requestAnimationFrame(look);
        watch.disconnect();
        done();
    };
    requestAnimationFrame(look);
})"""

_RUN_TO_END = """(most) => new Promise((done, fail) => {
    for (const end of ['execution_success', 'execution_error', 'execution_interrupted'])
        app.api.addEventListener(end, done, { once: true });
    setTimeout(() => fail(new Error(`The prompt did not end in ${most} ms.`)), most);
    app.queuePrompt(0, 1);
}).then(() => undefined)"""
