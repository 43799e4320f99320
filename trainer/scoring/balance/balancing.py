"""The procedure: draw the control and every pair alike, free the base, read the pictures, score, pick, write."""

import hashlib
from collections.abc import Generator as Work
from dataclasses import dataclass

from ...runtime.work import Ask, never
from ...storage.values import canonical_json
from ..cost import Cost, cost_of_columns
from ..drawing import Compared, Drawing
from ..measuring import Measuring, several_faces, unmeasured
from ..plan.candidate import Candidate
from ..plan.compare_plan import ComparePlan
from ..reading.subject import Subject, scale_of
from ..report.pictures import keep_references
from ..tools import Tools
from .balance import Balance
from .cells import columns_of
from .companion import Companion
from .grid import BalanceGrid
from .kept import finished_balance, write_balance
from .pick import pick

_VERSION = 1
"""In every key: another one has all balances made anew, from kept pictures."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Balancing:
    """What is balanced: a LoRA file with a companion, over a grid, with a comparison's plan, subject and tools."""

    plan: ComparePlan
    candidate: Candidate
    companion: Companion
    grid: BalanceGrid
    subject: Subject
    tools: Tools

    def cost(self) -> Cost:
        """What will be drawn. ModelError when a file cannot be read."""
        columns = columns_of(self.plan, self.candidate, self.companion, self.grid, self.tools.base)
        return cost_of_columns(self.plan, columns, self.tools.out, self.tools.base)

    def followed(self, cancelled: Ask = never) -> Work[Compared, None, Balance]:
        """Yield one Compared a picture drawn, the control's first, and one a picture read; return the Balance, also
        written to the tools' folder.

        Raises Cancelled between pictures; what is finished is kept and never made again. A second run of the same
        answers from what was written. ModelError for what does not fit the base.
        """
        columns = columns_of(self.plan, self.candidate, self.companion, self.grid, self.tools.base)
        work = Measuring(plan=self.plan, columns=list(columns), tools=self.tools)
        key = self._key(work)
        finished = finished_balance(self.tools.out, key)
        return finished if finished is not None else (yield from self._made(work, key, cancelled))

    def _made(self, work: Measuring, key: str, cancelled: Ask) -> Work[Compared, None, Balance]:
        tools = self.tools
        scale, notes = scale_of(self.subject, self.plan, work.readers, work.reader, cancelled)
        drawing = Drawing(tools.generator, tools.out, tools.base, cancelled)
        drawing.expect([each.shots for each in work.columns])
        for column in work.columns:
            yield from drawing.column(column.label, column.shots)
        tools.release()
        yield from work.read(scale, cancelled)
        control, scores = work.scores(scale)
        cells = dict(zip(self.grid.pairs, scores, strict=True))
        balance = Balance(
            trigger=self.subject.trigger,
            lora=self.candidate.label,
            title=self.companion.title,
            plan=self.plan,
            grid=self.grid,
            control=control,
            cells=cells,
            reference=scale.reference,
            pick=pick(control, cells, scale.reference, self.companion.title),
            notes=(*notes, *several_faces((control, *scores)), *unmeasured(control)),
            readers=work.readers.names,
            key=key,
            base=tools.base_name,
            precision=tools.precision,
            references=keep_references(self.subject.references, tools.out),
        )
        write_balance(balance, tools.out)
        return balance

    def _key(self, work: Measuring) -> str:
        parts = {
            "version": _VERSION,
            "plan": self.plan.to_json(),
            "lora": self.candidate.label,
            "title": self.companion.title,
            "pictures": [[each.label, *each.shots.keys] for each in work.columns],
            "readers": [*work.readers.names.values(), *work.readers.fingerprints.values()],
            **self.subject.key_parts(),
        }
        return hashlib.sha256(canonical_json(parts).encode()).hexdigest()
