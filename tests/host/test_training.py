"""Training in the host: events, LoRA in the list, cancel, kill, refusals."""

import asyncio
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from trainer.demo.characters.character import draw_character

from .comfyui import Comfy, Refused, failure
from .graphs import SAMPLED, Graph, drawing, node, training


def test_a_trained_lora_is_listed_at_once_and_changes_what_core_nodes_draw(comfy: Comfy) -> None:
    outputs = comfy.run(training("listed", **SAMPLED))
    state = outputs["train"]["likeness"][0]
    assert state["step"] == state["steps"] == 6
    assert [row["step"] for row in state["samples"]] == [0, 3, 6]
    assert state["lora"] == "likeness/listed.safetensors"
    listed = comfy.get("/object_info/LoraLoader")["LoraLoader"]["input"]["required"]["lora_name"]
    assert state["lora"] in str(listed)
    without, with_it = (_picture(comfy, drawing(state["lora"], strength=strength)) for strength in (0.0, 1.0))
    assert without != with_it
    assert "lora key not loaded" not in comfy.text()


def test_the_same_inputs_answer_from_the_finished_run(comfy: Comfy) -> None:
    comfy.run(training("answered"))
    before = _mtimes(comfy.output / "likeness" / "answered")
    state = comfy.run(uncached(training("answered")))["train"]["likeness"][0]
    assert state["status"] == "Answered from the finished run"
    assert _mtimes(comfy.output / "likeness" / "answered") == before


def test_cancel_saves_and_queueing_again_ends_with_the_same_file(comfy: Comfy) -> None:
    prompt = comfy.queue(long("stopped"))
    wait_for_step(comfy, "stopped", 5)
    comfy.interrupt()
    assert comfy.ended_by_cancel(prompt)
    assert list((comfy.output / "likeness" / "stopped" / "checkpoints").glob("*.safetensors"))
    comfy.run(long("stopped"))
    resumed = last_checkpoint(comfy, "stopped")
    shutil.rmtree(comfy.output / "likeness" / "stopped")
    comfy.run(uncached(long("stopped")))
    assert last_checkpoint(comfy, "stopped") == resumed


def test_the_page_is_told_of_every_sampling_over_the_websocket(comfy: Comfy) -> None:
    with ThreadPoolExecutor(1) as apart:  # Playwright's loop may be running in this thread
        told = apart.submit(asyncio.run, _heard(comfy, training("told", **SAMPLED))).result()
    assert {message["node"] for message in told} == {"train"}
    assert [row["step"] for row in told[-1]["samples"]] == [0, 3, 6]
    assert told[-1]["status"] == "Finished"
    view = told[-1]["samples"][0]["images"][0]
    assert comfy.status(f"/view?filename={view['filename']}&subfolder={view['subfolder']}&type={view['type']}") == 200


@pytest.mark.parametrize("folder", ["input/../models", "../../etc", "/etc", "input/..\\models", "input/nowhere"])
def test_a_dataset_folder_outside_the_hosts_is_refused(comfy: Comfy, folder: str) -> None:
    graph = {
        "load": node("LikenessLoadCharacterDataset", folder=folder, trigger="sage", subject="person", held_out=0),
        "train": {**training("never")["train"]},
    }
    graph = {**training("never"), **graph, "train": {**graph["train"]}}
    graph["train"]["inputs"] = {**graph["train"]["inputs"], "dataset": ["load", 0]}
    with pytest.raises(Refused, match="not one of ComfyUI's"):
        comfy.queue(graph)


@pytest.mark.parametrize("name", ["../escape", "a/b", "", "..", "a\\b"])
def test_a_run_name_that_is_a_path_is_refused(comfy: Comfy, name: str) -> None:
    with pytest.raises(Refused, match="cannot name a folder"):
        comfy.queue(training(name))


def test_a_name_taken_by_another_run_is_refused_in_a_sentence(comfy: Comfy) -> None:
    comfy.run(training("taken"))
    entry = comfy.wait(comfy.queue(training("taken", steps=7)))
    assert entry["status"]["status_str"] == "error"
    assert "another name" in failure(entry)


def test_a_dataset_of_the_input_folder_trains(comfy: Comfy) -> None:
    pictures = comfy.home / "input" / "moss"
    draw_character(pictures, 3)
    graph = training("from_input")
    graph["who"] = node("LikenessLoadCharacterDataset", folder="input/moss", trigger="", subject="person", held_out=0)
    assert comfy.run(graph)["train"]["likeness"][0]["step"] == 6


async def _heard(comfy: Comfy, graph: Graph) -> list[dict[str, Any]]:
    """The `likeness.train` messages until the prompt has ended."""
    import aiohttp

    told: list[dict[str, Any]] = []
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{comfy.url}/ws?clientId=tests") as socket:
        prompt = await asyncio.to_thread(comfy.queue, graph)
        while True:
            message = await socket.receive(timeout=240)
            if message.type is not aiohttp.WSMsgType.TEXT:
                continue
            said = message.json()
            if said["type"] == "likeness.train":
                told.append(said["data"])
            if said["type"] == "execution_success" and said["data"]["prompt_id"] == prompt:
                return told


def long(name: str) -> Graph:
    return training(name, steps=24, save_every=4, sample_every=0, batch=2, prior_images=0)


def wait_for_step(comfy: Comfy, name: str, step: int) -> None:
    log = comfy.output / "likeness" / name / "events.jsonl"
    comfy.until(lambda: log.is_file() and f'"step": {step},' in log.read_text(), f"step {step} of {name}")


def uncached(graph: Graph) -> Graph:
    """The same run, but not the same inputs: the host's own cache does not answer in the node's place."""
    for name in ("model", "clip", "vae"):
        del graph["train"]["inputs"][name]
    return graph


def last_checkpoint(comfy: Comfy, name: str) -> bytes:
    return sorted((comfy.output / "likeness" / name / "checkpoints").glob("*.safetensors"))[-1].read_bytes()


def _mtimes(folder: Path) -> dict[str, int]:
    return {p.name: p.stat().st_mtime_ns for p in folder.rglob("*.safetensors")}


def _picture(comfy: Comfy, graph: Graph) -> bytes:
    outputs: dict[str, Any] = comfy.run(graph)
    return (comfy.output / outputs["save"]["images"][0]["filename"]).read_bytes()
