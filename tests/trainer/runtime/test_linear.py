"""Which library multiplies is told by the processor alone."""

from collections.abc import Iterator

import pytest
import torch

from trainer.runtime import linear as product

HAS_ONEDNN = hasattr(torch.ops.mkldnn, "_linear_pointwise") and torch.backends.mkldnn.is_available()


@pytest.fixture(autouse=True)
def anew() -> Iterator[None]:
    product._onednn_is_faster.cache_clear()
    yield
    product._onednn_is_faster.cache_clear()


@pytest.mark.parametrize(
    ("processor", "capability", "is_onednn"),
    [
        ("vendor_id : AuthenticAMD", "AVX512", HAS_ONEDNN),
        ("AMD64 Family 26 Model 2 Stepping 1, AuthenticAMD", "AVX512", HAS_ONEDNN),
        ("vendor_id : AuthenticAMD", "AVX2", False),
        ("vendor_id : GenuineIntel", "AVX512", False),
        ("", "DEFAULT", False),
    ],
)
def test_onednn_multiplies_where_mkl_keeps_to_avx2(
    processor: str, capability: str, is_onednn: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(product, "_processor", lambda: processor)
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: capability)
    assert product.is_by_onednn(torch.ones(2, 2)) is is_onednn
    assert not product.is_by_onednn(torch.ones(2, 2, dtype=torch.bfloat16))
    assert not product.is_by_onednn(torch.ones(0, 2))


def test_the_processor_is_told() -> None:
    assert isinstance(product._processor(), str)
