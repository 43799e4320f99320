"""Datasets in the host: load, check, crop, save; what runs again and what does not; refusals."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from trainer.dataset.files.folder import read_dataset
from trainer.demo.characters.found import draw_found

from .comfyui import ROOT, Comfy, Refused, failure
from .graphs import Graph, from_workflow, node

WORKFLOW = ROOT / "workflows" / "1 Prepare a character dataset.json"


def _prepared(folder: str, name: str, **review: Any) -> Graph:
    return {
        "load": _load(folder),
        "check": _check("load", **review),
        "crop": node(
            "LikenessCropDataset",
            dataset=["check", 0],
            mode="face",
            reader="demo drawings",
            resolution=128,
            without_face="keep out",
            face_share=0.6,
            close_ups=0.3,
            upscale_limit=1.5,
            outside="make the crop smaller",
            straighten=False,
        ),
        "save": _save("crop", name),
    }


def _load(folder: str) -> dict[str, Any]:
    return node("LikenessLoadCharacterDataset", folder=folder, trigger="", subject="person", held_out=0, alpha="white")


def _check(source: str, **review: Any) -> dict[str, Any]:
    text = json.dumps(review) if review else ""
    return node("LikenessCheckDataset", dataset=[source, 0], reader="demo drawings", resolution=128, review=text)


def _save(source: str, name: str, **more: Any) -> dict[str, Any]:
    choices = {"place": "input", "layout": "kohya folders", "overwrite": False, **more}
    return node("LikenessSaveDataset", dataset=[source, 0], name=name, **choices)


def _run(comfy: Comfy, graph: Graph) -> set[str]:
    """Run to success; the nodes that were answered from the host's cache."""
    entry = comfy.wait(comfy.queue(graph))
    assert entry["status"]["status_str"] == "success", failure(entry)
    cached = [data["nodes"] for kind, data in entry["status"]["messages"] if kind == "execution_cached"]
    return {name for names in cached for name in names}


@pytest.fixture
def found(comfy: Comfy, drawn_once: Path) -> Path:
    return shutil.copytree(
        drawn_once, comfy.home / "input" / "found", copy_function=shutil.copyfile, dirs_exist_ok=True
    )


def test_a_folder_is_checked_cropped_and_saved(comfy: Comfy, found: Path) -> None:
    (found / "1_sage_character" / "damaged.png").write_bytes(b"no picture")
    outputs = comfy.run(_prepared("input/found", "prepared"))
    assert "damaged.png" in "".join(outputs["load"]["warning"])
    state = outputs["check"]["likeness_check"][0]
    assert len(state["tiles"]) == 24
    assert state["pairs"] and state["add_next"] and state["counters"]
    view = state["tiles"][0]["view"]
    assert comfy.status(f"/view?filename={view['filename']}&subfolder={view['subfolder']}&type=temp") == 200
    assert "nobody.png" in "".join(outputs["crop"]["warning"])
    saved = read_dataset(comfy.home / "input" / "prepared")
    assert len(saved.samples) == 23
    assert [(sample.width, sample.height) for sample in saved.samples[:-1]] == [(128, 128)] * 22
    assert all(sample.caption.startswith("sage_character") for sample in saved.samples)
    listed = comfy.get("/object_info/LikenessLoadCharacterDataset")["LikenessLoadCharacterDataset"]
    assert "input/prepared" in str(listed["input"]["required"]["folder"])


def test_an_edited_caption_runs_again_only_what_depends_on_it(comfy: Comfy, found: Path) -> None:
    draw_found(comfy.home / "input" / "other", 1)
    graph = {
        "load": _load("input/found"),
        "check": _check("load"),
        "other": _load("input/other"),
        "check_other": _check("other"),
    }
    _run(comfy, graph)
    assert _run(comfy, graph) == set(graph)
    (found / "1_sage_character" / "notes.md").write_text("not a caption")
    assert _run(comfy, graph) == set(graph)
    (found / "1_sage_character" / "002.txt").write_text("sage_character, edited\n")
    assert _run(comfy, graph) == {"other", "check_other"}


