"""A motion module that learns on the demo base: before training it adds nothing, and its file is one that is read."""

from pathlib import Path

import pytest
import torch

from trainer.bench import motion
from trainer.generate.clip.file import open_motion_module


@pytest.mark.slow
def test_a_module_begins_at_nothing_learns_and_is_kept_in_a_file_that_is_read(tmp_path: Path) -> None:
    begun, learned = motion._begun().state_dict(), motion.learned(2)
    ends = [name for name in begun if ".proj_out." in name]
    assert ends and not any(begun[name].any() for name in ends)
    assert all(learned.state_dict()[name].any() for name in ends if name.endswith("weight"))
    motion._save(tmp_path / "motion.safetensors", learned)
    kept = open_motion_module(tmp_path / "motion.safetensors")
    assert kept.layout == motion._LAYOUT
    for name, tensor in kept.modules.state_dict().items():
        assert torch.equal(tensor, learned.state_dict()[name].half())
