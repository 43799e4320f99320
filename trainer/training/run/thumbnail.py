"""The small picture that a LoRA file carries of what it does."""

import base64
import io
from pathlib import Path

from PIL import Image

_SIDE, _QUALITY = 256, 85


def thumbnail(picture: Path) -> str:
    """A JPEG of at most 256 px as a data URL, as modelspec has it."""
    with Image.open(picture) as image:
        small = image.convert("RGB")
    small.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    data = io.BytesIO()
    small.save(data, "JPEG", quality=_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(data.getvalue()).decode()
