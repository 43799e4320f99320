"""Fill gaps in a real ComfyUI, on the demo base."""

import json

import pytest

from .comfyui import Comfy, Refused
from .drawn import drawings
from .graphs import Graph, node

VIEWS = """expression: angry | angry | Make the person angry.
expression: surprised | surprised
angle: left profile | from side"""


def filling(**more: object) -> Graph:
    choices = {
        "way": "image to image",
        "gaps": "angry",
        "per_gap": 1,
        "views": VIEWS,
        "looks": "long red hair, pale skin, green eyes, glasses",
        "reader": "demo drawings",
        "resolution": 128,
        "steps": 12,
        "cfg": 1.5,
        "seed": 0,
        "denoise": 0.6,
        **more,
    }
    return {
        "base": node("LikenessDemoBaseModel"),
        "who": node("LikenessDemoCharacter", number=0, pictures="3D renders only"),
        "fill": node(
            "LikenessFillGaps",
            dataset=["who", 0],
            model=["base", 0],
            clip=["base", 1],
            vae=["base", 2],
            **choices,
        ),
        "save": node(
            "LikenessSaveDataset",
            dataset=["fill", 0],
            name="filled",
            place="output",
            layout="dataset.json",
            overwrite=True,
        ),
    }


def test_a_gap_is_filled_and_nothing_is_drawn_twice(comfy: Comfy) -> None:
    outputs = comfy.run(filling())
    assert "1 of 1 gaps filled with 1 pictures" in outputs["fill"]["text"][0]
    saved = json.loads((comfy.output / "likeness_datasets" / "filled" / "dataset.json").read_text(encoding="utf-8"))
    [made] = [sample for sample in saved["samples"] if sample["origin"] == "filled"]
    assert "angry" in made["caption"] and made["likeness"]["against"] == "held-out pictures"
    shelf = comfy.output / "likeness_pictures" / "filled"
    before = drawings(shelf)
    comfy.run(filling(per_gap=2))
    after = drawings(shelf)
    assert before and {name: after[name] for name in before} == before


def test_what_cannot_be_hit_stays_missing_and_is_said(comfy: Comfy) -> None:
    outputs = comfy.run(filling(gaps="left profile", retries=1))
    assert outputs["fill"]["warning"] == ["Still missing: angle: left profile."]
    assert "after 2 tries" in outputs["fill"]["text"][0]
    with pytest.raises(Refused, match="no views"):
        comfy.queue(filling(views=""))
