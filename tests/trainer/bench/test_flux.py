"""The bench of FLUX.1 without a GPU: the small model, and names that say so."""

import pytest
import torch

from trainer.bench.flux import PRECISIONS, bench_flux
from trainer.errors import LikenessError


@pytest.mark.slow
def test_figures_of_a_processor_say_that_they_are_of_a_small_model() -> None:
    figures = bench_flux("cpu")
    assert figures["gpu"] is None
    assert figures["parameters"] == 11_901_408_320
    assert figures["bf16_weights_gib"] == pytest.approx(22.17)
    measured = {name for name in figures if name.endswith(("_s", "_mb"))}
    assert measured == {
        f"small_{name.replace('bf16', 'fp32')}_{what}" for name in PRECISIONS for what in ("64_s", "weights_mb")
    }
    assert figures["small_nf4_weights_mb"] < figures["small_int8_weights_mb"] < figures["small_fp32_weights_mb"] / 2


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_missing_gpu_is_said() -> None:
    with pytest.raises(LikenessError, match="no device 'cuda'"):
        bench_flux("cuda")
