"""Run by the host's interpreter: a tiny FLUX.1 in the host's own class and in ours, with LoRA files that we saved.

Prints one JSON line: largest differences, what the host did not know, the schedule and the words of captions.
"""

import importlib.util
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

COMFY, PACK = (Path(argument) for argument in sys.argv[1:3])
sys.argv = ["main.py", "--cpu"]
sys.path[:0] = [COMFY.as_posix(), PACK.as_posix()]

import comfy.options  # noqa: E402

comfy.options.enable_args_parsing()

import comfy.clip_model  # noqa: E402
import comfy.latent_formats  # noqa: E402
import comfy.lora  # noqa: E402
import comfy.lora_convert  # noqa: E402
import comfy.model_management  # noqa: E402
import comfy.ops  # noqa: E402
import comfy.sample  # noqa: E402
import comfy.samplers  # noqa: E402
import comfy.sd  # noqa: E402
import comfy.text_encoders.flux  # noqa: E402
import comfy.text_encoders.t5  # noqa: E402
import torch  # noqa: E402
from safetensors.torch import load_file, save_file  # noqa: E402

from trainer.families.condition import Condition  # noqa: E402
from trainer.families.flow.autoencoder import SCALE, SHIFT  # noqa: E402
from trainer.families.flux.text import T5AndClip, clip_ids  # noqa: E402
from trainer.families.registry import describe_base, load_family  # noqa: E402
from trainer.families.tokenizers import clip_tokenizer, t5_tokenizer  # noqa: E402
from trainer.lora.adapter import Adapter  # noqa: E402
from trainer.lora.mount import mount_lora  # noqa: E402
from trainer.lora.save import lora_tensors  # noqa: E402
from trainer.recipe.buckets import Placement  # noqa: E402
from trainer.recipe.lora import Lora  # noqa: E402


def load(name: str, path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=[path.parent.as_posix()])
    assert spec and spec.loader
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


# The host has a folder `tests` of its own.
tiny_flux = load("tiny_flux", PACK / "tests" / "tiny_flux.py")

CAPTIONS = (
    "",
    "sage_character, a woman with red hair",
    "Ein Bär, naïve café - 100%! 猫",
    "red hair, " * 120,
)
T5 = {"num_layers": 2, "d_model": 32, "d_kv": 16, "d_ff": 64, "num_heads": 2, "vocab_size": 32_128}
T5 |= {"dense_act_fn": "gelu_pytorch_tanh", "is_gated_act": True, "model_type": "t5"}
CLIP = {"num_hidden_layers": 12, "hidden_size": 64, "num_attention_heads": 1, "intermediate_size": 64}
CLIP |= {"hidden_act": "quick_gelu", "max_position_embeddings": 77, "eos_token_id": 49_407}
STRENGTH = 0.8
NOISE = torch.randn(1, 16, 9, 6, generator=torch.Generator().manual_seed(0))
CONTEXT = torch.randn(1, 24, tiny_flux.T5_WIDTH, generator=torch.Generator().manual_seed(1))
POOLED = torch.randn(1, tiny_flux.CLIP_WIDTH, generator=torch.Generator().manual_seed(2))
SIGMA, GUIDANCE = torch.tensor([0.7]), 3.5


def gap(one: torch.Tensor, other: torch.Tensor) -> float:
    assert one.shape == other.shape, (one.shape, other.shape)
    return float((one - other).abs().max())


def host_answer(model: Any) -> torch.Tensor:
    comfy.model_management.load_models_gpu([model])
    told = {"guidance": torch.tensor([GUIDANCE])}
    return model.model.diffusion_model(NOISE, SIGMA, CONTEXT, POOLED, **told)


def our_answer(family: Any) -> torch.Tensor:
    place = Placement((48, 72), (48, 72), (0, 0), (48, 72))
    told = Condition({"context": CONTEXT[0], "pooled": POOLED[0]})
    return family.predict(NOISE, SIGMA, [told], [place], GUIDANCE)


def saved_adapter(family: Any, path: Path, targets: str, kind: Any) -> int:
    """A random adapter, written as a run writes it; how many layers it has."""
    adapter = Adapter(family, family.lora_targets(targets), Lora(rank=4, alpha=2.0, kind=kind, factor=4), 0)
    for number, weight in enumerate(adapter.parameters((family.spec.denoiser,))):
        weight.data += torch.randn(weight.shape, generator=torch.Generator().manual_seed(number)) * 0.05
    tensors = lora_tensors(adapter, family, torch.float32)
    adapter.detach()
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, path)
    return len(adapter.layers)


