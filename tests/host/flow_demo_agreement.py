"""Run by the host's interpreter: its classes and ours on the flow demo base, largest differences as one JSON line."""

import importlib.util
import json
import sys
import tempfile
from pathlib import Path

COMFY, PACK = (Path(argument) for argument in sys.argv[1:3])
sys.argv = ["main.py", "--cpu"]
sys.path.insert(0, COMFY.as_posix())

import comfy.options  # noqa: E402

comfy.options.enable_args_parsing()

import comfy.model_management  # noqa: E402
import torch  # noqa: E402

PROMPTS = ["sage_character, smiling, blue background", "", "Zoë 漢字 with a scarf"]
SIZE = (128, 128)


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
    from likeness.nodes.host.models import LazyBase
    from likeness.trainer.demo.assets import demo_base
    from likeness.trainer.families.registry import load_family

    base = demo_base(family="flow")
    host, ours = LazyBase(base).loaded, load_family(base)
    noisy = torch.randn(1, 16, 16, 16, generator=torch.Generator().manual_seed(0))
    figures = {"context": 0.0, "pooled": 0.0, "flow": 0.0}
    for prompt in PROMPTS:
        told = ours.encode_text(prompt)
        text, pooled = host.clip.encode_from_tokens(host.clip.tokenize(prompt), return_pooled=True)
        figures["context"] = max(figures["context"], gap(text[0], told["context"]))
        figures["pooled"] = max(figures["pooled"], gap(pooled[0], told["pooled"]))
        figures["flow"] = max(figures["flow"], gap(host_flow(host, noisy, prompt), our_flow(ours, noisy, prompt)))
    figures |= autoencoders(host, ours) | with_lora(host, ours, noisy) | drawn(host, base)
    sys.stdout.write("\n" + json.dumps(figures) + "\n")


def host_flow(host, noisy: torch.Tensor, prompt: str, model=None) -> torch.Tensor:
    text, pooled = host.clip.encode_from_tokens(host.clip.tokenize(prompt), return_pooled=True)
    transformer = (model or host.model).model.diffusion_model
    return transformer(noisy, torch.tensor([0.7]), context=text, y=pooled)


def our_flow(ours, noisy: torch.Tensor, prompt: str) -> torch.Tensor:
    from likeness.trainer.recipe.buckets import Placement

    placements = [Placement(SIZE, SIZE, (0, 0), SIZE)]
    return ours.predict(noisy, torch.tensor(0.7), [ours.encode_text(prompt)], placements)


def autoencoders(host, ours) -> dict[str, float]:
    """Latents as each transformer knows them, and the pictures that they become."""
    import numpy as np
    from PIL import Image

    pixels = np.random.default_rng(1).integers(0, 255, (16, 16, 3), dtype=np.uint8)
    picture = Image.fromarray(pixels).resize(SIZE)
    shown = torch.from_numpy(np.asarray(picture, np.float32) / 255)[None]
    theirs = host.vae.first_stage_model
    moments = theirs.quant_conv(theirs.encoder(shown.movedim(-1, 1) * 2 - 1))
    known = host.model.model.process_latent_in(moments[:, :16])
    expected = ours.codec.to_model(ours.encode_image(picture)[None, :16])
    back = host.vae.decode(host.model.model.process_latent_out(expected))
    painted = torch.from_numpy(np.asarray(ours.codec.decode(expected)[0], np.float32) / 255)[None]
    return {"encode": gap(known, expected), "decode": gap(back, painted)}


def with_lora(host, ours, noisy: torch.Tensor) -> dict[str, float]:
    """The same random LoRA file, as we save it, on both transformers at strength 0.8: how far they are apart by it."""
    import likeness.nodes.host.lora as host_lora
    from likeness.trainer.lora.mount import mount_lora
    from safetensors.torch import save_file

    draw = torch.Generator().manual_seed(5)
    layers = {}
    for address in ours.lora_targets("all"):
        out, wide = ours.module(address).weight.shape
        down, up = torch.randn(4, wide, generator=draw) * 0.1, torch.randn(out, 4, generator=draw) * 0.1
        layers[address] = {"lora_down.weight": down, "lora_up.weight": up, "alpha": torch.tensor(2.0)}
    without = host_flow(host, noisy, PROMPTS[0])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "random.safetensors"
        save_file({name: tensor.contiguous() for name, tensor in ours.keys.save(layers).items()}, path)
        mounted = mount_lora(ours, path, 0.8)
        patched, _ = host_lora.apply_lora(host.model, host.clip, path, 0.8)
    expected = our_flow(ours, noisy, PROMPTS[0])
    mounted.remove()
    comfy.model_management.load_models_gpu([patched])
    made = host_flow(host, noisy, PROMPTS[0], patched)
    patched.detach()
    return {"lora": gap(made, expected), "lora_changes": gap(made, without)}


def drawn(host, base) -> dict[str, float]:
    """One picture by the host's own sampler and by ours, from one noise."""
    import numpy as np
    from likeness.nodes.host.generator import HostGenerator
    from likeness.trainer.generate.local import LocalGenerator
    from likeness.trainer.generate.shot import Shot

    shot = Shot(prompt=PROMPTS[0], seed=3, width=SIZE[0], height=SIZE[1], steps=6, guidance=3.0)
    generators = (HostGenerator(host.model, host.clip, host.vae), LocalGenerator(base))
    one, other = (np.asarray(next(iter(each.generate([shot]))), np.float32) / 255 for each in generators)
    return {"picture": float(np.abs(one - other).max()), "picture_spread": float(one.std())}


main()
