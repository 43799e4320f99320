from hypothesis import given
from hypothesis import strategies as some

from trainer.captions.diff import Word, word_diff


def test_pruned_words_are_gone_and_the_trigger_is_new():
    diff = word_diff("long_hair, red coat", "sage_character, red coat")
    assert diff[0] == Word("long", "gone")
    assert Word("sage_character", "new") in diff
    assert [word.text for word in diff if word.kind == "same"] == [",", "red", "coat"]


def test_a_word_that_only_moved_is_neither_gone_nor_new():
    diff = word_diff("park, smile", "smile, park")
    assert {word.kind for word in diff} == {"same"}


@given(some.text(alphabet="ab ,_", max_size=40), some.text(alphabet="ab ,_", max_size=40))
def test_same_and_new_words_are_the_new_caption(before: str, after: str):
    kept = "".join(word.text for word in word_diff(before, after) if word.kind != "gone")
    assert kept == "".join(after.split())
