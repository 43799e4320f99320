"""Captions in the host: tagged, described, ruled, reviewed, saved; what runs again and what does not; refusals."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.trainer.captions.captioners.tiny_llava import write_tiny_llava
from trainer.bench.inputs.random_tagger import TaggerSize, write_random_tagger
from trainer.captions.captioners.tagger_files import DEFAULT_TAGGER
from trainer.dataset.files.folder import read_dataset
from trainer.demo.characters.found import draw_found

from .comfyui import ROOT, Comfy, Refused, failure
from .graphs import Graph, from_workflow, node

WORKFLOW = ROOT / "workflows" / "2 Caption a dataset.json"


@pytest.fixture
def pictures(comfy: Comfy, drawn_once: Path, request: pytest.FixtureRequest) -> str:
    """A folder of 24 pictures of its own without captions, as Load character dataset names it."""
    name = request.node.name.split("[")[0][5:60]
    shutil.copytree(drawn_once, comfy.home / "input" / name, ignore=shutil.ignore_patterns("*.txt"))
    return f"input/{name}"


@pytest.fixture
def tagger(comfy: Comfy) -> str:
    size = TaggerSize(general=40, character=6, hidden=8, layers=1, bias=-1.0)
    write_random_tagger(comfy.home / "models" / "wd14" / DEFAULT_TAGGER, size)
    return DEFAULT_TAGGER


def _load(folder: str) -> dict[str, Any]:
    return node("LikenessLoadCharacterDataset", folder=folder, trigger="", subject="person", held_out=0, alpha="white")


def _tag(source: str, tagger: str = DEFAULT_TAGGER) -> dict[str, Any]:
    numbers = {"threshold": 0.5, "character_threshold": 0.9, "mcut": False, "keep_by_hand": True}
    return node("LikenessTagWithWd14", dataset=[source, 0], tagger=tagger, **numbers)


def _rules(source: str, **more: Any) -> dict[str, Any]:
    choices: dict[str, Any] = {
        "policy": "core: what most pictures share",
        "family": "SDXL, SD 1.5 (75 tokens)",
        "form": "both",
        "style": "auto",
        "keep": "",
        "drop": "",
        "signature": "",
        "fill_light": True,
        "rewrite_by_hand": False,
        **more,
    }
    return node("LikenessApplyCaptionRules", dataset=[source, 0], **choices)


def _review(source: str, save: str = "keep in the workflow", **decided: Any) -> dict[str, Any]:
    text = json.dumps(decided) if decided else ""
    return node("LikenessReviewCaptions", dataset=[source, 0], rules=[source, 1], save=save, review=text)


def _run(comfy: Comfy, graph: Graph) -> tuple[dict[str, Any], set[str]]:
    """Run to success; outputs, and the nodes that were answered from the host's cache."""
    entry = comfy.wait(comfy.queue(graph))
    assert entry["status"]["status_str"] == "success", failure(entry)
    cached = [data["nodes"] for kind, data in entry["status"]["messages"] if kind == "execution_cached"]
    return entry["outputs"], {name for names in cached for name in names}


def test_pictures_are_tagged_ruled_reviewed_and_saved(comfy: Comfy, pictures: str, tagger: str) -> None:
    graph = {"load": _load(pictures), "tag": _tag("load"), "rules": _rules("tag"), "review": _review("rules")}
    outputs, _ = _run(comfy, graph)
    assert "24 captioned" in outputs["tag"]["text"][0]
    state = outputs["review"]["likeness_captions"][0]
    assert len(state["rows"]) == 24
    assert {row["author"] for row in state["rows"]} == {"tagger"}
    assert all(row["caption"].startswith("sage_character, person") for row in state["rows"])
    said = " ".join(finding["text"] for finding in state["findings"])
    assert "CLIP splits 'sage_character'" in said and "T5 splits" not in said and "Qwen splits" not in said
    view = state["rows"][0]["view"]
    assert comfy.status(f"/view?filename={view['filename']}&subfolder={view['subfolder']}&type=temp") == 200


def test_an_edit_runs_only_the_review_again_and_lands_in_the_txt(comfy: Comfy, pictures: str, tagger: str) -> None:
    graph = {"load": _load(pictures), "tag": _tag("load"), "rules": _rules("tag"), "review": _review("rules")}
    outputs, _ = _run(comfy, graph)
    picture = outputs["review"]["likeness_captions"][0]["rows"][2]
    edited = {**graph, "review": _review("rules", captions={picture["id"]: "sage_character, person, in my words"})}
    _, cached = _run(comfy, edited)
    assert cached == {"load", "tag", "rules"}
    edited["review"]["inputs"]["save"] = ".txt beside the pictures"
    _run(comfy, edited)
    folder = comfy.home / pictures / "1_sage_character"
    assert (folder / picture["name"]).with_suffix(".txt").read_text() == "sage_character, person, in my words\n"
    # The .txt files are new to the loader: it runs again, and the captions stay as they were.
    outputs, _ = _run(comfy, edited)
    state = outputs["review"]["likeness_captions"][0]
    assert state["saved"] == "0 .txt files written, 24 were right already."
    assert state["rows"][2]["caption"] == "sage_character, person, in my words"
    assert "23 captioned (23 from before), 1 by hand kept" in outputs["tag"]["text"][0]


