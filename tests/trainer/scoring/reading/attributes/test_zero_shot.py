"""CLIP and SigLIP as readers of attributes: tiny ones with random weights, in the layout that transformers saves."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import (
    AutoTokenizer,
    CLIPConfig,
    CLIPImageProcessor,
    CLIPModel,
    SiglipConfig,
    SiglipImageProcessor,
    SiglipModel,
)

from trainer.demo.assets import ASSETS, demo_base
from trainer.demo.reader import DemoReader
from trainer.errors import ModelError
from trainer.scoring.plan.compare_plan import ComparePlan, Probe
from trainer.scoring.reading.attributes.contrasts import sentence, slots_of
from trainer.scoring.reading.attributes.image_text import ImageText, find_image_text
from trainer.scoring.reading.attributes.zero_shot import ZeroShotReader, attribute_reader_for

RNG = np.random.default_rng(0)
IMAGES = [Image.fromarray(RNG.integers(0, 255, (40, 60, 3)).astype(np.uint8)) for _ in range(3)]
PLAN = ComparePlan(probes=(Probe(kind="prompt", prompt="ohwx, in a kitchen", asked={"place": "kitchen"}),))
SIZE: dict[str, Any] = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2}
SEEN = {**SIZE, "image_size": 32, "patch_size": 8}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("models")
    tokens = AutoTokenizer.from_pretrained(demo_base().path / "tokenizer")
    ends = {"eos_token_id": tokens.eos_token_id, "bos_token_id": tokens.bos_token_id, "vocab_size": len(tokens)}
    torch.manual_seed(0)
    text = {**SIZE, **ends, "max_position_embeddings": 77}
    CLIPModel(CLIPConfig(text_config=text, vision_config=SEEN, projection_dim=16)).save_pretrained(place / "clip")
    CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=32).save_pretrained(place / "clip")
    text = {**SIZE, **ends, "max_position_embeddings": 64, "projection_size": 32}
    SiglipModel(SiglipConfig(text_config=text, vision_config=SEEN)).save_pretrained(place / "siglip")
    SiglipImageProcessor(size={"height": 32, "width": 32}).save_pretrained(place / "siglip")
    for kind in ("clip", "siglip"):
        tokens.save_pretrained(place / kind)
    return place


@pytest.mark.parametrize(
    ("kind", "model", "look"),
    [("clip", CLIPModel, CLIPImageProcessor), ("siglip", SiglipModel, SiglipImageProcessor)],
)
def test_the_word_read_is_the_likeliest_by_transformers_own_logits(models: Path, kind: str, model: Any, look: Any):
    words = slots_of(PLAN)["place"]
    tokens = AutoTokenizer.from_pretrained(models / kind)
    how = {"padding": "max_length", "max_length": 64} if kind == "siglip" else {"padding": True}
    given = tokens([sentence("place", word) for word in words], return_tensors="pt", **how)
    given = {name: value for name, value in given.items() if kind == "clip" or name == "input_ids"}
    pixels = look.from_pretrained(models / kind)(images=IMAGES, return_tensors="pt")
    with torch.inference_mode():
        best = model.from_pretrained(models / kind).eval()(**given, **pixels).logits_per_image.argmax(dim=-1)
    reader = ZeroShotReader(ImageText(models / kind), slots_of(PLAN))
    assert [reading.values for reading in reader.read(IMAGES)] == [{"place": words[int(index)]} for index in best]
    assert [reader.read([image])[0] for image in IMAGES] == reader.read(IMAGES)


def test_a_reader_is_named_by_its_model(models: Path):
    reader = attribute_reader_for(PLAN, [models])
    assert reader is not None and reader.name == "CLIP clip, zero-shot"
    other = attribute_reader_for(PLAN, [models / "siglip"])
    assert other is not None and other.name == "SigLIP siglip, zero-shot"


def test_a_face_reader_that_reads_words_is_asked_itself(models: Path):
    demo = DemoReader(ASSETS)
    assert attribute_reader_for(PLAN, [models], demo) is demo


def test_nobody_reads_without_a_whole_model_or_a_question(models: Path, tmp_path: Path):
    assert attribute_reader_for(PLAN, [tmp_path / "nowhere"]) is None
    shutil.copytree(models / "clip", tmp_path / "half")
    (tmp_path / "half" / "preprocessor_config.json").unlink()
    assert find_image_text([tmp_path]) is None
    bare = ComparePlan(probes=(Probe(kind="trigger", prompt="ohwx"),))
    assert attribute_reader_for(bare, [models]) is None


def test_a_damaged_file_is_named(models: Path, tmp_path: Path):
    shutil.copytree(models / "clip", tmp_path / "torn")
    (tmp_path / "torn" / "model.safetensors").write_bytes(b"torn")
    reader = attribute_reader_for(PLAN, [tmp_path])
    with pytest.raises(ModelError, match="torn cannot be loaded"):
        assert reader and reader.read(IMAGES)
