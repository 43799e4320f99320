"""What a file is that is no adapter, and where it belongs."""

from pathlib import Path

from ..errors import ModelError
from ..families.registry import named_kind
from ..storage.tensor_header import Header

_MARKS = {
    "an image encoder (CLIP vision)": ("vision_model.encoder.", "visual.transformer.resblocks.", "visual.blocks."),
    "an IdentityNet or another ControlNet": ("controlnet_cond_embedding.", "control_model.", "controlnet_"),
    "an IP-Adapter of a kind that is not known here": ("ip_adapter.", "image_proj."),
}
"""By parts of its tensors' names; the first that fits is said."""
_PLACES = {
    "image encoder": "It belongs into models/clip_vision, where adapters find it",
    "ControlNet": "It belongs into models/controlnet and is loaded by a ControlNet loader",
    "LoRA": "It belongs into models/loras and is loaded by a LoRA loader",
    "checkpoint": "It is a base; load it as the model that an adapter is applied to",
    "UNet": "It is part of a base; load it as the model that an adapter is applied to",
    "VAE": "It belongs into models/vae",
    "text encoder": "It belongs into models/text_encoders",
    "embedding": "It belongs into models/embeddings",
    "motion module": "It belongs into models/animatediff_models",
}
_CHOOSE = "Choose a file of an IP-Adapter, InstantID or PuLID"


def misplaced(path: Path, header: Header) -> ModelError:
    """To be raised for a file with that header, in which no adapter was recognised."""
    what = _what(header)
    where = next((place for mark, place in _PLACES.items() if mark in what), _CHOOSE)
    return ModelError(
        f"{path.name} is {what or 'a file of unknown kind'}, not an identity adapter known here. {where}."
    )


def _what(header: Header) -> str:
    found = (kind for kind, marks in _MARKS.items() if any(mark in name for mark in marks for name in header.shapes))
    return next(found, "") or named_kind(header)
