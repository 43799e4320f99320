"""Shipped workflows against the nodes' schemas, without a host."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import PACK, listed_nodes

Pack = Callable[[str], Any]
WIDGETS = ("Int", "Float", "String", "Combo", "Boolean")
WORKFLOWS = sorted((PACK / "workflows").glob("*.json"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_workflow_has_a_picture(path: Any) -> None:
    assert path.with_suffix(".jpg").is_file()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_our_nodes_inputs_and_values_exist(pack: Pack, path: Any) -> None:
    nodes = listed_nodes()
    schemas = {schema.node_id: schema for schema in (node.define_schema() for node in nodes)}
    workflow = json.loads(path.read_text(encoding="utf-8"))
    for saved in workflow["nodes"]:
        if not saved["type"].startswith("Likeness"):
            continue
        schema = schemas[saved["type"]]
        names = {part.id for part in schema.inputs}
        # One that grows is wired as the input's name, a dot, and the number.
        wired = {port["name"].partition(".")[0] for port in saved.get("inputs", []) if port.get("link") is not None}
        assert wired <= names, saved["type"]
        widgets = [part for part in schema.inputs if part.kind in WIDGETS and not part.options.get("force_input")]
        assert len(saved.get("widgets_values") or []) == len(widgets), saved["type"]


def test_no_two_workflows_share_a_number() -> None:
    """The host hands outputs out by a node's number: with two tabs open one would show the other's."""
    workflows = [json.loads(path.read_text(encoding="utf-8")) for path in WORKFLOWS]
    assert len({workflow["id"] for workflow in workflows}) == len(workflows)
    numbers = [node["id"] for workflow in workflows for node in workflow["nodes"]]
    assert len(set(numbers)) == len(numbers)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_wires_lead_between_nodes_that_are_there(path: Any) -> None:
    workflow = json.loads(path.read_text(encoding="utf-8"))
    nodes = {node["id"]: node for node in workflow["nodes"]}
    assert workflow["last_node_id"] == max(nodes)
    for number, source, slot, target, port, _ in workflow["links"]:
        assert number in nodes[source]["outputs"][slot]["links"]
        assert nodes[target]["inputs"][port]["link"] == number
