"""`bench dataset`: speed and memory of checking thousands of pictures, beside a plain Pillow decode of them."""

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from ..dataset.audit.audit import audit
from ..dataset.checks.duplicates import near_pairs
from ..dataset.checks.inspect import inspect
from ..dataset.files.folder import read_dataset
from ..errors import LikenessError
from .inputs.photos import photo

COUNTS = (1_000, 10_000)
_HASHES = 10_000
_DECODED = 120
_POOL, _POOL_SIDE = 8, 1536
_SIZES = ((1024, 1024), (896, 1152), (1152, 896), (1216, 832))
_PNG_EVERY = 10


def bench_dataset(counts: Sequence[int] = COUNTS) -> dict[str, Any]:
    """Write so many pictures (about 0.4 MB each) to a temporary folder, check the first of each count in a process of
    its own, and time the parts. `counts` rise; the keys keep the names of the full run."""
    with tempfile.TemporaryDirectory(prefix="likeness-bench-") as scratch:
        folder, measured, written = Path(scratch), list[dict[str, float]](), 0
        for count in counts:
            write_pictures(folder, written, count)
            written = count
            measured.append(_in_own_process(folder))
        ratio = checks_over_decode(sorted(folder.iterdir())[:_DECODED])
    return {
        "images_per_second_per_core": round(measured[-1]["pictures"] / measured[-1]["cpu_seconds"], 1),
        "images_per_second": round(measured[-1]["pictures"] / measured[-1]["seconds"], 1),
        "peak_mb_1k": round(measured[0]["peak_mb"], 1),
        "peak_mb_10k": round(measured[-1]["peak_mb"], 1),
        "near_duplicates_10k_seconds": round(near_duplicate_seconds(_HASHES), 2),
        "checks_over_decode": round(ratio, 2),
        "counts": [int(one["pictures"]) for one in measured],
    }


def write_pictures(folder: Path, start: int, stop: int) -> None:
    """Pictures number `start` to `stop`: cuts of a few photos with shapes over them, nine in ten JPEG, the rest PNG."""
    pool = [photo(seed, (_POOL_SIDE, _POOL_SIDE)) for seed in range(min(_POOL, 1 + (stop - start) // 32))]
    for number in range(start, stop):
        image = _picture(pool, number)
        name = folder / f"{number:05d}"
        if number % _PNG_EVERY:
            image.save(name.with_suffix(".jpg"), quality=92)
        else:
            image.save(name.with_suffix(".png"), compress_level=1)


def checks_over_decode(paths: Sequence[Path]) -> float:
    """CPU time of all file checks of `paths` over that of decoding them, the faster of three rounds each, one core."""
    decode = min(_cpu_seconds(paths, _decode) for _ in range(3))
    return min(_cpu_seconds(paths, inspect) for _ in range(3)) / decode


def near_duplicate_seconds(count: int) -> float:
    """Time to find the near copies among `count` hashes, a hundredth of which have one."""
    rng = np.random.default_rng(0)
    hashes = [int(value) for value in rng.integers(0, 2**63, count)]
    for number in range(0, count - 1, 100):
        hashes[number + 1] = hashes[number] ^ 0b1011
    mirrored = [int(value) for value in rng.integers(0, 2**63, count)]
    began = time.perf_counter()
    found = near_pairs(hashes, mirrored, [str(number) for number in range(count)])
    seconds = time.perf_counter() - began
    if len(found) < count // 100:
        raise LikenessError(f"The search found {len(found)} of {count // 100} planted pairs.")
    return seconds


def _in_own_process(folder: Path) -> dict[str, float]:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    child = context.Process(target=_check, args=(folder, there))
    child.start()
    there.close()
    try:
        return here.recv()
    except EOFError:
        raise LikenessError("The process that checks the pictures ended before it was done.") from None
    finally:
        child.join()


def _check(folder: Path, answer: Connection) -> None:
    dataset = read_dataset(folder, trigger="bench")
    began, began_cpu = time.perf_counter(), time.process_time()
    done = audit(dataset)
    answer.send(
        {
            "pictures": float(len(done.dataset.samples)),
            "seconds": time.perf_counter() - began,
            "cpu_seconds": time.process_time() - began_cpu,
            "peak_mb": _peak_mb(),
        }
    )


def _peak_mb() -> float:
    """Most memory this process ever held. Linux tells it of the program now running; `ru_maxrss` counts the parent's
    too when a process was started from a large one."""
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource
    import sys

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 1024)


def _picture(pool: Sequence[Image.Image], number: int) -> Image.Image:
    rng = np.random.default_rng([11, number])
    width, height = _SIZES[number % len(_SIZES)]
    left, top = int(rng.integers(_POOL_SIDE - width)), int(rng.integers(_POOL_SIDE - height))
    image = pool[int(rng.integers(len(pool)))].crop((left, top, left + width, top + height))
    pen = ImageDraw.Draw(image)
    for _ in range(10):
        x, y = rng.uniform(0, 1, 2) * (width, height)
        wide, high = rng.uniform(0.04, 0.2, 2) * (width, height)
        red, green, blue = (int(value) for value in rng.integers(0, 256, 3))
        pen.ellipse((x - wide, y - high, x + wide, y + high), fill=(red, green, blue))
    return image


def _decode(path: Path) -> None:
    with Image.open(path) as image:
        image.load()


def _cpu_seconds(paths: Sequence[Path], work: Callable[[Path], Any]) -> float:
    began = time.process_time()
    for path in paths:
        work(path)
    return time.process_time() - began
