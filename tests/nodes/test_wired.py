"""What comes by a wire of any type, as other packs have them, is looked at before a node runs."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from .conftest import listed_nodes
from .fake_host import FakeHost, Wire, stands_for

Pack = Callable[[str], Any]
WIDGETS = ("String", "Combo", "Int", "Float", "Boolean")
WRONG = (7, "a text", {"a": 1}, [None], b"x", torch.tensor(1.0), print)


def test_every_node_says_what_a_wire_should_have_brought(pack: Pack, fake_host: FakeHost) -> None:
    told: set[str] = set()
    for node in listed_nodes():
        schema = node.define_schema()
        for part in schema.inputs:
            if part.kind in WIDGETS or pack("nodes.wired").wired_fault(part.get_io_type(), None) is None:
                continue
            # Nothing into an optional wire is a wire left open.
            for value in (one for one in WRONG[:-1] if not (part.optional and one == [None])):
                said = _refusal(node, schema, part, value)
                told |= {schema.node_id} if f"{part.id} takes" in said else set()
    assert len(told) >= 20
    assert [path for path in fake_host.home.rglob("*") if path.is_file()] == []


def _refusal(node: Any, schema: Any, wrong: Any, value: Any) -> str:
    is_list = getattr(schema, "is_input_list", False)
    widgets = {
        part.id: part.options.get("default", next(iter(part.options.get("options", ())), None))
        for part in schema.inputs
        if part.kind in WIDGETS
    }
    given = {**widgets, wrong.id: value}
    with pytest.raises(Exception) as fault:  # noqa: PT011  # another module's LikenessError, checked below
        node.execute(**{name: [one] if is_list else one for name, one in given.items()})
    assert "LikenessError" in [kind.__name__ for kind in type(fault.value).__mro__], (node, wrong.id, fault.value)
    return str(fault.value)


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("IMAGE", torch.zeros(1, 8, 8, 3), torch.zeros(0, 8, 8, 3, dtype=torch.complex64)),
        ("IMAGE", torch.zeros(2, 8, 8, 4), torch.zeros(1, 8, 8, 7)),
        ("IMAGE", torch.zeros(1, 8, 8, 1), torch.zeros(1, 0, 8, 3)),
        ("IMAGE", torch.zeros(0, 8, 8, 3), torch.zeros(1, 1, 70_000, 3)),
        ("MASK", torch.zeros(8, 8), torch.zeros(8)),
        ("LATENT", {"samples": torch.zeros(1, 4, 8, 8)}, {"samples": torch.tensor(1.0)}),
        ("CONDITIONING", [[torch.zeros(1, 77, 8), {}]], [[torch.zeros(1, 77, 8)]]),
        ("MODEL", Wire("a model"), "a text"),
        ("MODEL", object(), stands_for("trainer.dataset.dataset", "Dataset")),
        ("VAE", object(), torch.zeros(1)),
        ("LIKENESS_RUN", stands_for("nodes.sockets", "Run"), stands_for("nodes.sockets", "Comparison")),
        ("OTHERS", None, None),
    ],
)
def test_a_value_is_known_by_what_it_is(pack: Pack, kind: str, good: Any, bad: Any) -> None:
    fault = pack("nodes.wired").wired_fault
    assert fault(kind, good) is None
    assert fault(kind, bad) is not None or kind == "OTHERS"


def test_nothing_by_a_wire_is_as_good_as_an_optional_widget_left_open(pack: Pack, fake_host: FakeHost) -> None:
    node = pack("nodes.train.base_model").ChooseBaseModel
    for left in ({}, {"vae_file": None}, {"predicts": None, "assistant": None}):
        with pytest.raises(Exception, match="There is no base model 'gone'"):
            node.execute(model="gone", **left)


def test_a_name_too_long_for_the_disk_is_no_file(pack: Pack, fake_host: FakeHost) -> None:
    folders = pack("nodes.host.folders")
    for find in (folders.settings_file, folders.dataset_folder, folders.base_model):
        for name in (f"input/{'a' * 300}", "é" * 200, "\ud800", "a\0"):
            with pytest.raises(Exception, match="There is no|is not one of ComfyUI's"):
                find(name)


def test_half_a_letter_in_a_text_is_refused_and_a_whole_one_is_not(pack: Pack, fake_host: FakeHost) -> None:
    """JSON brings them, and no file can be written of them."""
    node = pack("nodes.train.exchange").ImportRecipe
    with pytest.raises(Exception, match="text takes a text"):
        node.execute(file=pack("nodes.train.exchange").PASTED, text="a \ud83e b")
    with pytest.raises(Exception, match="holds no settings|cannot be read"):
        node.execute(file=pack("nodes.train.exchange").PASTED, text="a \U0001f9d1 b")


def test_what_cannot_be_looked_at_has_no_fingerprint_and_raises_nothing(pack: Pack, fake_host: FakeHost) -> None:
    run = fake_host.home / "output" / "likeness" / "linked"
    run.parent.mkdir(parents=True, exist_ok=True)
    run.symlink_to(fake_host.home)
    (fake_host.home / "recipe.json").write_text("{}")
    mark = pack("nodes.train.diff_runs").DiffRuns.fingerprint_inputs
    assert mark(first="linked", second="linked") != mark(first="linked", second="linked")


def test_nothing_by_an_optional_wire_is_a_wire_left_open_and_one_among_several_is_refused(pack: Pack) -> None:
    node, shape = pack("nodes.compare.score_images").ScoreImages, torch.zeros(1, 8, 8, 3)
    given = {"images": [shape], "reader": ["auto"], "least": [0.0], "references": [None], "reference_images": [None]}
    with pytest.raises(Exception, match="references"):  # the node's own word for having none
        node.execute(**given)
    with pytest.raises(Exception, match="reference_images takes pictures.* and nothing came in"):
        node.execute(**{**given, "reference_images": [shape, None]})


def test_an_input_that_a_node_does_not_have_is_named(pack: Pack) -> None:
    with pytest.raises(Exception, match="Load demo base model has no input '<img onerror=1>'"):
        pack("nodes.demo.base_model").DemoBaseModel.execute(family="SDXL", **{"<img onerror=1>": 1})


@pytest.mark.parametrize("stack", [7, "a text", [["a", 1.0]], [["a", 1.0, "b"]], [["a", float("nan"), 1.0]], [7]])
def test_a_stack_that_is_none_is_refused_with_what_came_in(pack: Pack, stack: Any) -> None:
    with pytest.raises(Exception, match="lora_stack takes names with two strengths each"):
        pack("nodes.use.apply_lora")._of_stack(stack)


def test_another_object_in_place_of_a_text_encoder_is_said(pack: Pack) -> None:
    model = stands_for("comfy.model_patcher", "ModelPatcher", model=None)
    with pytest.raises(Exception, match="wired into clip is none"):
        pack("nodes.host.lora")._known(model, object())
    with pytest.raises(Exception, match="wired into model is none"):
        pack("nodes.host.lora")._known(object(), None)
