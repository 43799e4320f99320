"""Text encoders in folders: whichever version of transformers saved them, their weights arrive."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import CLIPTextConfig, CLIPTextModel

from trainer.errors import ModelError
from trainer.families.flow.folder import FolderPart, load_clip

SIZES = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 1, "vocab_size": 50}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    CLIPTextModel(CLIPTextConfig(**SIZES)).save_pretrained(tmp_path / "text_encoder")
    return tmp_path


@pytest.mark.parametrize("level", ["text_model.", ""])
def test_the_level_that_only_some_versions_have_is_looked_past(folder: Path, level: str) -> None:
    """transformers 4 opens what 5 has saved with random weights, and says so in a warning alone."""
    path = folder / "text_encoder" / "model.safetensors"
    plain = {name.removeprefix("text_model."): value for name, value in load_file(path).items()}
    save_file({f"{level}{name}": value for name, value in plain.items()}, path, {"format": "pt"})
    loaded = load_clip(FolderPart(folder, "text_encoder"), CLIPTextModel).state_dict()
    arrived = {name.removeprefix("text_model."): value for name, value in loaded.items()}
    assert arrived.keys() == plain.keys()
    assert all(torch.equal(arrived[name], plain[name]) for name in plain)


def test_what_is_not_there_is_named_and_never_random(folder: Path) -> None:
    path = folder / "text_encoder" / "model.safetensors"
    save_file({name: value for name, value in load_file(path).items() if "q_proj.weight" not in name}, path)
    with pytest.raises(ModelError, match=r"text_encoder.*is not whole: it lacks '.*q_proj\.weight'"):
        load_clip(FolderPart(folder, "text_encoder"), CLIPTextModel)
