"""SDXL and SD 1.5 as data, and what was made from them: RealVisXL, Illustrious, Pony, Animagine, NoobAI, …"""

from ..spec import FamilySpec
from .describe import describe_checkpoint, describe_folder
from .keys import one_prefix
from .layout import SD15_LAYOUT, SDXL_LAYOUT
from .model import StableDiffusion

_UNET = "model.diffusion_model.input_blocks.0.0.weight"
_SIZES = "model.diffusion_model.label_emb.0.0.weight"
_BLOCKS = tuple(f"{side}.attentions.*.transformer_blocks" for side in ("down_blocks.*", "mid_block", "up_blocks.*"))
_BETWEEN = tuple(f"{side}.resnets" for side in ("down_blocks.*", "mid_block", "up_blocks.*"))


SDXL = FamilySpec(
    name="sdxl",
    title="SDXL",
    denoiser="unet",
    text_parts=("te1", "te2"),
    latent_channels=4,
    latent_factor=8,
    text_values=77 * 2048 + 1280,
    usual_sides=(768, 2048),
    metadata={
        "ss_base_model_version": "sdxl_base_v1-0",
        "modelspec.architecture": "stable-diffusion-xl-v1-base/lora",
        "modelspec.implementation": "https://github.com/Stability-AI/generative-models",
    },
    marks=(_UNET, _SIZES),
    pipelines=(r"StableDiffusionXL.*",),
    lora_marks=(
        r"lora_te2_|text_encoder_2_|clip_g_",
        r"(?:(?:down|up)_blocks_\d_attentions_\d|mid_block_attentions_0)_transformer_blocks_[1-9]",
        r"(?:(?:input|output)_blocks_\d|middle_block)_1_transformer_blocks_[1-9]",
    ),
    blocks=_BLOCKS,
    between=_BETWEEN,
    one_prefix=lambda prefix: one_prefix(prefix, ("te1", "te2")),
    describe_file=lambda path, header, given: describe_checkpoint(path, header, given, SDXL_LAYOUT),
    describe_folder=lambda folder: describe_folder(folder, SDXL_LAYOUT),
    load=lambda base, residence, options: StableDiffusion(SDXL, SDXL_LAYOUT, base, residence, options),
)

SD15 = FamilySpec(
    name="sd15",
    title="SD 1.5",
    denoiser="unet",
    text_parts=("te",),
    latent_channels=4,
    latent_factor=8,
    text_values=77 * 768,
    reads_clip_skip=True,
    usual_sides=(512, 768),
    metadata={
        "ss_base_model_version": "sd_v1",
        "modelspec.architecture": "stable-diffusion-v1/lora",
        "modelspec.implementation": "https://github.com/Stability-AI/stablediffusion",
    },
    marks=(_UNET,),
    absent=(_SIZES,),
    pipelines=(r"StableDiffusionPipeline",),
    lora_marks=(r"down_blocks_0_attentions|up_blocks_3_attentions|input_blocks_[12]_1_|output_blocks_(?:9|1[01])_1_",),
    blocks=_BLOCKS,
    between=_BETWEEN,
    one_prefix=lambda prefix: one_prefix(prefix, ("te",)),
    describe_file=lambda path, header, given: describe_checkpoint(path, header, given, SD15_LAYOUT),
    describe_folder=lambda folder: describe_folder(folder, SD15_LAYOUT),
    load=lambda base, residence, options: StableDiffusion(SD15, SD15_LAYOUT, base, residence, options),
)
