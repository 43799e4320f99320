"""What Apply character LoRA puts the LoRA on."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

Pack = Callable[[str], Any]


@pytest.fixture
def apply(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Any, ...]]:
    """The node's outputs; of the host's loading only the names of what it was given."""
    loads = SimpleNamespace(
        apply_lora=lambda model, clip, path, strength: (f"{model}+{path.stem}", f"{clip}+{path.stem}")
    )
    monkeypatch.setitem(__import__("sys").modules, f"{pack('nodes').__name__}.host.lora", loads)
    own = SimpleNamespace(loaded=SimpleNamespace(model="own", clip="own words", vae="own vae"))
    lora = pack("nodes.sockets").ChosenLora(path=Path("sage.safetensors"), name="sage", trigger="sage", models=own)
    node = pack("nodes.use.apply_lora").ApplyCharacterLora
    return lambda **wired: node.execute(lora, 1.0, **wired).args


def test_with_nothing_wired_it_is_the_runs_base(apply: Callable[..., tuple[Any, ...]]) -> None:
    assert apply() == ("own+sage", "own words+sage", "own vae")


def test_what_is_wired_is_taken_and_has_a_vae_of_its_own(apply: Callable[..., tuple[Any, ...]]) -> None:
    model, clip, vae = apply(model="mine", clip="my words")
    assert (model, clip) == ("mine+sage", "my words+sage")
    assert "wire the VAE of your model" in vae.message


@pytest.mark.parametrize("wired", [{"model": "mine"}, {"clip": "my words"}])
def test_one_of_the_two_is_refused(pack: Pack, apply: Callable[..., tuple[Any, ...]], wired: dict[str, str]) -> None:
    with pytest.raises(pack("trainer.errors").RunError, match="both"):
        apply(**wired)
