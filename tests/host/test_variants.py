"""Make style variants in a real ComfyUI, on the demo base."""

import json
from typing import Any

import pytest

from .comfyui import Comfy, Refused
from .drawn import drawings
from .graphs import Graph, node

STYLES = """flat drawing | 0.45-0.60 | strict | 3d render
flat drawing, bold colors | 0.45-0.60 | strict | 3d render
pencil sketch | 0.35-0.55 | flag | 3d render
watercolor painting | 0.55-0.65 | loose | 3d render, flat drawing
watercolor painting, soft | 0.55-0.65 | loose | 3d render, flat drawing"""
RENDERS, PER_RENDER = 20, 1


def varying(name: str, **more: Any) -> Graph:
    choices = {
        "styles": STYLES,
        "per_render": PER_RENDER,
        "looks": "long red hair, pale skin, green eyes, glasses",
        "reader": "demo drawings",
        "resolution": 128,
        "steps": 4,
        "cfg": 4.0,
        "seed": 0,
        **more,
    }
    return {
        "base": node("LikenessDemoBaseModel"),
        "who": node("LikenessDemoCharacter", number=0, pictures="3D renders only"),
        "vary": node(
            "LikenessMakeStyleVariants",
            dataset=["who", 0],
            model=["base", 0],
            clip=["base", 1],
            vae=["base", 2],
            **choices,
        ),
        "save": node(
            "LikenessSaveDataset", dataset=["vary", 0], name=name, place="output", layout="dataset.json", overwrite=True
        ),
    }


def test_a_cancelled_run_ends_with_the_same_set_and_draws_each_picture_once(comfy: Comfy) -> None:
    shelf = comfy.output / "likeness_pictures" / "variants"
    lay = drawings(shelf).keys()
    first = comfy.queue(varying("cancelled"))
    comfy.until(lambda: len(drawings(shelf)) >= len(lay) + 8, "8 variants")
    comfy.interrupt()
    assert comfy.ended_by_cancel(first)
    before = drawings(shelf)
    comfy.run(varying("cancelled"))
    after = drawings(shelf)
    assert before.keys() > lay and {name: after[name] for name in before} == before, "what was drawn is not drawn again"
    assert len(after) > len(before)
    shelf.rename(comfy.home / "first_variants")
    # An empty line more changes nothing but that ComfyUI runs the node again.
    comfy.run(varying("whole", styles=STYLES + "\n"))
    assert _rows(comfy, "whole") == _rows(comfy, "cancelled")
    assert drawings(shelf).keys() == after.keys() - lay


def test_what_cannot_be_made_is_said(comfy: Comfy) -> None:
    outputs = comfy.run(varying("none", styles="pencil sketch | 0.05 | strict", per_render=1, looks=""))
    assert "pencil sketch: left out" in outputs["vary"]["text"][0]
    with pytest.raises(Refused, match="no styles"):
        comfy.queue(varying("none", styles=""))


def _rows(comfy: Comfy, name: str) -> list[tuple[Any, ...]]:
    saved = json.loads((comfy.output / "likeness_datasets" / name / "dataset.json").read_text(encoding="utf-8"))
    rows = [(s["sha256"], s["caption"], s["repeats"], s["style"], s["seed"]) for s in saved["samples"]]
    assert sum(1 for row in rows if row[3]) > RENDERS * PER_RENDER / 2
    return rows
