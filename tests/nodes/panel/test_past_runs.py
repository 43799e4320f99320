"""What the sidebar is told of past runs, and what it may have done with them."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ...trainer.dataset.pictures import put
from ...trainer.training.run.made_run import make_run, stepped, whole_story
from ..fake_host import FakeHost

Pack = Callable[[str], Any]


@pytest.fixture
def runs(fake_host: FakeHost) -> Path:
    """Folder of a finished run, a stopped one and one that cannot be read, each an hour older than the one before."""
    folder = fake_host.home / "output" / "likeness"
    make_run(folder / "done", events=whole_story(folder / "done"))
    make_run(folder / "begun", events=[stepped(1)])
    make_run(folder / "torn", events=[stepped(2)])
    (folder / "torn" / "dataset.json").write_text("{")
    put(folder / "done" / "samples" / "step000004_0.png")
    for hours, name in enumerate(("done", "begun", "torn")):
        os.utime(folder / name / "events.jsonl", (1e9 - 3600 * hours, 1e9 - 3600 * hours))
    return folder


def test_names_come_first_and_then_what_each_run_is(pack: Pack, runs: Path) -> None:
    panel = pack("nodes.panel.past_runs")
    assert [row["name"] for row in panel.named_runs()] == ["done", "begun", "torn"]
    done, begun, torn = panel.told_runs("done/begun/torn/../nobody/done")
    assert (done["state"], done["step"], done["steps"], done["likeness"]) == ("finished", 4, 4, 0.6)
    assert (done["base"], done["family"], done["picture"], done["loras"]) == ("base", "SDXL", True, [])
    assert (begun["state"], begun["step"], begun["likeness"], begun["picture"]) == ("stopped", 1, None, False)
    assert torn["state"] == "cannot be read" and torn["fault"].startswith("torn is not a run folder")
    assert json.loads(json.dumps([done, begun, torn])) and str(runs) not in torn["fault"]


def test_a_run_is_read_again_only_where_it_was_at_work(pack: Pack, runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    panel, engine = pack("nodes.panel.past_runs"), pack("trainer.training.run.past_runs")
    read: list[str] = []
    entry = engine.run_entry
    monkeypatch.setattr(engine, "run_entry", lambda folder: read.append(folder.name) or entry(folder))
    for _ in range(2):
        panel.told_runs("done/begun")
    assert sorted(read) == ["begun", "done"]
    to_json = pack("trainer.training.run.events").event_json
    with (runs / "begun" / "events.jsonl").open("a") as log:
        log.write(json.dumps(to_json(stepped(3), runs / "begun")) + "\n")
    assert panel.told_run("begun")["step"] == 3 and read[2:] == ["begun"]


def test_a_run_that_is_at_work_is_told_so_and_stays(pack: Pack, runs: Path) -> None:
    with pack("trainer.runtime.lock").locked(runs / "begun" / "lock"):
        assert pack("nodes.panel.past_runs").told_run("begun")["state"] == "running"
        removing = pack("nodes.panel.removed_run")
        told = removing.removal("begun")
        with pytest.raises(pack("trainer.errors").RunError, match="'begun' is at work"):
            removing.remove({"name": "begun", "files": told["files"], "bytes": told["bytes"]})
    assert (runs / "begun" / "recipe.json").is_file()
    assert pack("nodes.panel.past_runs").told_run("begun")["state"] == "stopped"


def test_its_last_picture_is_small_and_there_is_none_without_samples(pack: Pack, runs: Path) -> None:
    panel = pack("nodes.panel.past_runs")
    assert panel.last_picture("done").startswith(b"\xff\xd8")
    for name in ("begun", "..", "nobody"):
        with pytest.raises(pack("trainer.errors").RunError):
            panel.last_picture(name)


def test_the_loras_of_a_run_are_those_that_say_so(pack: Pack, runs: Path, fake_host: FakeHost) -> None:
    from safetensors.torch import save_file
    from torch import zeros

    folder = fake_host.home / "loras" / "likeness"
    folder.mkdir()
    listed = {"done": {}, "done_chosen": {"likeness_choice": "{}"}, "done_too": {"ss_output_name": "done_too"}}
    for name, more in listed.items():
        save_file({"a": zeros(1)}, folder / f"{name}.safetensors", {"ss_output_name": "done", **more})
    names = sorted(f"likeness/{name}.safetensors" for name in listed)
    paths = {name: fake_host.home / "loras" / name for name in names}
    files = pack("nodes.host.lora_files")
    files.folder_paths.get_filename_list = lambda _: names
    files.folder_paths.get_full_path = lambda _, name: paths[name].as_posix()
    assert files.loras_of_run("done") == ["likeness/done_chosen.safetensors", "likeness/done.safetensors"]


def test_an_opened_run_tells_what_it_was_made_of(pack: Pack, runs: Path) -> None:
    panel = pack("nodes.panel.past_run")
    told = panel.opened_run("done")
    assert told["run"]["name"] == "done" and told["settings"] == [] and told["report"] is None
    made_of = dict(told["made_of"])
    assert made_of["Base"] == "base (SDXL)" and made_of["updates"] == "4 of 4, finished"
    (runs / "done" / "report").mkdir()
    put(runs / "done" / "report" / "report.png")
    shown = panel.opened_run("done")["report"]
    assert shown == {"filename": "report.png", "subfolder": "likeness/done/report", "type": "output"}
    assert "base's files are gone" in panel.planned_again("done")["fault"]


def test_two_runs_are_held_side_by_side(pack: Pack, runs: Path) -> None:
    told = pack("nodes.panel.past_run").two_runs("done", "begun")
    parts = dict(told["parts"])
    assert told["names"] == ["done", "begun"] and parts["Settings"] == [] and parts["Base"] == []
    assert parts["Result"][0] == ("updates", "4 of 4, finished", "1 of 4, not finished")


def test_a_run_goes_on_by_its_workflow_else_by_its_recipe(pack: Pack, runs: Path) -> None:
    panel, kept = pack("nodes.panel.past_run"), pack("nodes.panel.kept_workflow")
    told = panel.way_on("begun")
    made = pack("trainer.exchange.formats").import_recipe(told["recipe"], "what is pasted", None)
    assert made.format == "Likeness JSON" and not made.left
    assert made.recipe == pack("trainer.training.run.past_run").read_recipe(runs / "begun")
    assert (told["name"], told["base"], told["pictures"]) == ("begun", "base", 3)
    kept.keep_workflow(runs / "begun", {"workflow": {"nodes": [{"id": 1}], "links": []}})
    assert panel.way_on("begun") == {"name": "begun", "workflow": {"nodes": [{"id": 1}], "links": []}}
    (runs / "begun" / "workflow.json").write_text("[]")
    with pytest.raises(pack("trainer.errors").RunError, match="it is no workflow"):
        panel.way_on("begun")


@pytest.mark.parametrize("extra", [None, {}, {"workflow": None}, {"workflow": "text"}])
def test_where_the_page_sent_no_workflow_none_is_kept(pack: Pack, tmp_path: Path, extra: Any) -> None:
    (run := tmp_path / "run").mkdir()
    pack("nodes.panel.kept_workflow").keep_workflow(run, extra)
    assert list(run.iterdir()) == []


def test_what_goes_is_told_before_it_goes_and_nothing_else_does(pack: Pack, runs: Path) -> None:
    removing = pack("nodes.panel.removed_run")
    (runs / "done" / "notes.txt").write_text("mine")
    (runs / "done" / "workflow.json").write_text("{}")
    told = removing.removal("done")
    assert told["stays"] == ["notes.txt"] and told["name"] == "done"
    assert {part["what"] for part in told["parts"]} == {"checkpoints", "samples", "settings, log and workflow"}
    with pytest.raises(pack("trainer.errors").RunError, match="has changed since"):
        removing.remove({"name": "done", "files": told["files"], "bytes": told["bytes"] + 1})
    done = removing.remove({"name": "done", "files": told["files"], "bytes": told["bytes"]})
    assert (done["files"], done["bytes"], done["left"]) == (told["files"], told["bytes"], ["notes.txt"])
    assert [path.name for path in (runs / "done").iterdir()] == ["notes.txt"]
    assert (runs / "begun" / "recipe.json").is_file()


@pytest.mark.parametrize(
    "question", [None, [], {}, {"name": 3}, {"name": "../done"}, {"name": ""}, {"name": "recipes"}]
)
def test_only_a_run_of_the_list_is_ever_removed(pack: Pack, runs: Path, question: Any) -> None:
    before = sorted(runs.rglob("*"))
    with pytest.raises(pack("trainer.errors").RunError):
        pack("nodes.panel.removed_run").remove(question)
    assert sorted(runs.rglob("*")) == before


def test_models_are_looked_for_in_the_hosts_folders(pack: Pack, fake_host: FakeHost) -> None:
    rows = {row["title"]: row for row in pack("nodes.panel.models").shown_models()}
    assert rows["PuLID for FLUX.1"]["lacks"]
    folder = fake_host.home / "models" / "pulid"
    folder.mkdir()
    (folder / "pulid_flux_v0.9.1.safetensors").touch()
    rows = {row["title"]: row for row in pack("nodes.panel.models").shown_models()}
    assert rows["PuLID for FLUX.1"]["lacks"] == ""
