"""Pictures of every node in every state, and those of the help pages.

    python -m tools.shoot_nodes OUT [--frontend FOLDER] [--home FOLDER] [--states busy,after,...]
                                    [--renderers classic,vue] [--nodes LikenessPlanRun,...] [--help-pictures]

Starts ComfyUI (tests/host/comfyui.py) with a home of its own, opens its page, builds the graph of node_gallery.py there
and shoots each node at zoom 1: empty, busy, after a run, after a Cancel and after a failure, in the dark and the light
theme and in both renderers. OUT gets a picture a node and state, and a contact sheet a state. With `--help-pictures`
web/docs/pictures is filled as well, from the dark theme of the classic renderer.
"""

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw

from tests.host.comfyui import ROOT, Comfy
from tests.host.page import Page, Pages
from tests.web.browser import browser

from .node_gallery import before, gallery, lay_out_files, leading_to

LOOKS = [("dark", False), ("light", False), ("dark", True), ("light", True)]
_HELP = ROOT / "web" / "docs" / "pictures"
_HELP_WIDTH, _HELP_BYTES = 640, 38_000
_MARGIN = 12
_SECONDS_BETWEEN, _SECONDS_TO_WAIT = 10.0, 900.0
_NOT_RUN = {"LikenessInstantIdConditioning"}
"""What needs files that the demo has none of is shown as it is added."""


def main() -> None:
    asked = _asked()
    asked.out.mkdir(parents=True, exist_ok=True)
    with _host(asked) as comfy, browser() as launched:
        pages = Pages(comfy, launched)
        for vue in (renderer == "vue" for renderer in asked.renderers):
            with pages.opened(vue=vue) as page:
                _shoot_renderer(page, asked, vue=vue)
    for state in asked.states:
        for theme, vue in LOOKS:
            _sheet(asked.out, f"{state}_{theme}_{_renderer(vue)}")
    if asked.help_pictures:
        _help_pictures(asked.out)


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("out", type=Path, help="a folder outside the repository")
    parser.add_argument("--frontend", type=Path, help="another page: ComfyUI's --front-end-root")
    parser.add_argument("--home", type=Path, help="the host's base directory, kept; else a new one, thrown away")
    parser.add_argument("--states", default="empty,busy,after,cancelled,failed", type=lambda text: text.split(","))
    parser.add_argument("--renderers", default="classic,vue", type=lambda text: text.split(","))
    parser.add_argument("--nodes", type=lambda text: text.split(","), help="only these, and what leads to them")
    parser.add_argument("--help-pictures", action="store_true", help="write web/docs/pictures too")
    return parser.parse_args()


@contextmanager
def _host(asked: argparse.Namespace) -> Iterator[Comfy]:
    home = asked.home or Path(tempfile.mkdtemp(prefix="likeness_nodes_"))
    comfy = Comfy(home, *(["--front-end-root", str(asked.frontend)] if asked.frontend else []))
    lay_out_files(home)
    try:
        comfy.start()
        if first := leading_to(before(comfy.get("/object_info")), asked.nodes):
            comfy.run(first, seconds=2400)
        yield comfy
    finally:
        comfy.stop()
        if not asked.home:
            shutil.rmtree(home, ignore_errors=True)


def _shoot_renderer(page: Page, asked: argparse.Namespace, *, vue: bool) -> None:
    page.page.set_viewport_size({"width": 1500, "height": 1500})
    page.page.evaluate(_QUIET)
    graph = leading_to(gallery(), asked.nodes)
    page.page.evaluate(_BUILD, graph)
    page.settle()
    shots = _Shots(page, asked.out, vue, asked.nodes)
    if "empty" in asked.states:
        shots.of_all("empty")
    if "busy" in asked.states:
        shots.busy()
    elif "after" in asked.states:
        page.run_to_end()
    if "after" in asked.states:
        shots.of_all("after")
    if "cancelled" in asked.states:
        shots.stopped("cancelled")
    if "failed" in asked.states:
        shots.stopped("failed")


