"""CLIP as a reader of styles: a tiny one with random weights, in the layout that transformers saves."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPTokenizerFast

from trainer.augment.variants.clip_looks import RENDER, ClipLooks, find_clip
from trainer.demo.assets import demo_base
from trainer.errors import ModelError

IMAGE = Image.fromarray(np.random.default_rng(0).integers(0, 255, (40, 60, 3)).astype(np.uint8))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("models") / "tiny-clip"
    tokens = CLIPTokenizerFast.from_pretrained(demo_base().path / "tokenizer")
    size = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    ends = {"eos_token_id": tokens.eos_token_id, "bos_token_id": tokens.bos_token_id}
    text = {**size, **ends, "vocab_size": len(tokens), "max_position_embeddings": 77}
    torch.manual_seed(0)
    config = CLIPConfig(text_config=text, vision_config={**size, "image_size": 32, "patch_size": 8}, projection_dim=16)
    CLIPModel(config).save_pretrained(place)
    tokens.save_pretrained(place)
    CLIPImageProcessor(size={"shortest_edge": 32}, crop_size=32).save_pretrained(place)
    return place


def test_the_margin_is_that_of_transformers_own_probabilities(folder: Path) -> None:
    model, tokens = CLIPModel.from_pretrained(folder).eval(), CLIPTokenizerFast.from_pretrained(folder)
    given = tokens(["a oil painting", RENDER], return_tensors="pt", padding=True)
    pixels = CLIPImageProcessor.from_pretrained(folder)(images=IMAGE, return_tensors="pt")
    with torch.inference_mode():
        shares = model(**given, **pixels).logits_per_image.softmax(dim=-1)[0]
    found = ClipLooks(folder).margin(IMAGE, "oil painting")
    assert found == pytest.approx(float(shares[0] - shares[1]), abs=1e-5)
    assert found == ClipLooks(folder).margin(IMAGE, "oil painting")


def test_a_folder_is_found_by_what_lies_in_it(folder: Path, tmp_path: Path) -> None:
    assert find_clip([tmp_path / "nowhere", folder.parent]) == folder
    assert find_clip([folder]) == folder
    half = tmp_path / "models" / "half"
    shutil.copytree(folder, half)
    (half / "model.safetensors").unlink()
    assert find_clip([half.parent]) is None


def test_a_damaged_file_is_named(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "torn")
    (tmp_path / "torn" / "model.safetensors").write_bytes(b"torn")
    with pytest.raises(ModelError, match="torn cannot be loaded as CLIP"):
        ClipLooks(tmp_path / "torn").margin(IMAGE, "oil painting")
