"""The procedure: draw the control and every candidate alike, free the base, read the pictures, score, choose, report.

The base is loaded twice at most: for the control and all candidates, and where that is asked for once more for the
winner's neighbours and its sweep of strengths, which nobody knows before the first are read.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from collections.abc import Generator as Work
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ..dataset.dataset import LeftOut, told
from ..errors import Cancelled, ModelError, RunError, few
from ..faces.face import AttributeReader, FaceReader
from ..generate.shot import Generator
from ..runtime.work import Ask, Pace, Stopwatch, never
from ..storage.values import canonical_json
from .advice import advice_of_run
from .choice.choose import Choice, choose
from .columns import Column
from .drawing import Compared, Drawing, picture_path
from .gates import flagged
from .measures.background import background_of, is_asked_of
from .measures.copies import copied_of
from .measures.memorisation import memorisation
from .plan.candidate import Candidate, fitting, neighbours
from .plan.compare_plan import ComparePlan
from .reading.descriptor import Descriptor
from .reading.observation import CheckpointImages, Observation, Scale
from .reading.readers import PictureReader, Readers, Seen
from .reading.readings import Readings
from .reading.subject import Subject, choice_of, scale_of
from .report.kept import REPORT, finished_report, write_report
from .report.pictures import keep_references
from .report.report import Report
from .score import score
from .scores import Scores

_VERSION = 4
"""In every report's key: another one has all reports made anew, from kept pictures."""


