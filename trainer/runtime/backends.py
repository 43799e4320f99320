"""Which kernels this process computes with while a run is at work, and the host's own choice back in between."""

import os
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, TypeVar

import torch

Attention = Literal["default", "cudnn", "not cudnn"]
"""What torch chooses by itself, cuDNN's kernels before all others, or all others alone."""
Event = TypeVar("Event")
Result = TypeVar("Result")
_CUBLAS = "CUBLAS_WORKSPACE_CONFIG"
_HOPPER, _BLACKWELL = (9, 0), 10


@dataclass(kw_only=True)
class Backends:
    """`exact`: products in fp32 are of fp32 numbers, not of TF32's 10 bits. `tunes`: cuDNN tries its convolutions.

    `is_deterministic`: kernels that add in random order are replaced, flash attention's backward among them. That costs
    about a third of the speed (studies of SDXL attention measured 33 %); a processor repeats itself anyway.
    """

    device: str = "cpu"
    exact: bool = True
    is_deterministic: bool = False
    attention: Attention = "default"
    tunes: bool = False

    @contextmanager
    def at_work(self) -> Generator[None]:
        """Inside, the process computes so; afterwards as it did before, whoever changed what in between."""
        kept = [(setting, setting.read()) for setting in _settings()]
        workspace = os.environ.get(_CUBLAS)
        try:
            self._set()
            yield
        finally:
            for setting, value in kept:
                if value is not None and setting.read() != value:
                    setting.write(value)
            if workspace is None:
                os.environ.pop(_CUBLAS, None)

    def _set(self) -> None:
        if self.device.startswith("cuda"):
            self._set_cuda()
        if self.is_deterministic:
            # cuBLAS reads this when it is first used; it is harmless where it was set or used before.
            os.environ.setdefault(_CUBLAS, ":4096:8")
            torch.use_deterministic_algorithms(True, warn_only=True)
        backends: Any = torch.backends
        backends.cudnn.benchmark = self.tunes and not self.is_deterministic
        backends.cudnn.deterministic = self.is_deterministic

    def _set_cuda(self) -> None:
        backends: Any = torch.backends
        matmul: Any = backends.cuda.matmul
        if hasattr(matmul, "fp32_precision") and _value(torch.get_float32_matmul_precision) is None:
            # Somebody spoke the newer of torch's two languages, and it takes no word of the older one after that.
            matmul.fp32_precision = backends.cudnn.conv.fp32_precision = "ieee" if self.exact else "tf32"
        else:
            torch.set_float32_matmul_precision("highest" if self.exact else "high")
            backends.cudnn.allow_tf32 = not self.exact
        if hasattr(matmul, "allow_fp16_accumulation"):
            # A host may have it on for drawing: gradients that are added up in 11 bits are lost.
            matmul.allow_fp16_accumulation = False
        if self.attention == "not cudnn":
            backends.cuda.enable_cudnn_sdp(False)
        if self.attention == "cudnn":
            backends.cuda.enable_cudnn_sdp(True)
            _set_sdp_order([_cudnn(), *(kernel for kernel in _sdp_order() if kernel != _cudnn())])


def attention_for(device: str, *, is_deterministic: bool) -> Attention:
    """What is known to serve a device best.

    cuDNN's attention is 1.7 to 2.3 times as fast on Hopper, slower or equal elsewhere (measured in transformers
    #48163), and its backward pass adds in random order. On Blackwell its graph for training is broken in torch 2.10
    (unsloth).
    """
    if not device.startswith("cuda") or not torch.cuda.is_available():
        return "default"
    capability = torch.cuda.get_device_capability(device)
    if capability == _HOPPER and not is_deterministic and _cudnn() in _sdp_order():
        return "cudnn"
    if capability[0] == _BLACKWELL and torch.__version__.startswith("2.10."):
        return "not cudnn"
    return "default"


def in_stretches(work: Generator[Event, None, Result], backends: Backends) -> Generator[Event, None, Result]:
    """The same work; whoever takes its events has the process's own settings back meanwhile."""
    go: Callable[[], Event] = partial(next, work)
    while True:
        with backends.at_work():
            try:
                event = go()
            except StopIteration as end:
                return end.value
        try:
            yield event
            go = partial(next, work)
        except GeneratorExit:
            with backends.at_work():
                work.close()
            raise
        except BaseException as fault:
            go = partial(work.throw, fault)


@dataclass(frozen=True)
class _Setting:
    """One of the process's; `read` answers None for what this torch has not, or does not tell because two of its
    languages were mixed."""

    read: Callable[[], Any]
    write: Callable[[Any], object]

    @classmethod
    def at(cls, place: Any, name: str) -> "_Setting":
        return cls(lambda: _value(lambda: getattr(place, name)), partial(setattr, place, name))


def _settings() -> Iterator[_Setting]:
    """All that a run or a library under it may change, in the order in which they are written back: torch's older words
    for TF32 change the newer ones too."""
    backends: Any = torch.backends
    cuda, cudnn, matmul = backends.cuda, backends.cudnn, backends.cuda.matmul
    yield _Setting(torch.get_default_dtype, torch.set_default_dtype)
    yield _Setting(_determinism, lambda was: torch.use_deterministic_algorithms(was[0], warn_only=was[1]))
    yield _Setting(lambda: _value(torch.get_float32_matmul_precision), torch.set_float32_matmul_precision)
    for name in ("allow_tf32", "benchmark", "deterministic"):
        yield _Setting.at(cudnn, name)
    for part in (matmul, *(getattr(cudnn, name, None) for name in ("conv", "rnn"))):
        yield _Setting.at(part, "fp32_precision")
    yield _Setting.at(getattr(backends.mkldnn, "matmul", None), "fp32_precision")
    yield _Setting.at(matmul, "allow_fp16_accumulation")
    for kernel in ("flash", "mem_efficient", "math", "cudnn"):
        yield _Setting(getattr(cuda, f"{kernel}_sdp_enabled"), getattr(cuda, f"enable_{kernel}_sdp"))
    yield _Setting(_sdp_order, _set_sdp_order)
    dynamo = sys.modules.get("torch._dynamo.config")
    for name in ("suppress_errors", "recompile_limit", "accumulated_recompile_limit"):
        yield _Setting.at(dynamo, name)


def _determinism() -> tuple[bool, bool]:
    return torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()


def _value(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except (AttributeError, RuntimeError):
        return None


def _cudnn() -> int:
    """Its number in the order of kernels."""
    from torch.nn import attention

    library: Any = attention
    return int(library.SDPBackend.CUDNN_ATTENTION.value)


def _sdp_order() -> list[int]:
    """Kernels of attention, the first that can is taken; none where this torch (before 2.6) has no order."""
    library: Any = torch
    return list(_value(lambda: library._C._get_sdp_priority_order()) or [])


def _set_sdp_order(order: list[int]) -> None:
    library: Any = torch
    library._C._set_sdp_priority_order(order)
