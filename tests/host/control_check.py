"""Run with ComfyUI's own Python, in its folder: our generator with a ControlNet beside the core nodes that do the same.

Arguments: the pack's folder, a folder to write to. The last line is one JSON object.
"""

import importlib
import importlib.util
import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any


def main(pack: Path, out: Path) -> dict[str, bool]:
    sys.path.insert(0, ".")
    sys.argv = ["main.py", "--cpu"]
    import comfy.options

    comfy.options.enable_args_parsing()
    import numpy as np
    import torch
    from PIL import Image

    _open(pack)
    from likeness.nodes.host.base import load_host_base
    from likeness.nodes.host.generator import Control, HostGenerator
    from likeness.trainer.demo.assets import demo_base
    from likeness.trainer.generate.attachments import Control as Hint
    from likeness.trainer.generate.attachments import Reference
    from likeness.trainer.generate.shot import Shot

    core_nodes: Any = importlib.import_module("nodes")
    base = load_host_base(demo_base().path)
    net = random_net(base.model, torch)
    hint = Image.fromarray(np.random.default_rng(0).integers(0, 255, (128, 128, 3), dtype=np.uint8).astype(np.uint8))
    hint.save(out / "hint.png")
    shot = Shot(prompt="person, smiling", negative="sad", seed=3, width=128, height=128, steps=4, guidance=3.0)
    steered = replace(shot, attachments=(Hint(path=out / "hint.png"),))
    shown = replace(shot, attachments=(Reference(path=out / "hint.png"),))
    ours = HostGenerator(base.model, base.clip, base.vae, control=Control(net=net, strength=0.6, end=0.5))
    plain, with_hint, with_reference = (np.asarray(next(iter(ours.generate([one])))) for one in (shot, steered, shown))

    encode = core_nodes.CLIPTextEncode()
    positive, negative = (encode.encode(base.clip, text)[0] for text in (shot.prompt, shot.negative))
    image = torch.from_numpy(np.asarray(hint, np.float32) / 255)[None]
    pair = core_nodes.ControlNetApplyAdvanced().apply_controlnet(
        positive, negative, net, image, 0.6, 0.0, 0.5, base.vae
    )
    latent = {"samples": torch.zeros(1, 4, 16, 16)}
    drawn = core_nodes.common_ksampler(base.model, 3, 4, 3.0, "euler", "simple", *pair, latent)[0]["samples"]
    core = (base.vae.decode(drawn)[0].clamp(0, 1) * 255).round().byte().numpy()
    return {
        "hint_changes_the_picture": bool((plain != with_hint).any()),
        "same_as_core_nodes": bool(np.abs(core.astype(int) - with_hint.astype(int)).max() <= 1),
        "references_are_taken": bool(with_reference.shape == plain.shape),
    }


def random_net(model: Any, torch: Any) -> Any:
    """A ControlNet for this very UNet with random weights, the zero convolutions too."""
    import comfy.cldm.cldm
    import comfy.controlnet
    import comfy.ops

    config = {k: v for k, v in model.model.model_config.unet_config.items() if k not in ("out_channels", "image_model")}
    config["transformer_depth"] = config["transformer_depth"][:]
    config.pop("transformer_depth_output", None)
    config |= {"hint_channels": 3, "operations": comfy.ops.manual_cast, "dtype": torch.float32, "device": "cpu"}
    made = comfy.cldm.cldm.ControlNet(**config)
    seeded = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for weights in made.parameters():
            weights.copy_(torch.randn(weights.shape, generator=seeded) * 0.03)
    return comfy.controlnet.ControlNet(made, load_device=torch.device("cpu"), manual_cast_dtype=None)


def _open(pack: Path) -> None:
    spec = importlib.util.spec_from_file_location(
        "likeness", pack / "__init__.py", submodule_search_locations=[pack.as_posix()]
    )
    assert spec and spec.loader
    sys.modules["likeness"] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]), Path(sys.argv[2]))) + "\n")
