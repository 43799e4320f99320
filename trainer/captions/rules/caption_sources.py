"""Where each picture's words come from: a captioner, a hand, or the picture that a variant was made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ...dataset.sample import Sample
from ..prose.parse import ParsedCaption, parse
from ..prose.tags import classify_tag
from .caption_rules import CaptionRules
from .closeup import is_close_up
from .compose import CaptionInput

LONGEST = 20_000
"""Letters of a caption that are read; a captioner that says more has lost its way."""


@dataclass(frozen=True, slots=True)
class CaptionSources:
    """Where each picture's words come from."""

    by_sha: Mapping[str, Sample]
    rules: CaptionRules
    lighting: Mapping[str, str]
    parsed: dict[Path, ParsedCaption]

    def is_ruled(self, sample: Sample) -> bool:
        return sample.author != "hand" or self.rules.rewrite_hand

    def parent(self, sample: Sample) -> Sample | None:
        """The picture a variant inherits its words from; None where it has its own."""
        seen = {sample.sha256}
        while sample.origin == "variant" and sample.source and sample.source not in seen:
            above = self.by_sha.get(sample.source)
            if above is None:
                break
            sample = above
            seen.add(sample.sha256)
        return sample if len(seen) > 1 else None

    def text(self, sample: Sample) -> str:
        """What was said before any rule; a tagger's words may lie in `tags` alone."""
        if sample.author == "hand":
            return sample.caption
        return sample.raw or ("" if sample.tags else sample.caption)

    def parsed_caption(self, sample: Sample) -> ParsedCaption:
        if sample.path not in self.parsed:
            self.parsed[sample.path] = self._parse(sample)
        return self.parsed[sample.path]

    def said_by_captioner(self, sample: Sample) -> ParsedCaption | None:
        """What captioners see on a picture, whoever wrote its caption: a text by hand must not change what the rules
        take for the character's appearance. None where only a hand has spoken."""
        if self.is_ruled(sample):
            return self.parsed_caption(sample)
        return merged(sample.raw, sample.tags) if sample.raw or sample.tags else None

    def _parse(self, sample: Sample) -> ParsedCaption:
        return merged(self.text(sample), () if sample.author == "hand" else sample.tags)

    def light(self, sample: Sample) -> str:
        return self.lighting.get(sample.sha256, "")

    def input_of(self, sample: Sample) -> CaptionInput:
        parent = self.parent(sample)
        if parent is None:
            return CaptionInput(self.parsed_caption(sample), is_close_up(sample), self.light(sample))
        own = tuple(tag for tag in self.parsed_caption(sample).tags if classify_tag(tag).slot == "style")
        return CaptionInput(
            self.parsed_caption(parent), is_close_up(parent), self.light(parent) or self.light(sample), own
        )


def merged(raw: str, tags: tuple[str, ...]) -> ParsedCaption:
    """Tags first, then what the text says besides them."""
    text = raw[:LONGEST]
    if tags and text == ", ".join(tags):
        return ParsedCaption(tags, "")
    words = parse(text)
    known = {classify_tag(tag).key for tag in tags}
    return ParsedCaption((*tags, *(tag for tag in words.tags if classify_tag(tag).key not in known)), words.prose)
