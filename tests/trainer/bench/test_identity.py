"""The study of adapters: what it asks, how arms are held against each other, and files in the layouts of real ones."""

from pathlib import Path

import pytest

from trainer.bench.identity_arms import ADAPTER, ARMS, FULL, GUIDE, LORA, MEASURES, Column, study_plan
from trainer.bench.identity_study import told
from trainer.bench.inputs.random_adapters import CROSS, pulid_flux, write_adapter
from trainer.demo.world.look import STYLES
from trainer.identity.files import open_adapter

PLAIN, HARD = (8, 100), (20, 410)


def column(arm: str, plain: float, hard: float) -> Column:
    table = {measure: {PLAIN: plain, HARD: hard} for measure in MEASURES}
    return Column(arm=arm, table=table, variety=None, pictures=())


def test_hard_pictures_are_of_turned_heads_and_never_flat() -> None:
    probes = study_plan("ohwx_moss").probes
    hard = [probe for probe in probes if probe.seeds[0] >= 400]
    assert len(hard) == 12
    assert probes[-12:] == tuple(hard)
    assert {probe.asked["turn"] for probe in hard} == {"left", "right"}
    assert {probe.asked["style"] for probe in hard} == set(STYLES) - {"flat"}
    assert all("ohwx_moss" in probe.prompt for probe in probes)


def test_a_picture_counts_once_however_many_trainings_drew_it() -> None:
    found = {
        0: [
            *(column(arm, 0.5, 0.5) for arm in ARMS if arm not in (LORA, GUIDE)),
            column(LORA, 0.9, 0.2),
            column(LORA, 0.7, 0.4),
            column(GUIDE, 0.9, 0.7),
        ]
    }
    said = told(found)
    assert said["pictures"] == {"all": 2, "hard": 1}
    assert said["arms"][LORA]["all"]["identity"][0] == pytest.approx(0.55)
    assert said["arms"][LORA]["identity_by_run"] == [0.55, 0.55]
    assert said["arms"][LORA]["identity_tenth"] == pytest.approx(0.26)
    assert said["differences"][f"{GUIDE} - {LORA}"]["hard"]["identity"][0] == pytest.approx(0.4)
    assert said["differences"][f"{GUIDE} - {ADAPTER}"]["all"]["identity"][0] == pytest.approx(0.3)
    assert said["differences"][f"{FULL} - {LORA}"]["all"]["identity"][0] == pytest.approx(-0.05)


def test_characters_do_not_share_pictures() -> None:
    found = {number: [column(arm, number / 2, 0.5) for arm in ARMS] for number in (0, 1)}
    said = told(found)
    assert said["pictures"] == {"all": 4, "hard": 2}
    assert said["arms"][LORA]["all"]["identity"][0] == pytest.approx((0.0 + 0.5 + 0.5 + 0.5) / 4)


@pytest.mark.parametrize("kind", CROSS)
def test_random_files_are_recognised_as_what_they_imitate(kind: str, tmp_path: Path) -> None:
    shapes, _ = CROSS[kind]
    adapter = open_adapter(write_adapter(tmp_path / f"{kind}.safetensors", shapes({1: 8, 3: 8})))
    assert (adapter.kind.name, adapter.family) == (kind, "sdxl")


def test_a_random_file_for_flux_is_recognised(tmp_path: Path) -> None:
    adapter = open_adapter(write_adapter(tmp_path / "pulid_flux.safetensors", pulid_flux(128)))
    assert (adapter.kind.name, adapter.family) == ("pulid_flux", "flux1")
