"""From a dataset to a picture of its person, through the nodes of identity adapters, on the demo base."""

from typing import Any

import numpy as np
from PIL import Image

from .comfyui import Comfy
from .graphs import Graph, node, sampling

READ = {"select": "like the character", "on_no_face": "skip", "reader": "auto", "index": 0, "crop_size": 128}


def drawn(graph: Graph, model: list[Any]) -> Graph:
    return {**graph, **sampling(model, ["base", 1], ["base", 2], 7)}


def picture(comfy: Comfy, said: dict[str, Any]) -> np.ndarray:
    (image,) = said["save"]["images"]
    return np.asarray(Image.open(comfy.output / image["subfolder"] / image["filename"]).convert("RGB"), int)


def test_a_dataset_is_read_saved_and_drawn_and_its_file_draws_the_same(comfy: Comfy) -> None:
    base = {"base": node("LikenessDemoBaseModel")}
    reading: Graph = {
        **base,
        "who": node("LikenessDemoCharacter", number=0),
        "adapter": node("LikenessLoadIdentityAdapter", adapter="Demo adapter"),
        "face": node("LikenessReadFace", dataset=["who", 0], adapter=["adapter", 0], save_as="host_sage", **READ),
    }
    worn = {"model": ["base", 0], "weight": 0.8}
    live = {**reading, "worn": node("LikenessApplyIdentity", identity=["face", 0], adapter=["adapter", 0], **worn)}
    saved: Graph = {
        **base,
        "kept": node("LikenessLoadIdentity", identity="likeness/host_sage.identity.safetensors"),
        "worn": node("LikenessApplyIdentity", identity=["kept", 0], **worn),
    }
    nothing = {**saved, "worn": node("LikenessApplyIdentity", identity=["kept", 0], model=["base", 0], weight=0.0)}

    first = comfy.run(drawn(live, ["worn", 0]))
    assert "Saved as likeness/host_sage.identity.safetensors." in first["face"]["text"][0]
    assert "Demo adapter (demo_adapter.safetensors) at 0.8 of sage_character." in first["worn"]["text"][0]
    assert first["face"]["images"] and first["worn"]["images"]
    (comfy.loras / "likeness" / "host_sage.identity.safetensors").stat()
    second = comfy.run(drawn(saved, ["worn", 0]))
    assert "Ready for Demo adapter." in second["kept"]["text"][0]
    with_it, from_file = picture(comfy, first), picture(comfy, second)
    without, at_0 = (
        picture(comfy, comfy.run(drawn(graph, at))) for graph, at in ((base, ["base", 0]), (nothing, ["worn", 0]))
    )
    assert np.array_equal(with_it, from_file)
    assert np.array_equal(without, at_0)
    assert np.abs(with_it - without).mean() > 3


def test_an_adapter_that_is_not_here_is_named_with_its_place(comfy: Comfy) -> None:
    graph: Graph = {
        "base": node("LikenessDemoBaseModel"),
        "who": node("LikenessDemoCharacter", number=0),
        "adapter": node("LikenessLoadIdentityAdapter", adapter="InstantID"),
        "face": node("LikenessReadFace", dataset=["who", 0], adapter=["adapter", 0], save_as="", **READ),
    }
    entry = comfy.wait(comfy.queue(graph))
    said = [data for kind, data in entry["status"]["messages"] if kind == "execution_error"]
    assert "ip-adapter.bin of InstantX/InstantID into models/instantid" in said[0]["exception_message"]
