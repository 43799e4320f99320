"""Many queue items with random cancels in one ComfyUI: what its process holds, and whether every run goes on.

    python -m tools.soak_host --items 200 --out soak.json

Linux. The host is one of its own, on a free port, without a GPU. Now and then it is asked to let go of what it keeps
itself (results, models, its list of what was queued), so that what is left over is a leak. The last line is JSON.
"""

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from tests.host.comfyui import Comfy, failure
from tests.host.graphs import Graph

from .soak_items import Item, Items

_PROBE = Path(__file__).with_name("soak_probe")
_CANCELLED = 0.3
_EQUAL = 6
"""So many interrupted runs are trained once more without a break, to hold their bytes against."""


@dataclass(frozen=True, kw_only=True)
class Held:
    """What the host's process holds after `item` items. `rss` in MB; `left` are temporary files."""

    item: int
    rss: float
    objects: int
    tensors: int
    files: int
    sockets: int
    threads: int
    left: int


class Soak:
    """A host, what was queued, and what was seen."""

    def __init__(self, home: Path, seed: int) -> None:
        for name in ("tmp", "cache"):
            (home / name).mkdir(parents=True, exist_ok=True)
        os.environ.update(TMPDIR=str(home / "tmp"), XDG_CACHE_HOME=str(home / "cache"), OMP_NUM_THREADS="1")
        self.comfy = Comfy(home)
        (home / "custom_nodes" / _PROBE.name).symlink_to(_PROBE)
        self.comfy.start()
        self._items, self._chance = Items(self.comfy, seed), random.Random(seed + 1)
        self._seconds: dict[str, list[float]] = {}
        self.held: list[Held] = []
        self.kinds: dict[str, int] = {}
        self.grown: list[str] = []
        self.counts, self.cancelled = Counter[str](), Counter[str]()
        self.faults: list[str] = []
        self.stopped: dict[str, Graph] = {}

    def go(self, count: int, every: int, minutes: float) -> None:
        """Queue one item after another; what is held is seen before the first and after each `every`."""
        self.look(0)
        end = time.monotonic() + minutes * 60
        for number in range(1, count + 1):
            self._one(self._items.next())
            is_last = number == count or time.monotonic() > end
            if is_last or number % every == 0:
                self.look(number)
            if is_last:
                return

    def _one(self, item: Item) -> None:
        usual = fmean(self._seconds.get(item.kind) or [3.0])
        began = time.monotonic()
        prompt = self.comfy.queue(item.graph)
        if is_stopped := self._chance.random() < _CANCELLED:
            time.sleep(self._chance.uniform(0, usual))
            self.comfy.interrupt()
        entry = self.comfy.wait(prompt, 600)
        status = entry["status"]["status_str"]
        ended = [kind for kind, _ in entry["status"]["messages"]]
        took = time.monotonic() - began
        spent = _seconds_of(self.comfy.pid)
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {item.kind} {took:.1f} s, {spent:.0f} in all, {ended[-1]}\n")
        self.counts[item.kind] += 1
        if "execution_interrupted" in ended:
            self.cancelled[item.kind] += 1
            if item.run:
                self.stopped[item.run] = item.graph
        elif status != "success":
            self.faults.append(f"{item.kind}: {failure(entry)[:600]}")
        else:
            if not is_stopped:
                self._seconds.setdefault(item.kind, []).append(took)
            if item.run:
                self._items.trained[item.run] = item.graph

    def look(self, number: int) -> None:
        """What is held once the host has let go of what it keeps itself."""
        self._let_go()
        told = self.comfy.get("/soak/held")
        pid = self.comfy.pid
        links = [_link(path) for path in Path(f"/proc/{pid}/fd").iterdir()]
        held = Held(
            item=number,
            rss=round(told["rss"] / 1e6, 1),
            objects=told["objects"],
            tensors=told["tensors"],
            files=sum(not link.startswith("socket:") for link in links),
            sockets=sum(link.startswith("socket:") for link in links),
            threads=len(list(Path(f"/proc/{pid}/task").iterdir())),
            left=len(self.left()),
        )
        self.held.append(held)
        self.grown = told.get("grown", [])
        if number and not self.kinds:
            self.kinds = told["kinds"]
        self.last_kinds: dict[str, int] = told["kinds"]
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {held}\n")

    def left(self) -> list[str]:
        """Temporary files: of the process, and half-written ones in the folders it writes into."""
        home = self.comfy.home
        temporary = [path for path in (home / "tmp").rglob("*") if path.is_file()]
        drafts = [path for path in self.comfy.output.rglob("*") if path.suffix in (".part", ".tmp")]
        drafts += [path for path in (home / "models").rglob("*.part")] + [*(home / "input").rglob("*.part")]
        return [path.relative_to(home).as_posix() for path in (*temporary, *drafts)]

    def resumed(self) -> dict[str, Any]:
        """Every interrupted run is queued again and ends; some are trained once more in one go, to the same bytes."""
        faults, unequal, equal = list[str](), list[str](), 0
        for number, (name, graph) in enumerate(self.stopped.items()):
            entry = self._again(graph)
            if entry["status"]["status_str"] != "success":
                faults.append(f"{name}: {failure(entry)[:600]}")
            elif number < _EQUAL:
                gone_on = self._last(name)
                shutil.rmtree(self.comfy.output / "likeness" / name)
                self._again(graph)
                equal += self._last(name) == gone_on
                unequal += [] if self._last(name) == gone_on else [name]
        return {"interrupted": len(self.stopped), "faults": faults, "equal": equal, "unequal": unequal}

    def _again(self, graph: Graph) -> dict[str, Any]:
        self._let_go()
        return self.comfy.wait(self.comfy.queue(graph), 600)

    def _let_go(self) -> None:
        self.comfy.post("/history", {"clear": True})
        self.comfy.post("/free", {"unload_models": True, "free_memory": True})
        time.sleep(1.5)

    def _last(self, name: str) -> bytes:
        return sorted((self.comfy.output / "likeness" / name / "checkpoints").glob("*.safetensors"))[-1].read_bytes()


