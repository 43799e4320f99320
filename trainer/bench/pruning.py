"""How well the caption rules tell appearance from the rest, on lists labelled by hand."""

from pathlib import Path

from ..captions.rules.caption_rules import CaptionRules
from ..captions.rules.prune import prune_sentence, prune_tags

_TAGS = Path(__file__).with_name("pruning_tags.tsv")
_SENTENCES = Path(__file__).with_name("pruning_sentences.tsv")
_APPEARANCE = ("identity", "signature")


def pruning_figures() -> dict[str, float]:
    """Shares 0..1 of identity taken out and of the rest taken out wrongly, by the default rules.

    `identity_removed` and `others_wrongly_removed` are of tags, each counting once; the list was written for this bench
    and labelled by hand. The sentence figures count phrases in sentences written in the manner of long captions. The
    rules were repaired on the sentences, so new captions will do somewhat worse.
    """
    removed, wrong = _of_tags()
    found, lost = _of_sentences()
    return {
        "identity_removed": removed,
        "others_wrongly_removed": wrong,
        "sentence_identity_removed": found,
        "sentence_others_wrongly_removed": lost,
    }


def misjudged_tags() -> dict[str, tuple[str, ...]]:
    """Identity tags that stay, and others that go."""
    rows = _tag_rows()
    return {
        "left": tuple(tag for tag, label in rows if label in _APPEARANCE and not _goes(tag)),
        "lost": tuple(tag for tag, label in rows if label == "keep" and _goes(tag)),
    }


def misjudged_phrases() -> dict[str, tuple[str, ...]]:
    """Phrases on appearance that stay in their sentence, and others that go."""
    left: list[str] = []
    lost: list[str] = []
    for rest, looks, others in _sentence_rows():
        left += [f"{phrase}: {rest}" for phrase in looks if phrase.lower() in rest.lower()]
        lost += [f"{phrase}: {rest}" for phrase in others if phrase.lower() not in rest.lower()]
    return {"left": tuple(left), "lost": tuple(lost)}


def _of_tags() -> tuple[float, float]:
    labels = [label for _, label in _tag_rows()]
    faults = misjudged_tags()
    appearance = sum(label in _APPEARANCE for label in labels)
    return round(1 - len(faults["left"]) / appearance, 4), round(len(faults["lost"]) / labels.count("keep"), 4)


def _of_sentences() -> tuple[float, float]:
    rows = _sentence_rows()
    faults = misjudged_phrases()
    looks = sum(len(looks) for _, looks, _ in rows)
    others = sum(len(others) for _, _, others in rows)
    return round(1 - len(faults["left"]) / looks, 4), round(len(faults["lost"]) / others, 4)


def _goes(tag: str) -> bool:
    return not prune_tags([tag], CaptionRules(), {}).kept


def _tag_rows() -> list[tuple[str, str]]:
    rows = [line.split("\t") for line in _TAGS.read_text(encoding="utf-8").splitlines()]
    return [(tag, label) for tag, label in rows]


def _sentence_rows() -> list[tuple[str, list[str], list[str]]]:
    rows = [line.split("\t") for line in _SENTENCES.read_text(encoding="utf-8").splitlines()]
    return [
        (prune_sentence(text, CaptionRules(), {}).text, _phrases(looks), _phrases(others))
        for text, looks, others in rows
    ]


def _phrases(cell: str) -> list[str]:
    return [phrase.strip() for phrase in cell.split("|") if phrase.strip()]
