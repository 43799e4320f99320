"""A folder brought into the host's input folder by the node's own button, twice."""

import shutil
from pathlib import Path

import pytest
from PIL import Image

from ..web.browser import chromium
from .comfyui import Comfy
from .page import Pages

pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium; install it to test the page")
_ADD = """() => {
    app.graph.clear();
    window.loader = LiteGraph.createNode('LikenessLoadCharacterDataset');
    app.graph.add(window.loader);
}"""
_PRESS = "() => void window.loader.widgets.find(({ type }) => type === 'button').callback()"
_CHOSEN = "(folder) => window.loader.widgets.find(({ name }) => name === 'folder').value === folder"


def test_a_folder_is_uploaded_and_one_of_its_name_beside_it(comfy: Comfy, pages: Pages, tmp_path: Path) -> None:
    folder = tmp_path / "brought_here"
    folder.mkdir()
    Image.new("RGB", (64, 64)).save(folder / "1.png")
    brought: list[Path] = []
    with pages.opened(vue=False) as page:
        page.page.evaluate(_ADD)
        for name, caption in (("brought_here", "first"), ("brought_here_2", "second")):
            (folder / "1.txt").write_text(caption, encoding="utf-8")
            with page.page.expect_file_chooser() as chooser:
                page.page.evaluate(_PRESS)
            chooser.value.set_files(folder)
            page.page.wait_for_function(_CHOSEN, arg=f"input/{name}")
            assert (comfy.home / "input" / name / "1.txt").read_text(encoding="utf-8") == caption
            brought.append(comfy.home / "input" / name)
        assert page.ours() == [] and page.dialogs() == []
    for each in brought:
        shutil.rmtree(each)
