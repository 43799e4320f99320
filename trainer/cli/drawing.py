"""What `variants` and `fill` share: the arguments of drawing, the generator they name, and the numbers of a plan."""

from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import DatasetError, ModelError
from .base import add_base
from .folder import add_faces, add_reading

if TYPE_CHECKING:
    from ..families.base import Base
    from ..generate.shot import Generator


def add_drawing(verb: ArgumentParser) -> None:
    verb.add_argument("--out", type=Path, required=True, help="folder for what is made; goes on where it stopped")
    add_base(verb)
    verb.add_argument("--lora", type=Path, help="LoRA to draw with, for a base that should know the person")
    verb.add_argument("--strength", type=float, default=1.0, help="of that LoRA")
    verb.add_argument("--looks", default="", help="what the person looks like, for the drawing only")
    verb.add_argument("--resolution", type=int, help="about so many pixels squared (default: 1024, demo base 128)")
    verb.add_argument("--steps", type=int, default=20)
    verb.add_argument("--guidance", type=float, help="default: 5, demo base 1.5")
    verb.add_argument("--seed", type=int, default=0)
    verb.add_argument("--share", type=float, default=0.6, help="part of training that made pictures get")
    verb.add_argument("--retries", type=int, default=3, help="how often a picture that fails is tried again")


def add_source(verb: ArgumentParser) -> None:
    """How the pictures to begin with are read, and who reads their faces."""
    add_reading(verb)
    add_faces(verb)


def generator_of(options: Namespace, base: "Base") -> "tuple[Generator, str]":
    """The generator of the options, and the fingerprint of its weights."""
    from ..families.residence import Residence
    from ..generate.attachments import Lora
    from ..generate.local import LocalGenerator
    from ..generate.with_lora import WithLora

    precision = "fp32" if options.device == "cpu" else "bf16"
    generator = LocalGenerator(base, Residence(device=options.device, precision=precision))
    if options.lora is None:
        return generator, base.sha256
    if not options.lora.is_file():
        raise ModelError(f"There is no LoRA file {options.lora}; give the path of a .safetensors.")
    lora = Lora(path=options.lora, strength=options.strength)
    return WithLora(generator=generator, lora=lora), f"{base.sha256} + {lora.content_key} at {lora.strength:g}"


def plan_numbers(options: Namespace) -> dict[str, Any]:
    """What every plan of drawing has, by its names."""
    from ..demo.characters.renders import DEMO_GUIDANCE

    is_demo = options.base is None
    guidance = options.guidance if options.guidance is not None else DEMO_GUIDANCE if is_demo else 5.0
    given = {name: getattr(options, name) for name in ("steps", "seed", "looks", "share", "retries")}
    return {**given, "guidance": guidance, "resolution": options.resolution or (128 if is_demo else 1024)}


def table_text(path: Path) -> str:
    """A table of styles or views as it stands in its file; DatasetError when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise DatasetError(f"{path} cannot be read: {fault}.") from fault
