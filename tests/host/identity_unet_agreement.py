"""Run by the host's interpreter: adapters in the UNets of tiny SDXL and SD 1.5, in the host and in our own engine.

Prints one JSON object a line and family: largest differences by what was asked.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

COMFY, PACK = (Path(argument) for argument in sys.argv[1:3])
sys.argv = ["main.py", "--cpu"]
sys.path[:0] = [COMFY.as_posix()]

import identity_parts as parts  # noqa: E402
import torch  # noqa: E402
from control_check import random_net  # noqa: E402
from identity_parts import Asking, Cross, Opened, cfg_guider, drawn, gap, one_step  # noqa: E402
from torch import Tensor  # noqa: E402

parts.load("likeness", PACK / "__init__.py")

import comfy.lora  # noqa: E402
import comfy.model_management  # noqa: E402
import comfy.sd  # noqa: E402
import comfy.supported_models  # noqa: E402
from identity_bases import LIKE, NAMES, WIDTHS, Base, TinySd15, TinyXl, apart  # noqa: E402
from identity_foreign import Foreign, Over, Under, grown  # noqa: E402
from identity_guiders import guiders, regions_and_windows  # noqa: E402
from identity_layouts import files, names  # noqa: E402
from likeness.nodes.host.identity.apply import apply_identity  # type: ignore[reportMissingImports]  # noqa: E402
from likeness.nodes.host.identity.control import apply_instantid_control  # type: ignore  # noqa: E402
from likeness.nodes.host.identity.layers import attention_paths, cross_attentions  # type: ignore[reportMissingImports]  # noqa: E402
from likeness.trainer.errors import ModelError  # type: ignore[reportMissingImports]  # noqa: E402
from likeness.trainer.identity.files import open_adapter  # type: ignore[reportMissingImports]  # noqa: E402
from likeness.trainer.identity.mount.mount import Placed  # type: ignore[reportMissingImports]  # noqa: E402
from likeness.trainer.identity.mount.unet import attention_paths as ours_of  # type: ignore  # noqa: E402
from likeness.trainer.identity.references import Tokens  # type: ignore[reportMissingImports]  # noqa: E402
from likeness.trainer.identity.use import Use  # type: ignore[reportMissingImports]  # noqa: E402


def agreements(base: Base) -> dict[str, float]:
    """Both engines, for batches, sizes and masks."""
    square, odd = drawn(3, 4, 8, 8, seed=1), drawn(2, 4, 9, 7, seed=2)
    mask = torch.zeros(1, 20, 30)
    mask[:, :, 10:] = 1
    each = torch.stack([torch.ones(8, 8), torch.zeros(8, 8), mask[0, :8, 4:12]])
    plain, masked, apiece = Use(weight=0.8), Use(weight=0.8, mask=mask), Use(weight=0.8, mask=each)
    said = {
        "bare": apart(base.host(base.model, square), base.ours(square)),
        "batch": apart(base.host(base.worn(plain, latents=3), square), base.ours(square, base.placed(plain, 0, 3))),
        "odd size": apart(base.host(base.worn(plain), odd), base.ours(odd, base.placed(plain))),
        "mask": apart(base.host(base.worn(masked), odd), base.ours(odd, base.placed(masked))),
        "masks": apart(base.host(base.worn(apiece), square), base.ours(square, base.placed(apiece))),
    }
    two = base.worn(Use(weight=0.5), base.worn(plain), seed=7)
    said["two adapters"] = apart(
        base.host(two, square), base.ours(square, base.placed(plain), base.placed(Use(weight=0.5), 7))
    )
    said["change"] = apart(base.host(base.worn(plain), square), base.host(base.model, square))
    return said


def layers(base: Base) -> dict[str, Any]:
    """With one layer at a time, the others' share being nothing."""
    noise, use = drawn(1, 4, 8, 8, seed=3), Use(weight=1.0)
    bare, gaps, changes = base.host(base.model, noise), [], []
    for number in base.widths:
        theirs = base.host(base.worn(use, only=number), noise)
        gaps.append(apart(theirs, base.ours(noise, base.placed(use, only=number))))
        changes.append(apart(theirs, bare))
    same = attention_paths(base.model) == ours_of(base.family.denoiser)
    places = {number: layer.place for number, layer in cross_attentions(base.unet).items()}
    return {
        "count": len(gaps),
        "gap": max(gaps),
        "change": min(changes),
        "same paths": same,
        "same places": places == LIKE[base.name].patches(),
    }


