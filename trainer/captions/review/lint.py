"""Looks for what is wrong with a set's captions as a whole and one by one, after the rules or instead of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...dataset.dataset import Dataset
from ...dataset.files.layout import has_picture
from ...dataset.finding import Finding, Level
from ...dataset.sample import Sample
from ..prose.parse import parse
from ..prose.tags import classify_tag, normalise_tag
from ..rules.caption_rules import CaptionRules
from ..rules.compose import spelling
from ..rules.fragments import Fragment, count_fragments
from ..rules.prune import appearance_in, phrase_goes, tag_goes
from ..rules.style import CONSTANT

SHARED, SAME, MISSING, LEFT, LOOKS, META, SEVERAL = (
    "caption_shared", "caption_same", "caption_missing", "caption_without_picture", "caption_looks", "caption_meta",
    "caption_several",
)  # fmt: skip
BOUND = f"{SHARED}: looks"
"""The kind of a shared fragment that tells looks."""
FUSES = 0.80
"""Share of captions from which on a fragment is learned together with the trigger."""
_FEWEST = 4
"""Captions below which a share says nothing."""


@dataclass(frozen=True, kw_only=True)
class Remark:
    """A finding of one picture, by its sha256 and file name, or of the whole set where both are None.

    `what` are the words or names it is about; remarks of one `kind` ask for the same to be done.
    """

    finding: Finding
    sha256: str | None = None
    name: str | None = None
    what: str = ""
    kind: str = ""


def lint(dataset: Dataset, rules: CaptionRules, texts: Iterable[Path] = ()) -> tuple[Remark, ...]:
    """Remarks on the set first, then on its pictures in order. `texts` are caption files found beside the pictures."""
    remarks = [*_shared(dataset, rules), *_alone(dataset, texts), *_same(dataset.samples)]
    for sample in dataset.samples:
        remarks += [
            Remark(finding=finding, sha256=sample.sha256, name=sample.path.name, what=what)
            for finding, what in _own(sample, dataset, rules)
        ]
    return tuple(remarks)


def _shared(dataset: Dataset, rules: CaptionRules) -> list[Remark]:
    captions = [sample.caption for sample in dataset.train if _says(sample.caption, dataset)]
    if len(captions) < _FEWEST:
        return []
    rows = count_fragments(captions, dataset.trigger, dataset.subject)
    often = [row for row in rows if row.count >= FUSES * len(captions) and row.text != CONSTANT]
    return [_fuses(row, len(captions), rules) for row in often if classify_tag(row.text).slot != "subject"]


def _fuses(row: Fragment, captions: int, rules: CaptionRules) -> Remark:
    share = row.count / captions
    where = f"'{row.text}' is in {row.count} of {captions} captions"
    is_bound = tag_goes(classify_tag(row.text), rules, {})
    if is_bound:
        text = f"{where}: the LoRA binds the looks to these words, not to the trigger; prune them."
    else:
        text = (
            f"{where} and will fuse with the trigger; add pictures without it, and keep it in the captions meanwhile."
        )
    finding = Finding(check=SHARED, level="warning", text=text, value=round(share, 3))
    return Remark(finding=finding, what=f"'{row.text}'", kind=BOUND if is_bound else "")


def _alone(dataset: Dataset, texts: Iterable[Path]) -> list[Remark]:
    stems = {sample.path.with_suffix("") for sample in dataset.samples}
    alone = sorted(path for path in texts if path.with_suffix("") not in stems and not has_picture(path))
    why = "is a caption without a picture; rename it like its picture or remove it."
    return [
        Remark(finding=Finding(check=LEFT, level="warning", text=f"{path.name} {why}"), what=path.name)
        for path in alone
    ]


def _same(samples: Sequence[Sample]) -> list[Remark]:
    groups: dict[str, list[Sample]] = defaultdict(list)
    for sample in samples:
        if sample.caption.strip():
            groups[" ".join(sample.caption.lower().split())].append(sample)
    remarks: list[Remark] = []
    for group in groups.values():
        if len({sample.family for sample in group}) > 1:
            everyone = len(group) == len(samples)
            who = "All captions are" if everyone else f"{len(group)} captions ({_names(group)}) are"
            text = f"{who} the same, so what differs between these pictures goes to the trigger; describe each of them."
            finding = Finding(check=SAME, level="warning", text=text, value=float(len(group)))
            remarks.append(Remark(finding=finding, what=" and ".join(sample.path.name for sample in group[:2])))
    return remarks


def _names(samples: Sequence[Sample]) -> str:
    names = [sample.path.name for sample in samples]
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _own(sample: Sample, dataset: Dataset, rules: CaptionRules) -> Iterable[tuple[Finding, str]]:
    """What one caption is to be told, and the words that it is about."""
    if sample.alternatives:
        others = "; ".join(f"'{caption}'" for caption in sample.alternatives)
        text = (
            f"{sample.path.name} has {len(sample.captions)} captions, of which training takes one each time: {others}."
        )
        yield Finding(check=SEVERAL, level="note", text=text, value=float(len(sample.captions))), ""
    if not _says(sample.caption, dataset):
        text = f"{sample.path.name} has no caption beyond the trigger; caption it, or all it shows goes to the trigger."
        yield Finding(check=MISSING, level="warning", text=text), ""
        return
    parsed = parse(spelling(dataset.trigger).sub(" ", sample.caption))
    words = [
        word
        for word in map(classify_tag, parsed.tags)
        if word.key not in {normalise_tag(dataset.trigger), normalise_tag(dataset.subject)}
    ]
    looks = [word.text for word in words if word.row and tag_goes(word, rules, {})]
    told = [parsed.prose, *(word.text for word in words if word.is_phrase)]
    looks += [
        found.text for text in told for found in appearance_in(text, dataset.subject) if phrase_goes(found, rules, {})
    ]
    if looks:
        text = f"{sample.path.name} describes looks ({', '.join(looks)}) that the trigger should stand for; prune them."
        yield Finding(check=LOOKS, level=_level(sample), text=text, value=float(len(looks))), ", ".join(looks)
    if meta := [word.text for word in words if word.slot == "meta"]:
        text = f"{sample.path.name} speaks of the file, not the picture ({', '.join(meta)}); apply the caption rules."
        yield Finding(check=META, level="note", text=text, value=float(len(meta))), ", ".join(meta)


def _level(sample: Sample) -> Level:
    """A tagger's leftovers are exceptions the rules kept on purpose; a hand's are likely an oversight."""
    return "warning" if sample.author == "hand" else "note"


def _says(caption: str, dataset: Dataset) -> bool:
    rest = spelling(dataset.trigger).sub(" ", caption)
    return any(normalise_tag(part) not in {"", normalise_tag(dataset.subject)} for part in rest.split(","))
