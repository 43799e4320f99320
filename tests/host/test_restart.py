"""Cancel, and ComfyUI killed, in the middle of everything that draws and trains: it all goes on where it stopped."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from .comfyui import Comfy
from .drawn import drawings
from .graphs import Graph
from .test_fill import filling
from .test_training import last_checkpoint, long, uncached, wait_for_step
from .test_variants import varying
from .test_workflow import demo_graph, of_kind

COLUMN = 48
"""Pictures of the demo's prompts: as many for the control and for each checkpoint."""
VARIANTS = {"styles": "flat drawing | 0.45-0.60", "per_render": 1, "retries": 0, "steps": 2, "seed": 5}
GAPS = {"gaps": "angry, surprised", "per_gap": 6, "retries": 0, "steps": 2, "seed": 5}


@dataclass(frozen=True)
class Stopped:
    """What was cancelled: where its pictures lie, which did before it and then, and how many it needs in all."""

    graph: Graph
    shelf: Path
    lay: frozenset[str]
    before: Mapping[str, int]
    needed: int


@pytest.fixture(scope="module")
def stopped(comfy: Comfy) -> tuple[Stopped, ...]:
    """Cancelled drawing of each kind; then the host was killed at the fifth step of a training run, and started."""
    shelves = comfy.output / "likeness_pictures"
    report = comfy.output / "likeness" / "workflow" / "report"
    parts = (
        _cancelled(comfy, varying("restarted", **VARIANTS), shelves / "variants", 4, 20),
        _cancelled(comfy, filling(**GAPS), shelves / "filled", 2, 12),
        _cancelled(comfy, demo_graph(comfy, "workflow"), report, 16, 2 * COLUMN),
    )
    comfy.queue(long("killed"))
    wait_for_step(comfy, "killed", 5)
    comfy.stop(kill=True)
    comfy.start()
    return parts


def test_a_killed_host_resumes_to_the_same_file(comfy: Comfy, stopped: tuple[Stopped, ...]) -> None:
    comfy.run(long("killed"))
    resumed = last_checkpoint(comfy, "killed")
    shutil.rmtree(comfy.output / "likeness" / "killed")
    comfy.run(uncached(long("killed")))
    assert last_checkpoint(comfy, "killed") == resumed


def test_all_that_draws_goes_on_where_it_was_cancelled(comfy: Comfy, stopped: tuple[Stopped, ...]) -> None:
    for part in stopped:
        comfy.run(part.graph, seconds=600)
        after = drawings(part.shelf)
        assert {name: after.get(name) for name in part.before} == part.before, part.shelf
        new = after.keys() - part.lay
        assert part.before.keys() - part.lay < new and len(new) == part.needed, part.shelf
    _finished(comfy, stopped[-1].graph, stopped[-1].shelf)


def _cancelled(comfy: Comfy, graph: Graph, shelf: Path, least: int, needed: int) -> Stopped:
    """Queued, and cancelled once `least` of the `needed` pictures were drawn."""
    lay = frozenset(drawings(shelf))
    queued = comfy.queue(graph)
    comfy.until(lambda: len(drawings(shelf)) >= len(lay) + least, f"{least} pictures in {shelf.name}")
    comfy.interrupt()
    assert comfy.ended_by_cancel(queued)
    return Stopped(graph, shelf, lay, drawings(shelf), needed)


def _finished(comfy: Comfy, graph: Graph, report: Path) -> None:
    """The demo's workflow came to its end, and the run's own base is the wired one: nothing is drawn again for it."""
    kept = drawings(report)
    outputs = comfy.run(_wired(graph), seconds=600)
    assert drawings(report) == kept
    shown = {graph[number]["class_type"]: output for number, output in outputs.items()}
    assert all(row["pictures"] for row in shown["LikenessCompareCheckpoints"]["likeness_compare"][0]["rows"])
    assert shown["LikenessChooseCheckpoint"]["lora"] == ["likeness/workflow_chosen.safetensors"]
    assert len(shown["PreviewImage"]["images"]) == 4
    assert (report / "report.html").is_file()
    assert "lora key not loaded" not in comfy.text()


def _wired(graph: Graph) -> Graph:
    wired = {name: ["2", slot] for slot, name in enumerate(("model", "clip", "vae"))}
    of_kind(graph, "LikenessCompareCheckpoints")["inputs"].update(wired)
    return graph
