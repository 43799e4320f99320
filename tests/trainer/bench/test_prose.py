import pytest

from trainer.bench.prose import corpus, figures_of, judged, sentences_per_second
from trainer.bench.prose_reading import faults


def test_of_unseen_sentences_nearly_all_looks_go_and_nearly_nothing_else():
    figures = figures_of(judged("measuring"))
    assert figures["identity_removed"] >= 0.98, figures
    assert figures["others_wrongly_removed"] <= 0.01, figures
    assert figures["ill_formed"] <= 0.01, figures


def test_the_halves_are_alike_in_size_and_share_no_sentence():
    halves = {one.text for one in corpus("development")}, {one.text for one in corpus("measuring")}
    assert min(map(len, halves)) >= 200 and not halves[0] & halves[1]


def test_every_right_result_reads():
    found = {one.text: faults(one.text, one.result) for one in corpus() if one.result}
    assert not {text: fault for text, fault in found.items() if fault}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("A woman with long, wavy hair sits in a café.", "A woman with long, sits in a café."),
        ("A woman with red hair sits.", "A woman with sits."),
        ("She has red hair.", "She has."),
        ("Her hair is red.", "Her hair is."),
        ("A tall woman sits on an old chair.", "An woman sits on an old chair."),
        ("The woman beside her has red hair.", "The woman beside her."),
        ("The woman appears to be young and is sitting.", "The woman appears to is sitting."),
        ("She wears a cap, has freckles, and laughs.", "She wears a cap, laughs."),
        ("The woman woman sits.", "The woman woman sits."),
        ("She is young.", "is."),
    ],
)
def test_the_reading_sees_what_is_broken(before: str, after: str):
    assert faults(before, after)


def test_sentences_are_read_quickly():
    assert sentences_per_second(1) > 500, "far below 3,000 even for a busy machine"
