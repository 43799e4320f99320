"""Headless Chromium with our modules in it, served from their files, and stand-ins for the two modules of the host."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

WEB = Path(__file__).resolve().parents[2] / "web"
ORIGIN = "http://likeness.test"
_EXTENSION = "/extensions/likeness/"
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
_TYPES = {".js": "text/javascript", ".css": "text/css"}
_PICTURE = '<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8"/>'
_HOST = {
    "/": ("text/html", "<!doctype html><title>Likeness</title><body></body>"),
    "/scripts/api.js": (
        "text/javascript",
        """class Api extends EventTarget {
            answers = {};
            asked = [];
            apiURL(path) { return `/api${path}`; }
            async fetchApi(path, asked) {
                this.asked.push(path);
                const none = path.startsWith("/likeness/run") ? {} : null;
                const told = () => window.answer?.(path, asked) ?? this.answers[path.split('?')[0]] ?? none;
                return { ok: true, json: async () => told() };
            }
            async queuePrompt() { return { prompt_id: await this.nextPrompt }; }
        }
        export const api = (window.api = new Api());""",
    ),
    "/scripts/app.js": (
        "text/javascript",
        """export const app = (window.app = {
            extensions: [],
            refreshed: 0,
            told: [],
            extensionManager: {
                toast: { add: ({ detail }) => app.told.push(detail) },
                workflow: {
                    openWorkflows: [],
                    activeWorkflow: null,
                    $onAction(hear) { app.hear = hear; },
                },
            },
            registerExtension(extension) { this.extensions.push(extension); },
            async reloadNodeDefs() { this.refreshed += 1; },
            refreshComboInNodes() { this.told.push("Node definitions updated"); return this.reloadNodeDefs(); },
        });""",
    ),
}


def chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@contextmanager
def browser() -> Iterator[Any]:
    """Chromium until the block ends."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=_FLAGS)
        try:
            yield launched
        finally:
            launched.close()


class Page:
    """Playwright's page, and what it complained of."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.complaints: list[str] = []
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"{error}\n{error.stack or ''}"))

    def _heard(self, message: Any) -> None:
        where = str(message.location.get("url", ""))
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type} {where}: {message.text}")

    def ours(self) -> list[str]:
        """Complaints that name our files."""
        return [complaint for complaint in self.complaints if "likeness" in complaint.lower()]


@contextmanager
def opened_modules(browser: Any) -> Iterator[Page]:
    """An empty page on which our extension is registered and its stylesheets are loaded."""
    page = browser.new_page(viewport={"width": 1800, "height": 1000})
    page.set_default_timeout(10_000)
    opened = Page(page)
    page.route(f"{ORIGIN}/**", _answer)
    page.goto(f"{ORIGIN}/")
    page.evaluate(_REGISTER, f"{_EXTENSION}likeness.js")
    try:
        yield opened
    finally:
        page.close()


def _answer(route: Any) -> None:
    path = route.request.url.removeprefix(ORIGIN).partition("?")[0]
    file = WEB / path.removeprefix(_EXTENSION)
    if path in _HOST:
        kind, text = _HOST[path]
        route.fulfill(content_type=kind, body=text)
    elif path.startswith(_EXTENSION) and file.is_file():
        route.fulfill(content_type=_TYPES[file.suffix], body=file.read_text(encoding="utf-8"))
    elif path.startswith("/api/view"):
        route.fulfill(content_type="image/svg+xml", body=_PICTURE)
    else:
        route.fulfill(status=404, body="")


_REGISTER = """async (path) => {
    await import(path);
    const [extension] = app.extensions;
    extension.init();
    extension.setup();
    const sheets = [...document.querySelectorAll('link[rel=stylesheet]')];
    await Promise.all(sheets.map((sheet) => new Promise((done, fail) => {
        if (sheet.sheet) return done();
        sheet.onload = done;
        sheet.onerror = () => fail(new Error(sheet.href));
    })));
}"""
