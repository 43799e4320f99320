"""The files of every kind of adapter as their authors publish them, and of the encoders that they look through."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .kinds import AdapterFamily

ADAPTER_FOLDERS: Mapping[str, str] = {
    "ipadapter": "ipadapter",
    "pulid": "pulid",
    "instantid": "instantid",
    "xlabs_ipadapters": "xlabs/ipadapters",
    "ipadapter-flux": "ipadapter-flux",
}
"""Where adapters lie: the name that the packs for them register a folder by, and its place in the models folder."""
ENCODER_FOLDERS = ("clip_vision", "text_encoders", "pulid")
IDENTITY_ENDING = ".identity.safetensors"
"""How the name of a saved identity ends; it begins as the LoRA's does that it lies beside."""


@dataclass(frozen=True)
class Preset:
    """A kind's file for a family as its authors publish it: `pattern` fits its name and those that people give it."""

    kind: str
    family: AdapterFamily
    folder: str
    pattern: str
    name: str
    source: str


def _ip(kind: str, family: AdapterFamily, pattern: str, name: str, source: str = "h94/IP-Adapter") -> Preset:
    return Preset(kind, family, "ipadapter", pattern, name, source)


_FACEID = "h94/IP-Adapter-FaceID"
_END = r"\.(safetensors|bin)"
PRESETS: tuple[Preset, ...] = (
    _ip("ip_adapter", "sd15", rf"ip-adapter_sd15{_END}", "ip-adapter_sd15.safetensors"),
    _ip("ip_adapter", "sdxl", rf"ip-adapter_sdxl_vit-h{_END}", "ip-adapter_sdxl_vit-h.safetensors"),
    _ip("ip_adapter_bigg", "sdxl", rf"ip-adapter_sdxl(_vit-?g)?{_END}", "ip-adapter_sdxl.safetensors"),
    _ip("ip_adapter_plus", "sd15", rf"ip-adapter-plus_sd15{_END}", "ip-adapter-plus_sd15.safetensors"),
    _ip("ip_adapter_plus", "sdxl", rf"ip-adapter-plus_sdxl.*{_END}", "ip-adapter-plus_sdxl_vit-h.safetensors"),
    _ip("ip_adapter_plus_face", "sd15", rf"ip-adapter-plus-face_sd15{_END}", "ip-adapter-plus-face_sd15.safetensors"),
    _ip(
        "ip_adapter_plus_face",
        "sdxl",
        rf"ip-adapter-plus-face_sdxl.*{_END}",
        "ip-adapter-plus-face_sdxl_vit-h.safetensors",
    ),
    _ip("ip_adapter_full_face", "sd15", rf"ip-adapter-full-face.*{_END}", "ip-adapter-full-face_sd15.safetensors"),
    _ip("faceid", "sd15", rf"ip-adapter-faceid_sd15{_END}", "ip-adapter-faceid_sd15.bin", _FACEID),
    _ip("faceid", "sdxl", rf"ip-adapter-faceid_sdxl{_END}", "ip-adapter-faceid_sdxl.bin", _FACEID),
    _ip("faceid_plus", "sd15", rf"ip-adapter-faceid-plus_sd15{_END}", "ip-adapter-faceid-plus_sd15.bin", _FACEID),
    _ip(
        "faceid_plus_v2", "sd15", rf"ip-adapter-faceid-plusv2_sd15{_END}", "ip-adapter-faceid-plusv2_sd15.bin", _FACEID
    ),
    _ip(
        "faceid_plus_v2", "sdxl", rf"ip-adapter-faceid-plusv2_sdxl{_END}", "ip-adapter-faceid-plusv2_sdxl.bin", _FACEID
    ),
    _ip(
        "faceid_portrait",
        "sd15",
        rf"ip-adapter-faceid-portrait(-v11)?_sd15{_END}",
        "ip-adapter-faceid-portrait-v11_sd15.bin",
        _FACEID,
    ),
    _ip(
        "faceid_portrait",
        "sdxl",
        rf"ip-adapter-faceid-portrait_sdxl{_END}",
        "ip-adapter-faceid-portrait_sdxl.bin",
        _FACEID,
    ),
    _ip(
        "faceid_unnorm",
        "sdxl",
        rf"ip-adapter-faceid-portrait_sdxl_unnorm{_END}",
        "ip-adapter-faceid-portrait_sdxl_unnorm.bin",
        _FACEID,
    ),
    Preset(
        "instantid", "sdxl", "instantid", rf"(.*instantid.*|ip-adapter){_END}", "ip-adapter.bin", "InstantX/InstantID"
    ),
    Preset("pulid", "sdxl", "pulid", rf"(ip-adapter_pulid_sdxl.*|pulid_v1){_END}", "pulid_v1.bin", "guozinan/PuLID"),
    Preset("pulid_v1_1", "sdxl", "pulid", rf"pulid_v1\.1.*{_END}", "pulid_v1.1.safetensors", "guozinan/PuLID"),
    Preset("pulid_flux", "flux1", "pulid", rf"pulid_flux.*{_END}", "pulid_flux_v0.9.1.safetensors", "guozinan/PuLID"),
    Preset(
        "xlabs_flux",
        "flux1",
        "xlabs_ipadapters",
        rf"(flux-)?ip[-_]adapter([-_]v2)?{_END}",
        "ip_adapter.safetensors",
        "XLabs-AI/flux-ip-adapter",
    ),
    Preset(
        "instantx_flux",
        "flux1",
        "ipadapter-flux",
        rf".*ip-adapter.*{_END}",
        "ip-adapter.bin",
        "InstantX/FLUX.1-dev-IP-Adapter",
    ),
)
BY_DEFAULT: Mapping[AdapterFamily, Sequence[str]] = {
    "sd15": (
        "ip_adapter_plus_face",
        "faceid_plus_v2",
        "faceid_plus",
        "faceid",
        "faceid_portrait",
        "ip_adapter_full_face",
    ),
    "sdxl": (
        "ip_adapter_plus_face",
        "pulid_v1_1",
        "pulid",
        "instantid",
        "faceid_plus_v2",
        "faceid",
        "faceid_portrait",
        "faceid_unnorm",
    ),
    "flux1": ("pulid_flux", "instantx_flux", "xlabs_flux"),
}
"""Kinds that bring a face, in the order in which `auto` takes them: first the one that is free for any use."""


@dataclass(frozen=True)
class EncoderFile:
    """An image encoder's file: its name, who publishes it, and its terms."""

    title: str
    name: str
    source: str
    licence: str


_MIT = "MIT, free for any use"
ENCODERS: Mapping[str, EncoderFile] = {
    "clip_vit_h": EncoderFile("CLIP ViT-H", "CLIP-ViT-H-14-laion2B-s32B-b79K.safetensors", "h94/IP-Adapter", _MIT),
    "clip_vit_bigg": EncoderFile(
        "CLIP ViT-bigG", "CLIP-ViT-bigG-14-laion2B-39B-b160k.safetensors", "h94/IP-Adapter", _MIT
    ),
    "clip_vit_l": EncoderFile(
        "CLIP ViT-L", "clip-vit-large-patch14.safetensors", "openai/clip-vit-large-patch14", _MIT
    ),
    "siglip_so400m": EncoderFile(
        "SigLIP",
        "siglip-so400m-patch14-384.safetensors",
        "google/siglip-so400m-patch14-384",
        "Apache-2.0, free for any use",
    ),
    "eva02_clip_l": EncoderFile("EVA02-CLIP-L", "EVA02_CLIP_L_336_psz14_s6B.pt", "QuanSun/EVA-CLIP", _MIT),
}
