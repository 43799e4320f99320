"""Tokenizers found in a ComfyUI; those that are not there or not whole are passed over."""

from pathlib import Path

import pytest

from trainer.captions.rules.caption_rules import FAMILIES
from trainer.captions.tokenizers import clip_tokens, find_tokenizers

from .tiny_tokenizer import write_tiny_clip_tokenizer


def test_a_comfyui_without_tokenizers_gives_none(tmp_path: Path):
    assert find_tokenizers(tmp_path, "sdxl") == {}
    assert clip_tokens(tmp_path) is None


def test_clip_splits_words_and_counts_them(tmp_path: Path):
    write_tiny_clip_tokenizer(tmp_path / "comfy" / "sd1_tokenizer")
    split = find_tokenizers(tmp_path, "sdxl")["CLIP"]
    assert [piece.removesuffix("</w>") for piece in split("sage_character")] == ["sage", "_", "character"]
    count = clip_tokens(tmp_path)
    assert count is not None and count("sage, character") == 3


def test_a_folder_that_lacks_files_is_passed_over(tmp_path: Path):
    (tmp_path / "comfy" / "text_encoders" / "t5_tokenizer").mkdir(parents=True)
    (tmp_path / "comfy" / "text_encoders" / "qwen25_tokenizer").mkdir(parents=True)
    assert find_tokenizers(tmp_path, "sd3") == find_tokenizers(tmp_path, "qwen") == {}


def test_splits_are_those_of_the_family_that_is_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("trainer.captions.tokenizers._split", lambda comfyui, name: str.split)
    assert {family: [*find_tokenizers(tmp_path, family)] for family in FAMILIES} == {
        "sdxl": ["CLIP"],
        "sd15": ["CLIP"],
        "sdxl_225": ["CLIP"],
        "flux": ["T5"],
        "sd3": ["CLIP", "T5"],
        "wan": [],
        "qwen": ["Qwen"],
    }
