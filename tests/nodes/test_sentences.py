"""What the system refuses over a file reaches the page as a sentence, whichever node met it."""

import errno
import inspect
from collections.abc import Callable
from typing import Any

import pytest

from .conftest import listed_nodes
from .fake_host import FakeHost
from .pictures import write_folder

Pack = Callable[[str], Any]


@pytest.fixture
def nodes(pack: Pack) -> dict[str, Any]:
    """The nodes as the host gets them, by the names of their classes."""
    listed = listed_nodes()
    return {node.__name__: node for node in listed}


def full(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def load(nodes: dict[str, Any], pack: Pack, host: FakeHost) -> None:
    write_folder(host.home / "input" / "who", count=2)
    (host.home / "temp").rmdir()
    (host.home / "temp").write_text("a file where a folder belongs")
    nodes["LoadCharacterDataset"].execute(folder="input/who", trigger="sage", subject="person", held_out=0)


def export(nodes: dict[str, Any], pack: Pack, host: FakeHost) -> None:
    recipe = next(iter(pack("trainer.recipe.presets").PRESETS.values())).recipe
    nodes["ExportRecipe"].execute(recipe=recipe, format="kohya TOML", name="mine")


def demo(nodes: dict[str, Any], pack: Pack, host: FakeHost) -> None:
    nodes["DemoCharacter"].execute(number=0)


def demo_as_found(nodes: dict[str, Any], pack: Pack, host: FakeHost) -> None:
    nodes["DemoCharacter"].execute(number=0, pictures="as found")


@pytest.mark.parametrize("act", [export, demo, demo_as_found], ids=lambda act: act.__name__)
def test_a_full_disk_is_told_by_every_node_that_writes(
    nodes: dict[str, Any], pack: Pack, fake_host: FakeHost, monkeypatch: pytest.MonkeyPatch, act: Any
) -> None:
    monkeypatch.setattr(pack("trainer.storage.atomic").tempfile, "mkstemp", full)
    with pytest.raises(
        pack("trainer.errors").LikenessError, match=r"The disk is full: .*output.* could not be written"
    ):
        act(nodes, pack, fake_host)


def test_a_folder_that_cannot_be_made_is_told(nodes: dict[str, Any], pack: Pack, fake_host: FakeHost) -> None:
    with pytest.raises(pack("trainer.errors").LikenessError, match=r"temp.* cannot be used: "):
        load(nodes, pack, fake_host)


def test_any_other_fault_of_the_system_is_a_sentence_too_and_our_own_stay(pack: Pack) -> None:
    errors = pack("trainer.errors")

    class Node:
        fault: Exception = PermissionError(errno.EACCES, "Permission denied", "/x/y.safetensors")

        @classmethod
        def execute(cls, name: str, count: int = 1) -> None:
            raise cls.fault

    told = pack("nodes.sentences").told_in_sentences(Node)
    assert list(inspect.signature(told.execute).parameters) == ["name", "count"]
    with pytest.raises(errors.DiskError, match=r"^/x/y.safetensors cannot be used: Permission denied\. See that"):
        told.execute("x", count=2)
    Node.fault = errors.RunError("Ours.")
    with pytest.raises(errors.RunError, match="Ours"):
        told.execute("x")
