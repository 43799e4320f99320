"""What holds for every caption, however odd."""

import random
import re

from hypothesis import given, settings
from hypothesis import strategies as some

from trainer.captions.prose.parse import parse
from trainer.captions.review.lint import lint
from trainer.captions.rules.apply import CaptionRules, apply_rules
from trainer.captions.rules.compose import spelling
from trainer.captions.rules.prune import prune_sentence, prune_tags

from ..sets import dataset, picture, said
from .test_cases import CASES

RULES = some.sampled_from(
    [
        CaptionRules(),
        CaptionRules(policy="strict"),
        CaptionRules(policy="minimal"),
        CaptionRules(style="keep"),
        CaptionRules(form="tags"),
        CaptionRules(form="sentence"),
        CaptionRules(tokens=20),
        CaptionRules(drop=("coat", "red *")),
    ]
)
WORDS = sorted({word for case in CASES for word in re.split(r"(?<=[ ,.])", case["caption"])})
KNOWN = some.lists(some.sampled_from(WORDS), max_size=25).map("".join)
CAPTIONS = some.sampled_from([case["caption"] for case in CASES])
MIXED = some.lists(CAPTIONS | KNOWN, max_size=3).map(" ".join)


@given(some.text() | MIXED, RULES)
@settings(max_examples=120, deadline=None)
def test_any_text_gives_a_caption_with_the_trigger_first_and_once(text: str, rules: CaptionRules):
    caption = apply_rules(said(text), rules).dataset.samples[0].caption
    assert caption.split(", ")[0] == "sage_character"
    assert len(spelling("sage_character").findall(caption)) == 1


@given(some.text() | MIXED, RULES)
@settings(max_examples=120, deadline=None)
def test_applying_the_rules_twice_changes_nothing(text: str, rules: CaptionRules):
    once = apply_rules(said(text), rules).dataset
    assert apply_rules(once, rules).dataset == once


@given(some.lists(some.sampled_from(WORDS).map(lambda word: word.strip(" ,.")), max_size=20))
@settings(max_examples=60, deadline=None)
def test_pruned_tags_have_nothing_left_to_prune(tags: list[str]):
    once = prune_tags(tags, CaptionRules(), {})
    assert prune_tags([word.text for word in once.kept], CaptionRules(), {}).text == once.text


@given(some.sampled_from([case["ordered"] for case in CASES if case["ordered"] != "-"]), RULES)
@settings(max_examples=60, deadline=None)
def test_a_finished_caption_is_its_own_source(caption: str, rules: CaptionRules):
    once = apply_rules(said(caption), rules).dataset.samples[0].caption
    assert apply_rules(said(once), rules).dataset.samples[0].caption == once


@given(some.text())
@settings(max_examples=60, deadline=None)
def test_text_that_says_nothing_of_looks_stays_letter_for_letter(text: str):
    pruned = prune_sentence(text, CaptionRules(), {})
    assert pruned.removed or pruned.text == text
    parse(text)


@given(some.lists(MIXED, min_size=1, max_size=6), some.randoms(use_true_random=False))
@settings(max_examples=60, deadline=None)
def test_the_order_of_the_pictures_does_not_matter(texts: list[str], order: random.Random):
    pictures = [picture(str(number), text) for number, text in enumerate(texts)]
    shuffled = order.sample(pictures, len(pictures))
    captions = {s.sha256: s.caption for s in apply_rules(dataset(*pictures), CaptionRules()).dataset.samples}
    again = {s.sha256: s.caption for s in apply_rules(dataset(*shuffled), CaptionRules()).dataset.samples}
    assert captions == again


@given(some.lists(some.text() | MIXED, min_size=1, max_size=5))
@settings(max_examples=60, deadline=None)
def test_lint_reads_whatever_captions_there_are(texts: list[str]):
    samples = [picture(str(number), caption=text) for number, text in enumerate(texts)]
    assert all(remark.finding.text for remark in lint(dataset(*samples), CaptionRules()))
