"""What lies beside a LoRA for those who manage LoRAs: its trigger, what it is, and pictures with their prompts.

In the form in which Civitai describes a version of a model: ComfyUI-Lora-Manager and A1111's Civitai Helper read it
from `NAME.civitai.info`. Nothing in it is a time or a place on this machine, so that the same LoRA has the same file.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from PIL import Image

from ...storage.file_hash import file_sha256
from ...storage.tensor_header import read_header
from ...training.run.thumbnail import thumbnail

ENDING = ".civitai.info"
OWN, OWN_WORDS = "likeness", "written by Likeness; take this entry out, and the file stays as it is"
_MOST = 4
_BASES: Mapping[str, str] = {
    "stable-diffusion-v1/lora": "SD 1.5",
    "stable-diffusion-xl-v1-base/lora": "SDXL 1.0",
    "flux-1-dev/lora": "Flux.1 D",
    "flux-1-schnell/lora": "Flux.1 S",
    "flux-2-klein-4b/lora": "Flux.2 Klein 4B",
    "flux-2-klein-9b/lora": "Flux.2 Klein 9B",
    "Z-Image/lora": "ZImageBase",
    "Z-Image-Turbo/lora": "ZImageTurbo",
}
"""What managers call the bases, by `modelspec.architecture`; another one is told by its own name."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """A picture that the LoRA drew, and how."""

    picture: Path
    prompt: str
    seed: int
    steps: int
    guidance: float
    size: tuple[int, int]


def manager_info(lora: Path, examples: Sequence[Example] = ()) -> dict[str, Any]:
    """Of the file as it lies there, with up to four pictures of those that can be read.

    ModelError for what is no safetensors file, OSError where one cannot be read.
    """
    said = read_header(lora).metadata
    trigger = said.get("modelspec.trigger_phrase", "")
    about = " ".join(filter(None, (said.get("modelspec.description", ""), said.get("modelspec.usage_hint", ""))))
    architecture = said.get("modelspec.architecture", "")
    return {
        OWN: OWN_WORDS,
        "name": lora.stem,
        "description": about,
        "baseModel": _BASES.get(architecture, architecture.removesuffix("/lora")),
        "trainedWords": [trigger] if trigger else [],
        "model": {"name": lora.stem, "type": "LORA", "nsfw": False, "tags": ["character"], "description": about},
        "files": [
            {
                "name": lora.name,
                "type": "Model",
                "primary": True,
                "sizeKB": lora.stat().st_size / 1024,
                "metadata": {"format": "SafeTensor"},
                "hashes": {"SHA256": file_sha256(lora).upper()},
            }
        ],
        "images": list(islice(filter(None, map(_shown, examples)), _MOST)),
    }


def _shown(example: Example) -> dict[str, Any] | None:
    """None where the picture is gone or damaged: a LoRA without an example is better than none."""
    try:
        url = thumbnail(example.picture)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    wide, high = example.size
    return {
        "url": url,
        "type": "image",
        "width": wide,
        "height": high,
        "nsfwLevel": 1,
        "hasMeta": True,
        "meta": {
            "prompt": example.prompt,
            "seed": example.seed,
            "steps": example.steps,
            "cfgScale": example.guidance,
            "Size": f"{wide}x{high}",
        },
    }
