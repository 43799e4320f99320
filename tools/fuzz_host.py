"""Feeds a running ComfyUI with hostile input: `python tools/fuzz_host.py KIND … --cases N --seed S`.

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

from tools.fuzzing import configs, files, nodes, pages, routes  # noqa: E402
from tools.fuzzing.findings import Findings  # noqa: E402
from tools.fuzzing.host import FuzzedHost, HostDied, node  # noqa: E402

_SECONDS = 1.5
"""After that the prompt is cancelled."""
_SLOW_ANSWER = 6.0
_LOT = 200
_NEED_NONE = {"configs", "routes", "workflows"}
"""Kinds that wire no values and read no run: their host trains nothing first."""
_deadline = float("inf")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="+", choices=sorted(KINDS), metavar="KIND")
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="part of a node's or a route's name")
    parser.add_argument("--out", type=Path, help="a folder for the faults with an example of each, a file a kind")
    parser.add_argument("--minutes", type=float, default=1e9, help="a kind ends after so long, whatever is left of it")
    asked = parser.parse_args()
    begun = time.monotonic()
    told: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="likeness_fuzz") as home:
        host = FuzzedHost(Path(home), values=not set(asked.kinds) <= _NEED_NONE)
        try:
            host.start()
            started = time.monotonic()
            for kind in asked.kinds:
                told[kind] = _fuzzed(host, kind, asked)
        finally:
            host.stop()
    figures = {"seed": asked.seed, "seconds_to_start": round(started - begun), **told}
    sys.stdout.write(f"{json.dumps(figures)}\n")
    return 1 if any(each["faults"] for each in told.values()) else 0


def _fuzzed(host: FuzzedHost, kind: str, asked: argparse.Namespace) -> dict[str, Any]:
    global _deadline
    if asked.out:
        asked.out.mkdir(parents=True, exist_ok=True)
    found, begun = Findings(asked.out and asked.out / f"{kind}.json"), time.monotonic()
    _deadline = begun + 60 * asked.minutes
    done = KINDS[kind](host, found, asked)
    for what in host.told_outside():
        found.fault(f"outside: {what}", kind)
    host.forget_outside()
    figures = {"cases": done, "seconds": round(time.monotonic() - begun), **found.figures()}
    sys.stderr.write(f"{kind}: {json.dumps(figures)}\n")
    return figures


def run(strategy: st.SearchStrategy[Any], count: int, seed: int, each: Callable[[Any], None]) -> int:
    """Calls `each` with `count` cases, fewer where the time is up; how many there were.

    In lots, since hypothesis remembers all that it has drawn in one: ten thousand workflows take gigabytes.
    """
    done = 0
    for lot in range(0, count, _LOT):
        if time.monotonic() > _deadline:
            break
        done += _lot(strategy, min(_LOT, count - lot), 10_000 * seed + lot, each)
        sys.stderr.write(f"{time.strftime('%H:%M:%S')} {done} of {count}\n")
    return done


def _lot(strategy: st.SearchStrategy[Any], count: int, seed: int, each: Callable[[Any], None]) -> int:
    done = 0

    @seeded(seed)
    @settings(
        max_examples=count,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategy)
    def test(case: Any) -> None:
        nonlocal done
        if time.monotonic() > _deadline:
            return
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


def fuzz_files(host: FuzzedHost, found: Findings, asked: argparse.Namespace) -> int:
    """In turn, so that each kind gets its share."""
    kinds = {"folder": files.folder_case(host), "run": files.run_case(host), "tensors": files.tensors_case(host)}
    shares = {"folder": 0.45, "run": 0.3, "tensors": 0.25}
    done = 0
    for name, cases in kinds.items():
        if asked.only not in name:
            continue

        def each(case: dict[str, Any]) -> None:
            root = files.put(host, case)
            if root is None:
                found.outcomes["the disk refuses the name"] += 1
                return
            for prompt in files.prompts(host, case):
                _case(host, found, prompt, about=case)
            for path in files.routes(case):
                _ask(host, found, {"method": "GET", "path": path, "body": None, "headers": {}}, about=case)
            for what in host.told_outside():
                found.fault(f"outside: {what}", case)
                host.forget_outside()
            files.remove(root)

        at = time.monotonic()
        done += run(cases, round(asked.cases * shares[name]), asked.seed, each)
        sys.stderr.write(f"{name}: {done} cases, {sum(found.counts.values())} faults, {time.monotonic() - at:.0f} s\n")
    return done


def fuzz_configs(host: FuzzedHost, found: Findings, asked: argparse.Namespace) -> int:
    place = host.home / "input"

    def each(case: tuple[str, str]) -> None:
        text, file = case
        if file:
            (place / file).write_text(text, encoding="utf-8", errors="surrogatepass")
        prompt = {"node": node("LikenessImportRecipe", file=file or "what is pasted below", text="" if file else text)}
        prompt["out"] = node("LikenessExportRecipe", recipe=["node", 0], format="kohya TOML", name="fuzzed")
        _case(host, found, prompt, about=case)

    return run(configs.settings_texts(configs.seeds()), asked.cases, asked.seed, each)


def fuzz_routes(host: FuzzedHost, found: Findings, asked: argparse.Namespace) -> int:
    question = {
        "preset": "Demo",
        "model": "x.safetensors",
        "name": "kept",
        "files": 9,
        "bytes": 9,
        "values": {"steps": 10, "rank": 8, "learning_rate": 1e-4, "optimizer": "adamw"},
    }
    return run(routes.requests(question), asked.cases, asked.seed, lambda case: _ask(host, found, case))


def _ask(host: FuzzedHost, found: Findings, case: dict[str, Any], about: Any = None) -> None:
    begun = time.monotonic()
    try:
        answer = host.request(case["method"], case["path"], case["body"], case["headers"])
    except HostDied as end:
        found.fault(f"the host died: {str(end)[:60]}", about or case, host.comfy.text()[-6000:])
        host.again()
        return
    except ValueError:  # no client sends this
        found.outcomes["not sent"] += 1
        return
    took = time.monotonic() - begun
    found.slowest = max(found.slowest, (took, str(case)[:300]))
    if took > _SLOW_ANSWER:
        found.fault(f"slow: an answer after over {_SLOW_ANSWER:.0f} s", about or case, f"{took:.1f} s")
    routes.judge(host, found, case if about is None else {**case, "about": about}, answer)


def _case(host: FuzzedHost, found: Findings, prompt: dict[str, Any], about: Any = None) -> None:
    try:
        found.judge(host.case(prompt, _SECONDS), about or prompt)
    except HostDied as end:
        found.fault(f"the host died: {str(end)[:60]}", about or prompt, host.comfy.text()[-6000:])
        host.again()


KINDS: dict[str, Callable[[FuzzedHost, Findings, argparse.Namespace], int]] = {
    "nodes": fuzz_nodes,
    "files": fuzz_files,
    "configs": fuzz_configs,
    "routes": fuzz_routes,
    "panels": lambda host, found, asked: pages.fuzz_panels(host, found, asked.cases, asked.seed, run),
    "workflows": lambda host, found, asked: pages.fuzz_workflows(host, found, asked.cases, asked.seed, run),
}

if __name__ == "__main__":
    sys.exit(main())
