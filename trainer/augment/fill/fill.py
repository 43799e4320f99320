"""Fills what a set lacks with made pictures, kept only when they show the same person and what was asked for."""

from collections.abc import Generator, Iterator, Sequence

from ...dataset.audit.audit import Audit
from ...dataset.coverage.coverage import cover
from ...faces.face import AttributeReader, FaceReader
from ..rounds import Drawing, Drawn, Tally, draw_rounds
from .attempt import FillAttempt, FillRequestBuilder
from .gap import gaps_of
from .judge import FillJudge
from .plan import FillJob, FillPlan, jobs_of
from .reference import chosen, references_of
from .result import FillResult, fill_result


def fill_gaps(
    audit: Audit,
    plan: FillPlan,
    drawing: Drawing,
    faces: FaceReader | None = None,
    attributes: AttributeReader | None = None,
) -> Generator[Drawn[FillAttempt], None, FillResult]:
    """Make, judge and try again; every picture is a Drawn.

    `audit` is Check dataset's, by the same readers. Pictures are drawn once; what was tried is judged again by the set
    as it is now. Raises Cancelled between pictures, DatasetError where nothing can be filled or used, ModelError when
    the model draws blanks.
    """
    shelf, cache = drawing.shelf, drawing.cache()
    before = cover(audit.trained_rows, audit.expressions)
    gaps = gaps_of(before, plan.views, plan.gaps)
    references = references_of(audit, plan, shelf) if gaps else []
    judge = FillJudge(audit, before, faces, attributes, plan.nearest)
    builder = FillRequestBuilder(audit.dataset, plan, shelf)
    jobs = jobs_of(gaps, plan)
    tally = Tally[FillAttempt](len(jobs), cache.pace)

    def attempts(pending: Sequence[FillJob], number: int) -> Iterator[FillAttempt]:
        requests = [builder.request(job, chosen(references, job, number, plan), number) for job in pending]
        return (builder.attempt(rendering, judge) for rendering in cache.render(requests))

    yield from draw_rounds(jobs, plan.retries, attempts, tally)
    return fill_result(audit, plan, gaps, tally, judge)
