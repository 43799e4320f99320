"""Run with ComfyUI's own Python, in its folder: what our generator names by content, on models patched by core nodes.

Arguments: the pack's folder. The last line is one JSON object.
"""

import importlib
import json
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from control_check import _open, random_net


def main(pack: Path) -> dict[str, Any]:
    sys.path.insert(0, ".")
    sys.argv = ["main.py", "--cpu"]
    import comfy.options

    comfy.options.enable_args_parsing()
    import comfy.latent_formats
    import torch

    _open(pack)
    from likeness.nodes.host import base as bases
    from likeness.nodes.host.generator import Control, HostGenerator
    from likeness.trainer.demo.assets import demo_base
    from likeness.trainer.generate.shot import Shot

    core: Any = importlib.import_module("nodes")
    merging: Any = importlib.import_module("comfy_extras.nodes_model_merging")
    advanced: Any = importlib.import_module("comfy_extras.nodes_model_advanced")
    base, again = bases.load_host_base(demo_base().path), bases._loaded(demo_base().path)
    assert bases.load_host_base(demo_base().path).model is base.model

    def named(model: Any = base.model, clip: Any = base.clip, vae: Any = base.vae, control: Any = None) -> str:
        return HostGenerator(model, clip, vae, control=control).fingerprint()

    def lora(strength: float) -> dict[str, Any]:
        import comfy.sd

        model, clip = comfy.sd.load_lora_for_models(base.model, base.clip, _random_lora(base.model, torch), strength, 0)
        return {"model": model, "clip": clip}

    def merged(middle: float) -> Any:
        blocks = {"input_blocks.0": 0.5, "middle_block.": middle, "out.": 0.5}
        other = lora(1.0)["model"]
        return merging.ModelMergeBlocks().merge(base.model, other, **blocks)[0]

    def rescaled(share: float) -> Any:
        return advanced.RescaleCFG().patch(base.model, share)[0]

    net = random_net(base.model, torch)
    variants = [
        {},
        lora(1.0),
        lora(0.5),
        {"model": merged(0.5)},
        {"model": merged(0.7)},
        {"model": rescaled(0.5)},
        {"model": rescaled(0.7)},
        {"model": advanced.ModelSamplingDiscrete().patch(base.model, "v_prediction", False)[0]},
        {"clip": core.CLIPSetLastLayer().set_last_layer(base.clip, -2)[0]},
        {"control": Control(net=net)},
        {"control": Control(net=net, strength=0.5)},
    ]
    names = [named(**variant) for variant in variants]
    before = time.perf_counter()
    plain = named()
    seconds = time.perf_counter() - before
    drawing = HostGenerator(base.model, base.clip, base.vae)
    list(drawing.generate([Shot(prompt="person", width=64, height=64, steps=2)]))
    flux2 = SimpleNamespace(get_model_object=lambda _: comfy.latent_formats.Flux2())
    shot = Shot(prompt="person", width=96, height=64)
    return {
        "names_differ": len(set(names)) == len(names),
        "names_come_again": [named(**variant) for variant in variants] == names,
        "a_new_load_is_the_same": named(again.model, again.clip, again.vae) == plain,
        "drawing_changes_nothing": drawing.fingerprint() == plain,
        "flux2_latent": list(drawing._latents(flux2, [shot, shot]).shape),
        "seconds": seconds,
    }


def _random_lora(model: Any, torch: Any) -> dict[str, Any]:
    import comfy.lora

    seeded = torch.Generator().manual_seed(0)
    made: dict[str, Any] = {}
    state = model.model.state_dict()
    for name, key in comfy.lora.model_lora_keys_unet(model.model, {}).items():
        if name.startswith("lora_unet_") and "attn" in name and isinstance(key, str) and state[key].ndim == 2:
            high, wide = state[key].shape
            made[f"{name}.lora_up.weight"] = torch.randn(high, 2, generator=seeded)
            made[f"{name}.lora_down.weight"] = torch.randn(2, wide, generator=seeded)
    return made


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]))) + "\n")
