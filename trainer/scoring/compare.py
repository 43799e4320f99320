"""The procedure: draw the control and every candidate alike, free the base, read the pictures, score, choose, report.

The base is loaded twice at most: for the control and all candidates, and where that is asked for once more for the
winner's neighbours and its sweep of strengths, which nobody knows before the first are read.
"""

import hashlib
from collections.abc import Generator as Work
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..dataset.dataset import told
from ..errors import ModelError, RunError, few
from ..runtime.work import Ask, never
from ..storage.values import canonical_json, json_value
from .advice import advice_of_run
from .choice.choose import Choice, choose
from .columns import Column
from .drawing import Compared, Drawing
from .measures.memorisation import memorisation
from .measuring import Measuring, several_faces, unmeasured
from .plan.candidate import Candidate, fitting, neighbours
from .plan.compare_plan import ComparePlan
from .reading.observation import Scale
from .reading.subject import Subject, scale_of
from .report.kept import REPORT, finished_report, write_report
from .report.pictures import keep_references
from .report.report import Report
from .scores import Scores
from .tools import Tools

_VERSION = 4
"""In every report's key: another one has all reports made anew, from kept pictures."""


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
        kept: Any = json_value((tools.out / REPORT).read_text(encoding="utf-8"))
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
class _Comparison(Measuring):
    """What is to be drawn, of whom, by whom; columns are added as the winner asks for them."""

    rest: Sequence[Candidate]
    subject: Subject

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
        yield from self.drawn(drawing, self.columns)
        self.tools.release()
        yield from self.read(scale, cancelled)
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
        self.columns = [
            control,
            *sorted(others, key=lambda each: each.candidate.order if each.candidate else ()),
        ]
        yield from self.drawn(drawing, new)
        yield from self.read(scale, cancelled)

    def _winner(self, scale: Scale) -> Candidate | None:
        label = self._chosen(*self.scores(scale), scale).label
        return next((each.candidate for each in self.columns if each.candidate and each.label == label), None)

    def _chosen(self, control: Scores, checkpoints: Sequence[Scores], scale: Scale) -> Choice:
        """Among those at the plan's strength; what the winner does at others says at which to use it."""
        return choose(control, checkpoints, scale.reference, strength=self.plan.strength)

    def _report(self, scale: Scale, notes: Sequence[str], key: str) -> Report:
        control, checkpoints = self.scores(scale)
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
            notes=(*self._left(), *notes, *choice.notes, *several_faces([control, *checkpoints]), *unmeasured(control)),
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