def compared(model: Any, family: Any, path: Path) -> dict[str, Any]:
    """How the file changes both, and what of it the host does not know or does not use."""
    tensors = load_file(path)
    known = comfy.lora.model_lora_keys_unet(model.model, {})
    patches = comfy.lora.load_lora(comfy.lora_convert.convert_lora(dict(tensors)), known, log_missing=False)
    prefixes = {key.partition(".lora_")[0].partition(".lokr_")[0].partition(".dora_")[0] for key in tensors}
    prefixes = {prefix.removesuffix(".alpha") for prefix in prefixes}
    worn, _ = comfy.sd.load_lora_for_models(model, None, dict(tensors), STRENGTH, 0)
    bare = host_answer(model), our_answer(family)
    theirs = host_answer(worn) - bare[0]
    applied = mount_lora(family, path, STRENGTH)
    ours = our_answer(family) - bare[1]
    applied.remove()
    return {
        "unknown": sorted(prefix for prefix in prefixes if prefix not in known),
        "unused": len(prefixes) - len(patches),
        "change": float(theirs.abs().max()),
        "gap": gap(theirs, ours),
    }


def unmapped(model: Any, family: Any) -> list[str]:
    """Names of weights that the host reads a LoRA by and we do not."""
    known = comfy.lora.model_lora_keys_unet(model.model, {})
    weights = set(model.model.state_dict())
    names = {name: key if isinstance(key, str) else key[0] for name, key in known.items()}
    names = {name: key for name, key in names.items() if key in weights and key.endswith(".weight")}
    found = family.keys.find(names)
    return sorted(name for name in names if name not in found and not name.endswith(".weight"))


def drawn_gap(model: Any, family: Any) -> float:
    """Between the latents of four steps of the host's KSampler with FluxGuidance and of ours, from the same noise."""
    told = [[CONTEXT, {"pooled_output": POOLED, "guidance": GUIDANCE}]]
    empty = torch.zeros_like(NOISE)
    theirs = comfy.sample.sample(model, NOISE, 4, 1.0, "euler", "simple", told, told, empty, disable_pbar=True, seed=0)
    way = family.drawing_steps(4, 4)
    latents = way.from_noise(NOISE)
    place = Placement((48, 72), (48, 72), (0, 0), (48, 72))
    condition = Condition({"context": CONTEXT[0], "pooled": POOLED[0]})
    for number, time in enumerate(way.times):
        latents = way.next(family.predict(latents, time, [condition], [place], GUIDANCE), latents, number)
    return gap(theirs, latents / SCALE + SHIFT)


def schedules(models: dict[str, Any], families: dict[str, Any]) -> float:
    gaps = []
    for name, model in models.items():
        sampling = model.get_model_object("model_sampling")
        for steps in (4, 20, 33):
            theirs = comfy.samplers.calculate_sigmas(sampling, "simple", steps)
            gaps.append(gap(theirs.double(), families[name].schedule.sigmas(steps)))
    return max(gaps)


def texts(folder: Path, transformer: Path) -> dict[str, float]:
    """Between the host's text encoders and ours, with tables of as many rows as the real words have."""
    clip = tiny_flux.write(folder / "clip_l.safetensors", tiny_flux.clip_shapes(rows=49_408))
    t5 = tiny_flux.write(folder / "t5xxl_fp16.safetensors", tiny_flux.t5_shapes(rows=32_128))
    family = load_family(describe_base(transformer, parts={"clip_l": clip, "t5": t5}))
    reader = family._residents.get("text")
    theirs = encoder(comfy.text_encoders.t5.T5, T5, t5), encoder(comfy.clip_model.CLIPTextModel, CLIP, clip)
    gaps = {"context": 0.0, "pooled": 0.0}
    for caption in CAPTIONS:
        ours = family.encode_text(caption)
        context = theirs[0](reader.words(caption), None)[0][0]
        pooled = theirs[1](clip_ids(reader._clip_tokenizer, caption))[3][0]
        gaps["context"] = max(gaps["context"], gap(context, ours["context"]))
        gaps["pooled"] = max(gaps["pooled"], gap(pooled, ours["pooled"]))
    return gaps