def ranges(base: Base) -> dict[str, Any]:
    """Half the way is gone at the timestep that is asked for."""
    noise = drawn(1, 4, 8, 8, seed=8)
    bare, whole = (base.host(model, noise) for model in (base.model, base.worn(Use(weight=0.8))))
    within, after, before = (
        base.worn(Use(weight=0.8, start=start, end=end)) for start, end in ((0.2, 0.6), (0.6, 1.0), (0.0, 0.4))
    )
    moved = after.clone()
    sampling = moved.get_model_object("model_sampling")
    asked: list[float] = []

    class Moved(type(sampling)):
        def percent_to_sigma(self, percent: float) -> float:
            asked.append(percent)
            return 1e9 if percent < 0.9 else 0.0

    other = Moved(base.model.model.model_config)
    moved.add_object_patch("model_sampling", other)
    return {
        "within": apart(base.host(within, noise), whole),
        "before it begins": apart(base.host(after, noise), bare),
        "after it ends": apart(base.host(before, noise), bare),
        "sampling changed later": apart(base.host(moved, noise), whole),
        "asked": len(asked),
    }


def branches(base: Base) -> dict[str, Any]:
    noise, use = drawn(1, 4, 8, 8, seed=9), Use(weight=0.8)
    bare = base.host(base.model, noise)
    child = base.worn(use)
    worn = base.host(child, noise)
    grandchild = base.worn(Use(weight=0.5), child, seed=7)
    both = base.host(grandchild, noise)
    in_loop = [base.host(base.worn(use), noise) for _ in range(3)]
    held = child.model_patches_models()
    loaded = [each.model for each in comfy.model_management.current_loaded_models]
    return {
        "parent": apart(base.host(base.model, noise), bare),
        "child": apart(base.host(child, noise), worn),
        "grandchild changes": apart(both, worn),
        "in a loop": max(apart(each, worn) for each in in_loop),
        "weight 0 is the model itself": base.worn(Use(weight=0.0)) is base.model,
        "parent has no patches": "patches_replace" not in base.model.model_options["transformer_options"],
        "held by the host": len(set(held)) == 1 and held[0] in loaded,
        "held of both": len(set(grandchild.model_patches_models())),
    }


def other_patches(base: Base) -> dict[str, float]:
    """LoRA nodes before and after, the file's own LoRA, and another pack's object in the slots."""
    noise, use = drawn(1, 4, 8, 8, seed=10), Use(weight=0.8)
    known = {key: name for name, key in comfy.lora.model_lora_keys_unet(base.model.model, {}).items()}
    weights, lora = base.model.model.state_dict(), {}
    for number, (key, name) in enumerate(known.items()):
        if key.endswith("to_q.weight"):
            out, wide = weights[key].shape
            lora[f"{name}.lora_up.weight"] = drawn(out, 2, seed=number) * 0.1
            lora[f"{name}.lora_down.weight"] = drawn(2, wide, seed=number + 1) * 0.1

    def with_lora(model: Any) -> Any:
        return comfy.sd.load_lora_for_models(model, None, lora, 0.8, 0)[0]

    before, after = base.worn(use, with_lora(base.model)), with_lora(base.worn(use))
    names = [name for name, module in base.family.denoiser.named_modules() if name.endswith(("to_k", "to_out.0"))]
    own = {}
    for number, name in enumerate(names):
        out, wide = base.family.denoiser.get_submodule(name).weight.shape
        own[f"{name}.weight"] = drawn(2, wide, seed=number) * 0.1, drawn(out, 2, seed=number + 1) * 0.1
    placed = base.placed(use)
    ours = Placed(layers=placed.layers, use=use, name="random", family=base.name, patches=own)
    said = {
        "lora before and after": apart(base.host(before, noise), base.host(after, noise)),
        "lora changes": apart(base.host(after, noise), base.host(base.worn(use), noise)),
        "own lora": apart(base.host(base.worn(use, patches=own), noise), base.ours(noise, ours)),
        "own lora changes": apart(base.host(base.worn(use, patches=own), noise), base.host(base.worn(use), noise)),
    }
    theirs = base.model.clone()
    for layer in cross_attentions(base.unet).values():
        theirs.set_model_patch_replace(Foreign(grown), "attn2", *layer.place)
    wanted = base.host(base.worn(use, made=Over), noise)
    said["over another pack's"] = apart(base.host(base.worn(use, theirs), noise), wanted)
    child = base.worn(use)
    worn = base.host(child, noise)
    added = child.clone()
    for patch in added.model_options["transformer_options"]["patches_replace"]["attn2"].values():
        patch.add(grown, sigma_start=1e9, sigma_end=0.0)
        patch.add(grown, sigma_start=0.0, sigma_end=0.0)
    wanted = base.host(base.worn(use, made=Under), noise)
    said["under another pack's"] = apart(base.host(added, noise), wanted)
    said["what another pack adds to a copy"] = apart(base.host(child, noise), worn)
    return said


