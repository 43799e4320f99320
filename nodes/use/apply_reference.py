"""A reference picture for bases that edit pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ...trainer.errors import ModelError
from .._api import io
from ..checked import checked
from ..host.images import to_image
from ..panel.budget import words_of
from ..sockets import IDENTITY

if TYPE_CHECKING:
    import torch

    from ...trainer.identity.identity import Identity
    from ...trainer.identity.pictures import FacePicture


@checked
class ApplyReference(io.ComfyNode):
    """Core's ReferenceLatent with a strength, a window and a mask of its own for every reference."""

    @classmethod
    def define_schema(cls) -> Any:
        return io.Schema(
            node_id="LikenessApplyReference",
            display_name="Apply reference",
            category="Likeness/5 Use",
            description=(
                "Shows a model that edits pictures (FLUX.1 Kontext, FLUX.2, Qwen-Image-Edit) whom to draw, as core's "
                "Set Reference Latent does, and lets each reference count more or less, for a part of the steps, or by "
                "its face alone. Chain one a reference. At strength 1 it is core's to the bit, at 0 there is none."
            ),
            search_aliases=[
                "reference image",
                "reference latent",
                "reference strength",
                "kontext",
                "flux kontext",
                "klein",
                "qwen edit",
                "consistent character",
            ],
            has_intermediate_output=True,
            inputs=_inputs(),
            outputs=[
                io.Model.Output(display_name="model", tooltip="The model that heeds the settings of its references."),
                io.Conditioning.Output(display_name="conditioning", tooltip="The prompt with the reference."),
            ],
        )

    @classmethod
    def execute(  # noqa: PLR0913
        cls,
        model: Any,
        conditioning: Any,
        strength: float,
        start: float,
        end: float,
        face_only: bool,
        latent: Any = None,
        image: torch.Tensor | None = None,
        identity: Identity | None = None,
        vae: Any = None,
        mask: torch.Tensor | None = None,
    ) -> Any:
        from ..host.reference import ReferenceUse, encoded, refuse_without_references, with_reference

        refuse_without_references(model)
        picture = _picture(identity) if identity is not None and image is None and latent is None else None
        if face_only:
            mask = _face_mask(picture)
        use = ReferenceUse(
            strength=strength,
            start=start,
            end=end,
            mask=None if mask is None else mask.reshape(-1, *mask.shape[-2:])[0],
        )
        if latent is not None:
            samples = latent["samples"]
        else:
            pixels = _given(to_image([picture.image]) if picture is not None else image)
            samples = encoded(_needed(vae), pixels)
        given = with_reference(model, conditioning, samples, use)
        said = f"One reference more, at strength {strength:g}." if strength else "Strength 0: the prompt is as it came."
        return io.NodeOutput(*given, ui={"text": words_of(said)})


def _inputs() -> list[Any]:
    return [
        io.Model.Input("model", tooltip="FLUX.1 Kontext, FLUX.2 klein or dev, or Qwen-Image-Edit."),
        io.Conditioning.Input("conditioning", tooltip="The prompt. Chain one node for each reference."),
        io.Float.Input(
            "strength",
            default=1.0,
            min=0.0,
            max=3.0,
            step=0.05,
            tooltip="How much the reference counts: 1 as in core, 0 not at all, between them by attention to it.",
        ),
        io.Float.Input(
            "start",
            default=0.0,
            min=0.0,
            max=1.0,
            step=0.01,
            tooltip=(
                "Part of sampling at which it begins to be seen: 0 is the first step. Later leaves the composition "
                "to the prompt."
            ),
        ),
        io.Float.Input(
            "end",
            default=1.0,
            min=0.0,
            max=1.0,
            step=0.01,
            tooltip=(
                "Part of sampling after which it is no longer seen: 1 is the last step. Earlier leaves details to "
                "the model and a LoRA."
            ),
        ),
        io.Boolean.Input(
            "face_only",
            default=False,
            tooltip="With an identity: its face alone is seen, without clothes and background.",
        ),
        io.Latent.Input("latent", optional=True, tooltip="The reference as core takes it: encoded, of any size."),
        io.Image.Input(
            "image", optional=True, tooltip="The reference as a picture; it is scaled to a megapixel. Needs the VAE."
        ),
        IDENTITY.Input(
            "identity",
            optional=True,
            tooltip="From Read face or Load identity: its best picture is the reference. Needs the VAE.",
        ),
        io.Vae.Input("vae", optional=True, tooltip="The VAE of the model, needed for image and identity."),
        io.Mask.Input(
            "mask", optional=True, tooltip="Which part of the reference is seen: the white part. Left open, all of it."
        ),
    ]


def _picture(identity: Identity) -> FacePicture:
    if not identity.pictures:
        raise ModelError("This identity comes from a file, which holds no pictures: wire an image or a latent.")
    return identity.pictures[0]


def _face_mask(picture: FacePicture | None) -> torch.Tensor:
    """White on the face with its margin."""
    import torch

    from ...trainer.identity.pictures import around

    if picture is None or picture.box is None:
        raise ModelError("face_only needs an identity in which a face was found; or draw a mask, and turn it off.")
    left, top, right, bottom = around(picture.box)
    mask = torch.zeros(picture.image.height, picture.image.width)
    mask[max(0, top) : max(0, bottom), max(0, left) : max(0, right)] = 1
    return mask


def _needed(vae: Any) -> Any:
    if vae is None:
        raise ModelError("A picture is encoded by the model's VAE: wire it, or wire a latent.")
    return vae


def _given(pixels: torch.Tensor | None) -> torch.Tensor:
    if pixels is None:
        raise ModelError("There is no reference: wire an image, an identity or a latent.")
    return pixels
