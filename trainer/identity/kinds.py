"""The kinds of identity adapter as data: what each needs, what it stands on, and under which terms people use it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

FaceModel = Literal["", "antelopev2", "buffalo_l", "demo"]
ImageEncoder = Literal["", "clip_vit_h", "clip_vit_bigg", "clip_vit_l", "siglip_so400m", "eva02_clip_l"]
AdapterFamily = Literal["sd15", "sdxl", "flux1"]
LicenceClass = Literal["permissive", "non-commercial"]


@dataclass(frozen=True, kw_only=True)
class AdapterKind:
    """What an adapter of this kind is read from.

    `face_model` names the face recogniser whose embedding it learned from ("" where it looks at pictures alone), taken
    `normalised` or as the network gives it. `images` is the encoder of the picture, "" where the embedding is all.
    """

    name: str
    title: str
    families: tuple[AdapterFamily, ...]
    licence: LicenceClass
    why_licence: str
    face_model: FaceModel = ""
    normalised: bool = True
    images: ImageEncoder = ""


_OWN = "the adapter and its image encoder are Apache-2.0"
_FACES = "it needs an insightface face model, whose terms are for research only"
_DEV = "it was made for FLUX.1 dev, whose terms are non-commercial"


def _kinds() -> tuple[AdapterKind, ...]:
    sd, sdxl, flux = ("sd15", "sdxl"), ("sdxl",), ("flux1",)
    buffalo, antelope = {"face_model": "buffalo_l"}, {"face_model": "antelopev2", "normalised": False}
    free = {"licence": "permissive", "why_licence": _OWN}
    faces = {"licence": "non-commercial", "why_licence": _FACES}
    dev = {"licence": "non-commercial", "why_licence": _DEV}
    rows = (
        ("ip_adapter", "IP-Adapter", sd, {"images": "clip_vit_h", **free}),
        ("ip_adapter_bigg", "IP-Adapter (ViT-bigG)", sdxl, {"images": "clip_vit_bigg", **free}),
        ("ip_adapter_plus", "IP-Adapter Plus", sd, {"images": "clip_vit_h", **free}),
        ("ip_adapter_plus_face", "IP-Adapter Plus Face", sd, {"images": "clip_vit_h", **free}),
        ("ip_adapter_full_face", "IP-Adapter Full Face", ("sd15",), {"images": "clip_vit_h", **free}),
        ("faceid", "IP-Adapter FaceID", sd, {**buffalo, **faces}),
        ("faceid_plus", "IP-Adapter FaceID Plus", sd, {**buffalo, "images": "clip_vit_h", **faces}),
        ("faceid_plus_v2", "IP-Adapter FaceID Plus v2", sd, {**buffalo, "images": "clip_vit_h", **faces}),
        ("faceid_portrait", "IP-Adapter FaceID Portrait", sd, {**buffalo, **faces}),
        (
            "faceid_unnorm",
            "IP-Adapter FaceID Portrait, not normalised",
            sdxl,
            {**buffalo, "normalised": False, **faces},
        ),
        ("instantid", "InstantID", sdxl, {**antelope, **faces}),
        ("pulid", "PuLID", sdxl, {**antelope, "images": "eva02_clip_l", **faces}),
        ("pulid_v1_1", "PuLID v1.1", sdxl, {**antelope, "images": "eva02_clip_l", **faces}),
        ("pulid_flux", "PuLID FLUX", flux, {**antelope, "images": "eva02_clip_l", **faces}),
        ("xlabs_flux", "XLabs IP-Adapter for FLUX", flux, {"images": "clip_vit_l", **dev}),
        ("instantx_flux", "InstantX IP-Adapter for FLUX", flux, {"images": "siglip_so400m", **dev}),
        (
            "demo",
            "Demo adapter",
            sdxl,
            {"face_model": "demo", "licence": "permissive", "why_licence": "it is the project's own"},
        ),
    )
    return tuple(AdapterKind(name=name, title=title, families=families, **rest) for name, title, families, rest in rows)  # type: ignore[arg-type]


KINDS: Mapping[str, AdapterKind] = {kind.name: kind for kind in _kinds()}
