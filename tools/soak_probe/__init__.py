"""Linked into a host's custom_nodes by `tools/soak_host.py`: tells what its process holds once all garbage is gone."""

import ctypes
import gc
import os
import tracemalloc
from collections import Counter
from pathlib import Path

from aiohttp import web
from server import PromptServer  # noqa: TID251  linked into a host, it is no part of the engine

NODE_CLASS_MAPPINGS: dict[str, type] = {}
_TRACED = bool(os.environ.get("SOAK_TRACE"))
if _TRACED:
    tracemalloc.start(12)
_before: list[tracemalloc.Snapshot] = []


@PromptServer.instance.routes.get("/soak/held")
async def held(request: web.Request) -> web.Response:
    """Resident bytes, live objects, tensors and the kinds of which there are most."""
    for _ in range(3):
        gc.collect()
    _trim()
    objects = gc.get_objects()
    kinds = Counter(_name(each) for each in objects)
    told = {
        "rss": _resident(),
        "objects": len(objects),
        "tensors": sum(count for name, count in kinds.items() if name.startswith("torch") and "Tensor" in name),
        "kinds": dict(kinds.most_common(400)),
    }
    del objects
    if _TRACED:
        told["grown"] = _grown()
    return web.json_response(told)


def _name(thing: object) -> str:
    return f"{type(thing).__module__}.{type(thing).__qualname__}"


def _trim() -> None:
    """What the allocator keeps for later is no leak."""
    try:
        ctypes.CDLL("libc.so.6").malloc_trim(0)
    except (OSError, AttributeError):
        return


def _resident() -> int:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _grown() -> list[str]:
    """Since the first look."""
    now = tracemalloc.take_snapshot().filter_traces([tracemalloc.Filter(False, tracemalloc.__file__)])
    if not _before:
        _before.append(now)
        return []
    stats = now.compare_to(_before[0], "traceback")[:25]
    return [f"{stat.size_diff / 1e3:.0f} kB in {stat.count_diff}: {' < '.join(_frames(stat))}" for stat in stats]


def _frames(stat: tracemalloc.StatisticDiff) -> list[str]:
    return [f"{frame.filename.rpartition('/')[2]}:{frame.lineno}" for frame in reversed(list(stat.traceback)[-8:])]