class _Shots:
    """Shoots nodes of the page in a state."""

    def __init__(self, page: Page, out: Path, vue: bool, kinds: list[str] | None) -> None:
        self.page, self.out, self.vue, self.kinds = page, out, vue, kinds

    def of_all(self, state: str) -> None:
        for theme in ("dark", "light"):
            self.page.page.evaluate(_THEME, theme)
            self.page.settle()
            for number in self.ours():
                self.shoot(number, state, theme)

    def ours(self) -> list[int]:
        """One node of each kind."""
        return self.page.page.evaluate(_OURS, self.kinds)

    def shoot(self, number: int, state: str, theme: str) -> None:
        self.page.page.evaluate(_SHOW, number)
        # Frames for the place, and what pictures need.
        self.page.page.evaluate(_FRAMES)
        box = self.page.page.evaluate(_BOX, number)
        path = self.out / f"{state}_{theme}_{_renderer(self.vue)}" / f"{box['type']}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        clip = {name: box[name] for name in ("x", "y", "width", "height")}
        self.page.page.screenshot(path=path.as_posix(), clip=clip)

    def busy(self) -> None:
        """Each node that takes its time, while it runs; what goes on for long is shot anew, as speed and time left
        show late.
        """
        asked, shot = self.ours(), dict[int, float]()
        self.page.run()
        while (at := self.page.page.evaluate(_RUNNING)) is not None:
            if at in asked and time.monotonic() - shot.get(at, 0.0) > _SECONDS_BETWEEN:
                self.page.page.wait_for_timeout(1500)
                for theme in ("dark", "light"):
                    self.page.page.evaluate(_THEME, theme)
                    if self.page.page.evaluate(_RUNNING) == at:
                        self.shoot(at, "busy", theme)
                shot[at] = time.monotonic()
            self.page.page.wait_for_timeout(150)
        self.page.settle()

    def stopped(self, state: str) -> None:
        """Each node that can be stopped, or that fails by one setting, alone with what leads to it."""
        asked = self.ours()
        for number, change in _STOPPED[state].items():
            if number not in asked:
                continue
            undone = self.page.page.evaluate(_CHANGE, [number, change])
            self.page.page.evaluate(_RUN_ONE, number)
            if state == "cancelled":
                self._wait(_RUNS_OR_IDLE, number)
                self.page.page.wait_for_timeout(800)
                self.page.page.evaluate("() => app.api.interrupt()")
            self._wait(_IS_IDLE)
            self.page.settle()
            self.page.page.evaluate(_CLOSE_ERRORS)
            for theme in ("dark", "light"):
                self.page.page.evaluate(_THEME, theme)
                self.page.settle()
                self.shoot(number, state, theme)
            self.page.page.evaluate(_CHANGE, [number, undone])

    def _wait(self, holds: str, number: int = 0) -> None:
        """Until the page's asynchronous function says so: Playwright's own waiting takes its promise for a yes."""
        deadline = time.monotonic() + _SECONDS_TO_WAIT
        while not self.page.page.evaluate(holds, number):
            if time.monotonic() > deadline:
                raise TimeoutError(f"Node {number} was waited for {_SECONDS_TO_WAIT:.0f} s.")
            self.page.page.wait_for_timeout(150)


