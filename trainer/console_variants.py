"""What `variants` shows and writes: a bar while pictures are drawn, then the dataset, a sheet of pairs and figures."""

import argparse
import io
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any, cast

from PIL import Image

from .augment.variants.clip_looks import NEEDED, ClipLooks, find_clip
from .augment.variants.judge import LookReader
from .augment.variants.made import Made
from .augment.variants.make import Drawn, make_variants
from .augment.variants.picture import draw_variants
from .augment.variants.plan import VariantPlan
from .augment.variants.style import Style, guide_styles, parse_styles
from .console_dataset import eyes_of, read, told
from .dataset.files.resave import save_again
from .errors import DatasetError, ModelError
from .faces.face import FaceReader
from .families.base import Base
from .families.registry import describe_base
from .families.residence import Residence
from .generate.local import LocalGenerator
from .generate.shot import Generator
from .generate.with_lora import Wearing
from .storage.atomic import write_atomically
from .storage.file_hash import file_sha256


def follow_variants(options: argparse.Namespace) -> dict[str, Any]:
    """Write `dataset/` (pictures, captions, dataset.json) and pairs.png into `--out`; run again to go on."""
    base = base_of(options)
    plan = _plan(options, is_demo=options.base is None)
    dataset, faces = read(options, options.folder), eyes_of(options)
    generator, fingerprint = drawing(options, base)
    events = make_variants(
        dataset,
        plan,
        generator,
        options.out / "pictures",
        faces=faces,
        looks=_looks(options, faces),
        fingerprint=fingerprint,
    )
    made = _followed(events)
    save_again(made.dataset, options.out / "dataset", "json", overwrite=True, notes=options.out / ".saved")
    sheet = write_picture(options.out / "pairs.png", draw_variants(made.dataset.samples, made.kept))
    lines = [*made.texts, *(one.sentence for one in made.dropped), str(sheet.resolve())]
    sys.stdout.write("\n".join(lines) + "\n")
    return {**made.to_json(), "dataset": str(options.out / "dataset"), "pairs": str(sheet)}


def _looks(options: argparse.Namespace, faces: FaceReader | None) -> LookReader | None:
    """CLIP where a folder is given, else the face reader where it tells styles too, as the demo's does."""
    if options.clip is None:
        return cast(LookReader, faces) if hasattr(faces, "margin") else None
    if (folder := find_clip([options.clip])) is None:
        raise ModelError(f"{options.clip} holds no whole CLIP; it needs {', '.join(NEEDED)}.")
    return ClipLooks(folder, options.device)


def base_of(options: argparse.Namespace) -> Base:
    from .demo.assets import demo_base

    return demo_base() if options.base is None else describe_base(options.base)


def drawing(options: argparse.Namespace, base: Base) -> tuple[Generator, str]:
    """The generator of the options, and the fingerprint of its weights."""
    precision = "fp32" if options.device == "cpu" else "bf16"
    generator = LocalGenerator(base, Residence(device=options.device, precision=precision))
    if options.lora is None:
        return generator, base.sha256
    if not options.lora.is_file():
        raise ModelError(f"There is no LoRA file {options.lora}; give the path of a .safetensors.")
    wearing = Wearing(generator=generator, lora=options.lora, strength=options.strength)
    return wearing, f"{base.sha256} + {file_sha256(options.lora)} at {options.strength:g}"


def drawing_numbers(options: argparse.Namespace, *, is_demo: bool) -> dict[str, Any]:
    """What every plan of drawing has, by its names."""
    from .demo.renders import DEMO_GUIDANCE

    guidance = options.guidance if options.guidance is not None else DEMO_GUIDANCE if is_demo else 5.0
    names = ("steps", "seed", "looks", "share", "retries")
    given = {name: getattr(options, name) for name in names}
    return {**given, "guidance": guidance, "resolution": options.resolution or (128 if is_demo else 1024)}


def write_picture(path: Path, image: Image.Image) -> Path:
    png = io.BytesIO()
    image.save(png, "PNG")
    write_atomically(path, png.getvalue())
    return path


def _plan(options: argparse.Namespace, *, is_demo: bool) -> VariantPlan:
    numbers = drawing_numbers(options, is_demo=is_demo)
    return VariantPlan(styles=_styles(options, is_demo), per_render=options.per_render, **numbers)


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
