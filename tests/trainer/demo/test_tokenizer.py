from pathlib import Path

import pytest
from transformers import CLIPTokenizerFast

from trainer.demo.build.tokenizer import build_tokenizer, save_tokenizer
from trainer.demo.characters.character import SAGE, balanced_looks
from trainer.demo.world.captions import caption


def test_every_word_of_a_caption_is_one_token() -> None:
    import numpy as np

    tokenizer = build_tokenizer()
    text = caption(SAGE.words(), balanced_looks(1, np.random.default_rng(0))[0])
    words = text.replace(",", " , ").replace("3d", "3 d").split()
    assert len(tokenizer(text).input_ids) == len(words) + 2


@pytest.mark.parametrize("trigger", ["sage_character", "ohwx_sage", "зая", "人", "🦊_x", "Ünïcode"])
def test_any_trigger_in_any_script_comes_back_as_it_went_in(trigger: str) -> None:
    tokenizer = build_tokenizer()
    ids = tokenizer(trigger).input_ids
    assert tokenizer.unk_token_id not in ids[1:-1]
    assert tokenizer.decode(ids[1:-1]).replace(" ", "").strip() == trigger.lower()


def test_the_saved_folder_loads_as_a_clip_tokenizer(tmp_path: Path) -> None:
    save_tokenizer(tmp_path)
    loaded = CLIPTokenizerFast.from_pretrained(tmp_path / "tokenizer_2")
    text = "sage_character, person, smiling"
    assert loaded(text).input_ids == build_tokenizer()(text).input_ids
    assert loaded.model_max_length == 77
