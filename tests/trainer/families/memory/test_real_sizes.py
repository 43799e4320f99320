"""FLUX.1 in its real sizes and names, fp8 of 12 GB in a file with holes: recognised at once, loaded block by block."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.real_sizes import t5_shapes, write_with_holes
from tests.tiny_flux import clip_shapes, transformer_shapes, vae_shapes
from trainer.families.registry import describe_base

BLOCK = "double_blocks.0."
BLOCK_MB = 340e6 * 2 / 2**20
"""Of a double block in bf16."""


def real_shapes() -> dict[str, tuple[int, ...]]:
    shapes = transformer_shapes(True, width=3072, double=19, single=38)
    return {**shapes, "txt_in.weight": (3072, 4096), "vector_in.in_layer.weight": (3072, 768)}


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Path:
    models = tmp_path_factory.mktemp("models")
    clip = {
        **clip_shapes(),
        "text_model.embeddings.token_embedding.weight": (49408, 768),
        "text_model.embeddings.position_embedding.weight": (77, 768),
    }
    write_with_holes(models / "text_encoders" / "clip_l.safetensors", clip)
    write_with_holes(models / "text_encoders" / "t5xxl_fp8_e4m3fn.safetensors", t5_shapes())
    write_with_holes(models / "vae" / "ae.safetensors", vae_shapes())
    path = models / "diffusion_models" / "flux1-dev-fp8.safetensors"
    return write_with_holes(path, real_shapes(), filled=BLOCK)


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells what was read")
def test_it_is_recognised_at_once(real: Path) -> None:
    size = real.stat().st_size
    assert 11.9e9 < size < 12.0e9
    describe_base(real)
    before = time.perf_counter(), _read_bytes()
    base = describe_base(real)
    seconds, read = time.perf_counter() - before[0], _read_bytes() - before[1]
    assert base.family == "flux1"
    assert seconds <= 1
    assert read < size / 100


@pytest.mark.slow
def test_one_packed_block_trains_within_two_blocks_more_than_its_weights(real: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.trainer.families.memory.real_sizes", str(real)],
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said = json.loads(done.stdout.splitlines()[-1])
    assert said["learns"]
    assert said["weights_mb"] < 600
    assert said["peak_mb"] < said["weights_mb"] + 2 * BLOCK_MB


def _read_bytes() -> int:
    """What this process has read of files so far, cached or not."""
    told = dict(line.split(": ") for line in Path("/proc/self/io").read_text(encoding="ascii").splitlines())
    return int(told["rchar"])
