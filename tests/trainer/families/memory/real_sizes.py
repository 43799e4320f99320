"""A process of its own: one block of a FLUX.1 in its real sizes is loaded packed, trains a step, and tells its peak."""

import json
import sys
from pathlib import Path
from typing import Any

import torch

from trainer.families.flow.filled import filled
from trainer.families.flow.tensors import StoredTensors
from trainer.families.flux.shapes import transformer_config
from trainer.families.flux.transformer import make_transformer, native_place
from trainer.families.memory.quantised import packing_on
from trainer.lora.layers.build import build_layers
from trainer.lora.layers.layer import AdapterState, LowRank
from trainer.runtime.peak import peak_mb

WIDTH, TOKENS = 3072, 32


def main(path: Path) -> None:
    stored = StoredTensors([path])
    config = {**transformer_config(stored.shapes), "num_layers": 1, "num_single_layers": 0}
    __import__("bitsandbytes")
    make_transformer({**config, "num_layers": 0})
    before = peak_mb() or 0
    model: Any = filled(
        lambda: make_transformer(config),
        stored,
        lambda name: native_place(name, WIDTH, stored.shapes),
        torch.bfloat16,
        "transformer",
        packing_on("nf4", torch.device("cpu")),
    )
    loaded = peak_mb() or 0
    block = model.transformer_blocks[0]
    name = "ff.net.2"
    layers = build_layers({name: (block.get_submodule(name), LowRank(16, 16.0))}, AdapterState())
    layers[name].start(torch.Generator().manual_seed(0))
    block.set_submodule(name, layers[name].module)
    image, words = (torch.randn(1, TOKENS, WIDTH, dtype=torch.bfloat16) for _ in range(2))
    turns = torch.ones(2 * TOKENS, 128), torch.zeros(2 * TOKENS, 128)
    answer = block(image, words, torch.randn(1, WIDTH, dtype=torch.bfloat16), turns)
    answer[1].float().square().mean().backward()
    gradient = layers[name].weights()[1].grad
    assert gradient is not None
    weights = sum(part.nbytes for part in (*model.parameters(), *model.buffers()))
    said = {
        "weights_mb": weights / 2**20,
        "load_mb": loaded - before,
        "peak_mb": (peak_mb() or 0) - before,
        "learns": bool(gradient.any()) and bool(torch.isfinite(gradient).all()),
    }
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
