"""InstantID for SDXL, and IP-Adapter Portrait that is not normalised: a resampler over one face embedding."""

from collections.abc import Mapping
from pathlib import Path

from torch import Tensor

from ..kinds import AdapterKind
from . import ip_adapter

_FACE = 512


def recognises(shapes: Mapping[str, tuple[int, ...]]) -> str:
    """InstantID's tensors: a resampler that reads embeddings of a face and not the wider patches of CLIP."""
    features = shapes.get("image_proj.proj_in.weight", (0, 0))[-1]
    if "image_proj.latents" in shapes and features == _FACE:
        return "instantid" if ip_adapter.recognises(shapes) else ""
    return ""


def opened(path: Path, kind: AdapterKind, tensors: Mapping[str, Tensor]) -> ip_adapter.IpAdapter:
    """ModelError where its layers are of no base that it can be for."""
    return ip_adapter.opened(path, kind, tensors)
