"""Run by the host's interpreter: a tiny checkpoint through the host's loader and ours, and one LoRA file on both.

Prints one JSON line a family: largest differences, keys of the LoRA that the host did not know.
"""

import importlib.util
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

COMFY, PACK = (Path(argument) for argument in sys.argv[1:3])
sys.argv = ["main.py", "--cpu"]
sys.path.insert(0, COMFY.as_posix())

import comfy.options  # noqa: E402

comfy.options.enable_args_parsing()

import comfy.lora  # noqa: E402
import comfy.lora_convert  # noqa: E402
import comfy.model_management  # noqa: E402
import comfy.model_sampling  # noqa: E402
import comfy.sd  # noqa: E402
import comfy.sd1_clip  # noqa: E402
import comfy.sdxl_clip  # noqa: E402
import comfy.supported_models  # noqa: E402
import comfy.utils  # noqa: E402
import torch  # noqa: E402

PROMPT = "a portrait of a person, smiling"
TEXT = {
    "architectures": ["CLIPTextModel"],
    "hidden_size": 64,
    "intermediate_size": 256,
    "num_attention_heads": 1,
    "num_hidden_layers": 3,
    "max_position_embeddings": 77,
    "vocab_size": 49408,
    "layer_norm_eps": 1e-5,
    "projection_dim": 64,
    "eos_token_id": 49407,
    "model_type": "clip_text_model",
}
VAE = {"double_z": True, "z_channels": 4, "resolution": 256, "in_channels": 3, "out_ch": 3, "ch": 32}
VAE |= {"ch_mult": [1, 1, 1, 1], "num_res_blocks": 2, "attn_resolutions": [], "dropout": 0.0}


