"""The process's settings are a run's while it is at work, and the host's whenever the host is."""

import gc
import os
from collections.abc import Generator, Iterator
from typing import Any

import pytest
import torch

from trainer.runtime.backends import Backends, attention_for, in_stretches
from trainer.runtime.work import follow

WISHES = Backends(device="cuda", exact=False, is_deterministic=True, attention="cudnn", tunes=True)
"""Nothing of it needs a GPU to be set."""


def settings() -> dict[str, Any]:
    backends: Any = torch.backends
    library: Any = torch
    return {
        "dtype": torch.get_default_dtype(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "precision": torch.get_float32_matmul_precision(),
        "tf32": backends.cudnn.allow_tf32,
        "newer words": (backends.cuda.matmul.fp32_precision, backends.cudnn.conv.fp32_precision),
        "tuned": backends.cudnn.benchmark,
        "repeats": backends.cudnn.deterministic,
        "fp16 sums": backends.cuda.matmul.allow_fp16_accumulation,
        "attention": [
            *(backends.cuda.flash_sdp_enabled(), backends.cuda.mem_efficient_sdp_enabled()),
            *(backends.cuda.math_sdp_enabled(), backends.cuda.cudnn_sdp_enabled()),
        ],
        "order": library._C._get_sdp_priority_order(),
        "cublas": os.environ.get("CUBLAS_WORKSPACE_CONFIG"),
    }


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    """A host may have its own settings, which are not torch's first ones."""
    with Backends().at_work():
        torch.backends.cuda.matmul.allow_fp16_accumulation = True
        torch.backends.cudnn.benchmark = True
        torch.backends.cuda.enable_mem_efficient_sdp(False)
        yield


def work(seen: list[Any], *, fails: bool = False) -> Generator[int, None, str]:
    try:
        for number in range(3):
            seen.append(settings())
            # A library under a run changes what it likes.
            torch.set_default_dtype(torch.bfloat16)
            torch.backends.cuda.enable_math_sdp(False)
            yield number
            if fails:
                raise RuntimeError("full")
        return "done"
    finally:
        seen.append(settings())


def test_a_runs_settings_are_not_the_hosts() -> None:
    host, seen = settings(), list[Any]()
    between: list[Any] = []
    assert follow(in_stretches(work(seen), WISHES), lambda _: between.append(settings())) == "done"
    assert between == [host] * 3
    assert settings() == host
    assert len(seen) == 4
    for inside in seen:
        assert inside["deterministic"]
        assert inside["repeats"]
        assert not inside["tuned"], "tuned kernels may differ from run to run"
        assert not inside["fp16 sums"]
        assert inside["precision"] == "high"
        assert inside["order"][0] == torch.nn.attention.SDPBackend.CUDNN_ATTENTION.value  # type: ignore[attr-defined]
        assert inside["cublas"] == ":4096:8"


def test_they_are_the_hosts_again_when_a_run_fails() -> None:
    host = settings()
    with pytest.raises(RuntimeError, match="full"):
        follow(in_stretches(work([], fails=True), WISHES))
    assert settings() == host


def test_they_are_the_hosts_again_when_a_host_cancels_by_raising() -> None:
    host, seen = settings(), list[Any]()
    going = in_stretches(work(seen), WISHES)
    next(going)
    with pytest.raises(KeyboardInterrupt):
        going.throw(KeyboardInterrupt())
    assert settings() == host
    assert seen[-1]["repeats"], "what the run does at its end is its own work"


@pytest.mark.parametrize("is_closed", [True, False])
def test_they_are_the_hosts_again_when_a_run_is_dropped(is_closed: bool) -> None:
    host, seen = settings(), list[Any]()
    going = in_stretches(work(seen), WISHES)
    next(going)
    if is_closed:
        going.close()
    del going
    gc.collect()
    assert settings() == host
    assert len(seen) == 2
    assert seen[-1]["repeats"]


def test_products_of_fp32_are_exact_where_that_is_wanted() -> None:
    torch.set_float32_matmul_precision("medium")
    with Backends(device="cuda", exact=True).at_work():
        assert torch.get_float32_matmul_precision() == "highest"
        assert not torch.backends.cudnn.allow_tf32
    assert torch.get_float32_matmul_precision() == "medium"
    torch.set_float32_matmul_precision("highest")


def test_a_host_that_speaks_torchs_newer_language_is_answered_in_it() -> None:
    matmul: Any = torch.backends.cuda.matmul
    matmul.fp32_precision = "tf32"
    with pytest.raises(RuntimeError, match="mix of the legacy and new APIs"):
        torch.get_float32_matmul_precision()
    with Backends(device="cuda", exact=True).at_work():
        assert matmul.fp32_precision == "ieee"
    assert matmul.fp32_precision == "tf32"
    matmul.fp32_precision = "ieee"


@pytest.mark.parametrize(
    ("capability", "version", "is_deterministic", "expected"),
    [
        ((9, 0), "2.13.0", False, "cudnn"),
        ((9, 0), "2.13.0", True, "default"),
        ((8, 6), "2.13.0", False, "default"),
        ((12, 0), "2.13.0", False, "default"),
        ((10, 0), "2.10.1", False, "not cudnn"),
        ((10, 0), "2.13.0", False, "default"),
    ],
)
def test_attention_is_what_is_known_to_serve_a_card(
    monkeypatch: pytest.MonkeyPatch,
    capability: tuple[int, int],
    version: str,
    is_deterministic: bool,
    expected: str,
) -> None:
    assert attention_for("cpu", is_deterministic=False) == "default"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda _: capability)
    monkeypatch.setattr(torch, "__version__", version)
    assert attention_for("cuda:0", is_deterministic=is_deterministic) == expected


def test_cudnns_attention_can_be_left_out() -> None:
    with Backends(device="cuda", attention="not cudnn").at_work():
        assert not torch.backends.cuda.cudnn_sdp_enabled()
    assert torch.backends.cuda.cudnn_sdp_enabled()
