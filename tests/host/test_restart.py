"""Cancel and a restart of ComfyUI in the middle of everything that draws: nothing is drawn twice."""

from collections.abc import Mapping
from pathlib import Path

from .comfyui import Comfy
from .drawn import drawings
from .graphs import Graph
from .test_fill import filling
from .test_variants import varying
from .test_workflow import demo_graph, of_kind

COLUMN = 48
"""Pictures of the demo's prompts: as many for the control and for each checkpoint."""
VARIANTS = {"styles": "flat drawing | 0.45-0.60", "per_render": 1, "retries": 0, "steps": 2, "seed": 5}
GAPS = {"gaps": "angry, surprised", "per_gap": 6, "retries": 0, "steps": 2, "seed": 5}


def test_cancelled_and_after_a_restart_all_that_draws_goes_on_where_it_stopped(comfy: Comfy) -> None:
    workflow = demo_graph(comfy, "workflow")
    report = comfy.output / "likeness" / "workflow" / "report"
    shelves = {name: comfy.output / "likeness_pictures" / name for name in ("variants", "filled")}
    parts: tuple[tuple[Graph, Path, int, int], ...] = (
        (varying("restarted", **VARIANTS), shelves["variants"], 4, 20),
        (filling(**GAPS), shelves["filled"], 2, 12),
        (workflow, report, 16, 2 * COLUMN),
    )
    lay = {shelf: drawings(shelf).keys() for _, shelf, _, _ in parts}
    kept = [_cancelled(comfy, graph, shelf, least) for graph, shelf, least, _ in parts]
    comfy.stop()
    comfy.start()
    for (graph, shelf, _, needed), before in zip(parts, kept, strict=True):
        comfy.run(graph, seconds=600)
        after = drawings(shelf)
        assert {name: after.get(name) for name in before} == before, shelf
        new = after.keys() - lay[shelf]
        assert before.keys() - lay[shelf] < new and len(new) == needed, shelf
    _finished(comfy, workflow, report)


def _cancelled(comfy: Comfy, graph: Graph, shelf: Path, least: int) -> Mapping[str, int]:
    """What lies on the shelf after a Cancel once `least` pictures were drawn."""
    many = len(drawings(shelf)) + least
    queued = comfy.queue(graph)
    comfy.until(lambda: len(drawings(shelf)) >= many, f"{least} pictures in {shelf.name}")
    comfy.interrupt()
    assert comfy.ended_by_cancel(queued)
    return drawings(shelf)


def _finished(comfy: Comfy, graph: Graph, report: Path) -> None:
    """The demo's workflow came to its end, and the run's own base is the wired one: nothing is drawn again for it."""
    kept = drawings(report)
    outputs = comfy.run(_wired(graph), seconds=600)
    assert drawings(report) == kept
    shown = {graph[number]["class_type"]: output for number, output in outputs.items()}
    assert shown["LikenessCompareCheckpoints"]["images"]
    assert shown["LikenessChooseCheckpoint"]["lora"] == ["likeness/workflow_chosen.safetensors"]
    assert len(shown["PreviewImage"]["images"]) == 4
    assert (report / "report.html").is_file()
    assert "lora key not loaded" not in comfy.text()


def _wired(graph: Graph) -> Graph:
    wired = {name: ["2", slot] for slot, name in enumerate(("model", "clip", "vae"))}
    of_kind(graph, "LikenessCompareCheckpoints")["inputs"].update(wired)
    return graph