_STOPPED: dict[str, dict[int, dict[str, Any]]] = {
    "cancelled": {
        3: {},
        10: {"seed": 5},
        11: {"seed": 5},
        23: {"name": "sage_cancelled"},
        26: {"seeds": 9},
        40: {"seeds": 9},
    },
    "failed": {
        4: {"trigger": "a b!"},
        7: {"reader": "insightface buffalo_l"},
        8: {"reader": "insightface buffalo_l"},
        9: {"reader": "insightface buffalo_l"},
        10: {"reader": "insightface buffalo_l"},
        11: {"reader": "insightface buffalo_l"},
        13: {"overwrite": False, "name": "sage_failed"},
        21: {"text": "nothing = of any trainer"},
        23: {"likeness": "insightface buffalo_l", "name": "sage_failed"},
        26: {"reader": "insightface buffalo_l", "seeds": 2},
        27: {"step": 7},
        29: {"reader": "insightface buffalo_l"},
        32: {"reader": "insightface buffalo_l"},
        33: {"adapter": "InstantID"},
        34: {"reader": "insightface buffalo_l"},
        39: {"reader": "insightface buffalo_l"},
        40: {"reader": "insightface buffalo_l", "seeds": 2},
    },
}
"""By node, the settings that make it run again and be stopped, or fail."""


def _renderer(vue: bool) -> str:
    return "vue" if vue else "classic"


def _sheet(out: Path, name: str, columns: int = 5, width: int = 460) -> None:
    """All pictures of a state on one, by columns of even height."""
    paths = sorted((out / name).glob("*.png"))
    if not paths:
        return
    stacks: list[tuple[int, list[Image.Image]]] = [(0, []) for _ in range(columns)]
    for path in paths:
        with Image.open(path) as image:
            part = image.convert("RGB")
        part.thumbnail((width, 4000))
        framed = Image.new("RGB", (width, part.height + 18), "#777777")
        framed.paste(part, (0, 18))
        ImageDraw.Draw(framed).text((3, 3), path.stem.removeprefix("Likeness"), fill="white")
        place = min(range(columns), key=lambda each: stacks[each][0])
        stacks[place] = (stacks[place][0] + framed.height + 6, [*stacks[place][1], framed])
    sheet = Image.new("RGB", (columns * (width + 6), max(height for height, _ in stacks)), "#333333")
    for column, (_, parts) in enumerate(stacks):
        top = 0
        for part in parts:
            sheet.paste(part, (column * (width + 6), top))
            top += part.height + 6
    sheet.save(out / f"sheet_{name}.png")


def _help_pictures(out: Path) -> None:
    """As JPEG, as small as leaves words readable."""
    _HELP.mkdir(parents=True, exist_ok=True)
    for path in sorted((out / f"after_dark_{_renderer(False)}").glob("*.png")):
        if path.stem in _NOT_RUN:
            path = out / f"empty_dark_{_renderer(False)}" / path.name
        with Image.open(path) as image:
            picture = image.convert("RGB")
        to = _HELP / f"{path.stem}.jpg"
        for width in (_HELP_WIDTH, 540, 460, 400):
            small = picture.copy()
            small.thumbnail((width, 4000), Image.Resampling.LANCZOS)
            for quality in (85, 75, 65, 55):
                small.save(to, quality=quality, optimize=True, progressive=True)
                if to.stat().st_size <= _HELP_BYTES:
                    break
            if to.stat().st_size <= _HELP_BYTES:
                break


_QUIET = """async () => {
    const set = (name, value) => app.extensionManager.setting.set(name, value);
    await set('Comfy.UseNewMenu', 'Disabled').catch(() => {});
    await set('Comfy.Minimap.Visible', false).catch(() => {});
    await set('Comfy.Canvas.SelectionToolbox', false).catch(() => {});
    for (const badge of ['NodeSource', 'NodeId', 'NodeLifeCycle'])
        await set(`Comfy.NodeBadge.${badge}BadgeMode`, 'None').catch(() => {});
    app.extensionManager.command.execute('Workspace.ToggleFocusMode');
}"""

_BUILD = """async (prompt) => {
    await app.loadApiJson(prompt, 'gallery');
    let [x, y, low] = [0, 0, 0];
    for (const node of app.graph.nodes) {
        node.pos = [x, y];
        low = Math.max(low, node.size[1]);
        x += node.size[0] + 80;
        // Nodes grow when they show pictures.
        if (x > 6000) [x, y, low] = [0, y + low + 500, 0];
    }
    app.canvas.deselectAll?.();
    // Wires of forty nodes would cross every picture.
    app.canvas.links_render_mode = LiteGraph.HIDDEN_LINK;
    app.graph.setDirtyCanvas(true, true);
}"""

