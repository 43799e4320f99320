"""LoRA files for the host's loader: what it would stumble over is refused before."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

Pack = Callable[[str], Any]


def test_an_alpha_of_two_numbers_is_refused_by_name(
    pack: Pack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = pack("nodes.host.lora")
    path = tmp_path / "odd.safetensors"
    tensors = {"a.lora_up.weight": torch.ones(2, 2), "a.alpha": torch.ones(2)}
    save_file(tensors, path)
    monkeypatch.setattr(host.comfy.utils, "load_torch_file", lambda *_, **__: tensors, raising=False)
    with pytest.raises(pack("trainer.errors").ModelError, match=r"odd.safetensors is damaged: a.alpha must hold one"):
        host.apply_lora(None, None, path, 1.0)


def test_a_web_page_under_a_loras_name_is_told_as_of_bases(pack: Pack, tmp_path: Path) -> None:
    path = tmp_path / "page.safetensors"
    path.write_bytes(b"<html>Sign in to download</html>")
    with pytest.raises(pack("trainer.errors").ModelError, match=r"page\.safetensors is not .*a web page"):
        pack("nodes.host.lora").apply_lora(None, None, path, 1.0)


@pytest.mark.parametrize(
    ("key", "layer"),
    [
        ("lora_unet_a.w_norm", "lora_unet_a"),
        ("diffusion_model.a.lora_A.weight", "diffusion_model.a"),
        ("unet.a.processor.to_q_lora.up.weight", "unet.a.processor.to_q"),
        ("lora_unet_a.a1.weight", "lora_unet_a"),
        ("diffusion_model.a.reshape_weight", "diffusion_model.a"),
        ("bundle_emb.zxq.clip_l", "bundle_emb.zxq.clip_l"),
    ],
)
def test_a_key_is_counted_to_the_layer_that_the_host_reads_it_for(pack: Pack, key: str, layer: str) -> None:
    assert pack("nodes.host.lora")._layer(key) == layer
