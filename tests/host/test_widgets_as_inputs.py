"""Texts and numbers wired into widgets, in the host: what is good runs, what is not is refused in a sentence."""

from typing import Any

import pytest

from .comfyui import Comfy, Refused, failure
from .graphs import Graph, node, training

KOHYA = "network_dim = 4\nnetwork_alpha = 2\n"


def _exported(name: Any, file: Any = "what is pasted below", text: Any = KOHYA) -> Graph:
    return {
        "read": node("LikenessImportRecipe", file=file, text=text),
        "name": node("PrimitiveString", value=name),
        "write": node("LikenessExportRecipe", recipe=["read", 0], format="kohya TOML", name=["name", 0]),
    }


def test_a_wired_name_is_published_under_and_a_strangers_lora_stays(comfy: Comfy) -> None:
    stranger = comfy.loras / "likeness" / "mine.safetensors"
    stranger.parent.mkdir(exist_ok=True)
    stranger.write_bytes(b"a stranger's")
    graph = training("unused", steps=1, save_every=1, batch=1, sample_every=0)
    graph["name"] = node("PrimitiveString", value="mine")
    for sampler in ("model", "clip", "vae"):
        del graph["train"]["inputs"][sampler]
    graph["train"]["inputs"]["name"] = ["name", 0]
    state = comfy.run(graph)["train"]["likeness"][0]
    assert state["lora"] == "likeness/mine_2.safetensors"
    assert "mine.safetensors is another LoRA and stays" in state["status"]
    assert stranger.read_bytes() == b"a stranger's"
    assert (comfy.output / "likeness" / "mine" / "recipe.json").is_file()


def test_texts_wired_into_a_name_and_a_list_are_taken(comfy: Comfy) -> None:
    (comfy.home / "input" / "wired.toml").write_text(KOHYA)
    graph = _exported("wired", file=["file", 0], text="")
    graph["file"] = node("PrimitiveString", value="wired.toml")
    assert comfy.run(graph)["write"]["text"][0].startswith("Written: wired.toml")
    written = comfy.output / "likeness" / "recipes" / "wired.toml"
    written.write_text("edited by hand")
    graph["name"] = node("PrimitiveStringMultiline", value="wired")
    assert "wired.toml is there already" in comfy.run(graph)["write"]["text"][0]
    assert written.read_text() == "edited by hand"
    assert (written.parent / "wired_2.toml").is_file()


@pytest.mark.parametrize("name", ["../../escaped", "CON", "𝒜" * 64, ""], ids=["path", "device", "bytes", "empty"])
def test_a_wired_name_that_cannot_be_one_writes_nothing(comfy: Comfy, name: str) -> None:
    before = sorted(comfy.home.rglob("*.toml"))
    entry = comfy.wait(comfy.queue(_exported(name)))
    assert entry["status"]["status_str"] == "error"
    assert "The name" in failure(entry)
    assert sorted(comfy.home.rglob("*.toml")) == before


def test_what_no_list_holds_and_what_is_no_text_get_a_sentence(comfy: Comfy) -> None:
    graph = _exported("x", file=["name", 0])
    entry = comfy.wait(comfy.queue(graph))
    assert "There is no file 'x'" in failure(entry)
    with pytest.raises(Refused, match="Import recipe: file takes a name of its list, and 7 came in"):
        comfy.queue(_exported("x", file=7))
    graph = training("unused")
    wired = {"recipe": ["recipe", 0], "format": ["base", 0], "name": "x"}
    graph = {"base": graph["base"], "recipe": graph["recipe"], "write": node("LikenessExportRecipe", **wired)}
    with pytest.raises(Refused, match="format takes COMBO, and 'MODEL' is wired into it"):
        comfy.queue(graph)
