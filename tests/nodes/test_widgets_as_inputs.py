"""Every widget of every node as an input: a link passes validation, what it brings is checked before the node runs."""

import inspect
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from .conftest import listed_nodes
from .fake_host import FakeHost

Pack = Callable[[str], Any]
WRITES_BY_NAME = {
    ("LikenessTrainCharacterLora", "name"),
    ("LikenessChooseCheckpoint", "save_as"),
    ("LikenessExportRecipe", "name"),
    ("LikenessSaveDataset", "name"),
}
BAD_NAMES = ("../up", "/etc/x", "a\\b", "CON", "nul.toml", "LPT1", "𝒜" * 64, "x" * 100_000, "x\0", ".hidden", "end.")


@pytest.fixture
def nodes(pack: Pack) -> list[Any]:
    return listed_nodes()


def test_a_link_into_any_widget_passes_validation(nodes: list[Any]) -> None:
    looked_at = [(node, schema, part) for node, schema, part in _widgets(nodes) if part.id in _taken(node)]
    assert len(looked_at) >= 15
    for node, schema, part in looked_at:
        known = {one.id: _default(schema, one) for one in schema.inputs if one.id in _taken(node)}
        types = {part.id: part.get_io_type()}
        asked = {**known, part.id: _one(schema, None), "input_types": _one(schema, types)}
        assert node.validate_inputs(**asked) is True, (node, part.id)


def test_a_text_may_be_wired_into_a_list_and_a_picture_may_not(nodes: list[Any]) -> None:
    for node, schema, part in _widgets(nodes, "Combo"):
        linked = {name: _one(schema, None) for name in _taken(node)}
        assert node.validate_inputs(**linked, input_types=_one(schema, {part.id: "STRING"})) is True, (node, part.id)
        said = node.validate_inputs(**linked, input_types=_one(schema, {part.id: "IMAGE"}))
        assert f"{part.id} takes COMBO, and 'IMAGE' is wired" in said, (node, part.id)


def test_a_growing_input_takes_its_own_kind_alone(pack: Pack) -> None:
    node = pack("nodes.dataset.mix").MixDatasets
    kinds = {"LIKENESS_DATASET": True, "STRING": "datasets.dataset_0 takes LIKENESS_DATASET, and 'STRING' is wired"}
    for kind, expected in kinds.items():
        said = node.validate_inputs(shares="60/40", input_types={"datasets.dataset_0": kind})
        assert said is True if expected is True else expected in said


def test_what_is_no_text_is_refused_in_a_sentence_before_and_after_the_queue(
    nodes: list[Any], fake_host: FakeHost
) -> None:
    for node, schema, part in _widgets(nodes):
        for value in (7, {"a": 1}, object()):
            said = _refusal(node, schema, part, value)
            assert f"{part.id} takes" in said and schema.display_name in said, (node, part.id, said)
            if part.id in _taken(node):
                asked = {part.id: _one(schema, value)}
                assert f"{part.id} takes" in node.validate_inputs(**asked), (node, part.id)
    assert _files(fake_host) == []


def test_a_choice_that_is_not_in_the_list_is_refused_in_a_sentence(nodes: list[Any], fake_host: FakeHost) -> None:
    for node, schema, part in _widgets(nodes, "Combo"):
        for value in ("../nonsense", "", "x" * 100_000):
            said = _refusal(node, schema, part, value)
            assert value[:20] in said and len(said) < 1200, (node, part.id, said)
    assert _files(fake_host) == []


def test_a_number_out_of_its_limits_is_refused_in_a_sentence(nodes: list[Any], fake_host: FakeHost) -> None:
    for node, schema, part in _widgets(nodes, "Int", "Float"):
        for value in (part.options["min"] - 1, part.options["max"] + 1, float("nan"), "3", True):
            assert f"{part.id} takes" in _refusal(node, schema, part, value), (node, part.id)
    assert _files(fake_host) == []


def test_names_that_a_link_brings_are_checked_before_anything_is_written(nodes: list[Any], fake_host: FakeHost) -> None:
    named = [(node, schema, part) for node, schema, part in _widgets(nodes, "String")]
    tried = {(schema.node_id, part.id) for _, schema, part in named} & WRITES_BY_NAME
    assert tried == WRITES_BY_NAME
    for node, schema, part in named:
        if (schema.node_id, part.id) in WRITES_BY_NAME:
            for value in BAD_NAMES:
                said = _refusal(node, schema, part, value)
                assert "name" in said and len(said) < 400, (node, value, said)
    assert _files(fake_host) == []


def _widgets(nodes: list[Any], *kinds: str) -> list[tuple[Any, Any, Any]]:
    schemas = [(node, node.define_schema()) for node in nodes]
    wanted = kinds or ("String", "Combo")
    return [(node, schema, part) for node, schema in schemas for part in schema.inputs if part.kind in wanted]


def _is_list(schema: Any) -> bool:
    return getattr(schema, "is_input_list", False)


def _one(schema: Any, value: Any) -> Any:
    """As the host gives it to a node that takes lists, and to any other."""
    return [value] if _is_list(schema) else value


def _taken(node: Any) -> list[str]:
    """The inputs that a node's own validation looks at, as the host finds them."""
    return [name for name in inspect.getfullargspec(node.validate_inputs).args if name not in ("cls", "input_types")]


def _default(schema: Any, part: Any) -> Any:
    return _one(schema, part.options.get("default", next(iter(part.options.get("options", ())), None)))


def _refusal(node: Any, schema: Any, part: Any, value: Any) -> str:
    """What the node says at once when this comes in, everything else being as it should."""
    given = {
        one.id: _default(schema, one)
        for one in schema.inputs
        if one.kind in ("String", "Combo", "Int", "Float", "Boolean")
    }
    sockets = {one.id: SimpleNamespace() for one in schema.inputs if one.id not in given and not one.optional}
    with pytest.raises(Exception) as fault:  # noqa: PT011  # another module's LikenessError, checked below
        node.execute(**{**sockets, **given, part.id: _one(schema, value)})
    assert "LikenessError" in [kind.__name__ for kind in type(fault.value).__mro__], (node, part.id, fault.value)
    return str(fault.value)


def _files(host: FakeHost) -> list[Path]:
    return [path for path in host.home.rglob("*") if path.is_file()]
