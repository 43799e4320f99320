"""What `variants` shows and writes: a bar while pictures are drawn, then the dataset, a sheet of pairs and figures."""

import argparse
import io
import sys
from collections.abc import Iterable
from typing import Any

from .atomic import write_atomically
from .console_dataset import eyes_of, read, told
from .dataset.files.resave import save_again
from .errors import DatasetError
from .families import describe_base
from .generate.diffusers import DiffusersGenerator
from .variants.made import Made
from .variants.make import Drawn, make_variants
from .variants.picture import draw_variants
from .variants.plan import VariantPlan
from .variants.style import Style, guide_styles, parse_styles


def follow_variants(options: argparse.Namespace) -> dict[str, Any]:
    """Write `dataset/` (pictures, captions, dataset.json) and pairs.png into `--out`; run again to go on."""
    from .demo.assets import demo_base

    base = demo_base() if options.base is None else describe_base(options.base)
    plan = _plan(options, is_demo=options.base is None)
    dataset, faces = read(options, options.folder), eyes_of(options)
    events = make_variants(
        dataset,
        plan,
        DiffusersGenerator(base, device=options.device, precision="fp32" if options.device == "cpu" else "bf16"),
        options.out / "pictures",
        faces=faces,
        looks=faces if hasattr(faces, "margin") else None,  # type: ignore[arg-type]
        fingerprint=base.sha256,
    )
    made = _followed(events)
    save_again(made.dataset, options.out / "dataset", "json", overwrite=True, notes=options.out / ".saved")
    sheet = io.BytesIO()
    draw_variants(made.dataset.samples, made.kept).save(sheet, "PNG")
    write_atomically(options.out / "pairs.png", sheet.getvalue())
    lines = [*made.texts, *(one.sentence for one in made.dropped), str((options.out / "pairs.png").resolve())]
    sys.stdout.write("\n".join(lines) + "\n")
    return {**made.to_json(), "dataset": str(options.out / "dataset"), "pairs": str(options.out / "pairs.png")}


def _plan(options: argparse.Namespace, *, is_demo: bool) -> VariantPlan:
    return VariantPlan(
        styles=_styles(options, is_demo),
        per_render=options.per_render,
        resolution=options.resolution or (128 if is_demo else 1024),
        steps=options.steps,
        guidance=options.guidance,
        seed=options.seed,
        looks=options.looks,
        share=options.share,
        retries=options.retries,
    )


def _styles(options: argparse.Namespace, is_demo: bool) -> tuple[Style, ...]:
    from .demo.renders import DEMO_STYLES

    if options.styles is None:
        return DEMO_STYLES if is_demo else guide_styles()
    try:
        return parse_styles(options.styles.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as fault:
        raise DatasetError(f"{options.styles} cannot be read: {fault}.") from fault


def _followed(events: Iterable[Drawn | Made]) -> Made:
    with told("drawing") as tell:
        for event in events:
            if isinstance(event, Made):
                return event
            tell(event.done, event.total, f"{event.attempt.job.source.path.name} {event.attempt.job.style.prompt}")
    raise AssertionError("the last event is what was made")
