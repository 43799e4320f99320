"""LoRA files for the host's loader: what it would stumble over is refused before."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

Pack = Callable[[str], Any]


def test_an_alpha_of_two_numbers_is_refused_by_name(
    pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = pack("nodes.host.lora")
    path = tmp_path / "odd.safetensors"
    path.write_bytes(b"read by the fake")
    tensors = {"a.lora_up.weight": torch.ones(2, 2), "a.alpha": torch.ones(2)}
    monkeypatch.setattr(host.comfy.utils, "load_torch_file", lambda *_, **__: tensors, raising=False)
    with pytest.raises(pack("trainer.errors").ModelError, match=r"odd.safetensors is damaged: a.alpha must hold one"):
        host.apply_lora(None, None, path, 1.0)
