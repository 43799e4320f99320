"""FLUX.1 dev and schnell as data, and what was made from them or after them: Krea, Kontext, finetunes."""

from ..memory.modulation import Modulation
from ..spec import FamilySpec, Guidance
from .describe import DEV, SCHNELL, UNDISTILLED, describe_file, describe_folder, folder_family
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


def _flux(
    *,
    name: str,
    title: str,
    guidance: Guidance,
    modelspec: str,
    marks: tuple[str, ...] = (),
    lora_marks: tuple[str, ...] = (),
) -> FamilySpec:
    spec = FamilySpec(
        name=name,
        title=title,
        denoiser=TRANSFORMER,
        text_parts=(),
        latent_channels=16,
        latent_factor=8,
        text_values=LENGTH * _WORD + _POOLED,
        guidance=guidance,
        drawn_steps=4 if guidance == "none" else 20,
        drawn_guidance=1.0 if guidance == "none" else 3.5,
        usual_sides=(512, 2048),
        metadata={
            "ss_base_model_version": "flux1",
            "modelspec.architecture": modelspec,
            "modelspec.implementation": "https://github.com/black-forest-labs/flux",
        },
        marks=marks,
        absent=_FLUX2 if GUIDANCE in marks else (*_FLUX2, GUIDANCE),
        roots=ROOTS,
        pipelines=(r"Flux(?:Kontext)?Pipeline",),
        fits_folder=lambda folder: folder_family(folder) == name,
        lora_marks=lora_marks,
        describe_file=describe_file,
        describe_folder=describe_folder,
        load=lambda base, residence, options: Flux1(spec, base, residence, options),
        targets=TARGETS,
        blocks=("transformer_blocks", "single_transformer_blocks"),
        modulation=_MODULATION,
        file_parts=FILE_PARTS,
        trains_text=False,
        weighs_snr=False,
        is_distilled=name == SCHNELL,
    )
    return spec


FLUX1 = _flux(
    name=DEV,
    title="FLUX.1",
    guidance="embedded",
    modelspec="flux-1-dev/lora",
    marks=(*_MARKS, GUIDANCE),
    lora_marks=(
        r"(?:^|_)double_blocks_\d+_(?:img|txt)_(?:attn|mod|mlp)_",
        r"(?:^|_)single_blocks_\d+_(?:linear[12]|modulation)",
        r"(?:^|_)single_transformer_blocks_\d+_(?:attn_to_[qkv]|proj_mlp|norm_linear)",
    ),
)
FLUX1_SCHNELL = _flux(
    name=SCHNELL,
    title="FLUX.1 schnell",
    guidance="none",
    modelspec="flux-1-schnell/lora",
    marks=_MARKS,
)
FLUX1_UNDISTILLED = _flux(
    name=UNDISTILLED,
    title="undistilled FLUX.1",
    guidance="cfg",
    modelspec="flux-1/lora",
)
"""In FLUX.1's layers, but drawn with and without the words. A file has no mark of it; a folder's pipeline may."""
