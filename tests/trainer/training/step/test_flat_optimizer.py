"""Every optimizer: its library's numbers, an exact resume, and settings that arrive."""

import importlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from torch.nn import Parameter

from trainer.errors import RecipeError
from trainer.recipe.optim import OWN_CURVES, OWN_NUMBERS, Curve, Optim, Optimizer, Schedule
from trainer.recipe.optimizers import optimizer_words
from trainer.training.run.state import load_state, save_state
from trainer.training.step import optimizers
from trainer.training.step.flat_optimizer import FlatOptimizer
from trainer.training.step.optimizers import optimizer_class
from trainer.training.step.schedule import lr_at

NAMES = get_args(Optimizer)
RATE = 0.01


def optim_of(name: str, **numbers: Any) -> Optim:
    return Optim(**{"optimizer": name, "lr": RATE, "grad_clip": 0.5, **OWN_NUMBERS.get(name, {}), **numbers})


def weights() -> list[Parameter]:
    """Two matrices large enough for 8-bit states, whole blocks of 256 each."""
    source = torch.Generator().manual_seed(3)
    return [Parameter(torch.randn(shape, generator=source)) for shape in ((64, 96), (80, 64))]


def add_gradients(parameters: Sequence[Parameter], update: int) -> None:
    """Of a loss that differs every update, as pictures do, and pulls one way."""
    source = torch.Generator().manual_seed(100 + update)
    for weight in parameters:
        ((weight - 3 - torch.randn(weight.shape, generator=source)) ** 4).sum().backward()


def train(
    flat: FlatOptimizer, parameters: Sequence[Parameter], updates: range, schedule: Schedule, optim: Optim
) -> None:
    for update in updates:
        add_gradients(parameters, update)
        flat.step([lr_at(update, optim, schedule)], flat.gradient_norm())


def schedule_of(name: str, steps: int = 8) -> Schedule:
    return Schedule(steps=steps, warmup=2, curve=OWN_CURVES.get(name, "cosine"))


