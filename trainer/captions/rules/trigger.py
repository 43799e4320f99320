"""Checks a trigger word: whether it means something already, how text encoders split it, and how captions use it."""

import re
from collections.abc import Callable, Mapping, Sequence

from ...dataset.dataset import Dataset
from ...dataset.finding import Finding, Level
from ...dataset.sample import Sample
from ..prose.tags import classify_tag, normalise_tag
from ..words.known import BOORU, ENGLISH, GENERIC
from .compose import spelling

Tokenizers = Mapping[str, Callable[[str], list[str]]]
"""Text encoder name, like CLIP, -> how it splits a text into pieces."""

GENERIC_WORD, TAG, SPELLING, SPLIT, USE, CARRIES = (
    "trigger_generic", "trigger_tag", "trigger_spelling", "trigger_split", "trigger_use", "trigger_carries",
)  # fmt: skip
EXAMPLE = "wrenna_character"
"""What tooltips and refusals recommend; nothing is ever said against it."""
ROLE = "character"
"""As the end of a trigger it brings no looks along."""
_SHORTEST, _LONGEST = 3, 24
_MARKS = re.compile(r"^[▁Ġ_\s]+|(?:</w>|[_\s])+$")


def check_trigger(word: str, dataset: Dataset | None, tokenizers: Tokenizers) -> tuple[Finding, ...]:
    """Findings on `word` itself, on its splits under each tokenizer, and on its use in `dataset`'s captions.

    Generic-ness is judged on the whole word: `woman` is refused, `sks_woman` is not. Tags and English words are looked
    up in short lists of common ones (`words/booru.py`, `words/english.py`), so a rare one may slip through.
    """
    findings = [*_meaning(word), *_letters(word), *_splits(word, tokenizers)]
    return tuple(findings + (_uses(word, dataset) if dataset is not None else []))


def _meaning(word: str) -> list[Finding]:
    key = normalise_tag(word)
    known = classify_tag(word)
    if key in GENERIC or known.slot == "subject" or known.style or known.slot in {"lighting", "meta"}:
        return [_refused(GENERIC_WORD, word, f"a word every model knows; make one up, like '{EXAMPLE}'")]
    if key.startswith("my_"):  # somebody's own, and no tag, although cat_girl is one
        return _carried(word, key)
    if key in BOORU or known.row or known.slot != "other":
        return [_refused(TAG, word, "a tag that taggers and models know already; make up another word")]
    if key in ENGLISH:
        return [_refused(GENERIC_WORD, word, f"an English word; make one up, like '{EXAMPLE}'")]
    return _carried(word, key)


def _carried(word: str, key: str) -> list[Finding]:
    parts = [part for part in key.split("_") if part != ROLE and (part in ENGLISH or part in GENERIC or part in BOORU)]
    if not parts:
        return []
    text = f"The trigger '{word}' carries the meaning of {_quoted(parts)}; a made-up word starts from nothing."
    return [_finding(CARRIES, "note", text)]


def _refused(check: str, word: str, why: str) -> Finding:
    return _finding(check, "error", f"The trigger '{word}' is {why}.")


def _letters(word: str) -> list[Finding]:
    faults: list[str] = []
    if not _SHORTEST <= len(word) <= _LONGEST:
        faults.append(f"has {len(word)} letters; use {_SHORTEST} to {_LONGEST}")
    if word != word.lower():
        faults.append("has capitals, which captions and prompts soon spell otherwise; use lower case")
    if re.search(r"[^\W\d_]", word) and not re.fullmatch(r"[a-z0-9_]+", word.lower()):
        faults.append("has letters or marks beyond a-z, 0-9 and _; use those")
    if re.search(r"\d", word):
        faults.append("has digits, each of which is a very common token of its own; use letters")
    if not re.search(r"[^\W\d_]", word):
        faults.append("has no letters; make up a word")
    return [_finding(SPELLING, "warning", f"The trigger '{word}' {fault}.") for fault in faults]


def _splits(word: str, tokenizers: Tokenizers) -> list[Finding]:
    findings: list[Finding] = []
    for name, split in sorted(tokenizers.items()):
        pieces = [piece for piece in split(word) if piece.strip("▁Ġ ")]  # T5 marks the start of a text with one
        shown = " | ".join(pieces)
        whole = [
            piece
            for piece in map(_bare, pieces)
            if len(piece) > 2 and piece != ROLE and (piece in ENGLISH or piece in GENERIC)
        ]
        if len(pieces) == 1:
            text = f"{name} knows '{word}' as one word ({shown}), so it means something already; make up another."
            findings.append(Finding(check=SPLIT, level="warning", text=text, value=1.0))
            continue
        tail = f"; {_quoted(whole)} would bring a meaning along" if whole else ""
        text = f"{name} splits '{word}' into {len(pieces)}: {shown}{tail}."
        findings.append(Finding(check=SPLIT, level="note", text=text, value=float(len(pieces))))
    return findings


def _bare(piece: str) -> str:
    return _MARKS.sub("", piece).lower()


def _uses(word: str, dataset: Dataset) -> list[Finding]:
    captions = [sample for sample in dataset.samples if sample.caption.strip()]
    exact = re.compile(rf"(?<![^\W_])(?<!_){re.escape(word)}(?![^\W_])(?!_)")
    missing = [sample for sample in captions if not exact.search(sample.caption)]
    misspelt = [
        s
        for s in captions
        if any(m[0].removesuffix(m["owner"] or "") != word for m in spelling(word).finditer(s.caption))
    ]
    late = [s for s in captions if exact.search(s.caption) and s.caption.split(",")[0].strip() != word]
    often = [sample for sample in captions if len(exact.findall(sample.caption)) > 1]
    part = re.compile(rf"[^\W_]{re.escape(word)}|{re.escape(word)}(?:[^\W]|_)", re.IGNORECASE)
    inside = [sample for sample in captions if part.search(sample.caption)]
    faults = (
        (missing, "do not have the trigger '{word}'; apply the caption rules"),
        (misspelt, "spell the trigger '{word}' otherwise; spell it alike everywhere"),
        (late, "do not begin with the trigger '{word}'; apply the caption rules"),
        (often, "have the trigger '{word}' more than once; apply the caption rules"),
        (inside, "have the trigger '{word}' inside another word, which trains it too; choose a longer trigger"),
    )
    return [_use(samples, text.format(word=word), len(captions)) for samples, text in faults if samples]


def _use(samples: Sequence[Sample], text: str, captions: int) -> Finding:
    names = [sample.path.name for sample in samples]
    listed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    return Finding(
        check=USE,
        level="warning",
        text=f"{len(names)} of {captions} captions ({listed}) {text}.",
        value=float(len(names)),
    )


def _finding(check: str, level: Level, text: str) -> Finding:
    return Finding(check=check, level=level, text=text)


def _quoted(words: Sequence[str]) -> str:
    return " and ".join(f"'{word}'" for word in words)