def test_a_decision_runs_again_only_what_follows_it_and_is_applied(comfy: Comfy, found: Path) -> None:
    graph = _prepared("input/found", "reviewed")
    tiles = comfy.run(graph)["check"]["likeness_check"][0]["tiles"]
    dropped = [tile["id"] for tile in tiles if tile["name"] in ("stranger.png", "tiny.png")]
    again = _prepared("input/found", "reviewed", dropped=dropped)
    again["save"]["inputs"]["overwrite"] = True
    assert _run(comfy, again) == {"load"}
    assert len(read_dataset(comfy.home / "input" / "reviewed").samples) == 21


def test_a_caption_edited_by_hand_in_the_saved_folder_is_never_overwritten(comfy: Comfy, found: Path) -> None:
    graph = {"load": _load("input/found"), "save": _save("load", "by_hand")}
    _run(comfy, graph)
    caption = comfy.home / "input" / "by_hand" / "1_sage_character" / "003.txt"
    caption.write_text("sage_character, by hand\n")
    (found / "1_sage_character" / "001.txt").write_text("sage_character, another\n")
    entry = comfy.wait(comfy.queue(graph))
    assert "another caption" in failure(entry)
    assert caption.read_text() == "sage_character, by hand\n"


def test_the_way_to_images_and_back_keeps_pictures_and_captions(comfy: Comfy, found: Path) -> None:
    graph = {
        "load": _load("input/found"),
        "apart": node("LikenessDatasetToImages", dataset=["load", 0], part="all"),
        "again": node(
            "LikenessImagesToDataset",
            images=["apart", 0],
            captions=["apart", 1],
            trigger="sage_character",
            subject="person",
            held_out=0,
            alpha="white",
        ),
        "save": _save("again", "there_and_back"),
    }
    comfy.run(graph)
    before, after = read_dataset(found), read_dataset(comfy.home / "input" / "there_and_back")
    assert [(s.sha256, s.caption) for s in after.samples] == [(s.sha256, s.caption) for s in before.samples]


def test_mixed_datasets_are_wired_one_after_the_other(comfy: Comfy, found: Path) -> None:
    graph = {
        "load": _load("input/found"),
        "few": node(
            "LikenessPickImages", dataset=["load", 0], count=6, reader="demo drawings", baselines="", held_out=0
        ),
        "mix": node(
            "LikenessMixDatasets",
            shares="60/40",
            **{"datasets.dataset_0": ["few", 0], "datasets.dataset_1": ["load", 0]},
        ),
    }
    outputs = comfy.run(graph)
    assert "60% / 40% was asked for" in outputs["mix"]["text"][0]


@pytest.mark.parametrize("review", ['{"dropped": ["../x"]}', "[]", '{"extra": 1}', "x" * 100])
def test_a_review_that_is_none_is_refused_before_the_queue(comfy: Comfy, found: Path, review: str) -> None:
    graph = {"load": _load("input/found"), "check": _check("load")}
    graph["check"]["inputs"]["review"] = review
    with pytest.raises(Refused, match="review|Review"):
        comfy.queue(graph)


@pytest.mark.parametrize("name", ["../out", "/tmp/x", "a/b", ".", ""])
def test_a_path_for_a_name_is_refused_before_the_queue(comfy: Comfy, found: Path, name: str) -> None:
    with pytest.raises(Refused, match="cannot name a folder"):
        comfy.queue({"load": _load("input/found"), "save": _save("load", name)})


def test_cancel_stops_a_check_between_two_pictures(comfy: Comfy) -> None:
    folder = comfy.home / "input" / "many" / "1_sage"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for number in range(120):
        Image.fromarray(rng.integers(0, 255, (512, 512, 3), np.uint8)).save(folder / f"{number}.png", compress_level=1)
    prompt = comfy.queue({"load": _load("input/many"), "check": _check("load")})
    comfy.until(lambda: bool(comfy.get("/queue")["queue_running"]), "the check to run")
    comfy.interrupt()
    assert comfy.ended_by_cancel(prompt)


def test_the_shipped_workflow_runs_as_it_is(comfy: Comfy) -> None:
    graph = from_workflow(json.loads(WORKFLOW.read_text(encoding="utf-8")), comfy.get("/object_info"))
    comfy.run(graph)
    assert read_dataset(comfy.home / "input" / "sage_prepared").trigger == "sage_character"
