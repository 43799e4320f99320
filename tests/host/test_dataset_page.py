"""The checked dataset on the page, in both renderers: keys, undo, and decisions that are kept with the workflow."""

import json
from pathlib import Path
from typing import Any

import pytest

from ..web.browser import chromium
from .page import Page, Pages
from .test_dataset import WORKFLOW
from .test_page import CLASSIC, RENDERERS

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium; install it to test the page")


def _workflow() -> dict[str, Any]:
    return json.loads(WORKFLOW.read_text(encoding="utf-8"))


def _review(page: Page) -> dict[str, Any]:
    """What would be saved with the workflow."""
    check = next(node for node in page.serialized()["nodes"] if node["type"] == "LikenessCheckDataset")
    return json.loads(check["widgets_values"][2] or "{}")


def _tile(page: Page, name: str) -> Any:
    return page.page.locator(f'.likeness-tile[aria-label^="{name}:"]')


@RENDERERS
def test_pictures_are_decided_on_by_keyboard_and_the_decisions_are_applied(
    pages: Pages, vue: bool, shots: Path
) -> None:
    name = "vue" if vue else "classic"
    with pages.opened(vue=vue) as page:
        page.load(_workflow())
        assert page.unknown_nodes() == []
        assert page.dialogs() == []
        page.run_to_end()
        page.fit()
        page.shot(shots / f"dataset_{name}.png")
        assert page.page.locator(".likeness-tile").count() == 24
        loaded = "(images) => images.every((image) => !image.complete || image.naturalWidth > 0)"
        assert page.page.locator(".likeness-tile img").evaluate_all(loaded)
        _tile(page, "stranger.png").click()
        page.page.keyboard.press("d")
        page.page.keyboard.press("ArrowLeft")
        page.page.keyboard.press("Delete")  # the canvas must not take it for its own
        assert len(_review(page)["dropped"]) == 2
        page.page.keyboard.press("z")
        assert len(_review(page)["dropped"]) == 1
        _tile(page, "nobody.png").click()
        page.page.keyboard.press("a")
        assert [*_review(page)["waived"].values()] == [["no face"]]
        assert "queue again" in page.page.locator(".likeness-check-words").inner_text()
        page.run_to_end()
        assert "1 dropped" in page.page.locator(".likeness-check-words").inner_text()
        assert "queue again" not in page.page.locator(".likeness-check-words").inner_text()
        assert page.dialogs() == []
        assert _tile(page, "nobody.png").get_attribute("data-verdict") == "ready"
        page.shot(shots / f"dataset_{name}_decided.png")
        assert page.ours() == []


@CLASSIC
def test_a_workflow_that_is_opened_again_shows_the_decisions_it_was_saved_with(pages: Pages, vue: bool) -> None:
    with pages.opened(vue=vue) as page:
        page.load(_workflow())
        page.run_to_end()
        _tile(page, "tiny.png").click()
        page.page.keyboard.press("d")
        saved = page.serialized()
        page.load(saved)
        page.run_to_end()
        assert _tile(page, "tiny.png").get_attribute("data-mark") == "dropped"
