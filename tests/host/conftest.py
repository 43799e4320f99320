"""Fixtures that start ComfyUI; every test of this folder is skipped with the reason where there is none."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from trainer.demo.characters.found import draw_found

from ..web.browser import browser
from .comfyui import ROOT, Comfy, HostPython, comfy_path
from .page import Pages


def _lacks() -> str | None:
    if not (comfy_path() / "main.py").is_file():
        return f"no ComfyUI at {comfy_path()}; set COMFYUI_PATH to one"
    if not (ROOT / "trainer" / "demo" / "assets" / "others.npy").is_file():
        return "the demo is not built; run `python -m trainer demo build`"
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reason = _lacks()
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.host)
            if reason:
                item.add_marker(pytest.mark.skip(reason=reason))


@pytest.fixture(scope="session")
def comfy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Comfy]:
    """One host for all tests that do not kill it."""
    host = Comfy(tmp_path_factory.mktemp("comfy"))
    try:
        yield host.start()
    finally:
        host.stop()


@pytest.fixture(scope="session")
def host_python(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HostPython]:
    """Its interpreter, for what is compared within one process."""
    interpreter = HostPython(tmp_path_factory.mktemp("python") / "errors.log")
    try:
        yield interpreter
    finally:
        interpreter.stop()


@pytest.fixture(scope="package")
def pages(comfy: Comfy) -> Iterator[Pages]:
    """Its page, kept from test to test."""
    with browser() as launched:
        yield Pages(comfy, launched)


@pytest.fixture(scope="session")
def drawn_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 24 pictures as one finds them, to be copied."""
    draw_found(folder := tmp_path_factory.mktemp("drawn") / "found")
    return folder


@pytest.fixture(scope="session")
def shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Screenshots to look at; kept as pytest keeps temporary folders."""
    return tmp_path_factory.mktemp("shots")
