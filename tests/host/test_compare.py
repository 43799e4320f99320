"""Checkpoints compared, chosen and scored in the host: its own pictures, its own lists, one base for all."""

import json
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from .comfyui import Comfy
from .graphs import CHARACTER_PROMPT, Graph, drawing, node, sampling, training

SEED = 7
PROMPTS = f"# trigger\n{{trigger}}, {{subject}}\n# prompt\n{CHARACTER_PROMPT}\n# other\nan old fisherman"
FILES = ("compared_000003", "compared_000006")


@pytest.fixture(scope="module")
def files(comfy: Comfy) -> list[str]:
    """Two checkpoints of a short run among the host's LoRA files."""
    comfy.run(training("compared"))
    made = sorted((comfy.output / "likeness" / "compared" / "checkpoints").glob("*.safetensors"))
    for source, name in zip(made, FILES, strict=True):
        shutil.copy(source, comfy.loras / f"{name}.safetensors")
    return [f"{name}.safetensors" for name in FILES]


def comparing(**given: Any) -> Graph:
    """The files by a pattern, without a run, with the wired demo base."""
    widgets = {"prompts": "from the text below", "reader": "demo drawings", "most": 6, "strength": 1.0}
    more = {"loras": "compared_*", "prompt_text": PROMPTS, "seeds": 1, "size": 128, "steps": 20, "cfg": 4.0}
    base = {"model": ["base", 0], "clip": ["base", 1], "vae": ["base", 2]}
    return {
        "base": node("LikenessDemoBaseModel"),
        "who": node("LikenessDemoCharacter", number=0),
        "compare": node("LikenessCompareCheckpoints", references=["who", 0], **{**base, **widgets, **more, **given}),
        "choose": node("LikenessChooseCheckpoint", report=["compare", 0], step=0, save_as="picked", pick=""),
    }


@pytest.mark.parametrize("strength", [0.8, 1.0])
def test_every_column_is_what_lora_loader_and_ksampler_draw_bit_for_bit(
    comfy: Comfy, files: list[str], strength: float
) -> None:
    outputs = comfy.run(comparing(strength=strength))
    state = outputs["compare"]["likeness_compare"][0]
    row = next(row for row in state["rows"] if row["prompt"] == CHARACTER_PROMPT)
    assert [column["label"] for column in state["columns"]] == ["No LoRA", "Number 3", "Number 6"]
    for picture, name, at in zip(row["pictures"], [files[0], *files], [0.0, strength, strength], strict=True):
        core = comfy.run(drawing(name, strength=at, seed=row["seed"]))["save"]["images"][0]
        assert np.array_equal(_pixels(comfy, picture["full"]), _pixels(comfy, core)), (name, at)


def test_the_base_loads_once_and_one_file_more_costs_one_file(comfy: Comfy, files: list[str]) -> None:
    graph = comparing(strength=0.9, loras=files[0])
    comfy.run(graph)
    loads, drawn = _loads(comfy), _drawn(comfy)
    comfy.run(comparing(strength=0.9))
    assert _drawn(comfy) - drawn == 3 and _loads(comfy) == loads
    comfy.run({**training("compared"), "compare": node("LikenessCompareCheckpoints", **_of_run())})
    assert _loads(comfy) - loads <= 1


def test_what_is_advised_goes_back_into_training(comfy: Comfy, files: list[str]) -> None:
    graph = {**training("compared"), "compare": node("LikenessCompareCheckpoints", **_of_run(seeds=2))}
    graph["advise"] = node("LikenessAdviseNextRun", report=["compare", 0])
    again = {"dataset": ["advise", 3], "recipe": ["advise", 1], "base": ["base", 3]}
    graph["plan"] = node("LikenessPlanRun", measure=False, **again)
    graph["planned"] = node("PreviewAny", source=["plan", 0])
    outputs = comfy.run(graph)
    steps = re.search(r"steps 6 → (\d+)", outputs["advise"]["text"][0])
    assert steps and int(steps[1]) > 6
    assert re.search(rf"\b{steps[1]}\b", outputs["planned"]["text"][0].replace(",", ""))


def test_a_picked_column_is_listed_at_once_and_its_model_draws_as_lora_loader_does(
    comfy: Comfy, files: list[str]
) -> None:
    graph = comparing()
    graph["choose"]["inputs"].update(pick="Number 6", strength=0.8)
    chosen = comfy.run({**graph, **sampling(["choose", 2], ["choose", 3], ["base", 2], SEED)})
    name = chosen["choose"]["lora"][0]
    assert name == "likeness/picked.safetensors"
    listed = comfy.get("/object_info/LoraLoader")["LoraLoader"]["input"]["required"]["lora_name"]
    assert name in str(listed) and "was chosen by hand" in chosen["choose"]["text"][0]
    core = comfy.run(drawing(name, strength=0.8, seed=SEED))
    ours, theirs = (_pixels(comfy, outputs["save"]["images"][0]) for outputs in (chosen, core))
    assert np.array_equal(ours, theirs)
    assert (comfy.loras / "likeness" / "picked.md").is_file() and (comfy.loras / "likeness" / "picked.png").is_file()


def test_where_none_passes_nothing_hangs_on_it_and_nothing_fails(comfy: Comfy, files: list[str]) -> None:
    graph = comparing(seeds=2)
    graph["advise"] = node("LikenessAdviseNextRun", report=["compare", 0])
    graph["said"] = node("PreviewAny", source=["advise", 0])
    outputs = comfy.run({**graph, **sampling(["choose", 2], ["choose", 3], ["base", 2], SEED)})
    assert "To use one all the same, click its column" in outputs["choose"]["warning"][0]
    assert "save" not in outputs and outputs["said"]["text"][0]


def test_scored_pictures_are_parted_and_an_empty_part_stops_nothing(comfy: Comfy) -> None:
    graph = {
        "who": node("LikenessDemoCharacter", number=0),
        "pictures": node("LikenessDatasetToImages", dataset=["who", 0], part="held out"),
        "score": node(
            "LikenessScoreImages", images=["pictures", 0], reader="demo drawings", least=0.0, references=["who", 0]
        ),
        "good": node("PreviewImage", images=["score", 2]),
        "bad": node("PreviewImage", images=["score", 3]),
        "figures": node("PreviewAny", source=["score", 1]),
    }
    outputs = comfy.run(graph)
    figures = json.loads(outputs["figures"]["text"][0])
    assert len(outputs["good"]["images"]) == len(figures["accepted"]) > 0
    assert ("bad" in outputs) == bool(figures["rejected"])
    graph["score"]["inputs"]["least"] = 1.0
    outputs = comfy.run(graph)
    assert "good" not in outputs and len(outputs["bad"]["images"]) == len(figures["images"])


def _of_run(seeds: int = 1) -> dict[str, Any]:
    text = {"prompts": "from the text below", "prompt_text": PROMPTS, "seeds": seeds}
    return {"run": ["train", 0], "reader": "demo drawings", "most": 6, "strength": 1.0, **text}


def _pixels(comfy: Comfy, view: dict[str, str]) -> np.ndarray:
    with Image.open(Path(comfy.output) / view["subfolder"] / view["filename"]) as picture:
        return np.asarray(picture.convert("RGB"))


def _loads(comfy: Comfy) -> int:
    """How often a base was loaded so far: the host says where each VAE goes."""
    return comfy.text().count("VAE load device")


def _drawn(comfy: Comfy) -> int:
    return len(list(comfy.output.rglob("report*/pictures/*.png")))
