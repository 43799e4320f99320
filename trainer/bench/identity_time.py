"""What identity adapters add to a step of drawing: time and memory, with random weights in the layouts of their files.

On a GPU SDXL in its real size; on a processor the demo adapter on its own base, and smaller bases whose figures say so
by their names.
"""

import gc
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from ..demo.assets import demo_adapter, demo_base
from ..demo.sizes import TEXT_WIDTH
from ..errors import LikenessError
from ..families.batch_rows import BatchRows, told_rows
from ..families.condition import Condition
from ..families.family import Family
from ..families.registry import load_family
from ..families.residence import Residence
from ..identity.files import open_adapter
from ..identity.mount.mount import mount_identity, placed_on
from ..identity.mount.unet import cross_attentions
from ..identity.references import Tokens
from ..identity.use import Use
from ..planning.warm_up import synchronise
from ..recipe.buckets import Placement
from ..recipe.memory import Memory
from ..runtime.peak import peak_mb
from .flux import REAL, RandomFlux
from .inputs.random_adapters import CONTEXT, CROSS, FLUX_TOKENS, pulid_flux, write_adapter
from .inputs.random_sdxl import UNET_SIZES
from .inputs.random_unet import MID_UNET, RandomSdxl

ROUNDS = 5
_SMALL_FLUX: Mapping[str, Any] = {
    **REAL,
    "num_attention_heads": 2,
    "joint_attention_dim": 256,
    "pooled_projection_dim": 64,
}
"""All of FLUX.1's blocks, a twelfth as wide."""


@dataclass(frozen=True)
class _Step:
    """One step's question to a denoiser, and who its rows are."""

    family: Family
    side: int
    context: tuple[int, int]
    pooled: int
    rows: BatchRows
    guidance: float | None = None

    def asked(self) -> Callable[[], Any]:
        source = torch.Generator().manual_seed(0)
        count = len(self.rows.conditional)
        codec = self.family.spec.latent_channels, self.family.spec.latent_factor
        noisy = torch.randn(count, codec[0], *[self.side // codec[1]] * 2, generator=source)
        told = Condition(
            {
                "context": torch.randn(*self.context, generator=source),
                "pooled": torch.randn(self.pooled, generator=source),
            }
        ).to(self.family.device, self.family.dtype)
        size = self.side, self.side
        place = Placement(original=size, scaled=size, crop=(0, 0), bucket=size)
        time_ = torch.full((count,), 0.5)
        noisy = noisy.to(self.family.device)
        return lambda: self.family.predict(noisy, time_, [told] * count, [place] * count, self.guidance)


def added(device: str) -> dict[str, Any]:
    """Added part of a step's time (median of pairs that take turns) and MiB by adapter; LikenessError without the
    device."""
    if device != "cpu" and not torch.cuda.is_available():
        raise LikenessError(f"There is no device {device!r} on this machine; leave --device out for the processor.")
    with tempfile.TemporaryDirectory() as scratch:
        rows = dict(_gpu(device, Path(scratch)) if device != "cpu" else _processor(Path(scratch)))
    return {
        "device": torch.cuda.get_device_name(device) if device != "cpu" else "cpu",
        "threads": torch.get_num_threads(),
        "added_time_fraction": {name: row["added"] for name, row in rows.items()},
        "step_seconds": {name: row["seconds"] for name, row in rows.items()},
        "added_mb": {name: row["mb"] for name, row in rows.items()},
        "peak_mb": peak_mb() if device == "cpu" else round(torch.cuda.max_memory_allocated(device) / 2**20),
    }


def _processor(scratch: Path) -> Iterator[tuple[str, dict[str, float]]]:
    demo = load_family(demo_base())
    step = _Step(demo, 128, (77, 2 * TEXT_WIDTH), TEXT_WIDTH, BatchRows.guided(1))
    yield "demo", _measured(step, demo_adapter(), 8, 2 * TEXT_WIDTH)
    small = RandomSdxl(Residence.of(Memory(precision="fp32"), "cpu"), MID_UNET)
    yield from _sdxl(small, "small_", 256, scratch)
    flux = RandomFlux(Residence(), _SMALL_FLUX)
    step = _Step(flux, 128, (64, 256), 64, BatchRows.plain(1), 3.5)
    path = write_adapter(scratch / "pulid_flux.safetensors", pulid_flux(256))
    yield "small_pulid_flux", _measured(step, path, FLUX_TOKENS, CONTEXT)


def _gpu(device: str, scratch: Path) -> Iterator[tuple[str, dict[str, float]]]:
    return _sdxl(RandomSdxl(Residence.of(Memory(), device), UNET_SIZES), "", 1024, scratch)


def _sdxl(family: RandomSdxl, prefix: str, side: int, scratch: Path) -> Iterator[tuple[str, dict[str, float]]]:
    widths = {number: attention.inner_dim for number, (_, attention) in cross_attentions(family.denoiser).items()}
    step = _Step(family, side, (77, CONTEXT), 1280, BatchRows.guided(1))
    for name, (shapes, tokens) in CROSS.items():
        path = write_adapter(scratch / f"{name}.safetensors", shapes(widths), str(family.device))
        yield f"{prefix}{name}", _measured(step, path, tokens, CONTEXT)


@torch.inference_mode(False)
@torch.no_grad()
def _measured(step: _Step, path: Path, tokens: int, width: int) -> dict[str, float]:
    """Steps with and without the adapter take turns, so that a busy moment hits both; the ratio is taken by pair."""
    source = torch.Generator().manual_seed(1)
    own, others = (torch.randn(1, tokens, width, generator=source) for _ in range(2))
    use = Use(weight=0.8)
    placed = placed_on(step.family, open_adapter(path), Tokens(own, others), use)
    ask = step.asked()
    ratios: list[float] = []
    seconds: list[float] = []
    for number in range(ROUNDS + 1):
        pair = [0.0, 0.0]
        for side in (0, 1) if number % 2 else (1, 0):
            mounted = mount_identity(step.family, placed) if side else None
            pair[side] = _seconds(step, ask)
            if mounted:
                mounted.remove()
        if number:
            seconds.append(pair[0])
            ratios.append(pair[1] / pair[0] - 1)
    held = sum(each.numel() * each.element_size() for each in placed.layers.weights.parameters())
    gc.collect()
    return {
        "added": round(statistics.median(ratios), 4),
        "seconds": round(statistics.median(seconds), 4),
        "mb": round(held / 2**20, 2),
    }


def _seconds(step: _Step, ask: Callable[[], Any]) -> float:
    """Of the process on a processor, where the clock on the wall would measure others' work too."""
    device = str(step.family.device)
    clock = time.process_time if device == "cpu" else time.perf_counter
    synchronise(device)
    started = clock()
    with told_rows(step.rows):
        ask()
    synchronise(device)
    return clock() - started
