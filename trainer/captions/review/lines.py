"""Remarks on captions as lines to read: one a kind, with a count and names."""

from collections.abc import Iterable, Mapping, Sequence

from ...dataset.finding import Level
from ...errors import shortened
from .lint import BOUND, LEFT, LOOKS, META, MISSING, SAME, SEVERAL, SHARED, Remark

_NAMED = 3
_SENTENCES: Mapping[str, str] = {
    SHARED: (
        "{count} phrases are in most captions ({names}) and will fuse with the trigger; add pictures without them, and "
        "keep them in the captions meanwhile."
    ),
    BOUND: (
        "{count} phrases on looks are in most captions ({names}): the LoRA binds the looks to these words, not to the "
        "trigger; prune them."
    ),
    SAME: (
        "{count} groups of captions are the same ({names}), so what differs between their pictures goes to the "
        "trigger; describe each of them."
    ),
    MISSING: (
        "{count} pictures have no caption beyond the trigger ({names}); caption them, or all they show goes to the "
        "trigger."
    ),
    LEFT: "{count} captions have no picture ({names}); rename each like its picture or remove it.",
    LOOKS: "{count} captions describe looks that the trigger should stand for ({names}); prune them.",
    META: "{count} captions speak of the file, not the picture ({names}); apply the caption rules.",
    SEVERAL: "{count} pictures have several captions, of which training takes one each time ({names}).",
}


def lint_lines(remarks: Iterable[Remark]) -> list[tuple[Level, str]]:
    """A level and a sentence for each kind, in the order in which kinds come up; a lone remark keeps its own words."""
    kinds: dict[tuple[str, Level], list[Remark]] = {}
    for remark in remarks:
        kinds.setdefault((remark.kind or remark.finding.check, remark.finding.level), []).append(remark)
    return [(level, _line(kind, group)) for (kind, level), group in kinds.items()]


def _line(kind: str, group: Sequence[Remark]) -> str:
    if len(group) == 1:
        return group[0].finding.text
    words = [f"{remark.name} has {remark.what}" if remark.name and remark.what else "" for remark in group]
    names = [told or remark.name or remark.what for told, remark in zip(words, group, strict=True)]
    return _SENTENCES[kind].format(count=len(group), names=_few(names, "; " if any(words) else ", "))


def _few(names: Sequence[str], between: str) -> str:
    more = len(names) - _NAMED
    return between.join(map(shortened, names[:_NAMED])) + (f" and {more} more" if more > 0 else "")
