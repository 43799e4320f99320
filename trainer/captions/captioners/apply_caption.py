"""What a captioner said, put on its sample: cleaned, bounded, and with a finding where something is odd."""

import unicodedata
from dataclasses import replace

from ...dataset.files.layout import one_line
from ...dataset.finding import Finding
from ...dataset.sample import Author, Sample
from .captioner import RawCaption

MAX_CHARACTERS = 20_000
"""About ten times what any text encoder takes in; more is a captioner gone astray."""

CAPTION, LOOK_ALIKE = "caption", "look_alike"


def clean(said: RawCaption) -> RawCaption:
    """On one line, without control characters and halves of characters that no file could hold."""
    if len(said.text) > MAX_CHARACTERS:
        return said
    whole = said.text.encode("utf-8", "replace").decode("utf-8")
    kept = "".join(letter for letter in whole if letter.isspace() or unicodedata.category(letter) != "Cc")
    return RawCaption(one_line(kept), said.tags)


def fault_of_caption(said: RawCaption) -> str | None:
    """Why this cannot be a caption."""
    if len(said.text) > MAX_CHARACTERS:
        return f"it said {len(said.text):,} characters, and {MAX_CHARACTERS:,} is the most"
    return None if said.text.strip() else "it said nothing"


def with_caption(sample: Sample, said: RawCaption, author: Author) -> Sample:
    """The sample as captioned. A tagger adds its tags to what a captioner wrote in sentences, and the reverse."""
    sample = replace(sample, findings=_without(sample, CAPTION))
    if author == "tagger":
        general = tuple(tag.name for tag in said.tags if tag.category == "general")
        sample = replace(sample, tags=general, findings=(*_without(sample, LOOK_ALIKE), *_look_alikes(said)))
        if sample.author == "vlm" and sample.raw:
            return sample
    return replace(sample, caption=said.text, alternatives=(), raw=said.text, author=author)


def with_words(sample: Sample, said: RawCaption, author: Author) -> Sample:
    """The sample with what a captioner sees on it, its caption by hand left alone."""
    if author == "tagger":
        return replace(sample, tags=tuple(tag.name for tag in said.tags if tag.category == "general"))
    return replace(sample, raw=said.text)


def without_caption(sample: Sample, captioner: str, why: str) -> Sample:
    """The sample with its earlier caption and a warning that says why it got no new one."""
    text = f"{captioner} gave {sample.path.name} no caption: {why}. Caption it again or write one by hand."
    return replace(sample, findings=(*_without(sample, CAPTION), Finding(check=CAPTION, level="warning", text=text)))


def _look_alikes(said: RawCaption) -> tuple[Finding, ...]:
    known = [tag for tag in said.tags if tag.category == "character"]
    if not known:
        return ()
    names = ", ".join(f"{tag.name.replace('_', ' ')} ({tag.score:.2f})" for tag in known)
    text = (
        f"The tagger takes this for {names}: base models know that character and may mix it in. "
        "Change what they share, or accept it."
    )
    return (Finding(check=LOOK_ALIKE, level="warning", text=text, value=max(tag.score for tag in known)),)


def _without(sample: Sample, check: str) -> tuple[Finding, ...]:
    return tuple(finding for finding in sample.findings if finding.check != check)
