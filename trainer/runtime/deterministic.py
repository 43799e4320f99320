"""A GPU that repeats itself bit for bit while a run asks for it."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

import torch


@contextmanager
def deterministic(wanted: bool) -> Generator[None]:
    """Inside, kernels that add in random order are replaced, flash attention's backward among them.

    Costs about a third of the speed (studies of SDXL attention measured 33 %). A processor repeats itself anyway.
    """
    if not wanted:
        yield
        return
    # cuBLAS reads this when it is first used; it is harmless where it was set or used before.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    backends: Any = torch.backends
    was = torch.are_deterministic_algorithms_enabled(), torch.is_deterministic_algorithms_warn_only_enabled()
    tuned, exact = backends.cudnn.benchmark, backends.cudnn.deterministic
    torch.use_deterministic_algorithms(True, warn_only=True)
    backends.cudnn.benchmark, backends.cudnn.deterministic = False, True
    try:
        yield
    finally:
        torch.use_deterministic_algorithms(was[0], warn_only=was[1])
        backends.cudnn.benchmark, backends.cudnn.deterministic = tuned, exact
