"""FLUX.2 klein as data."""

from collections.abc import Callable

from ..base import Base
from ..options import FamilyOptions
from ..residence import Residence
from ..spec import FamilySpec, Guidance
from .describe import DISTILLED, KLEIN, describe_file, describe_folder, is_distilled, parts_of
from .layout import FILE_PARTS, ROOTS, TRANSFORMER
from .model import Flux2Klein
from .shapes import CAPTION, MARK
from .targets import TARGETS
from .text import LENGTH, TAPS

_MARKS = (
    *(MARK, CAPTION, "img_in.weight", "single_stream_modulation.lin.weight"),
    *("double_blocks.0.img_attn.qkv.weight", "single_blocks.0.linear1.weight"),
)
_WORD = 12_288
"""Numbers a word of klein 9B; 4B has 7680."""
Load = Callable[[Base, Residence, FamilyOptions], Flux2Klein]


def _klein(
    name: str, title: str, guidance: Guidance, steps: int, lora_marks: tuple[str, ...], load: Load
) -> FamilySpec:
    return FamilySpec(
        name=name,
        title=title,
        denoiser=TRANSFORMER,
        text_parts=(),
        latent_channels=128,
        latent_factor=16,
        text_values=LENGTH * _WORD,
        text_layers=max(TAPS),
        guidance=guidance,
        drawn_steps=steps,
        drawn_guidance=4.0 if guidance == "cfg" else 1.0,
        usual_sides=(512, 2048),
        metadata={
            "ss_base_model_version": "flux2_klein",
            "modelspec.architecture": "flux-2-klein/lora",
            "modelspec.implementation": "https://github.com/black-forest-labs/flux2",
        },
        marks=_MARKS,
        roots=ROOTS,
        pipelines=(r"Flux2(?:Klein)?Pipeline",),
        fits_folder=lambda folder: is_distilled(folder) == (name == DISTILLED),
        lora_marks=lora_marks,
        describe_file=describe_file,
        describe_folder=describe_folder,
        load=load,
        targets=TARGETS,
        blocks=("transformer_blocks", "single_transformer_blocks"),
        file_parts=FILE_PARTS,
        sized_parts=parts_of,
        trains_text=False,
        weighs_snr=False,
        is_distilled=name == DISTILLED,
    )


FLUX2_KLEIN = _klein(
    name=KLEIN,
    title="FLUX.2 klein",
    guidance="cfg",
    steps=20,
    lora_marks=(),
    load=lambda base, residence, options: Flux2Klein(FLUX2_KLEIN, base, residence, options),
)
FLUX2_KLEIN_DISTILLED = _klein(
    name=DISTILLED,
    title="FLUX.2 klein distilled",
    guidance="none",
    steps=4,
    lora_marks=(),
    load=lambda base, residence, options: Flux2Klein(FLUX2_KLEIN_DISTILLED, base, residence, options),
)
