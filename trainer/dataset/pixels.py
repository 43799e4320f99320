"""Pictures from disk as plain RGB, the same everywhere: upright, eight bits a channel, transparency on white."""

import hashlib
import warnings
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ..errors import DatasetError

MAX_PIXELS = 80_000_000
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".tif", ".tiff")
_FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF")
_WITH_ALPHA = ("RGBA", "RGBa", "LA", "La", "PA")


def load_rgb(path: Path) -> Image.Image:
    """The picture as RGB: EXIF rotation applied, alpha flattened on white, 16-bit, palette, grey and CMYK converted.

    Raises DatasetError naming the file, what is wrong with it and how to mend it.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _load(path)
    except DatasetError:
        raise
    except FileNotFoundError:
        raise DatasetError(f"{path.name} is missing; put it back or remove it from the dataset.") from None
    except PermissionError:
        raise DatasetError(f"{path.name} may not be read; change its permissions.") from None
    except UnidentifiedImageError:
        raise DatasetError(_unknown(path)) from None
    except Image.DecompressionBombError:
        raise DatasetError(_too_large(path)) from None
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, TypeError, ArithmeticError) as fault:
        raise DatasetError(f"{path.name} is damaged ({fault}); copy it again from the original.") from fault


def pixel_sha256(image: Image.Image) -> str:
    """Names a picture by its RGB bytes and size, whatever file it came from."""
    return hashlib.sha256(f"{image.width}x{image.height}:".encode() + image.convert("RGB").tobytes()).hexdigest()


def _load(path: Path) -> Image.Image:
    if path.stat().st_size == 0:
        raise DatasetError(f"{path.name} is empty (0 bytes); copy it again from the original.")
    with Image.open(path, formats=_FORMATS) as image:
        if image.width * image.height > MAX_PIXELS:
            raise DatasetError(_too_large(path))
        image.load()
        # Conversion comes first: a rotated copy would lose a palette's transparency.
        flat = _flat(image)
        orientation = image.getexif().get(0x0112)
    if orientation not in (None, 1):
        flat.getexif()[0x0112] = orientation
        flat = ImageOps.exif_transpose(flat)
    flat.info.clear()
    return flat


def _flat(image: Image.Image) -> Image.Image:
    if image.mode in _WITH_ALPHA or "transparency" in image.info:
        layered = image.convert("RGBA")
        white = Image.new("RGBA", layered.size, (255, 255, 255, 255))
        return Image.alpha_composite(white, layered).convert("RGB")
    if image.mode.startswith(("I", "F")):
        return _deep(image).convert("RGB")
    return image.convert("RGB")


def _deep(image: Image.Image) -> Image.Image:
    """Eight bits of a grey picture with more: PIL's own conversion would clip instead of scaling."""
    values = np.asarray(image).astype(np.float64)
    float_top = 1.0 if float(values.max(initial=0.0)) <= 1.0 else 255.0
    top = 65535.0 if image.mode.startswith("I") else float_top
    return Image.fromarray(np.clip(np.nan_to_num(values) / top * 255 + 0.5, 0, 255).astype(np.uint8))


def _unknown(path: Path) -> str:
    return f"{path.name} is not a picture although its name says so; remove it or save it again as PNG."


def _too_large(path: Path) -> str:
    return f"{path.name} has more than {MAX_PIXELS // 1_000_000} million pixels; save it at about 2048 a side."
