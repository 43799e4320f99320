from hypothesis import given
from hypothesis import strategies as some

from trainer.captions.rules.diff import DiffWord, word_diff


def test_pruned_words_are_gone_and_the_trigger_is_new():
    diff = word_diff("long_hair, red coat", "sage_character, red coat")
    assert diff[-2:] == (DiffWord("long", "gone"), DiffWord("hair", "gone"))
    assert DiffWord("sage_character", "new") in diff
    assert [word.text for word in diff if word.kind == "same"] == [",", "red", "coat"]


def shown(before: str, after: str) -> str:
    """The comparison as text: gone words in brackets, new ones after a plus."""
    marks = {"gone": "[{}]", "new": "+{}", "same": "{}"}
    return " ".join(marks[word.kind].format(word.text) for word in word_diff(before, after)).replace(" ,", ",")


def test_tags_that_are_gone_stand_whole_at_the_end_and_none_is_torn_apart():
    before = "solo, forest, red_shirt, pale_skin, green_eyes, long_red_hair, smile"
    assert shown(before, "sage_character, person, smile, red shirt, forest") == (
        "+sage_character, +person, smile, red shirt, forest "
        "[solo] [,] [pale] [skin] [,] [green] [eyes] [,] [long] [red] [hair]"
    )


def test_words_of_a_sentence_are_gone_where_they_stood():
    before = "A woman with long red hair, pale skin and freckles looks up, wearing a coat. This is a sketch."
    assert shown(before, "sage_character, sketch, A woman looks up, wearing a coat.") == (
        "+sage_character, +sketch, A woman [with] [long] [red] [hair] [,] [pale] [skin] [and] [freckles] looks up, "
        "wearing a coat. [This] [is] [a] [sketch.]"
    )


def test_a_word_that_only_moved_is_neither_gone_nor_new():
    diff = word_diff("park, smile", "smile, park")
    assert {word.kind for word in diff} == {"same"}


@given(some.text(alphabet="ab ,_", max_size=40), some.text(alphabet="ab ,_", max_size=40))
def test_same_and_new_words_are_the_new_caption(before: str, after: str):
    kept = "".join(word.text for word in word_diff(before, after) if word.kind != "gone")
    assert kept == "".join(after.split())
