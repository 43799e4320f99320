"""`lora check | average | convert`: anybody's LoRA files, their health, their mean, their layers in other words."""

import sys
from argparse import Namespace
from pathlib import Path

from ..families.base import Base
from ..images.picture_file import write_picture
from .base import add_base, base_of
from .command import AddParser, Figures
from .progress import say

SPELLINGS = ("comfyui", "kohya", "diffusers")


def add(command: AddParser) -> None:
    lora = command("lora", help="anybody's LoRA files: their health, the average of several, other spellings")
    inner = lora.add_subparsers(required=True, metavar="action")
    check = inner.add_parser("check", help="size of the change by block, dead layers, what is broken")
    check.set_defaults(command=_check)
    check.add_argument("files", type=Path, nargs="+")
    add_base(check, "tell keys that do not belong to it")
    check.add_argument("--sheet", type=Path, help="picture of the first file to write (PNG)")
    mean = inner.add_parser("average", help="the mean of several LoRAs of the same layers, cut back to rank")
    mean.set_defaults(command=_average)
    mean.add_argument("files", type=Path, nargs="+")
    mean.add_argument("--out", type=Path, required=True)
    mean.add_argument("--rank", type=int, default=0, help="of the result (default: the first file's)")
    other = inner.add_parser("convert", help="the same LoRA with its layers called as another program calls them")
    other.set_defaults(command=_convert)
    other.add_argument("file", type=Path)
    add_base(other, "the base that it was made for; default: the demo base")
    other.add_argument("--to", choices=SPELLINGS, required=True, help="whose names: ComfyUI's, kohya's or diffusers'")
    other.add_argument("--out", type=Path, required=True)


def _check(options: Namespace) -> Figures:
    from ..lora.health import check_lora, health_json, health_lines
    from ..lora.health_sheet import draw_health

    healths = [check_lora(path) for path in options.files]
    for health in healths:
        for number, line in enumerate(health_lines(health)):
            style = ("yellow" if health.faults else "green") if not number else None
            say(line, style)
    if options.sheet is not None:
        write_picture(options.sheet, draw_health(healths[0]))
        sys.stdout.write(f"{options.sheet.resolve()}\n")
    figures: Figures = {"files": [health_json(health) for health in healths]}
    if options.base is not None:
        figures["unmatched"] = {path.name: _unmatched(path, base_of(options)) for path in options.files}
    return figures


def _unmatched(path: Path, base: Base) -> list[str]:
    """Layers of the file without a module in the base, and a sentence about them."""
    from ..errors import few
    from ..families.registry import load_family
    from ..lora.file import opened_lora

    family = load_family(base)
    with opened_lora(path) as file:
        known = family.keys.find(file.prefixes)
        unmatched = [prefix for prefix in file.prefixes if prefix not in known]
        if not family.spec.title.startswith(file.made_for):
            say(f"{path.name} is a LoRA for {file.made_for}, and {base.name} is {family.spec.title}.", "yellow")
        if unmatched:
            say(f"Of {path.name} these have no module in {base.name}: {few(unmatched)}.", "yellow")
    return unmatched


def _average(options: Namespace) -> Figures:
    from ..lora.average import average_loras
    from ..lora.file import opened_lora

    with opened_lora(options.files[0]) as file:
        metadata = dict(file.metadata)
    kept = average_loras(options.files, options.out, metadata, options.rank)
    return {"written": str(options.out), "energy_kept": round(kept, 4)}


def _convert(options: Namespace) -> Figures:
    from ..families.registry import load_family
    from ..lora.convert import convert_lora

    count = convert_lora(load_family(base_of(options)), options.file, options.out, options.to)
    return {"written": str(options.out), "layers": count}
