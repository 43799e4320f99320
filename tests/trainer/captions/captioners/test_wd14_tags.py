from pathlib import Path

import numpy as np
import pytest

from trainer.captions.captioners.captioner import Tag
from trainer.captions.captioners.wd14_tags import Thresholds, decode, mcut, read_vocabulary, readable
from trainer.errors import ModelError, RecipeError

LIST = """tag_id,name,category,count
1,general,9,5
2,sensitive,9,5
3,1girl,0,5
4,long_hair,0,5
5,>_<,0,5
6,"a,_comma",0,5
7,someone_(series),4,5
8,some_series,3,5
"""


@pytest.fixture
def words(tmp_path: Path):
    path = tmp_path / "selected_tags.csv"
    path.write_text(LIST, encoding="utf-8")
    return read_vocabulary(path)


def scores(*values: float) -> np.ndarray:
    return np.array(values, np.float32)


def test_tags_come_best_first_without_ratings_characters_or_other_categories(words):
    said = decode(scores(0.9, 0.9, 0.5, 0.8, 0.36, 0.1, 0.9, 0.9), words, Thresholds())
    assert said.text == "long hair, 1girl, >_<"
    assert said.tags[-1] == Tag("someone_(series)", "character", pytest.approx(0.9))
    assert [tag.name for tag in said.tags[:-1]] == ["long_hair", "1girl", ">_<"]


def test_the_taggers_spelling_can_be_kept(words):
    assert decode(scores(0, 0, 0, 0.8, 0, 0, 0, 0), words, Thresholds(), underscores=True).text == "long_hair"


def test_a_score_on_the_threshold_counts_and_categories_have_their_own(words):
    said = decode(scores(0, 0, 0.25, 0.24, 0, 0, 0.5, 0), words, Thresholds(general=0.25, character=0.6))
    assert [tag.name for tag in said.tags] == ["1girl"]


def test_mcut_cuts_in_the_widest_gap():
    assert mcut([0.9, 0.8, 0.3, 0.25, 0.01]) == pytest.approx(0.55)
    assert mcut([]) > 1 and mcut([0.4]) > 1


def test_mcut_replaces_a_threshold_of_none_and_never_takes_faint_characters(words):
    said = decode(scores(0, 0, 0.3, 0.25, 0.02, 0.01, 0.1, 0), words, Thresholds(general=None, character=None))
    assert [tag.name for tag in said.tags] == ["1girl", "long_hair"]


@pytest.mark.parametrize(
    ("name", "text"), [("long_hair", "long hair"), ("^_^", "^_^"), ("(o)_(o)", "(o)_(o)"), ("||_||", "||_||")]
)
def test_underscores_become_spaces_except_in_faces(name: str, text: str):
    assert readable(name) == text


def test_a_threshold_of_nothing_is_refused():
    with pytest.raises(RecipeError, match="general threshold 0 must be above 0"):
        Thresholds(general=0)


@pytest.mark.parametrize("text", ["", "name\nlong_hair\n", "name,category\n", "name,category\nx,4\n", "a\x00b,\n"])
def test_another_file_is_refused_by_name(tmp_path: Path, text: str):
    path = tmp_path / "selected_tags.csv"
    path.write_text(text)
    with pytest.raises(ModelError, match="selected_tags.csv"):
        read_vocabulary(path)


def test_bytes_that_are_no_text_are_refused_by_name(tmp_path: Path):
    path = tmp_path / "selected_tags.csv"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ModelError, match="not a tagger's list of words"):
        read_vocabulary(path)
