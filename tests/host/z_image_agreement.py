"""A tiny Z-Image in the host's own class and in ours, with LoRA files that we saved.

The host knows Z-Image by its width alone and makes its time as wide: it is told of the tiny one. Figures are largest
differences, what the host did not know, the schedule and the words of captions.
"""

from pathlib import Path
from typing import Any

import comfy.ldm.lumina.model
import comfy.model_detection
import comfy.sd
import comfy.supported_models
import comfy.text_encoders.z_image
import torch

from tests.host.flow_agreement import compared, gap, host_known, saved_adapter, schedule_gap, unmapped
from tests.tiny_qwen import WIDTH as WORD
from tests.tiny_z_image import HEAD, TIME, WIDTH, transformer_shapes, write_tiny_z_image
from trainer.families.condition import Condition
from trainer.families.flow.qwen import QwenReader
from trainer.families.registry import describe_base, load_family
from trainer.families.tokenizers import qwen_tokenizer
from trainer.families.z_image.text import TEMPLATE
from trainer.recipe.buckets import Placement

CAPTIONS = ("", "sage_character, a woman with red hair", "Ein Bär, naïve café - 100%! 猫", "red hair, " * 300)
NOISE = torch.randn(1, 16, 9, 6, generator=torch.Generator().manual_seed(0))
CONTEXT = torch.randn(1, 41, WORD, generator=torch.Generator().manual_seed(1))
SIGMA = torch.tensor([0.7])


def host_answer(model: Any) -> torch.Tensor:
    comfy.model_management.load_models_gpu([model])
    return model.model.diffusion_model(NOISE, SIGMA, CONTEXT, CONTEXT.shape[1])


def our_answer(family: Any) -> torch.Tensor:
    place = Placement((48, 72), (48, 72), (0, 0), (48, 72))
    return family.predict(NOISE, SIGMA, [Condition({"context": CONTEXT[0]})], [place])


def real_sizes() -> dict[str, Any]:
    """What the host makes of a file in our names and of the real sizes."""
    shapes = transformer_shapes(refiners=2, width=3840, head=128, layers=30, word=2560)
    found = comfy.model_detection.detect_unet_config({n: torch.empty(s, device="meta") for n, s in shapes.items()}, "")
    return {
        name: found[name] for name in ("image_model", "dim", "n_heads", "n_layers", "axes_dims", "pad_tokens_multiple")
    }


def told_of_the_tiny_one() -> None:
    detect = comfy.model_detection.detect_unet_config

    def detected(state_dict: Any, prefix: str, **told: Any) -> Any:
        config = detect(state_dict, prefix, **told)
        axes = [HEAD // 4, HEAD * 3 // 8, HEAD * 3 // 8]
        heads = {
            "n_heads": WIDTH // HEAD,
            "n_kv_heads": WIDTH // HEAD,
            "axes_dims": axes,
            "axes_lens": [1536, 512, 512],
        }
        ways = {"rope_theta": 256.0, "ffn_dim_multiplier": 8.0 / 3.0, "z_image_modulation": True, "time_scale": 1000.0}
        return {**config, **heads, **ways, "pad_tokens_multiple": 32, "n_refiner_layers": 1}

    comfy.model_detection.detect_unet_config = detected
    embedder = comfy.ldm.lumina.model.TimestepEmbedder
    comfy.ldm.lumina.model.TimestepEmbedder = lambda width, **told: embedder(TIME, **told)
    comfy.supported_models.ZImage.unet_config = {"image_model": "lumina2", "dim": WIDTH}


def words() -> list[str]:
    """Captions of which the host makes other words than we do."""
    host = comfy.text_encoders.z_image.ZImageTokenizer()
    reader = QwenReader(torch.nn.Identity(), qwen_tokenizer(), template=TEMPLATE, taps=[1])
    theirs = {c: [token for token, _ in host.tokenize_with_weights(c)["qwen3_4b"][0]] for c in CAPTIONS}
    return [caption for caption in CAPTIONS if theirs[caption] != reader.words(caption)[0][0].tolist()]


@torch.inference_mode()
def agreement(folder: Path) -> dict[str, Any]:
    figures: dict[str, Any] = {"real": real_sizes()}
    told_of_the_tiny_one()
    path = write_tiny_z_image(folder / "models", refiners=1)
    model = comfy.sd.load_diffusion_model(path.as_posix(), model_options={"dtype": torch.float32})
    family = load_family(describe_base(path))
    figures["kind"] = type(model.model.model_config).__name__
    figures["answer"] = gap(host_answer(model), our_answer(family))
    figures["unmapped"] = unmapped(host_known(model), model, family)
    figures["files"] = {}
    for targets, kind in (("all", "lora"), ("attention", "lora"), ("all", "dora"), ("all", "lokr")):
        saved = folder / f"{targets}_{kind}.safetensors"
        saved_adapter(family, saved, targets, kind)
        figures["files"][f"{targets} {kind}"] = compared(model, family, saved, host_answer, our_answer)
    figures["schedule"] = schedule_gap(model, family)
    figures["other_words"] = words()
    return figures
