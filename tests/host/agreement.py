"""Run by the host's interpreter: its classes and diffusers' on one base, largest differences as one JSON line."""

import importlib.util
import json
import sys
import tempfile
from pathlib import Path

COMFY, PACK, BASE = (Path(argument) for argument in sys.argv[1:4])
sys.argv = ["main.py", "--cpu"]
sys.path.insert(0, COMFY.as_posix())

import comfy.options  # noqa: E402

comfy.options.enable_args_parsing()

import comfy.sample  # noqa: E402
import torch  # noqa: E402
from diffusers import StableDiffusionXLPipeline  # noqa: E402

PROMPTS = ["sage_character, smiling, blue background", "", "Zoë 漢字 with a scarf"]


def load_pack() -> None:
    spec = importlib.util.spec_from_file_location(
        "likeness", PACK / "__init__.py", submodule_search_locations=[PACK.as_posix()]
    )
    assert spec and spec.loader
    sys.modules["likeness"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


def gap(one: torch.Tensor, other: torch.Tensor) -> float:
    assert one.shape == other.shape, (one.shape, other.shape)
    return float((one - other).abs().max())


@torch.inference_mode()
def main() -> None:
    load_pack()
    from likeness.nodes.host.base import load_host_base  # type: ignore[reportMissingImports]

    ours = load_host_base(BASE)
    theirs = StableDiffusionXLPipeline.from_pretrained(BASE, torch_dtype=torch.float32)
    figures = {"text": 0.0, "pooled": 0.0, "unet": 0.0}
    noise = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(0))
    for prompt in PROMPTS:
        wanted, _, wanted_pooled, _ = theirs.encode_prompt(prompt, do_classifier_free_guidance=False)
        text, pooled = ours.clip.encode_from_tokens(ours.clip.tokenize(prompt), return_pooled=True)
        figures["text"] = max(figures["text"], gap(text, wanted))
        figures["pooled"] = max(figures["pooled"], gap(pooled, wanted_pooled))
        ids = torch.tensor([[128.0, 128.0, 0.0, 0.0, 128.0, 128.0]])
        extra = {"text_embeds": wanted_pooled, "time_ids": ids}
        wanted = theirs.unet(noise, torch.tensor([500]), encoder_hidden_states=wanted, added_cond_kwargs=extra).sample
        adm = ours.model.model.encode_adm(pooled_output=pooled, width=128, height=128, noise=noise, device=noise.device)
        made = ours.model.model.diffusion_model(noise, torch.tensor([500]), context=text, y=adm)
        figures["unet"] = max(figures["unet"], gap(made, wanted))
    picture = torch.rand(1, 128, 128, 3, generator=torch.Generator().manual_seed(1))
    wanted = theirs.vae.encode(picture.movedim(-1, 1) * 2 - 1).latent_dist.mean
    figures["encode"] = gap(
        ours.vae.first_stage_model.quant_conv(ours.vae.first_stage_model.encoder(picture.movedim(-1, 1) * 2 - 1))[
            :, :4
        ],
        wanted,
    )
    wanted = (theirs.vae.decode(wanted).sample.movedim(1, -1) / 2 + 0.5).clamp(0, 1)
    figures["decode"] = gap(ours.vae.decode(theirs.vae.encode(picture.movedim(-1, 1) * 2 - 1).latent_dist.mean), wanted)
    figures["scale"] = abs(ours.model.get_model_object("latent_format").scale_factor - theirs.vae.config.scaling_factor)
    figures["lora"] = with_lora(ours)
    figures["euler"] = gap(*both_samplers(ours, theirs))
    sys.stdout.write("\n" + json.dumps(figures) + "\n")


