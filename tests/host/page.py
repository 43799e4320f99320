"""ComfyUI's page in headless Chromium."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..web import browser as web
from ..web.browser import browser
from .comfyui import Comfy

_QUIET_SETTINGS = {
    "Comfy.TutorialCompleted": True,
    "Comfy.Workflow.ShowMissingModelsWarning": False,
    "Comfy.Release.Status": "skipped",
}


@contextmanager
def opened_page(comfy: Comfy, *, vue: bool) -> Iterator["Page"]:
    """The page in one of the two renderers, ready to load a workflow."""
    comfy.post("/settings", {**_QUIET_SETTINGS, "Comfy.VueNodes.Enabled": vue})
    with browser() as launched:
        page = launched.new_page(viewport={"width": 1800, "height": 1000})
        page.set_default_timeout(240_000)
        opened = Page(page)
        page.goto(comfy.url)
        _ready(page)
        yield opened


def _ready(page: Any) -> None:
    page.wait_for_function("() => window.app?.extensionManager && window.app.graph && window.LiteGraph")
    page.wait_for_function("() => Boolean(LiteGraph.registered_node_types['LikenessTrainCharacterLora'])")


class Page(web.Page):
    """A few verbs over the host's page."""

    def load(self, workflow: dict[str, Any]) -> None:
        self.page.evaluate("async (graph) => { await window.app.loadGraphData(graph) }", workflow)
        self.page.wait_for_timeout(1500)

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
        self.page.wait_for_timeout(1200)

    def run(self) -> None:
        self.page.evaluate("() => window.app.queuePrompt(0, 1)")

    def shot(self, path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=path.as_posix())
        return path
