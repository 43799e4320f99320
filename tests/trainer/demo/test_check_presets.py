"""Every preset's miniature is held against what this version stored of it."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from trainer.demo.check_presets import STORED, PresetCheck, Trained, check_presets, stored_figures
from trainer.demo.miniature import Figures, as_quick_here, family_of, miniature
from trainer.errors import RunError
from trainer.recipe.presets import PRESETS, Preset
from trainer.recipe.recipe import Recipe

_GUIDE = "SDXL character (guide)"
_WELL = Figures(loss=0.05, fall=0.03, change=0.5, numbers=1000)


def test_every_preset_has_stored_figures_and_none_is_stored_of_another() -> None:
    assert set(stored_figures()) == set(PRESETS)


def test_what_is_stored_moved_its_weights() -> None:
    assert all(each.loss > 0 and each.change > 0 and each.numbers > 0 for each in stored_figures().values())


@pytest.mark.parametrize(("has", "precision"), [(True, "bf16"), (False, "fp32")])
def test_a_processor_without_bf16_trains_in_fp32_and_the_rest_stays(
    monkeypatch: pytest.MonkeyPatch, has: bool, precision: str
) -> None:
    monkeypatch.setattr("trainer.demo.miniature.has_bf16", lambda: has)
    small = miniature(PRESETS[_GUIDE])
    assert small.memory.precision == "bf16"
    assert as_quick_here(small) == replace(small, memory=replace(small.memory, precision=precision))


@pytest.mark.parametrize("name", list(PRESETS))
def test_a_miniature_differs_from_its_preset_in_length_size_and_rate_alone(name: str) -> None:
    preset = PRESETS[name]
    small, whole = miniature(preset).to_json(), preset.recipe.to_json()
    same = ("lora", "loss", "flow", "memory")
    assert {part: small[part] for part in same} == {part: whole[part] for part in same}
    kept = {"batch", "accumulation", "curve", "cycles", "power", "lr_floor"}
    assert {key: small["schedule"][key] for key in kept} == {key: whole["schedule"][key] for key in kept}
    assert small["optim"] | {"lr": 0} == whole["optim"] | {"lr": 0}
    assert small["schedule"]["steps"] * small["schedule"]["batch"] * small["schedule"]["accumulation"] <= 32


def test_presets_for_flux_and_its_relatives_train_on_the_demo_base_that_predicts_flow() -> None:
    flow = {name for name, preset in PRESETS.items() if family_of(preset) == "flow"}
    assert flow == {name for name in PRESETS if name.startswith(("FLUX", "Z-Image"))}


def test_figures_that_round_another_way_are_alike() -> None:
    near = Figures(loss=0.0509, fall=0.026, change=0.51, numbers=1000)
    assert not Trained(preset="A", here=near, stored=_WELL).faults


@pytest.mark.parametrize(
    ("off", "said"),
    [
        ({"loss": 0.1}, "mean loss is 0.1 where 0.05"),
        ({"fall": 0.0}, "share of held-out loss taken away is 0 where 0.03"),
        ({"change": 0.25}, "norm of the weights' change is 0.25 where 0.5"),
        ({"numbers": 999}, "number of weights is 999 where 1000"),
        ({"loss": float("nan")}, "mean loss is nan where 0.05"),
    ],
)
def test_a_figure_that_fell_is_named_with_its_preset(off: dict[str, Any], said: str) -> None:
    checked = PresetCheck(trained=(Trained(preset="A", here=replace(_WELL, **off), stored=_WELL),), seconds=1.0)
    with pytest.raises(RunError, match=f"A: {said}"):
        checked.refuse_changes()
    assert len(checked.faults) == 1


def test_a_preset_of_which_nothing_is_stored_is_refused_until_it_is_recorded(tmp_path: Path) -> None:
    checked = PresetCheck(trained=(Trained(preset="New", here=_WELL, stored=None),), seconds=1.0)
    with pytest.raises(RunError, match="New: nothing is stored"):
        checked.refuse_changes()
    checked.record(tmp_path / "figures.json")
    assert stored_figures(tmp_path / "figures.json") == {"New": _WELL}


def _broken(part: str, **values: Any) -> Callable[[Preset], Preset]:
    def changed(preset: Preset) -> Preset:
        data = preset.recipe.to_json()
        data[part] |= values
        return replace(preset, recipe=Recipe.from_json(data))

    return changed


@pytest.mark.slow
def test_presets_train_as_stored() -> None:
    check_presets().refuse_changes()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("break_it", "figure"),
    [
        (_broken("loss", min_snr_gamma=0.0), "loss"),
        (_broken("lora", alpha=8.0), "change"),
        (_broken("optim", lr=5e-5), "change"),
        (_broken("lora", rank=16), "numbers"),
        (_broken("schedule", curve="constant"), "change"),
    ],
    ids=["min-SNR", "alpha", "rate", "rank", "schedule"],
)
def test_a_preset_with_one_broken_number_is_caught(break_it: Callable[[Preset], Preset], figure: str) -> None:
    (trained,) = check_presets({_GUIDE: break_it(PRESETS[_GUIDE])}).trained
    title = {"loss": "mean loss", "change": "norm of", "numbers": "number of"}[figure]
    assert any(title in fault for fault in trained.faults), json.dumps([trained.here.to_json(), str(STORED)])