def load(name: str, path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=[path.parent.as_posix()])
    assert spec and spec.loader
    sys.modules[name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def clip(act: str, **settings: Any) -> Any:
    return comfy.sd1_clip.SDClipModel(textmodel_json_config={**TEXT, "hidden_act": act}, **settings)


class XlEncoders(comfy.sdxl_clip.SDXLClipModel):
    def __init__(self, device: Any = "cpu", dtype: Any = None, model_options: Any = {}) -> None:  # noqa: B006
        torch.nn.Module.__init__(self)
        hidden = {
            "layer": "hidden",
            "layer_idx": -2,
            "layer_norm_hidden_state": False,
            "device": device,
            "dtype": dtype,
        }
        self.clip_l = clip("quick_gelu", **hidden, model_options={**model_options, "model_name": "clip_l"})
        ids = {"start": 49406, "end": 49407, "pad": 0}
        options = {**model_options, "model_name": "clip_g"}
        self.clip_g = clip("gelu", **hidden, special_tokens=ids, model_options=options)
        self.dtypes = {dtype}


class Sd1Encoder(comfy.sd1_clip.SD1ClipModel):
    def __init__(self, device: Any = "cpu", dtype: Any = None, model_options: Any = {}, **_: Any) -> None:  # noqa: B006
        torch.nn.Module.__init__(self)
        self.clip_name, self.clip = "l", "clip_l"
        self.clip_l = clip("quick_gelu", device=device, dtype=dtype, model_options=model_options)
        self.dtypes = {dtype}


class TinyXl(comfy.supported_models.SDXL):
    """The host's SDXL at any size."""

    unet_config = {}
    unet_extra_config = {"num_heads": -1, "num_head_channels": 64}

    def clip_target(self, state_dict: Any = {}) -> Any:  # noqa: B006
        return comfy.supported_models_base.ClipTarget(comfy.sdxl_clip.SDXLTokenizer, XlEncoders)


class TinySd15(comfy.supported_models.SD15):
    """The host's SD 1.5 at any size."""

    unet_config = {}

    def clip_target(self, state_dict: Any = {}) -> Any:  # noqa: B006
        return comfy.supported_models_base.ClipTarget(comfy.sd1_clip.SD1Tokenizer, Sd1Encoder)


def gap(one: torch.Tensor, other: torch.Tensor) -> float:
    assert one.shape == other.shape, (one.shape, other.shape)
    return float((one - other).abs().max())


class Recorder:
    """Layers that the host says it does not know."""

    def __init__(self) -> None:
        self.unknown: list[str] = []

    def count(self, loaded: Any, tensors: Any, path: Path, strength: float = 0.8) -> tuple[Any, Any]:
        known = comfy.lora.model_lora_keys_unet(loaded.model.model, {})
        known = comfy.lora.model_lora_keys_clip(loaded.clip.cond_stage_model, known)
        patches = comfy.lora.load_lora(comfy.lora_convert.convert_lora(dict(tensors)), known, log_missing=False)
        prefixes = {key.partition(".")[0] for key in tensors}
        self.unknown = sorted(prefix for prefix in prefixes if prefix not in known)
        self.patched = len(patches)
        return comfy.sd.load_lora_for_models(loaded.model, loaded.clip, dict(tensors), strength, strength)


def random_lora(family: Any, targets: list[str]) -> dict[str, torch.Tensor]:
    draw = torch.Generator().manual_seed(5)
    tensors = {}
    for address in targets:
        weight = family.module(address).weight
        name = family.keys.prefix(address)
        tensors[f"{name}.lora_down.weight"] = torch.randn(4, *weight.shape[1:], generator=draw) * 0.05
        tensors[f"{name}.lora_up.weight"] = (
            torch.randn(weight.shape[0], 4, *[1] * (weight.ndim - 2), generator=draw) * 0.05
        )
        tensors[f"{name}.alpha"] = torch.tensor(2.0)
    return tensors


def unmapped(host: Any, family: Any) -> list[str]:
    """Names that the host reads a LoRA by and we do not, or lead elsewhere."""
    from likeness.trainer.families.lora_names import split_key  # type: ignore[reportMissingImports]

    known = comfy.lora.model_lora_keys_unet(host.model.model, {})
    weights = {key: host.model.model.state_dict() for key in known.values()}
    text = comfy.lora.model_lora_keys_clip(host.clip.cond_stage_model, {})
    weights |= {key: host.clip.cond_stage_model.state_dict() for key in text.values()}
    prefixes = {name: split_key(f"{name}.lora_up.weight")[0] for name in known | text}
    found = family.keys.find(set(prefixes.values()))

    def fits(name: str, key: str) -> bool:
        if prefixes[name] not in found:
            return key not in weights[key]
        theirs, ours = weights[key][key], family.module(found[prefixes[name]][0]).weight
        return theirs.numel() == ours.numel() and torch.equal(theirs.float().view(ours.shape), ours.float())

    return sorted(name for name, key in (known | text).items() if key.endswith(".weight") and not fits(name, key))


def kinds_of_change(weight: torch.Tensor) -> dict[str, dict[str, torch.Tensor]]:
    """Random tensors of every kind of layer that both apply, by kind; the host fails on LoKr with Tucker's core."""
    draw = torch.Generator().manual_seed(6)
    out, wide, kernel = weight.shape[0], weight.shape[1], weight.shape[2:]
    ones = [1] * len(kernel)

    def some(*shape: int) -> torch.Tensor:
        return torch.randn(shape, generator=draw) * 0.2

    alpha = {"alpha": torch.tensor(1.0)}
    made = {
        "loha": {
            f"hada_w{n}_{side}": some(*((out, 2) if side == "a" else (2, wide * kernel.numel())))
            for n in (1, 2)
            for side in "ab"
        }
        | alpha,
        "lokr": {
            "lokr_w1_a": some(2, 1),
            "lokr_w1_b": some(1, 2),
            "lokr_w2_a": some(out // 2, 2),
            "lokr_w2_b": some(2, wide // 2 * kernel.numel()),
        }
        | alpha,
        "glora": {
            "a1.weight": some(wide, 2),
            "a2.weight": some(2, wide),
            "b1.weight": some(out, 2),
            "b2.weight": some(2, wide * kernel.numel()),
        }
        | alpha,
        "diff": {"diff": some(*weight.shape) * 0.1},
    }
    if kernel:
        made["tucker lora"] = {
            "lora_up.weight": some(out, 2, *ones),
            "lora_down.weight": some(2, wide, *ones),
            "lora_mid.weight": some(2, 2, *kernel),
        } | alpha
        made["tucker loha"] = (
            {f"hada_w{n}_{side}": some(*((2, out) if side == "a" else (2, wide))) for n in (1, 2) for side in "ab"}
            | {f"hada_t{n}": some(2, 2, *kernel) for n in (1, 2)}
            | alpha
        )
    else:
        made["matrix lora"] = {"lora_A": some(2, wide), "lora_B": some(out, 2)}
    return made


def kind_gaps(host: Any, family: Any, folder: Path, pictures: Any) -> dict[str, float]:
    """By kind, how far our change is from the host's, as a share of it."""
    from likeness.trainer.lora.mount import mount_lora  # type: ignore[reportMissingImports]
    from safetensors.torch import save_file

    block = next(each for each in family.lora_targets("attention") if each.endswith("attn1.to_q"))
    conv = next(each for each in family.lora_targets("attention_mlp_conv") if each.endswith("resnets.0.conv1"))
    te = next(each for each in family.text_targets() if each.endswith("mlp.fc1"))
    files = {}
    for address in (block, conv):
        prefix = family.keys.prefix(address)
        for kind, parts in kinds_of_change(family.module(address).weight).items():
            files.setdefault(kind, {}).update({f"{prefix}.{name}": tensor for name, tensor in parts.items()})
    norm = family.keys.prefix(block.rpartition(".attn1")[0] + ".norm1")
    width = family.module(block).weight.shape[1]
    draw = torch.Generator().manual_seed(7)
    files["norm"] = {f"{norm}.{part}": torch.randn(width, generator=draw) for part in ("w_norm", "b_norm")}
    files["bias"] = {family.keys.prefix(te) + ".diff_b": torch.randn(family.module(te).weight.shape[0], generator=draw)}
    host_bare, our_bare = pictures(host.model, host.clip)
    gaps = {}
    for kind, tensors in files.items():
        save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, folder / "kind.safetensors")
        model, clip_ = comfy.sd.load_lora_for_models(host.model, host.clip, dict(tensors), 0.7, 0.7)
        applied = mount_lora(family, folder / "kind.safetensors", 0.7)
        theirs, ours = pictures(model, clip_)
        applied.remove()
        size = gap(theirs, host_bare)
        gaps[kind] = gap(theirs - host_bare, ours - our_bare) / size if size > 1e-4 else 9.0
    return gaps


def host_picture(model: Any, clip_: Any, vae: Any, name: str, noise: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The text's hidden states, and the picture of one denoising from timestep 500."""
    text, pooled = clip_.encode_from_tokens(clip_.tokenize(PROMPT), return_pooled=True)
    comfy.model_management.load_models_gpu([model])
    more = {}
    if name == "sdxl":
        more["y"] = model.model.encode_adm(pooled_output=pooled, width=64, height=64, noise=noise, device=noise.device)
    eps = model.model.diffusion_model(noise, torch.tensor([500]), context=text, **more)
    scale = model.get_model_object("latent_format").scale_factor
    return text, vae.decode((noise - eps) / scale)


def our_picture(family: Any, noise: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    from likeness.trainer.recipe.buckets import Placement  # type: ignore[reportMissingImports]

    family.forget_captions()
    text = family.encode_text(PROMPT)
    eps = family.predict(noise, torch.tensor([0.5]), [text], [Placement((64, 64), (64, 64), (0, 0), (64, 64))])
    decoded = family.codec._model.decode((noise - eps) / family.codec.scaling_factor).sample
    return text["context"][None], (decoded.movedim(1, -1) / 2 + 0.5).clamp(0, 1)


@torch.inference_mode()
def compare(name: str, folder: Path, write: Any) -> dict[str, Any]:
    from likeness.nodes.host.base import load_host_base  # type: ignore[reportMissingImports]
    from likeness.trainer.families.registry import describe_base, load_family  # type: ignore[reportMissingImports]
    from likeness.trainer.lora.mount import mount_lora  # type: ignore[reportMissingImports]
    from safetensors.torch import save_file

    path = write(folder / f"{name}.safetensors", name)
    host = load_host_base(path)
    family = load_family(describe_base(path))
    noise = torch.randn(1, 4, 8, 8, generator=torch.Generator().manual_seed(0))
    host_text, host_bare = host_picture(host.model, host.clip, host.vae, name, noise)
    our_text, our_bare = our_picture(family, noise)
    figures = {"family": name, "text": gap(host_text, our_text), "picture": gap(host_bare, our_bare)}
    figures["unmapped"] = unmapped(host, family)
    targets = [*family.lora_targets("attention_mlp_conv"), *family.text_targets()]
    tensors = random_lora(family, targets)
    file = folder / f"{name}_lora.safetensors"
    save_file(tensors, file)
    recorder = Recorder()
    model, clip_ = recorder.count(host, tensors, file)
    figures |= {"layers": len(targets), "patched": recorder.patched, "unknown": recorder.unknown}
    _, host_worn = host_picture(model, clip_, host.vae, name, noise)
    applied = mount_lora(family, file, 0.8)
    _, our_worn = our_picture(family, noise)
    applied.remove()

    def pictures(model: Any, clip_: Any) -> tuple[torch.Tensor, torch.Tensor]:
        return host_picture(model, clip_, host.vae, name, noise)[1], our_picture(family, noise)[1]

    figures["kinds"] = kind_gaps(host, family, folder, pictures)
    said_by_hand = load_host_base(path, "v_prediction, zero SNR").model.get_model_object("model_sampling")
    figures["velocity"] = isinstance(said_by_hand, comfy.model_sampling.V_PREDICTION)
    figures["zero_snr"] = float(said_by_hand.sigma_max) > 1000
    figures["change"] = gap(host_worn, host_bare)
    figures["change_gap"] = gap(host_worn - host_bare, our_worn - our_bare)
    return figures


def main() -> None:
    load("likeness", PACK / "__init__.py")
    write = load("tiny_checkpoint", PACK / "tests" / "tiny_checkpoint.py").write_tiny_checkpoint
    own_vae = comfy.sd.VAE

    def tiny_vae(sd: Any = None, **settings: Any) -> Any:
        return own_vae(sd=sd, config={"params": {"ddconfig": VAE, "embed_dim": 4}})

    comfy.sd.VAE = tiny_vae
    for name, tiny in (("sdxl", TinyXl), ("sd15", TinySd15)):
        comfy.supported_models.models.insert(0, tiny)
        with tempfile.TemporaryDirectory() as folder:
            sys.stdout.write("\n" + json.dumps(compare(name, Path(folder), write)) + "\n")
        comfy.supported_models.models.remove(tiny)
    comfy.sd.VAE = own_vae


main()
