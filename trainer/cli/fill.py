"""`fill`: what a set lacks, made by a base with a LoRA, judged, as a folder to train on."""

import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from ..dataset.audit.audit import audit
from ..dataset.checks.rules import Rules
from ..dataset.files.resave import save_again
from ..images.picture_file import write_picture
from ..runtime.work import follow
from .base import base_of
from .command import AddParser, Figures
from .drawing import add_drawing, add_source, generator_of, plan_numbers, table_text
from .folder import attribute_reader, face_reader, read
from .progress import progress

if TYPE_CHECKING:
    from ..augment.fill.attempt import FillAttempt
    from ..augment.fill.plan import FillPlan
    from ..augment.fill.result import FillResult
    from ..augment.fill.view import View
    from ..augment.rounds import Drawn


def add(command: AddParser) -> None:
    fill = command("fill", help="make the pictures a set lacks, kept where face and bucket are right")
    fill.set_defaults(command=_fill)
    fill.add_argument("folder", type=Path, help="1 picture or more, with captions beside them")
    add_drawing(fill)
    fill.add_argument("--gaps", action="append", default=[], help="left profile, smile, outdoors ...; may be repeated")
    fill.add_argument("--views", type=Path, help="the shot catalogue: axis: bucket | words | edit | shape | negative")
    fill.add_argument("--list-views", action="store_true", help="print the catalogue that would be used, and stop")
    fill.add_argument("--per-gap", type=int, default=1, help="pictures for each gap")
    fill.add_argument(
        "--way",
        choices=("words", "image to image"),
        help="begin at nothing, for a base that knows the person, or at a reference (default: words with --lora)",
    )
    fill.add_argument("--denoise", type=float, default=0.75, help="for image to image")
    add_source(fill)


def _fill(options: Namespace) -> Figures:
    """Write `dataset/`, made.png and coverage.png into `--out`; run again to go on."""
    from ..augment.fill.picture import draw_change, draw_filled
    from ..augment.fill.view import table_of

    views = _views(options)
    if options.list_views:
        sys.stdout.write(f"{table_of(views)}\n")
        return {"views": len(views)}
    filled = _filled(options, views)
    save_again(filled.dataset, options.out / "dataset", "json", overwrite=True, notes=options.out / ".saved")
    made = write_picture(options.out / "made.png", draw_filled(filled))
    chart = write_picture(options.out / "coverage.png", draw_change(filled))
    sys.stdout.write("\n".join((*filled.texts, str(made.resolve()), str(chart.resolve()))) + "\n")
    paths = {"dataset": options.out / "dataset", "made": made, "coverage": chart}
    return {**filled.to_json(), **{name: str(path) for name, path in paths.items()}}


def _filled(options: Namespace, views: "tuple[View, ...]") -> "FillResult":
    from ..augment.fill.fill import fill_gaps
    from ..augment.rounds import Drawing

    plan, base = _plan(options, views), base_of(options)
    dataset, faces = read(options, options.folder), face_reader(options)
    attributes = attribute_reader(faces)
    with progress("checking") as report:
        checked = audit(dataset, faces=faces, attributes=attributes, rules=Rules.at(plan.resolution), progress=report)
    generator, fingerprint = generator_of(options, base)
    drawing = Drawing(generator=generator, out=options.out / "pictures", fingerprint=fingerprint)
    with progress("drawing") as report:

        def show(drawn: "Drawn[FillAttempt]") -> None:
            report(drawn.done, drawn.total, drawn.attempt.job.gap.name)

        return follow(fill_gaps(checked, plan, drawing, faces, attributes), show)


def _plan(options: Namespace, views: "tuple[View, ...]") -> "FillPlan":
    from ..augment.fill.plan import FillPlan

    return FillPlan(
        views=views,
        gaps=tuple(options.gaps),
        per_gap=options.per_gap,
        way=options.way or ("image to image" if options.lora is None else "words"),
        denoise=options.denoise,
        **plan_numbers(options),
    )


def _views(options: Namespace) -> "tuple[View, ...]":
    from ..augment.fill.view import parse_views, stock_views
    from ..demo.views import demo_views

    if options.views is not None:
        return parse_views(table_text(options.views))
    return demo_views() if options.base is None else stock_views()
