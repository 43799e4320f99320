"""`--base`, and `--part` for the files that a base needs besides."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..families.base import Base, Predicts


def add_base(verb: ArgumentParser, why: str = "default: the demo base") -> None:
    """`why` says what the base is for, or what stands in its place."""
    verb.add_argument(
        "--base",
        type=Path,
        help=f"checkpoint or diffusion model file, or diffusers folder: SDXL, SD 1.5, FLUX.1 ({why})",
    )
    verb.add_argument(
        "--part",
        type=_part,
        action="append",
        default=[],
        metavar="NAME=PATH",
        help="a file that the base needs besides, where it does not lie in the folder beside it that ComfyUI keeps "
        "such files in: clip_l, t5, vae of FLUX.1, t5_tokenizer for a folder with T5's tokenizer.json; or assistant, "
        "a LoRA to train with and to draw without",
    )


def base_of(options: Namespace, predicts: "Predicts" = "") -> "Base":
    """The base that is named; the demo base where none is."""
    from ..demo.assets import demo_base
    from ..families.registry import describe_base

    return describe_base(options.base, predicts, dict(options.part)) if options.base else demo_base()


def _part(text: str) -> tuple[str, Path]:
    name, mark, path = text.partition("=")
    if not mark or not name or not path:
        raise ArgumentTypeError(
            f"{text!r} is not NAME=PATH, for example t5=models/text_encoders/t5xxl_fp16.safetensors"
        )
    return name, Path(path)
