"""Pictures from disk as plain RGB, the same everywhere: upright, eight bits a channel, transparency on one colour."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from .alpha import matte_rgb
from .colour import colours_of, profile_of, to_srgb
from .picture_file import opened

_WITH_ALPHA = ("RGBA", "RGBa", "LA", "La", "PA")
_ORIENTATION = 0x0112
_ROWS = 512
"""That are hashed at a time: the bytes of a large picture in one piece would be as large again."""
_UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


@dataclass(frozen=True)
class Picture:
    """RGB pixels, and the transparency they had as L (255 opaque); None where all of it was opaque."""

    rgb: Image.Image
    mask: Image.Image | None


def load_picture(path: Path, matte: str = "white") -> Picture:
    """Pixels and mask from one decode, upright. DatasetError names the file, what is wrong and how to mend it."""
    under = matte_rgb(matte)
    with opened(path) as image:
        return decoded(image, under)


def load_rgb(path: Path, matte: str = "white") -> Image.Image:
    """The picture as RGB: EXIF rotation applied, alpha flattened on `matte`; 16-bit, palette, CMYK converted."""
    return load_picture(path, matte).rgb


def pixel_sha256(image: Image.Image) -> str:
    """Names a picture by its RGB bytes and size, whatever file it came from."""
    rgb = image if image.mode == "RGB" else image.convert("RGB")
    name = hashlib.sha256(f"{rgb.width}x{rgb.height}:".encode())
    for top in range(0, rgb.height, _ROWS):
        name.update(rgb.crop((0, top, rgb.width, min(top + _ROWS, rgb.height))).tobytes())
    return name.hexdigest()


def decoded(image: Image.Image, under: tuple[int, int, int]) -> Picture:
    """Decode a picture that is open; use within `opened`, which names its faults."""
    return flattened(upright(image), under)


def stored_sha256(path: Path, matte: str = "white") -> str | None:
    """The name that pixels had before embedded colour profiles were heeded; None where that makes no difference."""
    with opened(path) as image:
        if profile_of(image) is None:
            return None
        return pixel_sha256(flattened(_upright(image, None), matte_rgb(matte)).rgb)


def upright(image: Image.Image) -> Image.Image:
    """Decode as RGB, or as RGBA where something is transparent: eight bits of sRGB, turned by EXIF, no metadata."""
    return _upright(image, profile_of(image))


def _upright(image: Image.Image, profile: bytes | None) -> Image.Image:
    image.load()
    # Conversion comes first: a turned copy would lose a palette's transparency.
    plain = _layered(image) if profile is None else _in_srgb(image, profile)
    turned = orientation(image)
    if turned in _UPRIGHT:
        plain = plain.transpose(_UPRIGHT[turned])
    plain.info.clear()
    return plain


def flattened(layered: Image.Image, under: tuple[int, int, int]) -> Picture:
    """What is seen of RGBA before the colour `under`, and its mask; RGB as it is."""
    if layered.mode == "RGB":
        return Picture(layered, None)
    matte = Image.new("RGBA", layered.size, (*under, 255))
    return Picture(Image.alpha_composite(matte, layered).convert("RGB"), layered.getchannel("A"))


def orientation(image: Image.Image) -> int:
    """EXIF orientation, 1 (upright) to 8, after decoding."""
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # Pillow raises anything over a damaged EXIF block; the pixels are whole, and shown as stored.
        return 1


def _layered(image: Image.Image) -> Image.Image:
    shallow = _eight_bits(image) if image.mode.startswith(("I", "F")) else image
    if shallow.mode not in _WITH_ALPHA and "transparency" not in shallow.info:
        return shallow.convert("RGB")
    layered = shallow.convert("RGBA")
    return layered.convert("RGB") if layered.getchannel("A").getextrema() == (255, 255) else layered


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """As `_layered`, its colours converted; transparency is no colour."""
    if image.mode == "CMYK":
        return to_srgb(image, profile)
    layered = _layered(image)
    colour = to_srgb(layered.convert("RGB").convert(colours_of(image)), profile)
    if layered.mode == "RGBA":
        colour.putalpha(layered.getchannel("A"))
    return colour


def _eight_bits(image: Image.Image) -> Image.Image:
    """Grey of more than eight bits as L, or LA where one value is transparent: PIL itself would clip, not scale."""
    values = np.asarray(image).astype(np.float64)
    float_top = 1.0 if float(values.max(initial=0.0)) <= 1.0 else 255.0
    top = 65535.0 if image.mode.startswith("I") else float_top
    grey = Image.fromarray(np.clip(np.nan_to_num(values) / top * 255 + 0.5, 0, 255).astype(np.uint8))
    unseen = image.info.get("transparency")
    if not isinstance(unseen, int):
        return grey
    return Image.merge("LA", (grey, Image.fromarray(np.where(values == unseen, 0, 255).astype(np.uint8))))
