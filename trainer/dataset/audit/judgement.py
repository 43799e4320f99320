"""Turns what was seen into findings of each picture and of the set."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...faces.metric import COSINE, Metric
from ...faces.outliers import OutlierScore
from ..checks.count import judge_copies, judge_count
from ..checks.duplicates import Pair, distinct, exact_pairs, near_pairs, partners
from ..checks.faces import judge_faces, judge_outlier
from ..checks.judge import by_weight, judge
from ..checks.rules import Rules
from ..checks.shape import judge_buckets
from ..coverage.coverage import Coverage
from ..dataset import Dataset, LeftOut, told
from ..finding import Finding
from ..sample import Likeness, Sample
from .observation import Observation

CHECKS = frozenset(
    (
        "file",
        "changed",
        "size",
        "aspect",
        "alpha",
        "jpeg",
        "blocks",
        "blur",
        "softer",
        "upscaled",
        "exposure",
        "profile",
    )
    + ("copy", "near copy", "no face", "several faces", "odd one out")
)
"""Checks of one picture: a new audit replaces their findings, and leaves those of others alone."""

_NAMED = 8


@dataclass(frozen=True, kw_only=True)
class Standard:
    """By what a set is judged: rules, who read the faces, that reader's threshold (None: it tells no identities) and
    its metric."""

    rules: Rules
    reader: str | None = None
    same_person: float | None = None
    metric: Metric = COSINE


def pairs_of(samples: Sequence[Sample], seen: Sequence[Observation], rules: Rules) -> list[Pair]:
    """Copies among the pictures that could be read: exact ones, then near ones between different pictures."""
    whole = [number for number, one in enumerate(seen) if one.facts is not None]
    facts = {number: fact for number in whole if (fact := seen[number].facts) is not None}
    exact = exact_pairs([facts[number].sha256 for number in whole])
    copies = {pair.other for pair in exact}
    firsts = [number for place, number in enumerate(whole) if place not in copies]
    near = near_pairs(
        [facts[number].hash for number in firsts],
        [facts[number].mirrored for number in firsts],
        [samples[number].family for number in firsts],
        distance=rules.distance,
    )
    return [_placed(pair, whole) for pair in exact] + [_placed(pair, firsts) for pair in near]


def judge_pictures(
    samples: Sequence[Sample],
    seen: Sequence[Observation],
    standard: Standard,
    pairs: Sequence[Pair],
    belongs: Sequence[OutlierScore] | None,
    usual_focus: float | None,
) -> tuple[Sample, ...]:
    """Samples with findings, face and likeness filled."""
    alike = partners(pairs)
    done: list[Sample] = []
    for number, (sample, one) in enumerate(zip(samples, seen, strict=True)):
        found = _of_file(sample, one, standard.rules, usual_focus)
        found += _of_copies(number, samples, alike.get(number, []))
        belonging = None if belongs is None else belongs[number]
        found += _of_faces(one, standard, belonging)
        others = [finding for finding in sample.findings if finding.check not in CHECKS]
        done.append(
            replace(
                sample,
                findings=by_weight([*found, *others]),
                face=one.mark if one.fault is None else sample.face,
                likeness=_likeness(sample, standard, belonging),
            )
        )
    return tuple(done)


def judge_set(
    dataset: Dataset, seen: Sequence[Observation], standard: Standard, pairs: Sequence[Pair], coverage: Coverage
) -> tuple[Finding, ...]:
    """Findings of the set, worst first. Only what makes training impossible is an error."""
    usable = [
        number
        for number, sample in enumerate(dataset.samples)
        if sample.split == "train" and all(finding.level != "error" for finding in sample.findings)
    ]
    place = {number: rank for rank, number in enumerate(usable)}
    inside = [replace(p, one=place[p.one], other=place[p.other]) for p in pairs if p.one in place and p.other in place]
    held_out = len(dataset.held_out)
    found = judge_count(len(usable), distinct(len(usable), inside), standard.rules, held_out)
    found += [judge_copies(len(usable), distinct(len(usable), [p for p in inside if p.exact]))]
    found += [_faceless(seen, standard.reader)]
    found += _left_out(dataset.left_out)
    found += [Finding(check="folder", level="note", text=note) for note in dataset.notes]
    found += [judge_buckets([fact for n in usable if (fact := seen[n].facts) is not None], standard.rules)]
    found += coverage.findings()
    return by_weight(finding for finding in found if finding is not None)


def _left_out(left: Sequence[LeftOut]) -> list[Finding]:
    """One line each while they can be read, else one a kind."""
    if len(left) <= _NAMED:
        return [Finding(check="left out", level="warning", text=one.why) for one in left]
    return [Finding(check="left out", level="note", text=line, value=float(len(left))) for line in told(left)]


def _of_file(sample: Sample, one: Observation, rules: Rules, usual_focus: float | None) -> list[Finding]:
    if one.facts is None:
        return [Finding(check="file", level="error", text=one.fault or f"{sample.path.name} cannot be read.")]
    found = list(judge(one.facts, rules, sample, usual_focus=usual_focus))
    if one.facts.sha256 != sample.sha256:
        text = f"{sample.path.name} has changed since the dataset was read; load the dataset again."
        found.append(Finding(check="changed", level="error", text=text))
    return found


def _of_copies(number: int, samples: Sequence[Sample], pairs: Sequence[Pair]) -> list[Finding]:
    found: list[Finding] = []
    for check, exact in (("copy", True), ("near copy", False)):
        some = [pair for pair in pairs if pair.exact == exact]
        if some:
            found.append(_copy(number, samples, some, check))
    return found


def _copy(number: int, samples: Sequence[Sample], pairs: Sequence[Pair], check: str) -> Finding:
    nearest = pairs[0]
    other = samples[nearest.other if nearest.one == number else nearest.one]
    name = other.path.name + (f" and {len(pairs) - 1} more" if len(pairs) > 1 else "")
    if nearest.exact:
        text = f"The same pixels as {name}; drop one and raise its repeats instead."
    elif nearest.mirrored:
        text = f"Nearly the mirror image of {name}; drop one, mirrored faces teach a face that is not theirs."
    else:
        text = f"Nearly the same as {name}; drop one."
    if other.split != samples[number].split:
        text += " One of them is held out, so scores would flatter."
    value = float(nearest.distance)
    return Finding(check=check, level="warning", text=text, value=value, other=other.sha256)


def _of_faces(one: Observation, standard: Standard, belonging: OutlierScore | None) -> list[Finding]:
    if one.faces is None or standard.reader is None:
        return []
    found = [judge_faces(one.faces, standard.reader)]
    if belonging is not None:
        found.append(judge_outlier(belonging, standard.reader))
    return [finding for finding in found if finding is not None]


def _likeness(sample: Sample, standard: Standard, belonging: OutlierScore | None) -> Likeness | None:
    if belonging is None or standard.reader is None:
        return sample.likeness
    return Likeness(value=belonging.value, reader=standard.reader, against=belonging.against)


def _faceless(seen: Sequence[Observation], reader: str | None) -> Finding | None:
    looked = [one.faces for one in seen if one.faces is not None]
    if not looked or any(looked) or reader is None:
        return None
    text = f"No face in any of {len(looked)} pictures ({reader}): a face cannot be learned from them. "
    return Finding(
        check="all faceless",
        level="error",
        text=f"{text}Add pictures that show it, or check without a face reader if it has none.",
        value=0.0,
    )


def _placed(pair: Pair, places: Sequence[int]) -> Pair:
    return replace(pair, one=places[pair.one], other=places[pair.other])