def test_joycaption_describes_pictures(comfy: Comfy, pictures: str) -> None:
    write_tiny_llava(comfy.home / "models" / "LLavacheckpoints" / "llama-joycaption-beta-one-hf-llava")
    joy = node(
        "LikenessCaptionWithJoyCaption",
        dataset=["load", 0],
        model="llama-joycaption-beta-one-hf-llava",
        precision="bf16 (17 GB)",
        kind="description",
        length="medium-length",
        keep_by_hand=True,
        max_new_tokens=16,
    )
    outputs, _ = _run(comfy, {"load": _load(pictures), "joy": joy, "rules": _rules("joy"), "review": _review("rules")})
    assert "JoyCaption: 24 captioned" in outputs["joy"]["text"][0]
    assert {row["author"] for row in outputs["review"]["likeness_captions"][0]["rows"]} == {"vlm"}


def test_texts_of_the_hosts_own_nodes_become_captions(comfy: Comfy, pictures: str) -> None:
    graph = {
        "load": _load(pictures),
        "apart": node("LikenessDatasetToImages", dataset=["load", 0], part="all"),
        "text": node("StringConcatenate", string_a="a photo of a person, ", string_b=["apart", 1], delimiter=""),
        "use": node(
            "LikenessUseCaptions", dataset=["load", 0], captions=["text", 0], are="sentences", keep_by_hand=True
        ),
        "rules": _rules("use"),
        "review": _review("rules"),
    }
    outputs, _ = _run(comfy, graph)
    assert "24 captions taken" in outputs["use"]["text"][0]


def test_captioners_are_held_side_by_side(comfy: Comfy, pictures: str, tagger: str) -> None:
    graph = {
        "load": _load(pictures),
        "tag": _tag("load"),
        "use": node(
            "LikenessUseCaptions", dataset=["load", 0], captions=["many", 0], are="sentences", keep_by_hand=True
        ),
        "apart": node("LikenessDatasetToImages", dataset=["load", 0], part="all"),
        "many": node("StringConcatenate", string_a="She stands.", string_b=["apart", 1], delimiter=" "),
        "rules": _rules("tag"),
        "review": {**_review("rules")},
    }
    graph["review"]["inputs"]["others.other_0"] = ["use", 0]
    outputs, _ = _run(comfy, graph)
    state = outputs["review"]["likeness_captions"][0]
    assert state["sources"] == ["1: tags", "2: sentences"]
    assert state["rows"][0]["texts"][1].endswith("She stands.")


def test_a_missing_model_is_refused_before_the_queue_with_where_to_get_it(comfy: Comfy, pictures: str) -> None:
    with pytest.raises(Refused, match="model.onnx and selected_tags.csv of deepghs/idolsankaku"):
        comfy.queue(
            {
                "load": _load(pictures),
                "tag": _tag("load", "idolsankaku-eva02-large-tagger-v1"),
                "rules": _rules("tag"),
                "review": _review("rules"),
            }
        )


@pytest.mark.parametrize("review", ['{"captions": {"../x": "y"}}', "[]", '{"extra": 1}', "x" * 100])
def test_a_review_that_is_none_is_refused_before_the_queue(comfy: Comfy, review: str) -> None:
    graph = {
        "who": node("LikenessDemoCharacter", number=0, pictures="as captioners describe them"),
        "rules": _rules("who"),
        "review": _review("rules"),
    }
    graph["review"]["inputs"]["review"] = review
    with pytest.raises(Refused, match="review|Review"):
        comfy.queue(graph)


def test_cancel_while_tagging_keeps_what_was_tagged(comfy: Comfy, tagger: str) -> None:
    folder = comfy.home / "input" / "many_to_tag"
    for number in range(2):
        draw_found(folder / f"part{number}", number)
    inside = folder / "1_sage"
    inside.mkdir()
    for path in [*folder.glob("part*/*/*.png"), *folder.glob("part*/*/*.jpg")]:
        path.rename(inside / f"{path.parts[-3]}_{path.name}")
    slow = TaggerSize(general=4000, character=1000, hidden=1024, layers=2, bias=-4.0)
    write_random_tagger(comfy.home / "models" / "wd14" / "slow-tagger", slow)
    graph = {"load": _load("input/many_to_tag"), "tag": _tag("load", "slow-tagger"), "rules": _rules("tag")}
    graph["review"] = _review("rules")
    store = comfy.output / "likeness_captions"
    before = {path for path in store.rglob("*.json")} if store.is_dir() else set[Path]()
    prompt = comfy.queue(graph)
    comfy.until(lambda: len(set(store.rglob("*.json")) - before) >= 8, "a few captions")
    comfy.interrupt()
    assert comfy.ended_by_cancel(prompt)
    outputs, _ = _run(comfy, graph)
    assert "from before)" in outputs["tag"]["text"][0]


def test_the_shipped_workflow_runs_as_it_is(comfy: Comfy) -> None:
    graph = from_workflow(json.loads(WORKFLOW.read_text(encoding="utf-8")), comfy.get("/object_info"))
    comfy.run(graph)
    saved = read_dataset(comfy.home / "input" / "sage_captioned")
    assert (len(saved.train), len(saved.held_out)) == (16, 8)
    assert not any("red hair" in sample.caption or "glasses" in sample.caption for sample in saved.samples)
