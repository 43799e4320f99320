"""What every node tells its user before it runs."""

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainer.captions.rules.trigger import EXAMPLE, check_trigger

from .conftest import PACK, listed_nodes
from .schema_record import record

Pack = Callable[[str], Any]


@pytest.fixture
def schemas(pack: Pack) -> list[Any]:
    nodes = listed_nodes()
    return [node.define_schema() for node in nodes]


def test_ids_are_ours_and_unique(schemas: list[Any]) -> None:
    ids = [schema.node_id for schema in schemas]
    assert len(set(ids)) == len(ids) == 41
    assert all(name.startswith("Likeness") for name in ids)


def test_opening_the_pack_loads_no_family(tmp_path: Path) -> None:
    """In a process of its own: what nodes load when they run stays away until then."""
    code = """
import sys
from pathlib import Path
from tests.nodes.conftest import listed_nodes, loaded_pack
with loaded_pack(Path(sys.argv[1])):
    [node.define_schema() for node in listed_nodes()]
    print([name for name in sys.modules if name.startswith("likeness.trainer.families")])
"""
    command = [sys.executable, "-c", code, str(tmp_path)]
    said = subprocess.run(command, cwd=PACK, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_everything_is_explained(schemas: list[Any]) -> None:
    for schema in schemas:
        assert schema.description and schema.search_aliases, schema.node_id
        assert schema.category.startswith("Likeness/"), schema.node_id
        for part in (*schema.inputs, *schema.outputs):
            assert part.options.get("tooltip"), (schema.node_id, part.id or part.options)


def test_numbers_have_limits_that_hold_their_default(schemas: list[Any]) -> None:
    numbers = [(s.node_id, part) for s in schemas for part in s.inputs if part.kind in ("Int", "Float")]
    assert numbers
    for name, part in numbers:
        assert part.options["min"] <= part.options["default"] <= part.options["max"], (name, part.id)


def test_seeds_stay_as_typed(schemas: list[Any]) -> None:
    seeds = [part for schema in schemas for part in schema.inputs if part.id == "seed"]
    assert seeds and all(part.options["control_after_generate"] is False for part in seeds)


def test_every_node_has_its_help_page(schemas: list[Any]) -> None:
    pages = {path.stem for path in (PACK / "web" / "docs").glob("*.md")}
    assert pages == {schema.node_id for schema in schemas}


def test_what_tells_whether_a_node_is_to_run_again_takes_every_input(pack: Pack) -> None:
    """The host hands it all of them; one that it does not take would have the node run each time."""
    for node in listed_nodes():
        told = vars(node).get("fingerprint_inputs")
        if told:
            inputs = {part.id: None for part in node.define_schema().inputs}
            inspect.signature(told.__func__).bind(node, **inputs)


def test_triggers_that_are_recommended_are_not_scolded_by_review(schemas: list[Any]) -> None:
    parts = [part.options for schema in schemas for part in schema.inputs if part.id == "trigger"]
    words = {re.search(r"like (\w+)", part["tooltip"])[1] for part in parts}  # type: ignore[index]
    words |= {word for part in parts for key in ("placeholder", "default") for word in part.get(key, "").split()[:1]}
    assert words == {EXAMPLE} and check_trigger(EXAMPLE, None, {}) == ()


def test_the_pack_offers_only_its_entry_point(pack: Pack) -> None:
    import likeness  # type: ignore[reportMissingImports]

    assert likeness.WEB_DIRECTORY == "./web"
    assert not hasattr(likeness, "NODE_CLASS_MAPPINGS")
    assert isinstance(Path(PACK / "web" / "likeness.js").read_text(encoding="utf-8"), str)


def test_graphs_and_api_prompts_saved_before_still_fit(schemas: list[Any]) -> None:
    """`schemas.json` holds what was released: widgets keep place, type, limits and default; what is new comes last.

    A wire that had to be there may be left open, which nothing that was saved does.
    """
    released = json.loads((Path(__file__).parent / "schemas.json").read_text(encoding="utf-8"))
    now = {schema.node_id: record(schema) for schema in schemas}
    assert released.keys() <= now.keys()
    for node, was in released.items():
        is_now = now[node]
        count = len(was["inputs"])
        for old, new in zip(was["inputs"], is_now["inputs"][:count], strict=True):
            assert set(old.pop("options", ())) <= set(new.pop("options", ())), (node, old["id"])
            assert old == new or (old.keys() == {"type", "id"} and {**old, "optional": True} == new), node
        assert all(new.get("optional") for new in is_now["inputs"][count:]), node
        assert was["outputs"] == is_now["outputs"][: len(was["outputs"])], node
        rest = was.keys() - {"inputs", "outputs"}
        assert {key: was[key] for key in rest} == {key: is_now.get(key) for key in rest}, node
