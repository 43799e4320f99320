"""A tiny FLUX.2 klein in the host's own classes and in ours, with LoRA files that we saved.

Figures are largest differences, what the host did not know, the schedule and the words of captions.
"""

import re
from pathlib import Path
from typing import Any

import comfy.sd
import comfy.text_encoders.flux
import comfy.utils
import numpy as np
import torch
from comfy.ldm.models.autoencoder import AutoencoderKL
from PIL import Image

from tests.host.flow_agreement import compared, gap, host_known, saved_adapter, schedule_gap, unmapped
from tests.tiny_flux import LEVELS, VAE_WIDTH
from tests.tiny_flux2 import CHANNELS, CONTEXT, LATENTS, write_klein_home
from trainer.families.condition import Condition
from trainer.families.flow.qwen import QwenReader
from trainer.families.flux2.text import LENGTH, TAPS, TEMPLATE
from trainer.families.registry import describe_base, load_family
from trainer.families.tokenizers import qwen_tokenizer
from trainer.recipe.buckets import Placement

CAPTIONS = ("", "sage_character, a woman with red hair", "Ein Bär, naïve café - 100%! 猫", "red hair, " * 300)
NOISE = torch.randn(1, CHANNELS, 5, 3, generator=torch.Generator().manual_seed(0))
WORDS = torch.randn(1, 24, CONTEXT, generator=torch.Generator().manual_seed(1))
SIGMA = torch.tensor([0.7])
NOT_MODULES = re.compile(r".*single_.*[._](?:linear1_qkv|attn[._]to_[qkv]|proj_mlp)")
"""Slices of a single block's matrix as FLUX.1 cuts it, which the host knows and FLUX.2 has no layers for."""


def host_answer(model: Any) -> torch.Tensor:
    comfy.model_management.load_models_gpu([model])
    return model.model.diffusion_model(NOISE, SIGMA, WORDS, None)


def our_answer(family: Any) -> torch.Tensor:
    place = Placement((48, 80), (48, 80), (0, 0), (48, 80))
    return family.predict(NOISE, SIGMA, [Condition({"context": WORDS[0]})], [place])


def words() -> list[str]:
    """Captions of which the host makes other words than we do."""
    host = comfy.text_encoders.flux.KleinTokenizer()
    reader = QwenReader(torch.nn.Identity(), qwen_tokenizer(), template=TEMPLATE, taps=TAPS, pads_to=LENGTH)
    theirs = {c: [token for token, _ in host.tokenize_with_weights(c)["qwen3_4b"][0]] for c in CAPTIONS}
    return [caption for caption in CAPTIONS if theirs[caption] != reader.words(caption)[0][0].tolist()]


def autoencoder_gap(family: Any, path: Path) -> list[float]:
    """Between latents of a picture, and between pictures of latents."""
    sizes = {"ch": VAE_WIDTH, "ch_mult": [1] * LEVELS, "num_res_blocks": 1, "z_channels": LATENTS, "double_z": True}
    kept = {"resolution": 256, "in_channels": 3, "out_ch": 3, "attn_resolutions": [], "dropout": 0.0}
    model = AutoencoderKL(ddconfig={**sizes, **kept, "batch_norm_latent": True}, embed_dim=LATENTS)
    tensors = comfy.utils.load_torch_file(path.as_posix())
    moved = {"decoder.post_quant_conv.": "post_quant_conv.", "encoder.quant_conv.": "quant_conv."}
    model.load_state_dict(comfy.utils.state_dict_prefix_replace(tensors, moved))
    model.eval().regularization.sample = False
    image = Image.effect_noise((64, 48), 80).convert("RGB")
    pixels = torch.from_numpy(np.asarray(image, np.float32) / 127.5 - 1).movedim(-1, 0)[None]
    mean = family.encode_image(image)[None].chunk(2, 1)[0]
    latents = family.codec.to_model(mean)
    (ours,) = family.codec.decode(latents)
    drawn = torch.from_numpy(np.asarray(ours, np.float32) / 127.5 - 1).movedim(-1, 0)[None]
    return [gap(model.encode(pixels), latents), gap(model.decode(latents).clamp(-1, 1), drawn)]


@torch.inference_mode()
def agreement(folder: Path) -> dict[str, Any]:
    models = write_klein_home(folder) / "models"
    path = models / "diffusion_models" / "tiny-klein-base.safetensors"
    model = comfy.sd.load_diffusion_model(path.as_posix(), model_options={"dtype": torch.float32})
    family = load_family(describe_base(path))
    figures: dict[str, Any] = {"kind": type(model.model.model_config).__name__}
    figures["answer"] = gap(host_answer(model), our_answer(family))
    left = unmapped(host_known(model), model, family)
    figures["unmapped"] = [name for name in left if not NOT_MODULES.fullmatch(name)]
    figures["files"] = {}
    for targets, kind in (("all", "lora"), ("attention", "lora"), ("all", "dora"), ("all", "lokr")):
        saved = folder / f"{targets}_{kind}.safetensors"
        saved_adapter(family, saved, targets, kind)
        figures["files"][f"{targets} {kind}"] = compared(model, family, saved, host_answer, our_answer)
    figures["schedule"] = schedule_gap(model, family)
    figures["autoencoder"] = autoencoder_gap(family, models / "vae" / "flux2-vae.safetensors")
    figures["other_words"] = words()
    return figures
