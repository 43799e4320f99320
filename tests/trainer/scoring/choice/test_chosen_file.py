"""The choice in the chosen file's metadata."""

import json
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file

from tests.trainer.scoring.test_choice import report, scores
from trainer.errors import ModelError
from trainer.lora.metadata import with_hashes
from trainer.scoring.choice.by_hand import choose_by_hand
from trainer.scoring.choice.choose import Choice
from trainer.scoring.choice.chosen_file import KEY, choice_metadata
from trainer.storage.tensor_file import write_tensors
from trainer.storage.tensor_metadata import with_metadata

TENSORS = {"lora_unet_b.lora_up.weight": torch.arange(6.0).reshape(3, 2), "lora_unet_a.alpha": torch.tensor(4.0)}
MADE = report(scores(100, [0.3] * 4), scores(200, [0.8] * 4))


def metadata_of(path: Path) -> dict[str, str]:
    with safe_open(path, "pt") as file:
        assert all(torch.equal(file.get_tensor(name), tensor) for name, tensor in TENSORS.items())
        return dict(file.metadata() or {})


def test_the_file_tells_the_choice_and_keeps_its_tensors_and_what_it_said(tmp_path: Path):
    source, target = tmp_path / "a.safetensors", tmp_path / "b.safetensors"
    save_file(TENSORS, source, {"ss_network_dim": "2", "modelspec.description": "old"})
    target.write_bytes(with_metadata(source, choice_metadata(MADE, choose_by_hand(MADE, "Step 200"))))
    said = metadata_of(target)
    told = json.loads(said[KEY])
    assert (told["label"], told["step"], told["by"], told["report"]) == ("Step 200", 200, "hand", "key")
    assert told["measures"]["identity"]["value"] == pytest.approx(0.8) and told["readers"] == {"faces": "reader"}
    assert said["ss_network_dim"] == "2" and said["modelspec.trigger_phrase"] == "sage"
    assert said["modelspec.description"].startswith("Step 200, chosen by hand from 2 compared, identity 0.80")
    region = target.read_bytes()[8 + int.from_bytes(target.read_bytes()[:8], "little") :]
    assert region == source.read_bytes()[-len(region) :]


def test_what_our_own_files_say_stays_and_their_hashes_stay_true(tmp_path: Path):
    source = tmp_path / "a.safetensors"
    said = with_hashes(TENSORS, {"ss_steps": "5", "modelspec.title": "a"})
    write_tensors(source, TENSORS, said)
    source.write_bytes(with_metadata(source, choice_metadata(MADE, choose_by_hand(MADE, "Step 200"))))
    now = metadata_of(source)
    assert {key: now[key] for key in said} == said
    ours = ("sshs_model_hash", "sshs_legacy_hash")
    assert with_hashes(TENSORS, {key: value for key, value in now.items() if key not in ours}) == now


def test_a_file_that_was_not_compared_tells_its_step_and_no_numbers():
    told = json.loads(choice_metadata(MADE, Choice(label="Step 250", reason="", by_hand=True), step=250)[KEY])
    assert (told["step"], told["measures"], told["likeness"]) == (250, {}, None)


def test_without_a_choice_nothing_is_said():
    assert choice_metadata(MADE, Choice(label=None, reason="")) == {}


def test_a_file_cut_short_is_refused(tmp_path: Path):
    source = tmp_path / "a.safetensors"
    save_file(TENSORS, source)
    source.write_bytes(source.read_bytes()[:-4])
    with pytest.raises(ModelError, match="cut short"):
        with_metadata(source, choice_metadata(MADE, choose_by_hand(MADE, "Step 200")))
