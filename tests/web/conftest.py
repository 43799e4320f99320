"""One Chromium for all tests of this folder; without one they are skipped and say so."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .browser import Page, browser, chromium, opened_modules


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if chromium() is None and here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="no Chromium; install it to test the panels"))


@pytest.fixture(scope="session")
def launched() -> Iterator[Any]:
    with browser() as opened:
        yield opened


@pytest.fixture(scope="module")
def page(launched: Any) -> Iterator[Page]:
    with opened_modules(launched) as opened:
        yield opened