def encoder(kind: Any, config: dict[str, Any], file: Path) -> Any:
    made = kind(config, torch.float32, "cpu", comfy.ops.disable_weight_init)
    made.load_state_dict(load_file(file), strict=False)
    return made


def words() -> list[str]:
    """Captions of which the host makes other words than we do."""
    host = comfy.text_encoders.flux.FluxTokenizer()
    clip, t5 = clip_tokenizer(zero_pads=False), t5_tokenizer()
    reader = T5AndClip(torch.nn.Identity(), clip, torch.nn.Identity(), t5)
    other: list[str] = []
    for caption in CAPTIONS:
        theirs = host.tokenize_with_weights(caption)
        same_t5 = [token for token, _ in theirs["t5xxl"][0]] == reader.words(caption)[0].tolist()
        # A caption over 75 words goes to CLIP in several rows, of which the first is pooled.
        same_clip = [token for token, _ in theirs["l"][0]] == clip_ids(clip, caption)[0].tolist()
        other += [] if same_t5 and same_clip else [caption]
    return other


def packed(path: Path) -> float:
    """Largest difference between a weight as the host unpacks it, int8 ConvRot, and as we do."""
    from comfy_kitchen.backends.eager.quantization import quantize_int8_convrot_weight

    layer, tensors = "double_blocks.0.img_attn.qkv", load_file(path)
    whole, scale = quantize_int8_convrot_weight(tensors[f"{layer}.weight"], 64)
    said = json.dumps({"format": "int8_tensorwise", "convrot": True, "convrot_groupsize": 64}).encode()
    kind = torch.tensor(list(said), dtype=torch.uint8)
    tensors |= {f"{layer}.weight": whole, f"{layer}.weight_scale": scale, f"{layer}.comfy_quant": kind}
    mine = path.with_name("int8.safetensors")
    save_file(tensors, mine)
    theirs = comfy.sd.load_diffusion_model(mine.as_posix(), model_options={"dtype": torch.float32})
    unpacked = theirs.model.diffusion_model.get_submodule(layer).weight.dequantize()
    family = load_family(describe_base(mine))
    ours = [family.module(f"transformer.transformer_blocks.0.attn.to_{part}").weight for part in "qkv"]
    return gap(unpacked.float(), torch.cat(ours))


@torch.inference_mode()
def main(folder: Path) -> dict[str, Any]:
    models, families = {}, {}
    for name, has_guidance in (("dev", True), ("schnell", False)):
        path = tiny_flux.write_tiny_flux(folder / name / "models", has_guidance=has_guidance)
        models[name] = comfy.sd.load_diffusion_model(path.as_posix(), model_options={"dtype": torch.float32})
        families[name] = load_family(describe_base(path))
    figures: dict[str, Any] = {
        name: gap(host_answer(models[name]), our_answer(families[name])) for name in ("dev", "schnell")
    }
    model, family = models["dev"], families["dev"]
    figures["unmapped"] = unmapped(model, family)
    figures["files"] = {}
    for targets, kind in (
        ("all", "lora"),
        ("attention", "lora"),
        ("all", "dora"),
        ("attention", "dora"),
        ("all", "lokr"),
    ):
        path = folder / f"{targets}_{kind}.safetensors"
        layers = saved_adapter(family, path, targets, kind)
        figures["files"][f"{targets} {kind}"] = compared(model, family, path) | {"layers": layers}
    pipeline = tiny_flux.write_tiny_flux_folder(folder / "pipeline")
    load("likeness", PACK / "__init__.py")
    from likeness.nodes.host.split_files import load_model  # type: ignore[reportMissingImports]

    theirs = load_model(tuple((pipeline / "transformer").glob("*.safetensors")))
    figures["pipeline"] = gap(host_answer(theirs), our_answer(load_family(describe_base(pipeline))))
    figures["drawn"] = {name: drawn_gap(models[name], families[name]) for name in models}
    figures["schedule"] = schedules(models, families)
    figures["latents"] = [
        comfy.latent_formats.Flux().scale_factor == SCALE,
        comfy.latent_formats.Flux().shift_factor == SHIFT,
    ]
    figures["text"] = texts(folder, folder / "dev" / "models" / "diffusion_models" / "tiny-flux.safetensors")
    figures["other_words"] = words()
    figures["int8"] = packed(folder / "dev" / "models" / "diffusion_models" / "tiny-flux.safetensors")
    return figures


with tempfile.TemporaryDirectory() as folder:
    print(json.dumps(main(Path(folder))))  # noqa: T201
