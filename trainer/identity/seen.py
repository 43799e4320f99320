"""What an adapter is given of the references: that they are of its face model and encoder, and several made one."""

from collections.abc import Callable, Mapping

from torch import Tensor
from torch.nn import functional

from ..errors import ModelError
from .finite import is_finite
from .kinds import AdapterKind
from .references import References
from .use import Combine

_UNIT = 0.01
"""A length so near 1 is no chance: face models give embeddings that are about twenty long."""
_ENCODERS = {
    "clip_vit_h": "CLIP ViT-H",
    "clip_vit_bigg": "CLIP ViT-bigG",
    "clip_vit_l": "CLIP ViT-L",
    "siglip_so400m": "SigLIP",
    "eva02_clip_l": "EVA02-CLIP-L",
}


def seen_faces(kind: AdapterKind, references: References, width: int) -> Tensor:
    """Face embeddings (n, width) as the adapter learned from them: of length 1 where `kind.normalised` says so.

    ModelError where there are none, or they are another face model's.
    """
    faces = references.faces
    if faces is None or not len(faces):
        raise ModelError(
            f"{kind.title} needs the faces of the references, read with {kind.face_model}; there are none."
        )
    if references.face_model != kind.face_model:
        raise ModelError(
            f"{kind.title} learned from the face model {kind.face_model}; these faces were read with "
            f"{references.face_model or 'one that is not told'}, whose numbers mean other faces to it. Read the "
            f"references with {kind.face_model}."
        )
    if faces.ndim != 2 or faces.shape[-1] != width:
        raise ModelError(
            f"{kind.title} reads face embeddings (n, {width}); these are {tuple(faces.shape)}. Read again."
        )
    if not is_finite(faces):
        raise ModelError(f"{kind.title} was given faces whose values are not numbers. Read the references again.")
    if kind.normalised:
        return functional.normalize(faces.float(), dim=-1)
    if bool(((faces.float().square().sum(-1).sqrt() - 1).abs() < _UNIT).any()):
        raise ModelError(
            f"{kind.title} reads the face's embedding as {kind.face_model} gives it, and this one was scaled to length "
            "1. Read the references again."
        )
    return faces.float()


def seen_images(kind: AdapterKind, images: Tensor | None, width: int) -> Tensor:
    """What the image encoder said of the references, (n, width) or (n, t, width); ModelError for another's or none."""
    encoder = _ENCODERS.get(kind.images, "its image encoder")
    if images is None or not len(images):
        raise ModelError(
            f"{kind.title} looks at the reference pictures through {encoder}; there is nothing of it here."
        )
    if images.shape[-1] != width:
        raise ModelError(
            f"{kind.title} reads the output of {encoder}, {width} wide; this is of an encoder that is "
            f"{images.shape[-1]} wide. Choose the file of {encoder} in models/clip_vision."
        )
    if not is_finite(images):
        raise ModelError(f"{kind.title} was given pictures whose values are not numbers. Read the references again.")
    return images.float()


def combined(seen: Tensor, how: Combine) -> Tensor:
    """Of n references (n, …) one, (1, …); all as they are for "concat", whose tokens are put side by side."""
    return seen if how == "concat" else _COMBINED[how](seen)


def _norm_average(seen: Tensor) -> Tensor:
    """The mean direction, as long as they are on average: what reads lengths is not misled by how much they differ."""
    lengths = seen.square().sum(-1, keepdim=True).sqrt()
    return functional.normalize(functional.normalize(seen, dim=-1).mean(0, True), dim=-1) * lengths.mean(0, True)


_COMBINED: Mapping[str, Callable[[Tensor], Tensor]] = {
    "add": lambda seen: seen.sum(0, keepdim=True),
    "subtract": lambda seen: seen[:1] - seen[1:].sum(0, keepdim=True) / max(1, len(seen) - 1),
    "average": lambda seen: seen.mean(0, keepdim=True),
    "norm average": _norm_average,
}
