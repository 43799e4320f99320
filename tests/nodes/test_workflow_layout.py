"""How the shipped workflows are laid out, without a host."""

import json
import struct
from itertools import combinations
from typing import Any

import pytest

from .conftest import PACK, listed_nodes
from .test_workflows import WORKFLOWS

EVERYTHING = "7 Everything, from folder to character"
TASKS = (
    "0 Try the demo",
    "1 Prepare a character dataset",
    "2 Caption a dataset",
    "3 Fill what is missing",
    "3 Renders to a varied dataset",
    "4 Train a FLUX character LoRA",
    "4 Train an SDXL character LoRA",
    "5 Compare and choose",
    "6 LoRA with an identity adapter",
    EVERYTHING,
    "8 Video-ready character",
    "9 Check and tidy",
)
PAGE = (1800, 1000)
LEFT, TOP = 50, 75
LEGIBLE = 0.58
"""The classic renderer leaves texts out where 14 pixels become fewer than 8."""
Box = tuple[str, float, float, float, float]


def _read(name: str) -> dict[str, Any]:
    return json.loads((PACK / "workflows" / f"{name}.json").read_text(encoding="utf-8"))


def test_there_is_a_workflow_for_every_task() -> None:
    assert set(TASKS) <= {path.stem for path in WORKFLOWS}


def test_every_node_is_in_at_least_one_workflow(pack: Any) -> None:
    ours = {node.define_schema().node_id for node in listed_nodes()}
    used = {node["type"] for path in WORKFLOWS for node in _read(path.stem)["nodes"]}
    assert ours - used == set()


def test_from_a_folder_to_a_compared_grid_is_short() -> None:
    workflow = _read(EVERYTHING)
    assert len(workflow["nodes"]) <= 12
    kinds = {node["id"]: node["type"] for node in workflow["nodes"]}
    grid = next(number for number, kind in kinds.items() if kind == "LikenessCompareCheckpoints")
    before = {grid}
    while more := {link[1] for link in workflow["links"] if link[3] in before} - before:
        before |= more
    assert any(kinds[number] == "LikenessDemoCharacter" for number in before)
    assert len(before) <= 7
    assert len([link for link in workflow["links"] if link[3] in before]) <= 8


def test_no_picture_lacks_its_workflow_and_all_are_small() -> None:
    pictures = sorted((PACK / "workflows").glob("*.jpg"))
    assert [path.stem for path in pictures] == [path.stem for path in WORKFLOWS]
    for path in pictures:
        data = path.read_bytes()
        assert len(data) <= 72 * 1024, path.stem
        assert _size(data) == (512, 512), path.stem


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_groups_and_nodes_keep_apart_and_wires_lead_on(path: Any) -> None:
    workflow = json.loads(path.read_text(encoding="utf-8"))
    groups: list[Box] = [(group["title"], *group["bounding"]) for group in workflow["groups"]]
    nodes = [_box(node) for node in workflow["nodes"]]
    assert [(one[0], other[0]) for one, other in combinations(groups, 2) if _meet(one, other)] == []
    assert [(one[0], other[0]) for one, other in combinations(nodes, 2) if _meet(one, other)] == []
    notes = {str(node["id"]) for node in workflow["nodes"] if node["type"] == "MarkdownNote"}
    assert notes, "no word on what it is for"
    for box in nodes:
        inside = [group for group in groups if _meet(box, group)]
        assert box[0] in notes or (len(inside) == 1 and _holds(inside[0], box)), box[0]


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_it_opens_with_everything_in_sight_and_legible(path: Any) -> None:
    workflow = json.loads(path.read_text(encoding="utf-8"))
    (dx, dy), scale = workflow["extra"]["ds"]["offset"], workflow["extra"]["ds"]["scale"]
    assert scale >= LEGIBLE
    boxes = [*((group["title"], *group["bounding"]) for group in workflow["groups"]), *map(_box, workflow["nodes"])]
    for name, left, top, width, height in boxes:
        assert (left + dx) * scale >= LEFT and (top + dy) * scale >= TOP, name
        assert (left + width + dx) * scale <= PAGE[0] and (top + height + dy) * scale <= PAGE[1], name


def test_every_node_has_a_mode_that_the_page_knows() -> None:
    """It runs a node of any other mode: a slip there would not show."""
    modes = {node["mode"] for path in WORKFLOWS for node in _read(path.stem)["nodes"]}
    assert modes <= {0, 2, 4}


def _box(node: dict[str, Any]) -> Box:
    """With its title."""
    (left, top), (width, height) = node["pos"], node["size"]
    return str(node["id"]), left, top - 30, width, 30 if node["flags"].get("collapsed") else height + 30


def _meet(one: Box, other: Box) -> bool:
    across = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return across > 0 and min(one[2] + one[4], other[2] + other[4]) - max(one[2], other[2]) > 0


def _holds(group: Box, box: Box) -> bool:
    starts = group[1] <= box[1] and group[2] <= box[2]
    return starts and box[1] + box[3] <= group[1] + group[3] and box[2] + box[4] <= group[2] + group[4]


def _size(jpeg: bytes) -> tuple[int, int]:
    """Width and height, from the first frame header."""
    at = 2
    while jpeg[at + 1] not in (0xC0, 0xC1, 0xC2):
        at += 2 + struct.unpack(">H", jpeg[at + 2 : at + 4])[0]
    height, width = struct.unpack(">HH", jpeg[at + 5 : at + 9])
    return width, height
