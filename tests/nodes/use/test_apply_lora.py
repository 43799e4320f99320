"""What Apply character LoRA puts the LoRA on."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

from trainer.storage.tensor_file import write_tensors

from ..fake_host import FakeHost, Wire

Pack = Callable[[str], Any]


@pytest.fixture
def apply(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Any, ...]]:
    """The node's outputs; of the host's loading only the names of what it was given."""
    loads = SimpleNamespace(
        apply_lora=lambda model, clip, path, strength, of_clip=None: (
            f"{model}+{path.stem}" + ("" if strength == 1 else f"*{strength:g}"),
            f"{clip}+{path.stem}" + ("" if of_clip == 1 else f"*{of_clip:g}"),
        )
    )
    monkeypatch.setitem(__import__("sys").modules, f"{pack('nodes').__name__}.host.lora", loads)
    own = SimpleNamespace(loaded=SimpleNamespace(model="own", clip="own words", vae="own vae"))
    lora = pack("nodes.sockets").ChosenLora(path=Path("sage.safetensors"), name="sage", trigger="sage_word", models=own)
    node = pack("nodes.use.apply_lora").ApplyCharacterLora
    return lambda **wired: node.execute(**{"lora": lora, "strength": 1.0, **wired}).args


def test_with_nothing_wired_it_is_the_runs_base(apply: Callable[..., tuple[Any, ...]]) -> None:
    assert apply() == ("own+sage", "own words+sage", "own vae", "sage_word")


def test_what_is_wired_is_taken_and_has_a_vae_of_its_own(apply: Callable[..., tuple[Any, ...]]) -> None:
    model, clip, vae, trigger = apply(**MINE)
    assert (model, clip) == ("mine+sage", "my words+sage")
    assert "wire the VAE of your model" in vae.message
    assert trigger == "sage_word"


@pytest.mark.parametrize("wired", [{"model": Wire("mine")}, {"clip": Wire("my words")}])
def test_one_of_the_two_is_refused(pack: Pack, apply: Callable[..., tuple[Any, ...]], wired: dict[str, str]) -> None:
    with pytest.raises(pack("trainer.errors").RunError, match="both"):
        apply(**wired)


MINE = {"model": Wire("mine"), "clip": Wire("my words")}


def write_lora(host: FakeHost, name: str) -> None:
    metadata = {"modelspec.trigger_phrase": f"{name}_word"}
    write_tensors(host.home / "loras" / f"{name}.safetensors", {"a": torch.zeros(1)}, metadata)


def test_any_file_by_name_tells_its_trigger(fake_host: FakeHost, apply: Callable[..., tuple[Any, ...]]) -> None:
    write_lora(fake_host, "wren")
    model, clip, _, trigger = apply(lora=None, lora_name="wren.safetensors", strength=0.8, **MINE)
    assert (model, clip, trigger) == ("mine+wren*0.8", "my words+wren*0.8", "wren_word")


def test_a_stack_of_other_packs_goes_on_after_the_chosen_one(
    fake_host: FakeHost, apply: Callable[..., tuple[Any, ...]]
) -> None:
    write_lora(fake_host, "wren")
    stack = [("wren.safetensors", 0.5, 0.25), ("None", 1.0, 1.0)]
    model, clip, _, trigger = apply(lora_stack=stack, **MINE)
    assert (model, clip, trigger) == ("mine+sage+wren*0.5", "my words+sage+wren*0.25", "sage_word")


@pytest.mark.parametrize("stack", [["wren"], [("wren", 1.0)], [(1, 1.0, 1.0)]])
def test_a_stack_of_another_kind_is_refused(pack: Pack, apply: Callable[..., tuple[Any, ...]], stack: Any) -> None:
    with pytest.raises(pack("trainer.errors").RunError, match="lora_stack takes names with two strengths"):
        apply(lora_stack=stack, **MINE)


def test_a_name_that_there_is_none_of_is_refused(pack: Pack, apply: Callable[..., tuple[Any, ...]]) -> None:
    with pytest.raises(pack("trainer.errors").LikenessError, match="There is no LoRA .gone"):
        apply(lora_name="gone.safetensors", **MINE)


def test_without_a_chosen_one_there_must_be_a_model(pack: Pack, apply: Callable[..., tuple[Any, ...]]) -> None:
    with pytest.raises(pack("trainer.errors").RunError, match="no model to put a LoRA on"):
        apply(lora=None)


def test_identities_beside_loras_are_not_listed_as_loras(pack: Pack, fake_host: FakeHost) -> None:
    write_lora(fake_host, "wren")
    write_lora(fake_host, "wren.identity")
    assert pack("nodes.host.lora_files").loras() == ["wren.safetensors"]
