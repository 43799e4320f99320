"""Shipped workflows against the nodes' schemas, without a host."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import PACK

Pack = Callable[[str], Any]
WORKFLOWS = sorted((PACK / "workflows").glob("*.json"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_every_workflow_has_a_picture(path: Any) -> None:
    assert path.with_suffix(".jpg").is_file()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.stem)
def test_our_nodes_inputs_and_values_exist(pack: Pack, path: Any) -> None:
    nodes = asyncio.run(pack("nodes").LikenessExtension().get_node_list())
    schemas = {schema.node_id: schema for schema in (node.define_schema() for node in nodes)}
    workflow = json.loads(path.read_text(encoding="utf-8"))
    for saved in workflow["nodes"]:
        if not saved["type"].startswith("Likeness"):
            continue
        schema = schemas[saved["type"]]
        names = {part.id for part in schema.inputs}
        wired = {port["name"] for port in saved.get("inputs", []) if port.get("link") is not None}
        assert wired <= names, saved["type"]
        widgets = [part for part in schema.inputs if part.kind in ("Int", "Float", "String", "Combo", "Boolean")]
        assert len(saved.get("widgets_values") or []) == len(widgets), saved["type"]
