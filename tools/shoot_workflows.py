"""The pictures of the template browser, from real runs in ComfyUI's page.

    python -m tools.shoot_workflows [--home FOLDER] [--whole FOLDER] [NAME ...]

Starts ComfyUI (tests/host/comfyui.py), opens each workflow whose file name begins with NAME (all without one) in the
page, runs it as shipped, and writes workflows/<name>.jpg: the node that shows what the task comes to. `--home` keeps
the host's base directory, so that runs and comparisons that are there answer at once; `--whole` also gets the page as
it opened and as it looked after the run, in both renderers.
"""

import argparse
import io
import json
import sys
import tempfile
import urllib.request
from pathlib import Path

from PIL import Image

from tests.host.comfyui import ROOT, Comfy
from tests.host.page import Page, Pages
from tests.web.browser import browser

_NODES = {
    "1": ["LikenessCheckDataset"],
    "2": ["LikenessReviewCaptions"],
    "4 Train an": ["LikenessTrainCharacterLora"],
    "7": ["LikenessTrainCharacterLora", "LikenessCompareCheckpoints"],
}
"""Nodes that are in the picture, by how the name begins."""
_RESULTS = {
    "3 F": "LikenessFillGaps",
    "3 R": "LikenessMakeStyleVariants",
    "8": "LikenessCheckMotion",
    "9": "LikenessCleanUp",
}
"""The node whose picture it is. Of workflows in neither table it is cut from a run's report, and left alone."""
_SIDE, _BYTES = 512, 70_000
_VIEW = (1800, 1000)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("names", nargs="*", help="how file names begin")
    parser.add_argument("--home", type=Path)
    parser.add_argument("--whole", type=Path)
    asked = parser.parse_args()
    files = sorted((ROOT / "workflows").glob("*.json"))
    comfy = Comfy(asked.home or Path(tempfile.mkdtemp(prefix="likeness_workflows_")))
    try:
        comfy.start()
        with browser() as launched:
            pages = Pages(comfy, launched)
            for vue in [False, True] if asked.whole else [True]:
                for path in (path for path in files if path.stem.startswith(tuple(asked.names) or "")):
                    with pages.opened(vue=vue) as page:
                        _shoot(page, path, asked.whole, vue)
    finally:
        comfy.stop()


def _shoot(page: Page, path: Path, whole: Path | None, vue: bool) -> None:
    name = f"{path.stem} {'vue' if vue else 'classic'}"
    page.load(json.loads(path.read_text(encoding="utf-8")))
    if whole:
        page.shot(whole / f"{name} opened.png")
    page.run_to_end()
    page.page.wait_for_timeout(2000)
    if whole:
        page.shot(whole / f"{name} run.png")
    for start, kinds in _NODES.items():
        if vue and path.stem.startswith(start):
            _write(_square(page, kinds), path.with_suffix(".jpg"))
    for start, kind in _RESULTS.items():
        if vue and path.stem.startswith(start):
            _write(_result(page, kind), path.with_suffix(".jpg"))
    sys.stdout.write(f"{name} {page.dialogs()}\n")
    sys.stdout.flush()


def _square(page: Page, kinds: list[str]) -> Image.Image:
    """The nodes of these kinds in a square of the page without its bars."""
    side = _VIEW[1]
    page.page.set_viewport_size({"width": _VIEW[0], "height": _VIEW[1] + 200})
    page.page.evaluate(_LOOK_AT, [kinds, side, 200])
    page.settle()
    page.page.wait_for_timeout(1000)
    data = page.page.screenshot(clip={"x": 200, "y": 150, "width": side, "height": side})
    page.page.set_viewport_size({"width": _VIEW[0], "height": _VIEW[1]})
    return Image.open(io.BytesIO(data)).convert("RGB")


def _result(page: Page, kind: str) -> Image.Image:
    """A square of the picture that the node shows: the top of a tall one, a wide one whole."""
    url = page.page.evaluate(_PICTURE, kind)
    with urllib.request.urlopen(url, timeout=60) as answer:
        picture = Image.open(io.BytesIO(answer.read())).convert("RGB")
    square = Image.new("RGB", (picture.width, picture.width), picture.getpixel((0, 0)))
    square.paste(picture, (0, max(0, (picture.width - picture.height) // 2)))
    return square


def _write(picture: Image.Image, path: Path) -> None:
    small = picture.resize((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    for quality in (90, 80, 70, 60, 50):
        small.save(path, "JPEG", quality=quality, optimize=True)
        if path.stat().st_size <= _BYTES:
            return


_PICTURE = """(kind) => {
    const node = app.graph.nodes.find(({ type }) => type === kind);
    const [image] = app.nodeOutputs[node.id].images;
    return location.origin + app.api.apiURL(`/view?${new URLSearchParams(image)}`);
}"""

_LOOK_AT = """([kinds, side, left]) => {
    const nodes = app.graph.nodes.filter((node) => kinds.includes(node.type));
    const boxes = nodes.map(({ id, pos, size }) => {
        const drawn = document.querySelector(`[data-node-id="${id}"]`)?.getBoundingClientRect();
        const height = drawn ? drawn.height / app.canvas.ds.scale : size[1] + 30;
        return [pos[0], pos[1] - 30, pos[0] + size[0], pos[1] - 30 + height];
    });
    const [x0, y0] = [0, 1].map((at) => Math.min(...boxes.map((box) => box[at])));
    const [x1, y1] = [2, 3].map((at) => Math.max(...boxes.map((box) => box[at])));
    const scale = Math.min((side - 24) / (x1 - x0), (side - 24) / (y1 - y0));
    app.canvas.ds.scale = scale;
    app.canvas.ds.offset = [(left + side / 2) / scale - (x0 + x1) / 2, (150 + side / 2) / scale - (y0 + y1) / 2];
    app.canvas.setDirty(true, true);
}"""


if __name__ == "__main__":
    main()
