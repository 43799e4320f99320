"""A few queue items with random cancels: nothing is left open or lying about, and what was stopped goes on.

`python -m tools.soak_host` is the long form, which looks at memory too.
"""

import random
import sys
import time
from pathlib import Path

import pytest

from .comfyui import Comfy, failure
from .graphs import Graph, node, training

_ITEMS = 8


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_random_cancels_leave_nothing_open_and_every_run_goes_on(comfy: Comfy) -> None:
    chance = random.Random(3)
    comfy.run(_checked(_short(99)))  # what is opened once for all
    before, stopped = _open(comfy), dict[str, Graph]()
    for number in range(_ITEMS):
        graph = _checked(_short(number))
        prompt = comfy.queue(graph)
        time.sleep(chance.uniform(0.0, 0.8))
        comfy.interrupt()
        entry = comfy.wait(prompt)
        if entry["status"]["status_str"] != "success":
            assert "execution_interrupted" in [kind for kind, _ in entry["status"]["messages"]], failure(entry)
            stopped[f"soaked_{number}"] = graph
    comfy.run(_checked(_short(99)))
    files, threads = _open(comfy)
    assert files <= before[0] and threads <= before[1] + 1, (before, files, threads)
    assert stopped and not _drafts(comfy.home)
    name, graph = next(iter(stopped.items()))
    assert comfy.run(graph)["train"]["likeness"][0]["step"] == 5, name


def _short(number: int) -> Graph:
    return training(f"soaked_{number}", steps=5, save_every=2, seed=number, batch=1)


def _checked(graph: Graph) -> Graph:
    return {**graph, "check": node("LikenessCheckDataset", dataset=["who", 0], reader="demo drawings")}


def _open(comfy: Comfy) -> tuple[int, int]:
    """Files that the host's process holds open, sockets aside, and its threads."""
    own = Path(f"/proc/{comfy.pid}")
    links = [_link(path) for path in (own / "fd").iterdir()]
    return sum(link.startswith("/") for link in links), len(list((own / "task").iterdir()))


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""


def _drafts(home: Path) -> list[Path]:
    return [*home.rglob(".*.part"), *home.rglob("state.tmp")]
