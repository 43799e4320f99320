"""Z-Image and Z-Image Turbo as data."""

from collections.abc import Callable

from ..base import Base
from ..options import FamilyOptions
from ..residence import Residence
from ..spec import FamilySpec, Guidance
from .describe import BASE, TURBO, describe_file, describe_folder, family_of, parts_of
from .layout import FILE_PARTS, ROOTS, TRANSFORMER
from .model import ZImage
from .shapes import CAPTION, MARK
from .targets import TARGETS
from .text import LENGTH

_MARKS = (MARK, CAPTION, "x_pad_token", "noise_refiner.0.attention.qkv.weight", "layers.0.adaLN_modulation.0.weight")
_ABSENT = ("siglip_embedder.0.weight", "dec_net.cond_embed.weight")
_WORD = 2560
Load = Callable[[Base, Residence, FamilyOptions], ZImage]


def _z_image(
    name: str, title: str, guidance: Guidance, steps: int, lora_marks: tuple[str, ...], load: Load
) -> FamilySpec:
    return FamilySpec(
        name=name,
        title=title,
        denoiser=TRANSFORMER,
        text_parts=(),
        latent_channels=16,
        latent_factor=8,
        text_values=LENGTH * _WORD,
        text_layers=-1,
        guidance=guidance,
        drawn_steps=steps,
        drawn_guidance=4.0 if guidance == "cfg" else 1.0,
        usual_sides=(512, 2048),
        metadata={
            "ss_base_model_version": "zimage",
            "modelspec.architecture": f"{title.replace(' ', '-')}/lora",
            "modelspec.implementation": "https://github.com/Tongyi-MAI/Z-Image",
        },
        marks=_MARKS,
        absent=_ABSENT,
        roots=ROOTS,
        pipelines=(r"ZImage(?:Img2Img)?Pipeline",),
        fits_folder=lambda folder: family_of(folder.name) == name,
        lora_marks=lora_marks,
        describe_file=describe_file,
        describe_folder=describe_folder,
        load=load,
        targets=TARGETS,
        blocks=("noise_refiner", "context_refiner", "layers"),
        file_parts=FILE_PARTS,
        sized_parts=parts_of,
        trains_text=False,
        weighs_snr=False,
        is_distilled=name == TURBO,
    )


Z_IMAGE = _z_image(
    name=BASE,
    title="Z-Image",
    guidance="cfg",
    steps=25,
    lora_marks=(r"(?:^|_)(?:layers|noise_refiner|context_refiner)_\d+_(?:attention|feed_forward|adaLN)",),
    load=lambda base, residence, options: ZImage(Z_IMAGE, base, residence, options),
)
Z_IMAGE_TURBO = _z_image(
    name=TURBO,
    title="Z-Image Turbo",
    guidance="none",
    steps=8,
    lora_marks=(),
    load=lambda base, residence, options: ZImage(Z_IMAGE_TURBO, base, residence, options),
)