def _nothing() -> None:
    """Of a generator that holds nothing."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Tools:
    """Who draws, who reads, and the folder for pictures and report. Readers are optional, each for itself.

    `base` names what the generator draws with (a base's sha256) and must change with it: pictures are kept under it.
    `base_name` and `precision` are for people, `family` is its family's title, by which other families' LoRAs are told.
    `release` frees the base before pictures are read; the generator loads it again when it is asked to draw.
    """

    generator: Generator
    faces: FaceReader | None
    attributes: AttributeReader | None = None
    out: Path
    base: str = ""
    descriptor: Descriptor | None = None
    base_name: str = ""
    precision: str = ""
    family: str = ""
    release: Callable[[], None] = _nothing


def compare(
    plan: ComparePlan,
    candidates: Sequence[Candidate],
    subject: Subject,
    tools: Tools,
    cancelled: Ask = never,
    *,
    rest: Sequence[Candidate] = (),
) -> Work[Compared, None, Report]:
    """Yield one Compared a picture drawn, the control's first, and one a picture read; return the Report, also written
    to the tools' folder.

    `rest` are candidates that are not drawn unless they are next to the winner. Files that are no LoRA of this base are
    left out and told; ModelError when all are. Raises Cancelled between pictures; what is finished is kept and never
    made again. RunError for a folder that holds the comparison of another base or precision. A second run of the same
    comparison answers from its report.
    """
    if not candidates:
        raise RunError("There are no checkpoints to compare; train first, or choose LoRA files.")
    _refuse_same_names(candidates)
    refuse_mixed(tools)
    fit, left_out = fitting(candidates, tools.family)
    if not fit:
        raise ModelError.all_of([left.sentence for left in left_out])
    work = _Comparison(
        plan=plan,
        columns=[Column.of(plan, each, tools.base) for each in (None, *sorted(fit, key=lambda each: each.order))],
        rest=[each for each in fitting(rest, tools.family)[0] if each.path not in {one.path for one in fit}],
        subject=subject,
        tools=tools,
        left_out=list(left_out),
    )
    key = work.key()
    finished = finished_report(tools.out, key)
    return finished if finished is not None else (yield from work.made(key, cancelled))


def refuse_mixed(tools: Tools) -> None:
    """RunError where the folder's report is of another base or precision: a look at both would take them for one."""
    try:
        kept: Any = json.loads((tools.out / REPORT).read_text(encoding="utf-8"))
        theirs = str(kept.get("base", "")), str(kept.get("precision", ""))
    except (OSError, ValueError, AttributeError):
        return
    ours = tools.base_name, tools.precision
    if all(not one or not other or one == other for one, other in zip(theirs, ours, strict=True)):
        return
    raise RunError(
        f"{tools.out} holds a comparison drawn with {_told_base(theirs)}, and this one would draw with "
        f"{_told_base(ours)}; numbers of the two must not mix. Choose another folder."
    )


def _told_base(base_and_precision: tuple[str, str]) -> str:
    return " in ".join(filter(None, base_and_precision))


@dataclass(kw_only=True, eq=False)
class _Comparison:
    """What is to be drawn, of whom, by whom; columns are added as the winner asks for them."""

    plan: ComparePlan
    columns: list[Column]
    rest: Sequence[Candidate]
    subject: Subject
    tools: Tools
    left_out: list[LeftOut]
    images: dict[str, CheckpointImages] = field(default_factory=dict[str, CheckpointImages])
    is_repeatable: bool = True
    """Whether the same comparison would draw the same again: not where a file failed while it was drawn."""

    def __post_init__(self) -> None:
        tools = self.tools
        self.readers = Readers(
            faces=tools.faces, attributes=tools.attributes, floor=self.plan.face_floor, descriptor=tools.descriptor
        )
        self.reader = PictureReader(self.readers, tools.out)

    def key(self) -> str:
        """Names everything a report is made from: pictures, what columns are called, references, readers and losses."""
        rest = [Column.of(self.plan, each, self.tools.base) for each in self.rest]
        learned = [memorisation(each.losses) for each in self.columns]
        parts = {
            "version": _VERSION,
            "plan": self.plan.to_json(),
            "pictures": [[each.told, *each.shots.keys] for each in self.columns],
            "rest": [[each.told, each.shots.keys[0]] for each in rest],
            "left out": [left.sentence for left in self.left_out],
            "recall": [each and each.to_json() for each in learned],
            "readers": [*self.readers.names.values(), *self.readers.fingerprints.values()],
            **self.subject.key_parts(),
        }
        return hashlib.sha256(canonical_json(parts).encode()).hexdigest()

    def made(self, key: str, cancelled: Ask) -> Work[Compared, None, Report]:
        """Drawn, read, written under this key."""
        scale, notes = scale_of(self.subject, self.plan, self.readers, self.reader, cancelled)
        drawing = Drawing(self.tools.generator, self.tools.out, self.tools.base, cancelled)
        yield from self._drawn(drawing, self.columns)
        self.tools.release()
        yield from self._read(scale, cancelled)
        if self.rest or self.plan.swept:
            yield from self._more(drawing, scale, cancelled)
        report = self._report(scale, notes, key if self.is_repeatable else "")
        write_report(report, self.tools.out)
        return report

    def _more(self, drawing: Drawing, scale: Scale, cancelled: Ask) -> Work[Compared, None, None]:
        """The winner's neighbours, then the sweep of who wins among them all."""
        winner = self._winner(scale)
        drawn = [each.candidate for each in self.columns if each.candidate]
        beside = neighbours(winner, drawn, (*drawn, *self.rest)) if winner else ()
        if beside:
            yield from self._added(drawing, beside, scale, cancelled)
            winner = self._winner(scale)
        if winner and self.plan.swept:
            yield from self._added(drawing, [winner.at(each) for each in self.plan.swept], scale, cancelled)
        self.tools.release()

    def _added(
        self, drawing: Drawing, candidates: Sequence[Candidate], scale: Scale, cancelled: Ask
    ) -> Work[Compared, None, None]:
        new = [Column.of(self.plan, each, self.tools.base) for each in candidates]
        control, *others = [*self.columns, *new]
        self.columns = [control, *sorted(others, key=lambda each: each.candidate.order if each.candidate else ())]
        yield from self._drawn(drawing, new)
        yield from self._read(scale, cancelled)

    def _drawn(self, drawing: Drawing, columns: Sequence[Column]) -> Work[Compared, None, None]:
        """A file that fails at its first picture is left out: the control before it showed that the base draws."""
        drawing.expect([each.shots for each in columns])
        for column in columns:
            count = 0
            try:
                for compared in drawing.column(column.label, column.shots):
                    count += 1
                    yield compared
            except ModelError as fault:
                if column.candidate is None or count:
                    raise
                self._leave_out(column, fault)
                drawing.leave_out(column.shots)

    def _leave_out(self, column: Column, fault: ModelError) -> None:
        self.columns = [each for each in self.columns if each is not column]
        self.left_out.append(LeftOut(name=column.label, why=str(fault)))
        self.is_repeatable = False
        if len(self.columns) == 1:
            raise ModelError.all_of([left.sentence for left in self.left_out]) from fault

    def _read(self, scale: Scale, cancelled: Ask) -> Work[Compared, None, None]:
        """Every picture of the columns that were not read, a few at a time."""
        columns = [each for each in self.columns if each.label not in self.images]
        whom = choice_of(scale)
        total, done, pace, watch = sum(len(each.shots.keys) for each in columns), 0, Pace(), Stopwatch()
        nearest = Readings(self.tools.out, "nearest", scale.nearest.name)
        scale.nearest.keep_in(nearest)
        for column in columns:
            seen: list[Seen] = []
            shots = zip(column.shots.requests, column.shots.keys, strict=True)
            for one, (request, key) in zip(self.reader.read(column.pictures(self.tools.out), whom), shots, strict=True):
                if cancelled():
                    nearest.save()
                    raise Cancelled(
                        f"Stopped after {done} of {total} pictures were read; run again to go on from there."
                    )
                seen.append(one)
                scale.nearest.look_at(one.described, around=is_asked_of(scale.probes[request.what]))
                done += 1
                pace.add(watch.read())
                yield Compared(
                    done=done,
                    total=total,
                    label=column.label,
                    seconds_left=pace.left(total - done),
                    path=self.tools.out / picture_path(key),
                    key=(request.what, request.shot.seed),
                    phase="reading",
                )
            nearest.save()
            images = column.images(seen, is_known=scale.is_known)
            observed = [_settled(each, scale) for each in images.observations]
            self.images[column.label] = replace(images, observations=observed)

    def _winner(self, scale: Scale) -> Candidate | None:
        label = self._chosen(*self._scores(scale), scale).label
        return next((each.candidate for each in self.columns if each.candidate and each.label == label), None)

    def _scores(self, scale: Scale) -> tuple[Scores, tuple[Scores, ...]]:
        """The control's, and the columns' with what is against them."""
        images = [self.images[each.label] for each in self.columns]
        control, *scores = [score(each, images[0], scale) for each in images]
        return control, tuple(flagged(each, control, scale.reference) for each in scores)

    def _chosen(self, control: Scores, checkpoints: Sequence[Scores], scale: Scale) -> Choice:
        """Among those at the plan's strength; what the winner does at others says at which to use it."""
        return choose(control, checkpoints, scale.reference, strength=self.plan.strength)

    def _report(self, scale: Scale, notes: Sequence[str], key: str) -> Report:
        control, checkpoints = self._scores(scale)
        choice = self._chosen(control, checkpoints, scale)
        run = next((each.candidate.run for each in self.columns if each.candidate and each.candidate.run), None)
        report = Report(
            trigger=self.subject.trigger,
            plan=self.plan,
            control=control,
            checkpoints=checkpoints,
            reference=scale.reference,
            chosen=choice.label,
            tied=choice.tied,
            reason=choice.reason,
            advice=(),
            notes=(*self._left(), *notes, *choice.notes, *_several([control, *checkpoints]), *_unmeasured(control)),
            readers=self.readers.names,
            key=key,
            base=self.tools.base_name,
            precision=self.tools.precision,
            references=keep_references(self.subject.references, self.tools.out),
            strength=choice.strength if choice.label else None,
        )
        return replace(report, advice=advice_of_run(report, run))

    def _left(self) -> list[str]:
        return [f"Left out: {line}" for line in told(self.left_out)]


def _refuse_same_names(candidates: Sequence[Candidate]) -> None:
    labels = [each.label for each in candidates]
    if len(set(labels)) != len(labels):
        raise RunError(f"Two of what is to be compared have the same name ({few(labels)}); compare each file once.")


def _settled(seen: Observation, scale: Scale) -> Observation:
    """With what its description tells in its place: descriptions of all pictures do not fit in memory."""
    return replace(seen, described=None, copied=copied_of(seen, scale), background=background_of(seen, scale))


def _several(columns: Sequence[Scores]) -> list[str]:
    """How many pictures show several people, a column: the likeness of the likest flatters a little."""
    counts = {each.label: sum((picture.faces or 0) > 1 for picture in each.pictures) for each in columns}
    if not any(counts.values()):
        return []
    said = ", ".join(f"{label}: {count}" for label, count in counts.items() if count)
    return [
        f"Pictures with several faces ({said}) are measured, with and without LoRA, by the face most like the "
        "character; the other faces are not."
    ]


def _unmeasured(control: Scores) -> list[str]:
    missing = {
        "Prompt following": control.following is None,
        "Variety": control.variety is None,
        "Leaking without the trigger": control.leak is None,
        "Nearest of all people": control.top1 is None,
    }
    return [f"{name} is not measured." for name, lacks in missing.items() if lacks]
