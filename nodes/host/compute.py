"""What the host computes with: its device, its memory, its samplers."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager

import comfy.model_management as management


def device() -> str:
    """The device the host would run a model on."""
    return str(management.get_torch_device())


def memory_gb() -> float:
    """Memory of the device that the host would run a model on, in GB (10^9); 0 where that is the processor."""
    where = management.get_torch_device()
    return 0.0 if str(where).startswith("cpu") else float(management.get_total_memory(where)) / 1e9


def free_models() -> None:
    """Take all of the host's models off the device."""
    management.unload_all_models()
    management.soft_empty_cache()


@contextmanager
def memory_handed_over() -> Iterator[None]:
    """Free what the host holds on the device for the block, and what the block leaves behind after it."""
    free_models()
    try:
        yield
    finally:
        gc.collect()
        management.soft_empty_cache()


def samplers() -> list[str]:
    """Samplers by the names that KSampler knows."""
    from comfy.samplers import KSampler

    return list(KSampler.SAMPLERS)


def schedulers() -> list[str]:
    """Schedulers by the names that KSampler knows."""
    from comfy.samplers import KSampler

    return list(KSampler.SCHEDULERS)
