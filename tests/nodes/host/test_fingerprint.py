"""A fingerprint of what draws: changed by every weight and patch, never by a new load."""

import uuid
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import torch

Pack = Callable[[str], Any]


class _Adapter:
    """Stands for the host's WeightAdapterBase."""

    def __init__(self, seed: int) -> None:
        made = torch.Generator().manual_seed(seed)
        self.loaded_keys = {"up", "down"}
        self.weights = (torch.randn(8, 2, generator=made), torch.randn(2, 8, generator=made), 1.0, None)


def _patcher(**patched: Any) -> Any:
    """A freshly loaded model of three layers, as the host's patcher holds it."""
    torch.manual_seed(5)
    model = torch.nn.Sequential(*(torch.nn.Linear(8, 8) for _ in range(3)), torch.nn.Linear(64, 64))
    bare = {"patches": {}, "object_patches": {}, "model_options": {"transformer_options": {}}}
    kept = {"backup": {}, "hook_backup": {}, "patches_uuid": uuid.uuid4(), "load_device": torch.device("cpu")}
    return SimpleNamespace(model=model, model_state_dict=model.state_dict, **{**bare, **kept, **patched})


def _lora(strength: float = 1.0, seed: int = 0) -> dict[str, Any]:
    return {"1.weight": [(strength, _Adapter(seed), 1.0, None, None)]}


@pytest.fixture
def fingerprint(pack: Pack) -> Callable[..., str]:
    return pack("nodes.host.fingerprint").fingerprint


def test_the_same_weights_loaded_twice_are_the_same(fingerprint: Callable[..., str]) -> None:
    assert fingerprint(_patcher()) == fingerprint(_patcher())
    assert fingerprint(_patcher(patches=_lora())) == fingerprint(_patcher(patches=_lora()))


@pytest.mark.parametrize("layer", range(4))
def test_any_layer_that_differs_tells(fingerprint: Callable[..., str], layer: int) -> None:
    other = _patcher()
    with torch.no_grad():
        other.model[layer].weight.mul_(1.01)
    assert fingerprint(other) != fingerprint(_patcher())


def test_a_lora_its_strength_and_its_weights_tell(fingerprint: Callable[..., str]) -> None:
    made = [fingerprint(_patcher(patches=patches)) for patches in ({}, _lora(), _lora(0.5), _lora(seed=1))]
    assert len(set(made)) == 4


def test_a_merge_by_blocks_tells_which_block(fingerprint: Callable[..., str]) -> None:
    other = torch.ones(8, 8)

    def merged(**shares: float) -> Any:
        return {f"{layer}.weight": [(share, [(other, len)], 1 - share, None, None)] for layer, share in shares.items()}

    one, two = merged(**{"0": 0.5, "1": 0.5, "2": 0.5}), merged(**{"0": 0.5, "1": 0.7, "2": 0.5})
    assert fingerprint(_patcher(patches=one)) != fingerprint(_patcher(patches=two))


def test_a_setting_held_by_a_patched_function_tells(fingerprint: Callable[..., str]) -> None:
    def rescaled(share: float) -> dict[str, Any]:
        return {"sampler_cfg_function": lambda args: args["cond"] * share, "transformer_options": {}}

    same = [fingerprint(_patcher(model_options=rescaled(0.7))) for _ in range(2)]
    assert same[0] == same[1] != fingerprint(_patcher(model_options=rescaled(0.3)))


def test_a_sampling_patch_tells_its_kind_and_its_shift(fingerprint: Callable[..., str]) -> None:
    class Flow(torch.nn.Module):
        def __init__(self, shift: float) -> None:
            super().__init__()
            self.shift = shift

    class Velocity(Flow):
        pass

    kinds = [Flow(3.0), Flow(1.0), Velocity(3.0)]
    assert len({fingerprint(_patcher(object_patches={"model_sampling": kind})) for kind in kinds}) == 3


def test_weights_are_the_models_own_while_a_lora_is_in_them(fingerprint: Callable[..., str]) -> None:
    before = fingerprint(_patcher(patches=_lora()))
    loaded = _patcher(patches=_lora())
    loaded.backup = {"1.weight": SimpleNamespace(weight=loaded.model[1].weight.detach().clone())}
    with torch.no_grad():
        loaded.model[1].weight.add_(1)
    assert fingerprint(loaded) == before


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float8_e4m3fn, torch.int8])
def test_weights_of_every_precision_are_read(fingerprint: Callable[..., str], dtype: torch.dtype) -> None:
    zeros, ones = (torch.full((200, 3), value).to(dtype) for value in (0.0, 1.0))
    assert fingerprint(zeros) != fingerprint(ones)
    assert fingerprint(torch.tensor(1.0)) != fingerprint(torch.tensor(2.0))


def test_what_holds_itself_comes_to_an_end(fingerprint: Callable[..., str]) -> None:
    ring: dict[str, Any] = {"share": 1}
    ring["self"] = ring
    assert fingerprint(ring) == fingerprint(ring)
