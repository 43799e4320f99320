"""Where the parts of SDXL and of SD 1.5 lie in a checkpoint file and in a folder of diffusers."""

from dataclasses import dataclass

UNET, VAE = "model.diffusion_model.", "first_stage_model."


@dataclass(frozen=True, kw_only=True)
class Layout:
    """`clip_l` and `open_clip` begin the names of the text encoders' tensors in a checkpoint, `folders` hold them in a
    diffusers folder. `has_sizes`: the UNet is told the picture's size and cut. `scaling` of latents where no file
    tells it."""

    family: str
    title: str
    folders: tuple[str, ...]
    clip_l: tuple[str, ...]
    open_clip: str | None
    has_sizes: bool
    scaling: float


SDXL_LAYOUT = Layout(
    family="sdxl",
    title="SDXL",
    folders=("text_encoder", "text_encoder_2"),
    clip_l=("conditioner.embedders.0.transformer.text_model.",),
    open_clip="conditioner.embedders.1.model.",
    has_sizes=True,
    scaling=0.13025,
)
SD15_LAYOUT = Layout(
    family="sd15",
    title="SD 1.5",
    folders=("text_encoder",),
    # The second of old files, saved before transformers had the level `text_model`.
    clip_l=("cond_stage_model.transformer.text_model.", "cond_stage_model.transformer."),
    open_clip=None,
    has_sizes=False,
    scaling=0.18215,
)
