"""How a run stands: at work, ended, or to go on; which of its checkpoints are more than one of many."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ..dataset.step_budget import with_steps
from ..errors import LikenessError
from ..runtime.lock import is_locked
from ..storage.links import link_within
from ..storage.tensor_metadata import has_same_weights
from ..storage.values import json_file
from ..training.run.folder import RunFolder
from ..training.run.past_run import read_past_run

LOCK = "lock"


@dataclass(frozen=True, kw_only=True)
class RunState:
    """`fault`: why nothing of it may be removed; "" where it is known what it needs.

    `has_learned`: it made a step or was compared, even if only words are left of it. `chosen` are names of checkpoints
    that a report chose or found as good, `compared` those a report shows. `last` is the last checkpoint's; None before
    there is one.
    """

    fault: str = ""
    is_finished: bool = False
    has_learned: bool = False
    chosen: frozenset[str] = frozenset()
    compared: frozenset[str] = frozenset()
    last: str | None = None


def state_of(folder: Path, *, is_mine: bool = False) -> RunState:
    """Of the run in `folder`; with `is_mine` its lock is held by the caller."""
    if link := link_within(folder):
        return RunState(fault=f"{link.name} in it links to another place")
    if not is_mine and is_locked(folder / LOCK):
        return RunState(fault="it is at work now")
    run = RunFolder(folder)
    try:
        past = read_past_run(folder)
        steps = with_steps(past.recipe, past.dataset.train).schedule.steps
    except (LikenessError, OSError, ValueError) as fault:
        return RunState(fault=f"it cannot be read: {fault}")
    found = run.checkpoints()
    trained = [each for each in found if not each.name]
    name = trained[-1].path.name.rpartition("_step")[0] if trained else ""
    reports = [rows for path in sorted(folder.glob("report*/report.json")) if (rows := _columns(path))]
    return RunState(
        is_finished=bool(name) and run.is_finished(name, steps),
        has_learned=run.is_trained or bool(past.result.step) or any(folder.glob("report*")),
        chosen=frozenset(file for rows in reports for file, is_good in rows.items() if is_good),
        compared=frozenset(file for rows in reports if any(rows.values()) for file in rows),
        last=trained[-1].path.name if trained else None,
    )


def is_published(checkpoint: Path, loras: tuple[Path, ...]) -> bool:
    """Whether a copy of it lies among the LoRAs that the host lists: by it the copy is known for ours."""
    files = (path for folder in loras for path in (folder / "likeness").glob("*.safetensors"))
    return any(has_same_weights(path, checkpoint) for path in files)


def starts_of(runs: Iterable[Path]) -> frozenset[str]:
    """Hashes of the LoRA files that these runs started from: they ask for them when they go on."""
    return frozenset(sha for folder in runs for sha in _starts(folder))


def _starts(folder: Path) -> Iterator[str]:
    for name in ("inputs.json", "beside.json"):
        try:
            start = json_file(folder / name).get("start")
        except (OSError, ValueError):
            continue
        if isinstance(start, str):
            yield start


def _columns(report: Path) -> dict[str, bool]:
    """The files a report shows, and whether it chose each or found it as good; none where it cannot be read."""
    try:
        data = json_file(report)
        good = {data.get("chosen"), *data.get("tied", ())}
        return {
            str(each["lora"]): each["label"] in good or each.get("step") == data.get("chosen")
            for each in data["checkpoints"]
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