def instantid(base: Base) -> dict[str, Any]:
    """The ControlNet beside the adapter: what it reads in place of the words."""
    noise, net = drawn(1, 4, 8, 8, seed=16), random_net(base.model, torch)
    tokens = Tokens(drawn(1, 16, WIDTHS[base.name], seed=17), drawn(1, 16, WIDTHS[base.name], seed=18))
    conds, hint = base.conds(), drawn(1, 64, 64, 3, seed=19).sigmoid()
    pair = apply_instantid_control(conds["positive"], conds["negative"], net, hint, tokens, strength=0.8)
    twice = apply_instantid_control(*pair, net, hint, tokens, strength=0.5, end=0.4)
    read: list[Tensor] = []
    hook = net.control_model.register_forward_pre_hook(
        lambda _model, _inputs, named: read.append(named["context"]), with_kwargs=True
    )
    said = []
    for model, told in ((base.model, (conds["positive"], conds["negative"])), (base.model, pair), (base.model, twice)):
        asking = Asking(model)
        one_step(cfg_guider(asking.model, dict(zip(NAMES, told, strict=True))), noise, base.sigma)
        said.append(base.found(asking.calls[0], NAMES))
    hook.remove()
    off = apply_instantid_control(conds["positive"], conds["negative"], net, hint, tokens, strength=0)
    # Rows come in the order that the host likes; each side is among them once.
    return {
        "runs": len(read),
        "reads the tokens": min(
            gap(read[0].flip(0) if turned else read[0], torch.cat((tokens.conditional, tokens.unconditional)))
            for turned in (False, True)
        ),
        "changes": apart(said[1], said[0]),
        "over one that is past": apart(said[2], said[1]),
        "one net for both": pair[0][0][1]["control"] is pair[1][0][1]["control"],
        "strength 0": off[0] is conds["positive"] and off[1] is conds["negative"],
        "words as they were": "control" not in conds["positive"][0][1],
    }


def refusals(base: Base) -> list[str]:
    """What is said of adapters that do not belong here."""
    use = Use(weight=0.8)
    widths = dict.fromkeys(base.widths, 48)
    lacking = {**base.widths, 139: 1280}
    others = (
        Opened("flux1", lambda use: None),
        Opened(base.name, lambda use: Cross(widths, use)),
        Opened(base.name, lambda use: Cross(lacking, use)),
        base.adapter(patches={"down_blocks.9.to_q.weight": (drawn(2, 4, seed=0), drawn(4, 2, seed=0))}),
    )
    said = []
    for other in others:
        try:
            apply_identity(base.model, other, None, use)
            said.append("")
        except ModelError as refused:
            said.append(str(refused))
    return said


@torch.inference_mode()
def compare(base: Base, folder: Path) -> dict[str, Any]:
    return {
        "family": base.name,
        "files": files(base, folder),
        "names": names(base, open_adapter(folder / "faceid.safetensors")),
        "instantid": instantid(base) if base.name == "sdxl" else {},
        "agreements": agreements(base),
        "layers": layers(base),
        "guiders": guiders(base),
        "windows": regions_and_windows(base),
        "ranges": ranges(base),
        "branches": branches(base),
        "others": other_patches(base),
        "refusals": refusals(base),
    }


def main() -> None:
    write = parts.load("tiny_checkpoint", PACK / "tests" / "tiny_checkpoint.py").write_tiny_checkpoint
    for name, tiny in (("sdxl", TinyXl), ("sd15", TinySd15)):
        comfy.supported_models.models.insert(0, tiny)
        with tempfile.TemporaryDirectory() as folder:
            base = Base(name, write(Path(folder) / f"{name}.safetensors", name))
            sys.stdout.write("\n" + json.dumps(compare(base, Path(folder))) + "\n")
        comfy.supported_models.models.remove(tiny)


main()
