"""Feeds a running ComfyUI with hostile input: `python tools/fuzz_host.py KIND --cases N --seed S`.

KIND is nodes, files, configs, routes, panels or workflows (docs/security.md says what each does). A temporary host with
the pack in it is started; every case has a time limit, every file that is opened is looked at, and the faults found are
written to `--out`. The last line on stdout is one JSON object; the exit status is 1 where there was a fault.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from hypothesis import HealthCheck, Phase, given, settings  # noqa: E402
from hypothesis import seed as seeded  # noqa: E402
from hypothesis import strategies as st  # noqa: E402

from tools.fuzzing import nodes  # noqa: E402
from tools.fuzzing.findings import Findings  # noqa: E402
from tools.fuzzing.host import FuzzedHost, HostDied  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=sorted(KINDS))
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="part of a node's or a route's name")
    parser.add_argument("--out", type=Path, help="a file for the faults with an example of each")
    asked = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="likeness_fuzz") as home:
        host = FuzzedHost(Path(home))
        found = Findings()
        try:
            host.start()
            started = time.monotonic()
            done = KINDS[asked.kind](host, found, asked)
            for what in host.told_outside():
                found.fault(f"outside: {what}", asked.kind)
        finally:
            host.stop()
    if asked.out:
        asked.out.write_text(json.dumps(found.examples, indent=1))
    figures = {
        "kind": asked.kind, "cases": done, "seed": asked.seed, "seconds": round(time.monotonic() - started),
        "seconds_to_start": round(started - begun), **found.figures(),
    }  # fmt: skip
    sys.stdout.write(f"{json.dumps(figures)}\n")
    return 1 if found.counts else 0


def run(strategy: st.SearchStrategy[Any], count: int, seed: int, each: Callable[[Any], None]) -> int:
    """Calls `each` with `count` cases; how many there were."""
    done = 0

    @seeded(seed)
    @settings(
        max_examples=count, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(strategy)
    def test(case: Any) -> None:
        nonlocal done
        done += 1
        each(case)

    test()
    return done


def fuzz_nodes(host: FuzzedHost, found: Findings, asked: argparse.Namespace) -> int:
    infos = {name: info for name, info in host.comfy.get("/object_info").items() if asked.only in name}
    done = 0
    for kind, count in nodes.cases_of(infos, asked.cases).items():

        def each(prompt: dict[str, Any]) -> None:
            _case(host, found, prompt)

        at = time.monotonic()
        done += run(nodes.node_prompts(kind, infos[kind], host.kept), count, asked.seed, each)
        sys.stderr.write(f"{kind}: {done} cases, {sum(found.counts.values())} faults, {time.monotonic() - at:.0f} s\n")
    return done


def _case(host: FuzzedHost, found: Findings, prompt: dict[str, Any], seconds: float = 1.5) -> None:
    try:
        found.judge(host.case(prompt, seconds), prompt)
    except HostDied as end:
        found.fault(f"the host died: {str(end)[:60]}", prompt, host.comfy.text()[-6000:])
        host.again()


KINDS: dict[str, Callable[[FuzzedHost, Findings, argparse.Namespace], int]] = {"nodes": fuzz_nodes}

if __name__ == "__main__":
    sys.exit(main())
