"""`cases.tsv`: kind, policy, caption, share of the set with a tag, pruned text, ordered caption (`-`: not checked)."""

import csv
from pathlib import Path

import pytest

from trainer.captions.rules.apply import CaptionRules, apply_rules
from trainer.captions.rules.prune import prune_sentence, prune_tags

from ..sets import said

_TABLE = Path(__file__).with_name("cases.tsv")
CASES = list(csv.DictReader(_TABLE.open(encoding="utf-8"), delimiter="\t", quoting=csv.QUOTE_NONE))


def ruled(caption: str, policy: str) -> str:
    return apply_rules(said(caption), CaptionRules(policy=policy)).dataset.samples[0].caption


def shares(cell: str) -> dict[str, float]:
    return {key: float(value) for key, value in (item.split("=") for item in cell.split(";") if item)}


def test_the_table_has_at_least_three_hundred_cases():
    assert len({tuple(case.values()) for case in CASES}) >= 300


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['policy']}: {case['caption'][:50]}")
def test_a_caption_is_pruned_and_ordered_as_the_table_says(case: dict[str, str]):
    rules = CaptionRules(policy=case["policy"])
    if case["kind"] == "tags":
        tags = [tag.strip() for tag in case["caption"].split(",") if tag.strip()]
        assert prune_tags(tags, rules, shares(case["share"])).text == case["pruned"]
    elif case["kind"] == "sentence":
        assert prune_sentence(case["caption"], rules, shares(case["share"])).text == case["pruned"]
    if case["ordered"] != "-":
        assert ruled(case["caption"], case["policy"]) == case["ordered"]
        assert ruled(case["ordered"], case["policy"]) == case["ordered"]
