"""What is told to be needed, and what may go."""

import hashlib
import json
from pathlib import Path

from PIL import Image

from trainer.runtime.lock import locked
from trainer.upkeep.kept import Kept, of_kinds
from trainer.upkeep.places import Places
from trainer.upkeep.plan_cleaning import plan_cleaning

from .kept_home import KEY, aged, home, put, report_of, run_of, shelf, tree


def going(places: Places) -> dict[str, list[str]]:
    """Names of files that may go, by kind."""
    found: dict[str, list[str]] = {}
    for item in plan_cleaning(places):
        if item.may_go:
            found.setdefault(item.what, []).extend(sorted(path.name for path in item.files))
    return found


def needed(items: tuple[Kept, ...], what: str) -> set[str]:
    return {item.needed for item in items if item.what == what}


def test_of_a_finished_run_cache_state_and_samples_between_may_go(tmp_path: Path) -> None:
    places = home(tmp_path)
    run_of(places, "sage")
    before = tree(tmp_path)
    assert going(places) == {
        "caches": [f"{KEY}.png", *(f"latents_{KEY[:-1]}{n}.safetensors" for n in range(3))],
        "states": ["state.json", "tensors.safetensors"],
        "samples": ["step000001_0.png", "step000002_0.png"],
    }
    assert tree(tmp_path) == before


def test_of_a_run_that_goes_on_nothing_may_go(tmp_path: Path) -> None:
    places = home(tmp_path)
    run_of(places, "sage", finished=False)
    assert going(places) == {}
    assert "the run goes on from it" in needed(plan_cleaning(places), "states")


def test_of_a_run_at_work_nothing_may_go(tmp_path: Path) -> None:
    places = home(tmp_path)
    run = run_of(places, "sage")
    put(run.path / ".events.jsonl.abcd1234.part")
    with locked(run.path / "lock"):
        assert going(places) == {}
    assert "drafts" in going(places)


def test_a_run_with_a_link_in_it_and_one_that_cannot_be_read_stay(tmp_path: Path) -> None:
    places = home(tmp_path)
    (run_of(places, "sage").path / "elsewhere").symlink_to(tmp_path / "input")
    (run_of(places, "rue").path / "dataset.json").write_text("{")
    assert going(places) == {}


def test_a_state_that_only_the_save_before_left_whole_is_the_state(tmp_path: Path) -> None:
    places = home(tmp_path)
    run = run_of(places, "sage", finished=False)
    run.state.rename(run.state.with_name("state.old"))
    assert going(places) == {}
    put(run.state / "state.json", b"{}")
    put(run.path / "state.tmp" / "tensors.safetensors")
    assert going(places) == {"drafts": ["state.json", "tensors.safetensors", "tensors.safetensors"]}


def test_checkpoints_go_once_a_comparison_has_chosen_another(tmp_path: Path) -> None:
    places = home(tmp_path)
    run = run_of(places, "sage")
    report_of(run.path / "report", run, None)
    assert "checkpoints" not in going(places)
    report_of(run.path / "report", run, "Step 2")
    found = going(places)
    assert found["checkpoints"] == ["sage_step000001.safetensors"]
    assert {"comparisons", "readings"}.isdisjoint(found)
    aged(run.path)
    found = going(places)
    assert found["comparisons"] == [f"{'f' * 32}.png"] and found["readings"] == ["faces-0123456789ab.jsonl"]


def test_a_checkpoint_that_is_published_or_that_a_run_started_from_stays(tmp_path: Path) -> None:
    places = home(tmp_path)
    run, heir = run_of(places, "sage"), run_of(places, "rue", finished=False)
    report_of(run.path / "report", run, "Step 3")
    assert len(going(places)["checkpoints"]) == 2
    first, second, _ = run.paths()
    put(tmp_path / "models" / "loras" / "likeness" / "sage.safetensors", first.read_bytes())
    assert going(places)["checkpoints"] == [second.name]
    start = hashlib.sha256(second.read_bytes()).hexdigest()
    (heir.path / "inputs.json").write_text(json.dumps({"regularisation": None, "start": start}))
    assert "checkpoints" not in going(places)


def test_what_is_being_compared_stays(tmp_path: Path) -> None:
    places = home(tmp_path)
    run = run_of(places, "sage")
    report_of(run.path / "report", run, "Step 2")
    aged(run.path)
    put(run.path / "report" / "pictures" / f"{'e' * 32}.png")
    assert {"comparisons", "readings", "checkpoints"}.isdisjoint(going(places))


def test_a_comparison_without_a_report_goes_on_from_its_pictures(tmp_path: Path) -> None:
    places = home(tmp_path)
    run = run_of(places, "sage")
    report_of(run.path / "report", run, "Step 3")
    (run.path / "report" / "report.json").unlink()
    assert {"comparisons", "readings", "checkpoints"}.isdisjoint(going(places))


def test_pictures_that_nothing_names_go_when_nobody_used_them_lately(tmp_path: Path) -> None:
    places = home(tmp_path)
    store = shelf(places)
    kept = store.keep("a" * 32, Image.new("RGB", (4, 4), "red"))
    named = store.keep("b" * 32, Image.new("RGB", (4, 4), "blue"))
    put(places.pictures / "crops" / "holiday.png")
    put(places.output.parent / "input" / "set" / "dataset.json", f'{{"path": "{named.name}"}}'.encode())
    assert going(places) == {}
    aged(places.pictures)
    assert going(places) == {"pictures": [f"{'a' * 32}.json", kept.name]}
    store.path(kept).read_bytes()  # as a node would: the file system notes it
    assert going(places) == {} or "noatime" in Path("/proc/mounts").read_text(encoding="utf-8")


def test_a_run_that_learned_nothing_goes_after_a_while(tmp_path: Path) -> None:
    places = home(tmp_path)
    run = run_of(places, "sage", trained=False)
    assert going(places) == {}
    aged(run.path)
    assert set(going(places)) == {"empty runs"}


def test_kinds_are_asked_for_by_name(tmp_path: Path) -> None:
    places = home(tmp_path)
    run_of(places, "sage")
    items = plan_cleaning(places)
    assert {item.what for item in of_kinds(items, ["states", "runs"])} == {"states"}
    assert sum(item.bytes for item in items) == sum(len(data) for data in tree(places.output).values()) - sum(
        len(data) for data in tree(places.runs / "pictures of sage").values()
    )
