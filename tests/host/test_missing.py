"""What each node says where a model, a folder or a run is not there: what is missing, where it goes, whence it comes
and under which terms, and what else would do. Where that can be told beforehand nothing is queued at all."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from .comfyui import Comfy, Refused, failure
from .graphs import Graph, node

NO_FOLDER = "put a folder of pictures into ComfyUI's input folder, then press R"
NO_BASE = "put an SDXL or SD 1.5 checkpoint into models/checkpoints, then press R"
NO_LORA = "put a LoRA into models/loras, then press R"
NO_RUN = "train a run first, then press R"
NO_IDENTITY = "save one with Read face, then press R"
_RECIPE = {"file": "what is pasted below", "text": ""}


def _on_dataset(kind: str, /, **inputs: Any) -> Graph:
    return {"who": node("LikenessDemoCharacter", number=0), "asked": node(kind, dataset=["who", 0], **inputs)}


def _check(reader: str) -> Graph:
    return _on_dataset("LikenessCheckDataset", reader=reader, resolution=128, review="")


def _base(model: str, **inputs: Any) -> Graph:
    return {"asked": node("LikenessChooseBaseModel", model=model, **inputs)}


def _adapter(choice: str) -> Graph:
    return {"asked": node("LikenessLoadIdentityAdapter", adapter=choice)}


JOY = {"precision": "bf16 (17 GB)", "kind": "description", "length": "any", "keep_by_hand": False}
TAG = {"threshold": 0.35, "character_threshold": 0.85, "mcut": False, "keep_by_hand": False}
LOAD = {"trigger": "wrenna_character", "subject": "person", "held_out": 0}
MISSING: dict[str, tuple[Graph, list[str]]] = {
    "no folder": (
        {"asked": node("LikenessLoadCharacterDataset", folder=NO_FOLDER, **LOAD)},
        ["No folder is chosen", "Upload", "10 to 50 pictures", "/input", "press R"],
    ),
    "a folder that is gone": (
        {"asked": node("LikenessLoadCharacterDataset", folder="input/gone", **LOAD)},
        ["'input/gone'", "input folder"],
    ),
    "no base": (
        _base(NO_BASE),
        ["models/checkpoints", "sd_xl_base_1.0.safetensors", "Hugging Face", "OpenRAIL", "Load demo base model"],
    ),
    "a base that is gone": (_base("gone.safetensors"), ["'gone.safetensors'", "models/checkpoints", "press R"]),
    "a VAE that is gone": (
        _base("gone.safetensors", vae_file="gone_vae.safetensors"),
        ["'gone_vae.safetensors'", "models/vae", "press R", "'automatic'"],
    ),
    "AuraFace": (
        _check("AuraFace"),
        ["glintr100.onnx", "/insightface/auraface/", "fal/AuraFace-v1", "Apache-2.0", "'auto'"],
    ),
    "buffalo_l": (
        _check("insightface buffalo_l"),
        ["det_10g.onnx", "buffalo_l.zip", "/insightface/buffalo_l", "non-commercial", "'auto'"],
    ),
    "antelopev2": (
        _check("insightface antelopev2"),
        ["antelopev2.zip", "/insightface/antelopev2", "non-commercial", "'auto'"],
    ),
    "YuNet": (
        _check("OpenCV (YuNet + SFace)"),
        ["face_detection_yunet", "/opencv/", "opencv_zoo", "MIT", "dlib-bin"],
    ),
    "CCIP": (
        _check("CCIP (drawn characters)"),
        ["model_feat.onnx", "/ccip", "deepghs/ccip_onnx", "OpenRAIL", "'auto'"],
    ),
    "DINO": (
        _check("DINO (anything, no faces)"),
        ["facebook/dinov2-base", "/dino/dinov2-base", "Apache-2.0", "'auto'"],
    ),
    "a tagger": (
        _on_dataset("LikenessTagWithWd14", tagger="wd-vit-tagger-v3", **TAG),
        ["model.onnx and selected_tags.csv", "SmilingWolf/wd-vit-tagger-v3", "Apache-2.0", "/wd14/", "Use captions"],
    ),
    "JoyCaption": (
        _on_dataset("LikenessCaptionWithJoyCaption", model="llama-joycaption-beta-one-hf-llava", **JOY),
        ["fancyfeast/", "17 GB", "Llama 3.1", "/LLavacheckpoints/", "Use captions"],
    ),
    "no LoRA to look into": (
        {"asked": node("LikenessCheckLora", lora=NO_LORA)},
        ["No LoRA is chosen", "models/loras", "press R", "Train character LoRA"],
    ),
    "a LoRA that is gone": (
        {"asked": node("LikenessCheckLora", lora="gone.safetensors")},
        ["'gone.safetensors'", "models/loras", "press R"],
    ),
    "no run": (
        {"asked": node("LikenessDiffRuns", first=NO_RUN, second=NO_RUN)},
        ["No run is chosen as the first", "Train character LoRA", "first_run"],
    ),
    "a run that is gone": (
        {"asked": node("LikenessDiffRuns", first="gone", second="gone")},
        ["'gone'", "output/likeness", "press R"],
    ),
    "an adapter": (
        _adapter("IP-Adapter FaceID"),
        ["ip-adapter-faceid_sdxl.bin", "h94/IP-Adapter-FaceID", "models/ipadapter", "non-commercial", "press R"],
    ),
    "an adapter's file that is gone": (
        _adapter("ipadapter/gone.safetensors"),
        ["'ipadapter/gone.safetensors'", "put gone.safetensors into models/ipadapter", "press R"],
    ),
    "no identity": ({"asked": node("LikenessLoadIdentity", identity=NO_IDENTITY)}, ["Read face", "press R"]),
    "an identity that is gone": (
        {"asked": node("LikenessLoadIdentity", identity="gone.identity.safetensors")},
        ["'gone.identity.safetensors'", "models/loras", "press R"],
    ),
    "no recipe": ({"asked": node("LikenessImportRecipe", **_RECIPE)}, ["input folder", "paste"]),
    "a recipe that is gone": (
        {"asked": node("LikenessImportRecipe", **{**_RECIPE, "file": "gone.toml"})},
        ["'gone.toml'", "input folder", "press R"],
    ),
}
RUNS = {"AuraFace", "buffalo_l", "antelopev2", "YuNet", "CCIP", "DINO", "no run", "an adapter"}
"""What only comes to light where the node runs: readers, and what is looked for in files."""


@pytest.fixture(autouse=True, scope="module")
def _nothing_there(comfy: Comfy, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """What other tests have put among the host's models is out of the way for as long."""
    shelf = tmp_path_factory.mktemp("shelf")
    taken = [(file, shelf / str(number)) for number, file in enumerate(_models(comfy.home / "models"))]
    for file, place in taken:
        file.rename(place)
    yield
    for file, place in taken:
        file.parent.mkdir(parents=True, exist_ok=True)
        place.rename(file)


def _models(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file() or file.is_symlink())


@pytest.mark.parametrize("what", MISSING)
def test_it_says_what_is_missing_where_it_goes_and_what_else_would_do(comfy: Comfy, what: str) -> None:
    graph, words = MISSING[what]
    said, was_queued = _answer(comfy, graph)
    assert [word for word in words if word not in said.replace("\\", "/")] == [], said
    assert was_queued == (what in RUNS), said
    assert len(said) < 700 and "Traceback" not in said and "not in list" not in said.lower(), said


def _answer(comfy: Comfy, graph: Graph) -> tuple[str, bool]:
    """What the host answers, and whether it was queued."""
    asked = {**graph, "shown": node("PreviewAny", source=["asked", 0])}
    try:
        entry = comfy.wait(comfy.queue(asked), seconds=60)
    except Refused as refused:
        told = json.loads(str(refused))["node_errors"]["asked"]["errors"]
        return told[0]["details"], False
    assert entry["status"]["status_str"] == "error", what_ran(entry)
    return failure(entry).split("\nTraceback")[0].split("\n  File")[0].strip(), True


def what_ran(entry: dict[str, Any]) -> str:
    return f"It ran: {json.dumps(entry['outputs'])[:500]}"