@pytest.mark.parametrize("name", NAMES)
def test_flat_and_clipped_is_the_library_on_matrices(name: str) -> None:
    # The last bit of a clipped gradient decides between two 8-bit codes, so those are compared without clipping.
    clip = 1e9 if name.endswith("adamw8bit") else 0.5
    optim, mine, theirs = optim_of(name, grad_clip=clip), weights(), weights()
    flat = FlatOptimizer([mine], optim)
    reference = optimizers.build_optimizer(optim, [theirs])
    if hasattr(reference, "train"):
        reference.train()
    for update in range(45):
        add_gradients(mine, update)
        flat.step([optim.lr], flat.gradient_norm())
        add_gradients(theirs, update)
        torch.nn.utils.clip_grad_norm_(theirs, clip)
        reference.param_groups[0]["lr"] = optim.lr
        reference.step()
        reference.zero_grad()
    start = weights()
    for ours, known, before in zip(mine, theirs, start, strict=True):
        assert (ours - before).abs().max() > 1e-4
        assert torch.allclose(ours, known, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_stopped_saved_and_resumed_ends_byte_for_byte_as_straight(name: str, tmp_path: Path) -> None:
    optim, schedule = optim_of(name), schedule_of(name, steps=30)
    straight, cut = weights(), weights()
    whole, first = FlatOptimizer([straight], optim), FlatOptimizer([cut], optim)
    train(whole, straight, range(30), schedule, optim)
    train(first, cut, range(24), schedule, optim)
    with first.eval_weights():
        pass  # measured before it is saved, which the straight run was not
    save_state(tmp_path / "state", 24, first.tensors())
    loaded = load_state(tmp_path / "state")
    assert loaded is not None
    fresh = weights()
    second = FlatOptimizer([fresh], optim)
    second.restore(loaded[1], loaded[0])
    train(second, fresh, range(24, 30), schedule, optim)
    ended, expected = second.tensors(), whole.tensors()
    assert ended.keys() == expected.keys()
    for key, tensor in expected.items():
        assert ended[key].dtype == tensor.dtype, key
        assert torch.equal(ended[key], tensor), key
    assert all(torch.equal(a, b) for a, b in zip(fresh, straight, strict=True))


@pytest.mark.parametrize("name", ["adamw8bit", "lion8bit"])
def test_8_bit_states_are_of_8_bits(name: str) -> None:
    parameters = weights()
    flat = FlatOptimizer([parameters], optim_of(name))
    train(flat, parameters, range(1), schedule_of(name), optim_of(name))
    kept = flat.tensors()
    assert kept["0.state.state1"].dtype == torch.uint8
    assert kept["0.state.state1"].numel() == kept["0.weights"].numel()
    assert kept["0.state.absmax1"].numel() == kept["0.weights"].numel() // 256


def test_adafactor_keeps_a_row_and_a_column_of_each_matrix() -> None:
    parameters = weights()
    flat = FlatOptimizer([parameters], optim_of("adafactor"))
    train(flat, parameters, range(1), schedule_of("adafactor"), optim_of("adafactor"))
    kept = flat.tensors()
    assert [
        kept[key].numel() for key in ("0.state.exp_avg_sq_row", "0.state.exp_avg_sq_col", "1.state.exp_avg_sq_row")
    ] == [64, 96, 80]


def test_prodigys_rate_is_in_the_state_exactly() -> None:
    parameters, optim = weights(), optim_of("prodigy")
    flat = FlatOptimizer([parameters], optim)
    train(flat, parameters, range(30), Schedule(steps=30, curve="constant"), optim)
    found = flat.inner.param_groups[0]["d"]
    assert found > 2e-6, "it has not begun to find one"
    assert flat.tensors()["0.group.d"].item() == found


def test_schedule_free_rests_at_the_mean_and_trains_on_from_where_it_was() -> None:
    parameters, optim = weights(), optim_of("schedulefree")
    flat = FlatOptimizer([parameters], optim)
    train(flat, parameters, range(4), schedule_of("schedulefree"), optim)
    training, fast = flat.flats[0].detach().clone(), flat.tensors()["0.state.z"].clone()
    with flat.eval_weights():
        mean = flat.flats[0].detach().clone()
        assert torch.equal(parameters[0].reshape(-1), mean[: parameters[0].numel()])
    assert torch.equal(flat.flats[0], training)
    assert torch.allclose(training, 0.1 * fast + 0.9 * mean, atol=1e-6)
    with pytest.raises(KeyboardInterrupt), flat.eval_weights():
        raise KeyboardInterrupt
    assert torch.equal(flat.flats[0], training)


@pytest.mark.parametrize("name", NAMES)
def test_every_number_reaches_the_live_optimizer(name: str) -> None:
    betas = {} if name == "adafactor" else {"beta1": 0.8, "beta2": 0.95}
    optim = optim_of(name, lr=0.25, weight_decay=0.07, grad_clip=0.125, **betas)
    parameters = weights()
    flat = FlatOptimizer([parameters], optim)
    (group,) = flat.inner.param_groups
    norms: list[float] = []
    real = flat.inner.step
    flat.inner.step = lambda: (norms.append(float(flat.gradient_norm())), real())
    train(flat, parameters, range(2), schedule_of(name), optim)
    assert group["weight_decay"] == 0.07
    assert group.get("betas") == (None if name == "adafactor" else (0.8, 0.95))
    assert norms == pytest.approx([0.125, 0.125], rel=1e-5)
    assert group["lr"] == lr_at(1, optim, schedule_of(name))
    if name.endswith("8bit"):
        config = flat.inner.get_config(0, 0, group)
        assert (config["betas"], config["weight_decay"]) == ((0.8, 0.95), 0.07)
    if name == "adafactor":
        assert (group["relative_step"], group["scale_parameter"], group["beta1"]) == (False, False, None)
    if name == "prodigy":
        assert (group["use_bias_correction"], group["safeguard_warmup"]) == (True, True)


@pytest.mark.parametrize(
    ("name", "curve"), [(n, c) for n in NAMES for c in get_args(Curve) if OWN_CURVES.get(n, c) == c]
)
def test_every_schedules_rate_is_the_one_a_step_is_made_at(name: str, curve: Curve) -> None:
    optim = optim_of(name)
    schedule = Schedule(steps=7, warmup=2, curve=curve, power=2.0, cycles=2, lr_floor=0.1)
    parameters = weights()
    flat = FlatOptimizer([parameters], optim)
    rates: list[float] = []
    real = flat.inner.step
    flat.inner.step = lambda: (rates.append(flat.inner.param_groups[0]["lr"]), real())
    train(flat, parameters, range(7), schedule, optim)
    assert rates == [lr_at(update, optim, schedule) for update in range(7)]
    assert rates[:3] == pytest.approx([optim.lr / 3, optim.lr * 2 / 3, optim.lr])
    for other in ({"warmup": 1}, {"power": 3.0}, {"cycles": 3}, {"lr_floor": 0.2}):
        differs = [lr_at(update, optim, replace(schedule, **other)) for update in range(7)] != rates
        used = {
            "power": curve == "polynomial",
            "cycles": curve == "cosine_with_restarts",
            "lr_floor": curve != "constant",
        }
        assert differs == used.get(next(iter(other)), True), other


@pytest.mark.parametrize("name", [name for name in NAMES if name != "adamw"])
def test_a_missing_library_costs_only_its_own_choice(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(module: str) -> Any:
        raise ImportError(f"No module named {module}")

    package = optimizer_words(optim_of(name)).split(".")[0]
    monkeypatch.setattr(optimizers, "import_module", missing)
    with pytest.raises(RecipeError, match=f"optimizer '{name}' needs .*pip install -U {package}` or choose 'adamw'"):
        optimizer_class(optim_of(name))
    monkeypatch.undo()
    assert optimizer_class(Optim()) is torch.optim.AdamW


def test_nothing_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    for name in NAMES:
        FlatOptimizer([weights()], optim_of(name))
    assert capsys.readouterr().out == ""


def test_metadata_names_the_class_as_kohya_does() -> None:
    assert optimizer_words(Optim()) == "torch.optim.AdamW(weight_decay=0.01,betas=(0.9,0.999))"
    for name in NAMES:
        words = optimizer_words(optim_of(name))
        module, _, kind = words.split("(")[0].rpartition(".")
        assert getattr(importlib.import_module(module), kind) is optimizer_class(optim_of(name))


def test_a_mean_that_missed_updates_goes_on_as_if_never_stopped() -> None:
    """In fp16 updates whose gradients overflow are left out, and the loop counts them all the same."""
    optim, schedule = Optim(lr=RATE, ema_decay=0.99), schedule_of("adamw")
    whole, half = weights(), weights()
    straight, stopped = FlatOptimizer([whole], optim), FlatOptimizer([half], optim)
    train(straight, whole, range(3), schedule, optim)
    train(stopped, half, range(3), schedule, optim)
    again = weights()
    resumed = FlatOptimizer([again], optim)
    resumed.restore({key: tensor.clone() for key, tensor in stopped.tensors().items()}, 6)
    train(straight, whole, range(3, 5), schedule, optim)
    train(resumed, again, range(3, 5), schedule, optim)
    kept = straight.tensors()
    assert all(torch.equal(tensor, kept[key]) for key, tensor in resumed.tensors().items())