def with_lora(ours) -> float:
    """The same random LoRA file on both UNets, at strength 0.8."""
    import comfy.model_management
    import likeness.nodes.host.lora as host_lora  # type: ignore[reportMissingImports]
    from likeness.trainer.families.registry import describe_base, load_family  # type: ignore[reportMissingImports]
    from likeness.trainer.lora.mount import mount_lora  # type: ignore[reportMissingImports]
    from safetensors.torch import save_file

    family = load_family(describe_base(BASE))
    draw = torch.Generator().manual_seed(5)
    tensors = {}
    for module in family.lora_targets("attention_mlp"):
        out, wide = family.module(module).weight.shape[:2]
        name = family.keys.prefix(module)
        tensors[f"{name}.lora_down.weight"] = torch.randn(4, wide, generator=draw) * 0.1
        tensors[f"{name}.lora_up.weight"] = torch.randn(out, 4, generator=draw) * 0.1
        tensors[f"{name}.alpha"] = torch.tensor(2.0)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "random.safetensors"
        save_file(tensors, path)
        applied = mount_lora(family, path, 0.8)
        patched, _ = host_lora.apply_lora(ours.model, ours.clip, path, 0.8)
    noise = torch.randn(1, 4, 16, 16, generator=draw)
    text, pooled = ours.clip.encode_from_tokens(ours.clip.tokenize(PROMPTS[0]), return_pooled=True)
    ids = torch.tensor([[128.0, 128.0, 0.0, 0.0, 128.0, 128.0]])
    extra = {"text_embeds": pooled, "time_ids": ids}
    bare = ours.model.model.diffusion_model
    adm = ours.model.model.encode_adm(pooled_output=pooled, width=128, height=128, noise=noise, device=noise.device)
    without = bare(noise, torch.tensor([500]), context=text, y=adm)
    wanted = family.denoiser(noise, torch.tensor([500]), encoder_hidden_states=text, added_cond_kwargs=extra).sample
    applied.remove()
    comfy.model_management.load_models_gpu([patched])
    made = patched.model.diffusion_model(noise, torch.tensor([500]), context=text, y=adm)
    assert gap(made, without) > 1e-3, "the LoRA changed nothing"
    return gap(made, wanted)


def both_samplers(ours, theirs):
    """The same noise through the host's Euler on `simple` sigmas and through diffusers' UNet on those sigmas."""
    positive = ours.clip.encode_from_tokens_scheduled(ours.clip.tokenize(PROMPTS[0]))
    negative = ours.clip.encode_from_tokens_scheduled(ours.clip.tokenize(""))
    noise = torch.randn(1, 4, 16, 16, generator=torch.Generator().manual_seed(3))
    latent = torch.zeros(1, 4, 16, 16)
    made = comfy.sample.sample(
        ours.model, noise, 4, 4.0, "euler", "simple", positive, negative, latent, disable_pbar=True, seed=3
    )
    sampling = ours.model.get_model_object("model_sampling")
    sigmas = [float(sampling.sigmas[-(1 + int(step * 1000 / 4))]) for step in range(4)] + [0.0]
    x = noise * (1 + sigmas[0] ** 2) ** 0.5
    words, none, pooled, none_pooled = theirs.encode_prompt(PROMPTS[0], negative_prompt="")
    none, none_pooled = theirs.encode_prompt("", do_classifier_free_guidance=False)[0::2]
    ids = torch.tensor([[128.0, 128.0, 0.0, 0.0, 128.0, 128.0]])
    for step in range(4):
        time = sampling.timestep(torch.tensor([sigmas[step]]))
        eps = [
            theirs.unet(
                x / (1 + sigmas[step] ** 2) ** 0.5,
                time,
                encoder_hidden_states=text,
                added_cond_kwargs={"text_embeds": pool, "time_ids": ids},
            ).sample
            for text, pool in ((words, pooled), (none, none_pooled))
        ]
        x = x + (eps[1] + 4.0 * (eps[0] - eps[1])) * (sigmas[step + 1] - sigmas[step])
    return made, x / theirs.vae.config.scaling_factor


main()
