"""Metadata added to a file: the weights stay byte for byte."""

from pathlib import Path

import pytest
import torch
from safetensors import safe_open

from trainer.errors import ModelError
from trainer.storage.tensor_file import write_tensors
from trainer.storage.tensor_metadata import has_same_weights, with_metadata


@pytest.fixture
def lora(tmp_path: Path) -> Path:
    path = tmp_path / "lora.safetensors"
    write_tensors(path, {"a.lora_up": torch.arange(6.0).reshape(2, 3), "b": torch.ones(1)}, {"ss_steps": "5"})
    return path


def test_entries_are_added_and_the_library_reads_the_same_tensors(lora: Path, tmp_path: Path) -> None:
    told = tmp_path / "told.safetensors"
    told.write_bytes(with_metadata(lora, {"likeness.choice": '{"ä": 1}', "ss_steps": "6"}))
    with safe_open(told, framework="pt") as file:
        assert file.metadata() == {"likeness.choice": '{"ä": 1}', "ss_steps": "6"}
        assert file.get_tensor("a.lora_up").equal(torch.arange(6.0).reshape(2, 3))
    assert has_same_weights(told, lora) and told.read_bytes() != lora.read_bytes()


def test_a_file_without_metadata_gets_some(tmp_path: Path) -> None:
    bare = tmp_path / "bare.safetensors"
    write_tensors(bare, {"a": torch.ones(2)}, {})
    bare.write_bytes(with_metadata(bare, {"x": "y"}))
    with safe_open(bare, framework="pt") as file:
        assert file.metadata() == {"x": "y"}


def test_other_weights_and_what_is_no_such_file_are_not_the_same(lora: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.safetensors"
    write_tensors(other, {"a.lora_up": torch.zeros(2, 3), "b": torch.ones(1)}, {"ss_steps": "5"})
    named = tmp_path / "named.safetensors"
    write_tensors(named, {"c.lora_up": torch.arange(6.0).reshape(2, 3), "d": torch.ones(1)}, {"ss_steps": "5"})
    assert not has_same_weights(named, lora)
    (tmp_path / "text.safetensors").write_bytes(b"<html>")
    assert not has_same_weights(other, lora)
    assert not has_same_weights(tmp_path / "text.safetensors", lora)
    assert not has_same_weights(tmp_path / "text.safetensors", tmp_path / "text.safetensors")
    assert not has_same_weights(tmp_path / "nowhere", lora)
    with pytest.raises(ModelError, match="not a whole safetensors file"):
        with_metadata(tmp_path / "text.safetensors", {})