_THEME = "async (theme) => { await app.extensionManager.setting.set('Comfy.ColorPalette', theme); }"

_OURS = """(asked) => {
    const kinds = new Map();
    for (const { comfyClass: kind, id } of app.graph.nodes)
        if ((asked?.includes(kind) ?? kind.startsWith('Likeness')) && !kinds.has(kind)) kinds.set(kind, id);
    return [...kinds.values()].map(Number);
}"""

_SHOW = """(number) => {
    const node = app.graph.getNodeById(number);
    const title = LiteGraph.NODE_TITLE_HEIGHT;
    app.canvas.deselectAll?.();
    app.canvas.ds.scale = 1;
    app.canvas.ds.offset = [-node.pos[0] + 120, -node.pos[1] + title + 60];
    app.canvas.setDirty(true, true);
}"""

_BOX = f"""(number) => {{
    const node = app.graph.getNodeById(number);
    const seat = app.canvas.canvas.getBoundingClientRect();
    const drawn = document.querySelector(`[data-node-id="${{number}}"]`)?.getBoundingClientRect();
    const [width0, height0] = [node.size[0], node.size[1] + LiteGraph.NODE_TITLE_HEIGHT];
    const own = {{ x: seat.x + 120, y: seat.y + 60, width: width0, height: height0 }};
    const {{ x, y, width, height }} = LiteGraph.vueNodesMode && drawn ? drawn : own;
    return {{
        type: node.comfyClass,
        x: Math.max(x - {_MARGIN}, 0),
        y: Math.max(y - {_MARGIN}, 0),
        width: width + {2 * _MARGIN},
        height: height + {2 * _MARGIN},
    }};
}}"""

_FRAMES = """() => new Promise((done) => {
    let frames = 0;
    const look = () => (++frames < 8 ? requestAnimationFrame(look) : done());
    look();
})"""

_RUNNING = """() => {
    const queue = window.likenessQueue ??= { left: 1 };
    if (!queue.hears) {
        queue.hears = true;
        app.api.addEventListener('status', ({ detail }) => { queue.left = detail?.exec_info?.queue_remaining ?? 0; });
    }
    const now = performance.now();
    if (!app.runningNodeId) return queue.left || now < (queue.from ??= now) + 8000 ? 0 : null;
    queue.from = now;
    const node = app.graph.getNodeById(Number(app.runningNodeId));
    return node?.comfyClass.startsWith('Likeness') ? Number(node.id) : 0;
}"""

_IS_IDLE = "async () => (await (await app.api.fetchApi('/prompt')).json()).exec_info.queue_remaining === 0"
_RUNS_OR_IDLE = f"async (number) => Number(app.runningNodeId) === number || ({_IS_IDLE})()"

_CHANGE = """([number, change]) => {
    const node = app.graph.getNodeById(number);
    const undone = {};
    for (const [name, value] of Object.entries(change)) {
        const widget = node.widgets.find((each) => each.name === name);
        undone[name] = widget.value;
        widget.value = value;
        widget.callback?.(value);
    }
    return undone;
}"""

_RUN_ONE = "async (number) => { await app.queuePrompt(0, 1, [String(number)]); }"

_CLOSE_ERRORS = """() => {
    const close = '.p-dialog-close-button, [role=dialog] button[aria-label=Close]';
    document.querySelectorAll(close).forEach((each) => each.click());
    app.extensionManager.toast.removeAll?.();
    document.querySelectorAll('.p-toast-close-button').forEach((each) => each.click());
}"""


if __name__ == "__main__":
    sys.exit(main())
