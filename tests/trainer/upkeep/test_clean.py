"""Removing: nothing that is needed, never twice, and no more than was asked for."""

import os
import random
from contextlib import suppress
from pathlib import Path

import pytest
from PIL import Image

from trainer.errors import RunError
from trainer.runtime.lock import locked
from trainer.training.run.folder import read_run
from trainer.training.run.run_names import run_names
from trainer.training.run.state import load_state
from trainer.upkeep.clean import clean
from trainer.upkeep.kept import REMOVABLE, freed, of_kinds
from trainer.upkeep.places import Places
from trainer.upkeep.plan_cleaning import plan_cleaning
from trainer.upkeep.remove_run import remove_run

from .kept_home import aged, home, put, report_of, run_of, shelf, tree


def random_home(folder: Path, seed: int) -> Places:
    """Runs in every state, pictures, files of somebody else among them, links that lead out."""
    chance = random.Random(seed)
    places = home(folder)
    for name in ("sage", "rue", "wren")[: chance.randint(1, 3)]:
        run = run_of(places, name, finished=chance.random() < 0.6, trained=chance.random() < 0.8)
        if chance.random() < 0.6:
            report_of(run.path / "report", run, chance.choice([None, "Step 1", "Step 2"]))
        if chance.random() < 0.5:
            put(run.path / "samples" / "mine.png", b"of the user")
            put(run.path / "notes.txt", b"of the user")
        if chance.random() < 0.3:
            put(run.path / ".recipe.json.abcdefgh.part")
    store = shelf(places)
    for number in range(4):
        kept = store.keep(f"{number}" * 32, Image.new("RGB", (4, 4), (number, 0, 0)))
        if chance.random() < 0.5:
            put(places.saved / f"set{number}" / "dataset.json", kept.name.encode())
    put(folder / "elsewhere" / f"{'c' * 64}.png", b"of the user")
    (places.pictures / "linked").symlink_to(folder / "elsewhere")
    if chance.random() < 0.7:
        aged(folder)
    return places


@pytest.mark.parametrize("seed", range(6))
def test_nothing_that_is_needed_goes_and_twice_is_the_same_as_once(tmp_path: Path, seed: int) -> None:
    places = random_home(tmp_path, seed)
    items, before = plan_cleaning(places), tree(tmp_path)
    named = {path.relative_to(tmp_path).as_posix() for item in items if item.may_go for path in item.files}
    done = clean(of_kinds(items, tuple(REMOVABLE)), places)
    after = tree(tmp_path)
    assert {name: before[name] for name in before.keys() - named} == after
    assert not done.left and (done.files, done.bytes) == (len(named), freed(items))
    again = plan_cleaning(places)
    assert freed(again) == 0
    assert clean(again, places).files == 0 and tree(tmp_path) == after
    assert all(read_run(places.runs / name) for name in run_names(places.runs))


@pytest.mark.parametrize("kind", ["states", "caches", "samples", "checkpoints"])
def test_killed_in_the_middle_runs_are_valid_and_the_same_call_removes_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    places = home(tmp_path)
    run = run_of(places, "sage")
    report_of(run.path / "report", run, "Step 3")
    unlink = Path.unlink

    def killed(path: Path, missing_ok: bool = False) -> None:
        unlink(path, missing_ok)
        if path.suffix != ".part":
            raise KeyboardInterrupt

    items = of_kinds(plan_cleaning(places), [kind])
    with monkeypatch.context() as patched:
        patched.setattr(Path, "unlink", killed)
        with pytest.raises(KeyboardInterrupt):
            clean(items, places)
    assert run.is_finished("sage", 3) and load_state(run.state) is not None or kind == "states"
    clean(of_kinds(plan_cleaning(places), [kind]), places)
    assert not of_kinds(plan_cleaning(places), [kind]) and run.is_finished("sage", 3)
    assert load_state(run.state) is None or kind != "states"


def test_a_run_that_has_begun_to_work_since_the_look_is_left(tmp_path: Path) -> None:
    places = home(tmp_path)
    run = run_of(places, "sage")
    items, before = plan_cleaning(places), tree(tmp_path)
    with locked(run.path / "lock"):
        done = clean(items, places)
    assert "in use" in done.left[0] and done.files == 0 and tree(tmp_path) == before


def test_what_is_needed_by_now_stays(tmp_path: Path) -> None:
    places = home(tmp_path)
    run = run_of(places, "sage")
    items = plan_cleaning(places)
    run.log.write_text("".join(run.log.read_text().splitlines(keepends=True)[:-1]))
    before = tree(tmp_path)
    assert clean(items, places).files == 0 and tree(tmp_path) == before


def test_nothing_outside_the_folders_goes(tmp_path: Path) -> None:
    places = home(tmp_path)
    run = run_of(places, "sage")
    items = plan_cleaning(places)
    cache = run.cache.rename(tmp_path / "input" / "cache")
    run.cache.symlink_to(cache)
    before = tree(tmp_path / "input")
    clean(items, places)
    assert tree(tmp_path / "input") == before


def test_a_removed_run_leaves_what_others_put_there(tmp_path: Path) -> None:
    places = home(tmp_path)
    run, other = run_of(places, "sage"), run_of(places, "rue")
    report_of(run.path / "report", run, "Step 3")
    put(run.path / "notes.txt", b"of the user")
    before = tree(other.path)
    gone = remove_run(run.path)
    assert gone.left == ("notes.txt",) and tree(run.path) == {"notes.txt": b"of the user"}
    assert run_names(places.runs) == ["rue"] and tree(other.path) == before
    (run.path / "notes.txt").unlink()
    remove_run(other.path)
    assert not other.path.exists()


def test_a_removal_that_was_killed_leaves_a_run_that_can_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    places = home(tmp_path)
    run = run_of(places, "sage")
    count, unlink = 0, Path.unlink

    def killed(path: Path, missing_ok: bool = False) -> None:
        nonlocal count
        count += 1
        if count % 4 == 0:
            raise KeyboardInterrupt
        unlink(path, missing_ok)

    while (run.path / "recipe.json").exists():
        with monkeypatch.context() as patched, suppress(KeyboardInterrupt):
            patched.setattr(Path, "unlink", killed)
            remove_run(run.path)
        assert not run.is_finished("sage", 3)
        if run.is_trained:
            assert run_names(places.runs) == ["sage"] and read_run(run.path)
    assert count > 12


@pytest.mark.parametrize("trouble", ["no run", "at work", "link", "foreign"])
def test_what_is_no_run_at_rest_is_not_removed(tmp_path: Path, trouble: str) -> None:
    places = home(tmp_path)
    run = run_of(places, "sage")
    if trouble == "no run":
        (run.path / "recipe.json").unlink()
    elif trouble == "link":
        (run.path / "there").symlink_to(tmp_path)
    elif trouble == "foreign":
        (run.path / "recipe.json").write_text('{"a cake": 1}')
    before = tree(tmp_path / "output")
    with pytest.raises(RunError):
        if trouble == "at work":
            with locked(run.path / "lock"):
                remove_run(run.path)
        else:
            remove_run(run.path)
    assert tree(tmp_path / "output") == before and os.path.lexists(run.path)