def slope(held: list[Held], since: int) -> float:
    """MB of resident memory an item, by least squares over what was seen from item `since` on."""
    seen = [(each.item, each.rss) for each in held if each.item >= since]
    middle = fmean(item for item, _ in seen)
    spread = sum((item - middle) ** 2 for item, _ in seen)
    return sum((item - middle) * rss for item, rss in seen) / spread if spread else 0.0


def _seconds_of(pid: int) -> float:
    """Of processors that a process has used."""
    user, system = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


def _link(path: Path) -> str:
    try:
        return str(path.readlink())
    except OSError:
        return ""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=200)
    parser.add_argument("--every", type=int, default=10)
    parser.add_argument("--minutes", type=float, default=120, help="no more items after so long (default: 120)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="likeness_soak_") as folder:
        soak, began = Soak(Path(folder), options.seed), time.monotonic()
        try:
            soak.go(options.items, options.every, options.minutes)
            told = {
                "items": soak.held[-1].item,
                "minutes": round((time.monotonic() - began) / 60, 1),
                "queued": dict(soak.counts),
                "cancelled": dict(soak.cancelled),
                "faults": soak.faults,
                "resumed": soak.resumed(),
                "left": soak.left(),
                "mb_an_item": round(slope(soak.held, soak.held[-1].item // 2), 3),
                "held": [asdict(each) for each in soak.held],
            }
            more = {name: count - soak.kinds.get(name, 0) for name, count in soak.last_kinds.items()}
            grown = sorted(more.items(), key=lambda each: -each[1])[:40]
            if options.out is not None:
                options.out.write_text(json.dumps({**told, "grown": grown, "traced": soak.grown}, indent=1))
        finally:
            soak.comfy.stop()
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
