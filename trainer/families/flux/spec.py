"""FLUX.1 dev and schnell as data, and what was made from them: Krea, Kontext, finetunes."""

from collections.abc import Callable

from ..base import Base
from ..memory.modulation import Modulation
from ..options import FamilyOptions
from ..residence import Residence
from ..spec import FamilySpec, Guidance
from .describe import DEV, SCHNELL, describe_file, describe_folder, is_schnell
from .layout import FILE_PARTS, ROOTS, TRANSFORMER
from .model import Flux1
from .shapes import GUIDANCE, MARK
from .targets import TARGETS
from .text import LENGTH

_MARKS = (
    *(MARK, "img_in.weight", "txt_in.weight", "vector_in.in_layer.weight"),
    *("double_blocks.0.img_mod.lin.weight", "single_blocks.0.linear1.weight"),
)
_FLUX2 = ("double_stream_modulation_img.lin.weight",)
_WORD, _POOLED = 4096, 768
_MODULATION = Modulation(
    source="time_text_embed",
    layers=r"(?:single_)?transformer_blocks\.\d+\.(?:norm|norm1|norm1_context)\.linear",
    activation="silu",
    others=("norm_out",),
    targets=("all", "double_blocks", "single_blocks"),
)
Load = Callable[[Base, Residence, FamilyOptions], Flux1]


def _flux(
    name: str, title: str, guidance: Guidance, modelspec: str, lora_marks: tuple[str, ...], load: Load
) -> FamilySpec:
    is_dev = guidance == "embedded"
    return FamilySpec(
        name=name,
        title=title,
        denoiser=TRANSFORMER,
        text_parts=(),
        latent_channels=16,
        latent_factor=8,
        text_values=LENGTH * _WORD + _POOLED,
        guidance=guidance,
        drawn_steps=20 if is_dev else 4,
        drawn_guidance=3.5 if is_dev else 1.0,
        usual_sides=(512, 2048),
        metadata={
            "ss_base_model_version": "flux1",
            "modelspec.architecture": modelspec,
            "modelspec.implementation": "https://github.com/black-forest-labs/flux",
        },
        marks=(*_MARKS, GUIDANCE) if is_dev else _MARKS,
        absent=_FLUX2 if is_dev else (*_FLUX2, GUIDANCE),
        roots=ROOTS,
        pipelines=(r"Flux(?:Kontext)?Pipeline",),
        fits_folder=lambda folder: is_schnell(folder) != is_dev,
        lora_marks=lora_marks,
        describe_file=describe_file,
        describe_folder=describe_folder,
        load=load,
        targets=TARGETS,
        blocks=("transformer_blocks", "single_transformer_blocks"),
        modulation=_MODULATION,
        file_parts=FILE_PARTS,
        trains_text=False,
        weighs_snr=False,
        is_distilled=name == SCHNELL,
    )


FLUX1 = _flux(
    name=DEV,
    title="FLUX.1",
    guidance="embedded",
    modelspec="flux-1-dev/lora",
    lora_marks=(
        r"(?:^|_)double_blocks_\d+_(?:img|txt)_(?:attn|mod|mlp)_",
        r"(?:^|_)single_blocks_\d+_(?:linear[12]|modulation)",
        r"(?:^|_)single_transformer_blocks_\d+_(?:attn_to_[qkv]|proj_mlp|norm_linear)",
    ),
    load=lambda base, residence, options: Flux1(FLUX1, base, residence, options),
)
FLUX1_SCHNELL = _flux(
    name=SCHNELL,
    title="FLUX.1 schnell",
    guidance="none",
    modelspec="flux-1-schnell/lora",
    lora_marks=(),
    load=lambda base, residence, options: Flux1(FLUX1_SCHNELL, base, residence, options),
)
