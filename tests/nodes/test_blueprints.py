"""Shipped subgraph blueprints against the nodes' schemas, without a host."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import PACK, listed_nodes

Pack = Callable[[str], Any]
BLUEPRINTS = sorted((PACK / "subgraphs").glob("*.json"))
EACH = pytest.mark.parametrize("path", BLUEPRINTS, ids=lambda path: path.stem)
_START, _END = -10, -20
_WIDGETS = ("Int", "Float", "String", "Combo", "Boolean")


def _read(path: Any) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The file, its one node and the subgraph that it stands for."""
    blueprint = json.loads(path.read_text(encoding="utf-8"))
    (host,), (subgraph,) = blueprint["nodes"], blueprint["definitions"]["subgraphs"]
    return blueprint, host, subgraph


def _inner(subgraph: dict[str, Any]) -> dict[int, dict[str, Any]]:
    return {node["id"]: node for node in subgraph["nodes"]}


@EACH
def test_it_is_one_node_of_that_name_which_says_what_it_does(path: Any) -> None:
    blueprint, host, subgraph = _read(path)
    assert host["type"] == subgraph["id"] and host["title"] == subgraph["name"] == path.stem
    assert subgraph["category"] == "Likeness"
    assert 80 < len(blueprint["extra"]["BlueprintDescription"]) < 400
    assert "likeness" in blueprint["extra"]["BlueprintSearchAliases"]


@EACH
def test_its_nodes_have_the_values_of_todays_widgets(pack: Pack, path: Any) -> None:
    schemas = {schema.node_id: schema for schema in (node.define_schema() for node in listed_nodes())}
    for saved in _inner(_read(path)[2]).values():
        if saved["type"] == "PreviewImage":
            continue
        parts = schemas[saved["type"]].inputs
        widgets = [part for part in parts if part.kind in _WIDGETS]
        assert [port["name"] for port in saved["inputs"] if "widget" not in port] == [
            part.id for part in parts if part not in widgets
        ]
        assert set(saved["widgets_values_named"]) == {part.id for part in widgets}
        assert len(saved["widgets_values"]) == len(widgets)
        for part in widgets:
            if part.kind == "Combo":
                assert saved["widgets_values_named"][part.id] in part.options["options"], part.id


@EACH
def test_what_it_offers_leads_inside_and_starts_with_what_lies_there(path: Any) -> None:
    _, host, subgraph = _read(path)
    nodes, links = _inner(subgraph), {link["id"]: link for link in subgraph["links"]}
    for slot, (inside, outside) in enumerate(zip(subgraph["inputs"], host["inputs"], strict=True)):
        assert inside["name"] == outside["name"] and inside.get("label") == outside.get("label")
        assert inside["linkIds"]
        for link in (links[number] for number in inside["linkIds"]):
            assert (link["origin_id"], link["origin_slot"]) == (_START, slot)
            port = nodes[link["target_id"]]["inputs"][link["target_slot"]]
            assert port["type"] == inside["type"] and ("widget" in port) == ("widget" in outside)
            if "widget" in outside:
                value = nodes[link["target_id"]]["widgets_values_named"][port["name"]]
                assert host["widgets_values_named"][outside["name"]] == value
    for slot, (inside, outside) in enumerate(zip(subgraph["outputs"], host["outputs"], strict=True)):
        (link,) = (links[number] for number in inside["linkIds"])
        assert (link["target_id"], link["target_slot"]) == (_END, slot)
        port = nodes[link["origin_id"]]["outputs"][link["origin_slot"]]
        assert port["type"] == inside["type"] == outside["type"] and inside["name"] == outside["name"]


@EACH
def test_a_picture_of_what_comes_out_is_shown_on_the_node(path: Any) -> None:
    _, host, subgraph = _read(path)
    (shown,) = host["properties"]["previewExposures"]
    assert _inner(subgraph)[int(shown["sourceNodeId"])]["type"] == "PreviewImage"


def test_no_two_nodes_share_a_number() -> None:
    """Numbers that are taken are changed when a blueprint is put into a graph, and the page (1.58) does not follow
    that to the picture on the node."""
    read = [_read(path) for path in BLUEPRINTS]
    numbers = [number for _, host, subgraph in read for number in (host["id"], *_inner(subgraph))]
    for path in (PACK / "workflows").glob("*.json"):
        numbers += [node["id"] for node in json.loads(path.read_text(encoding="utf-8"))["nodes"]]
    assert len(set(numbers)) == len(numbers) and len(BLUEPRINTS) == 3
