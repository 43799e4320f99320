"""`variants`: a folder of renders in other styles, judged and mixed, as a folder to train on."""

import sys
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from ..dataset.files.resave import save_again
from ..errors import ModelError
from ..faces.face import FaceReader
from ..images.picture_file import write_picture
from ..runtime.work import follow
from .base import base_of
from .command import AddParser, Figures
from .drawing import add_drawing, add_source, generator_of, plan_numbers, table_text
from .folder import face_reader, read
from .progress import progress

if TYPE_CHECKING:
    from ..augment.rounds import Drawn
    from ..augment.variants.judge import LookReader
    from ..augment.variants.renderer import VariantAttempt
    from ..augment.variants.style import Style


def add(command: AddParser) -> None:
    variants = command("variants", help="redraw renders in other styles, keeping the face; mix 60/40")
    variants.set_defaults(command=_variants)
    variants.add_argument("folder", type=Path, help="renders with captions beside them")
    add_drawing(variants)
    variants.add_argument("--styles", type=Path, help="file of styles, one a line: words | denoise | face | negative")
    variants.add_argument("--per-render", type=int, default=3, help="variants of each render, 1 to 8")
    variants.add_argument(
        "--clip", type=Path, help="CLIP folder that tells whether a picture still looks like a render"
    )
    add_source(variants)


def _variants(options: Namespace) -> Figures:
    """Write `dataset/` (pictures, captions, dataset.json) and pairs.png into `--out`; run again to go on."""
    from ..augment.rounds import Drawing
    from ..augment.variants.make import make_variants
    from ..augment.variants.picture import draw_variants
    from ..augment.variants.plan import VariantPlan

    base = base_of(options)
    plan = VariantPlan(styles=_styles(options), per_render=options.per_render, **plan_numbers(options))
    dataset, faces = read(options, options.folder), face_reader(options)
    generator, fingerprint = generator_of(options, base)
    drawing = Drawing(generator=generator, out=options.out / "pictures", fingerprint=fingerprint)
    work = make_variants(dataset, plan, drawing, faces=faces, looks=_style_reader(options, faces))
    with progress("drawing") as report:

        def show(drawn: "Drawn[VariantAttempt]") -> None:
            job = drawn.attempt.job
            report(drawn.done, drawn.total, f"{job.source.path.name} {job.style.prompt}")

        made = follow(work, show)
    save_again(made.dataset, options.out / "dataset", "json", overwrite=True, notes=options.out / ".saved")
    sheet = write_picture(options.out / "pairs.png", draw_variants(made.dataset.samples, made.kept))
    lines = [*made.texts, *(one.sentence for one in made.dropped), str(sheet.resolve())]
    sys.stdout.write("\n".join(lines) + "\n")
    return {**made.to_json(), "dataset": str(options.out / "dataset"), "pairs": str(sheet)}


def _style_reader(options: Namespace, faces: FaceReader | None) -> "LookReader | None":
    """CLIP where a folder is given, else the face reader where it tells styles too, as the demo's does."""
    from ..augment.variants.clip_looks import NEEDED, ClipLooks, find_clip

    if options.clip is None:
        return cast("LookReader", faces) if hasattr(faces, "margin") else None
    if (folder := find_clip([options.clip])) is None:
        raise ModelError(f"{options.clip} holds no whole CLIP; it needs {', '.join(NEEDED)}.")
    return ClipLooks(folder, options.device)


def _styles(options: Namespace) -> "tuple[Style, ...]":
    from ..augment.variants.style import guide_styles, parse_styles
    from ..demo.characters.renders import DEMO_STYLES

    if options.styles is not None:
        return parse_styles(table_text(options.styles))
    return DEMO_STYLES if options.base is None else guide_styles()
