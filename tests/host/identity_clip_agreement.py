"""Run by the host's interpreter: reference pictures through a random CLIP_VISION, beside transformers' own model.

Prints one JSON object: largest differences, and what is said of other encoders.
"""

import json
import sys
from pathlib import Path
from typing import Any

COMFY, PACK = (Path(argument) for argument in sys.argv[1:3])
sys.argv = ["main.py", "--cpu"]
sys.path[:0] = [COMFY.as_posix()]

import identity_parts as parts  # noqa: E402
import torch  # noqa: E402
from identity_parts import drawn, gap  # noqa: E402

parts.load("likeness", PACK / "__init__.py")

import comfy.clip_vision  # noqa: E402
from likeness.nodes.host.identity.clip_images import clip_references  # type: ignore  # noqa: E402
from likeness.trainer.errors import ModelError  # type: ignore[reportMissingImports]  # noqa: E402
from likeness.trainer.identity.kinds import KINDS  # type: ignore[reportMissingImports]  # noqa: E402
from transformers import CLIPVisionConfig, CLIPVisionModelWithProjection  # noqa: E402

SIZES = {"hidden_size": 1280, "projection_dim": 1024, "intermediate_size": 64, "num_attention_heads": 20}
SIZES |= {"num_hidden_layers": 2, "image_size": 28, "patch_size": 14, "num_channels": 3, "hidden_act": "gelu"}
MEAN, STD = [0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]


def both_models() -> tuple[Any, Any]:
    """The host's and transformers', of the same random weights, which the host keeps in half, and ViT-H's widths."""
    torch.manual_seed(0)
    theirs = CLIPVisionModelWithProjection(CLIPVisionConfig(**SIZES)).eval().half().float()
    host = comfy.clip_vision.ClipVisionModel({**SIZES, "model_type": "clip_vision_model"})
    missing, _ = host.load_sd(dict(theirs.state_dict()))
    assert not missing, missing
    return host, theirs


@torch.inference_mode()
def main() -> dict[str, Any]:
    host, theirs = both_models()
    # 255 steps, and of the model's own size: nothing is left to resize.
    images = (drawn(2, 28, 28, 3, seed=1).sigmoid() * 255).round() / 255
    seen = clip_references(host, images, KINDS["ip_adapter_plus"])
    normal = (images.movedim(-1, 1) - torch.tensor(MEAN)[:, None, None]) / torch.tensor(STD)[:, None, None]
    wanted = theirs(pixel_values=normal, output_hidden_states=True)
    blank = theirs(pixel_values=torch.zeros(1, 3, 28, 28), output_hidden_states=True)
    refused = []
    other = comfy.clip_vision.ClipVisionModel({**SIZES, "hidden_size": 1664, "model_type": "siglip_vision_model"})
    for encoder, kind in ((host, "ip_adapter_bigg"), (host, "xlabs_flux"), (host, "faceid"), (other, "ip_adapter")):
        try:
            clip_references(encoder, images, KINDS[kind])
            refused.append("")
        except ModelError as why:
            refused.append(str(why))
    return {
        "pooled": gap(seen.pooled, wanted.image_embeds),
        "hidden": gap(seen.hidden, wanted.hidden_states[-2]),
        "blank": gap(seen.blank, blank.hidden_states[-2]),
        "refused": refused,
    }


print(json.dumps(main()))  # noqa: T201
