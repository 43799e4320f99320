"""What lies in one run's folder, part by part, and who needs each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from ..storage.file_hash import file_sha256
from .comparisons import Compared, compared_in
from .groups import Verdict, gathered, written_since
from .kept import Kept
from .names import RUN, kind_in_run
from .places import files_below
from .run_state import RunState, is_published

SEEDS = "seeds"
_WHY = {
    "caches": "the run goes on faster with them",
    "states": "the run goes on from it",
    "samples": "the run has not ended",
    "checkpoints": "the run has not ended",
}


@dataclass(frozen=True, kw_only=True)
class Run:
    """A run and what is known beside it: hashes of LoRA files that runs started from, the host's LoRA folders, and
    since when what was written counts as new."""

    folder: Path
    state: RunState
    starts: frozenset[str] = frozenset()
    loras: tuple[Path, ...] = ()
    since: float = 0.0

    @property
    def is_new(self) -> bool:
        """Whether a file of it was written lately. Its settings are read here, so that reading tells nothing."""
        return any(written_since(path, self.since) for path in files_below(self.folder))


def parts_of_run(run: Run) -> tuple[Kept, ...]:
    """One item for each kind of file in the run's folder but for its other seeds', which are runs of their own."""
    seeds = run.folder / SEEDS
    files = (path for path in files_below(run.folder) if not path.is_relative_to(seeds))
    reports = {folder.name: compared_in(folder) for folder in run.folder.glob("report*")}
    return gathered(((path, _verdict(run, path, reports)) for path in files), run.folder)


def seed_runs(folder: Path) -> Iterator[Path]:
    """Folders of the same run with other seeds."""
    for path in sorted((folder / SEEDS).glob("*")):
        if path.name.isdigit() and path.is_dir() and not path.is_symlink():
            yield path


def _verdict(run: Run, path: Path, reports: Mapping[str, Compared]) -> Verdict:
    inside, state = path.relative_to(run.folder).as_posix(), run.state
    kind = kind_in_run(inside)
    if not kind or kind == "run":
        what = "others" if not kind else "empty runs" if _is_empty(run) else "runs"
        return what, run.folder, _kept_why(run, kind)
    if state.fault:
        return kind, run.folder, state.fault
    if kind in ("comparisons", "readings", "reports"):
        return kind, run.folder, reports[inside.partition("/")[0]].needed(kind, path, run.since)
    if kind == "drafts":
        return kind, run.folder, ""
    if not state.has_learned:
        return "empty runs", run.folder, _kept_why(run, "run")
    if kind == "states":
        return _of_state(run, path)
    if not state.is_finished:
        return kind, run.folder, _WHY[kind]
    if kind == "samples":
        return kind, run.folder, _needed_sample(path)
    if kind == "checkpoints":
        is_read = any(report.at_work for report in reports.values())
        return kind, run.folder, "they are being compared" if is_read else _needed_checkpoint(run, path)
    return kind, run.folder, ""


def _is_empty(run: Run) -> bool:
    return not run.state.fault and not run.state.has_learned


def _kept_why(run: Run, kind: str) -> str:
    if not kind:
        return "not made by this pack"
    if run.state.fault:
        return run.state.fault
    if run.state.has_learned:
        return "it says what the run was"
    return "it was at work lately" if run.is_new else ""


def _of_state(run: Run, path: Path) -> Verdict:
    """What a save left beside the whole state is as good as half-written; without that, `.old` is the state."""
    name = path.parent.name
    is_whole = (run.folder / "state" / "state.json").is_file()
    if name.endswith(".tmp") or (name.endswith(".old") and is_whole):
        return "drafts", run.folder, ""
    return "states", run.folder, "" if run.state.is_finished else _WHY["states"]


def _needed_sample(path: Path) -> str:
    """The first and the last sampling stay: what the run did is seen in them."""
    match, steps = RUN["samples"].fullmatch(f"samples/{path.name}"), _sampled(path.parent)
    step = int(match["step"]) if match else -1
    return "first and last show what the run did" if step in (min(steps), max(steps), -1) else ""


def _sampled(folder: Path) -> list[int]:
    found = (RUN["samples"].fullmatch(f"samples/{path.name}") for path in folder.glob("step*.png"))
    return [int(match["step"]) for match in found if match] or [-1]


def _needed_checkpoint(run: Run, path: Path) -> str:
    state = run.state
    if path.name == state.last or "_average" in path.name:
        return "the run's last"
    if path.name in state.chosen:
        return "chosen by a comparison, or as good"
    if path.name not in state.compared:
        return "not compared with a choice yet"
    if run.starts and file_sha256(path) in run.starts:
        return "another run started from it"
    return "a LoRA that ComfyUI lists is a copy of it" if is_published(path, run.loras) else ""
