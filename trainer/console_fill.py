"""What `fill` shows and writes: a bar while pictures are drawn, then the larger set, its pictures and both charts."""

import argparse
import sys
from collections.abc import Iterable
from typing import Any

from .augment.fill.fill import Drawn, fill_gaps
from .augment.fill.filled import Filled
from .augment.fill.picture import draw_change, draw_filled
from .augment.fill.plan import FillPlan
from .augment.fill.view import View, parse_views, stock_views, table_of
from .console_dataset import attributes_of, eyes_of, read, told
from .console_variants import base_of, drawing, drawing_numbers, write_picture
from .dataset.audit.audit import audit
from .dataset.checks.rules import Rules
from .dataset.files.resave import save_again
from .errors import DatasetError


def follow_fill(options: argparse.Namespace) -> dict[str, Any]:
    """Write `dataset/`, made.png and coverage.png into `--out`; run again to go on."""
    is_demo = options.base is None
    views = _views(options, is_demo)
    if options.list_views:
        sys.stdout.write(f"{table_of(views)}\n")
        return {"views": len(views)}
    numbers = drawing_numbers(options, is_demo=is_demo)
    plan = FillPlan(
        views=views,
        gaps=tuple(options.gaps),
        per_gap=options.per_gap,
        way=options.way or ("image to image" if options.lora is None else "words"),
        denoise=options.denoise,
        **numbers,
    )
    base = base_of(options)
    dataset, faces = read(options, options.folder), eyes_of(options)
    attributes = attributes_of(faces)
    with told("checking") as tell:
        looked = audit(dataset, faces=faces, attributes=attributes, rules=Rules.at(plan.resolution), progress=tell)
    generator, fingerprint = drawing(options, base)
    events = fill_gaps(
        looked,
        plan,
        generator,
        options.out / "pictures",
        faces=faces,
        attributes=attributes,
        fingerprint=fingerprint,
    )
    filled = _followed(events)
    save_again(filled.dataset, options.out / "dataset", "json", overwrite=True, notes=options.out / ".saved")
    made = write_picture(options.out / "made.png", draw_filled(filled))
    chart = write_picture(options.out / "coverage.png", draw_change(filled))
    sys.stdout.write("\n".join((*filled.texts, str(made.resolve()), str(chart.resolve()))) + "\n")
    paths = {"dataset": options.out / "dataset", "made": made, "coverage": chart}
    return {**filled.to_json(), **{name: str(path) for name, path in paths.items()}}


def _views(options: argparse.Namespace, is_demo: bool) -> tuple[View, ...]:
    from .demo.views import demo_views

    if options.views is None:
        return demo_views() if is_demo else stock_views()
    try:
        return parse_views(options.views.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as fault:
        raise DatasetError(f"{options.views} cannot be read: {fault}.") from fault


def _followed(events: Iterable[Drawn | Filled]) -> Filled:
    with told("drawing") as tell:
        for event in events:
            if isinstance(event, Filled):
                return event
            tell(event.done, event.total, event.attempt.job.gap.name)
    raise AssertionError("the last event is what was filled")
