"""What an adapter's image encoder says of reference pictures, each shown as the adapter learned to see it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from .encoders.clip_images import open_clip_images
from .encoders.siglip import open_siglip
from .kinds import AdapterKind
from .pictures import FacePicture, face_crop, square_around
from .references import References
from .views import view_of
from .weight_file import WeightFile

_UPRIGHT = 224
"""Side of the crop of FaceID Plus (ip_adapter_faceid-plus_demo.ipynb of tencent-ailab/IP-Adapter)."""


def encoded(kind: AdapterKind, pictures: Sequence[FacePicture], encoder: Path) -> References:
    """Features of the pictures by the encoder in that file, read for this and let go; ModelError for another's file.

    FaceError where a picture has no face and the kind needs one.
    """
    if kind.images == "eva02_clip_l":
        return _by_eva(pictures, encoder)
    if kind.images == "siglip_so400m":
        return References(pooled=open_siglip(encoder).pooled([shown(kind, picture) for picture in pictures]))
    seen = open_clip_images(encoder, kind.images).features([shown(kind, picture) for picture in pictures])
    return References(pooled=seen.pooled, hidden=seen.hidden, blank=seen.blank)


def shown(kind: AdapterKind, picture: FacePicture) -> Image.Image:
    """Of the picture what the encoder of a kind is to see."""
    view = view_of(kind)
    if view == "upright":
        return face_crop(picture, _UPRIGHT)
    return square_around(picture) if view == "face" else picture.image


def _by_eva(pictures: Sequence[FacePicture], encoder: Path) -> References:
    from .encoders.eva_file import eva_of
    from .encoders.face_image import face_pixels

    model = eva_of(encoder, WeightFile(encoder))
    pooled: list[torch.Tensor] = []
    levels: list[tuple[torch.Tensor, ...]] = []
    with torch.no_grad():
        for picture in pictures:  # one at a time: hidden states of many are gigabytes
            head, hidden = model(face_pixels(picture.image, np.asarray(picture.points))[None])
            pooled.append(head)
            levels.append(hidden)
    return References(pooled=torch.cat(pooled), levels=tuple(torch.cat(each) for each in zip(*levels, strict=True)))
