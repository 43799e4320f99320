"""Run by the host's interpreter: adapters in the UNets of tiny SDXL and SD 1.5, in the host and in our own engine.

Prints one JSON object a line and family: largest differences by what was asked.
"""

import json
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

COMFY, PACK = (Path(argument) for argument in sys.argv[1:3])
sys.argv = ["main.py", "--cpu"]
sys.path[:0] = [COMFY.as_posix()]

import identity_parts as parts  # noqa: E402
import torch  # noqa: E402
from control_check import random_net  # noqa: E402
from identity_parts import Asking, Cross, Opened, cfg_guider, drawn, gap, one_step  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from torch import Tensor  # noqa: E402

parts.load("likeness", PACK / "__init__.py")

import comfy.context_windows  # noqa: E402
import comfy.ldm.modules.attention  # noqa: E402
import comfy.lora  # noqa: E402
import comfy.model_management  # noqa: E402
import comfy.model_sampling  # noqa: E402
import comfy.samplers  # noqa: E402
import comfy.sd  # noqa: E402
import comfy.supported_models  # noqa: E402
from comfy_extras.nodes_custom_sampler import Guider_DualCFG  # noqa: E402
from comfy_extras.nodes_perpneg import Guider_PerpNeg, PerpNeg  # noqa: E402
from likeness.nodes.host.fingerprint import fingerprint  # type: ignore[reportMissingImports]  # noqa: E402
from likeness.nodes.host.identity.apply import apply_identity  # type: ignore[reportMissingImports]  # noqa: E402
from likeness.nodes.host.identity.control import apply_instantid_control  # type: ignore  # noqa: E402
from likeness.nodes.host.identity.layers import attention_paths, cross_attentions  # type: ignore[reportMissingImports]  # noqa: E402
from likeness.trainer.errors import ModelError  # type: ignore[reportMissingImports]  # noqa: E402
from likeness.trainer.families.batch_rows import BatchRows, told_rows  # type: ignore  # noqa: E402
from likeness.trainer.families.condition import Condition  # type: ignore[reportMissingImports]  # noqa: E402
from likeness.trainer.families.registry import describe_base, load_family  # type: ignore  # noqa: E402
from likeness.trainer.identity.attention.numbers import Topology  # type: ignore  # noqa: E402
from likeness.trainer.identity.files import open_adapter  # type: ignore[reportMissingImports]  # noqa: E402
from likeness.trainer.identity.mount.mount import Placed, mount_identity, placed_on  # type: ignore  # noqa: E402
from likeness.trainer.identity.mount.unet import attention_paths as ours_of  # type: ignore  # noqa: E402
from likeness.trainer.identity.references import References, Tokens  # type: ignore  # noqa: E402
from likeness.trainer.identity.use import Use  # type: ignore[reportMissingImports]  # noqa: E402
from likeness.trainer.recipe.buckets import Placement  # type: ignore[reportMissingImports]  # noqa: E402

TIMESTEP = 500
WIDTHS = {"sdxl": 128, "sd15": 64}
NAMES = ("positive", "negative")


LIKE = {
    "sdxl": Topology(((0, 0), (1, 1), (2, 2)), 2, ((2, 2, 2), (1, 1, 1), (0, 0, 0))),
    "sd15": Topology(((1, 1), (1, 1), (0, 0)), 1, ((0, 0, 0), (1, 1, 1), (1, 1, 1))),
}


class TinyXl(comfy.supported_models.SDXL):
    unet_config = {}
    unet_extra_config = {"num_heads": -1, "num_head_channels": 64}


class TinySd15(comfy.supported_models.SD15):
    unet_config = {}


class Base:
    """One tiny base in both engines, and what either answers."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.model = comfy.sd.load_diffusion_model(path.as_posix(), model_options={"dtype": torch.float32})
        self.family = load_family(describe_base(path))
        self.sigma = float(self.model.get_model_object("model_sampling").sigma(torch.tensor(float(TIMESTEP))))
        self.widths = {number: layer.width for number, layer in cross_attentions(self.unet).items()}
        self.told = {each: drawn(1, 9, WIDTHS[name], seed=100 + n) for n, each in enumerate(NAMES)}
        self.pooled = {each: drawn(1, 64, seed=200 + n) for n, each in enumerate(NAMES)}

    @property
    def unet(self) -> Any:
        return self.model.model.diffusion_model

    def conds(self, **more: Any) -> dict[str, Any]:
        """The host's conditionings by name, with extras for the positive one."""
        made = {each: [[self.told[each], {"pooled_output": self.pooled[each]}]] for each in NAMES}
        made["positive"][0][1] |= more
        return made

    def adapter(
        self, seed: int = 0, latents: int = 1, only: int | None = None, made: Any = Cross, **rest: Any
    ) -> Opened:
        widths = self.widths if only is None else {only: self.widths[only]}
        return Opened(self.name, lambda use: made(widths, use, seed, latents), **rest)

    def worn(self, use: Any, model: Any = None, **adapter: Any) -> Any:
        return apply_identity(model or self.model, self.adapter(**adapter), None, use)

    def host(self, model: Any, noise: Tensor, names: tuple[str, ...] = ("positive", "negative")) -> dict[str, Tensor]:
        """The noise that the UNet finds for each conditioning, guided as usual."""
        asking = Asking(model)
        one_step(cfg_guider(asking.model, self.conds()), noise, self.sigma)
        return self.found(asking.calls[0], names)

    def found(self, call: Any, names: tuple[str, ...]) -> dict[str, Tensor]:
        denoised, x, sigma = call
        return {name: (x - each) / sigma[0] for name, each in zip(names, denoised, strict=True)}

    def ours(self, noise: Tensor, *placed: Any, names: tuple[str, ...] = ("positive", "negative")) -> dict[str, Tensor]:
        """The same of our own engine, for the UNet's input that the host makes of `noise`."""
        sampling = self.model.get_model_object("model_sampling")
        sigma = torch.tensor([self.sigma])
        x = sampling.noise_scaling(sigma[0], noise, torch.zeros_like(noise), False)
        size = (noise.shape[-1] * 8, noise.shape[-2] * 8)
        place = Placement(size, size, (0, 0), size)
        made = mount_identity(self.family, *placed)
        said = {}
        for name in names:
            kept = {"context": self.told[name][0]} | ({"pooled": self.pooled[name][0]} if self.name == "sdxl" else {})
            rows = BatchRows((name == "positive",) * len(x), tuple(range(len(x))))
            asked = sampling.calculate_input(sigma, x), torch.full((len(x),), TIMESTEP / 1000)
            with told_rows(rows):
                said[name] = self.family.predict(*asked, [Condition(kept)] * len(x), [place] * len(x))
        made.remove()
        return said

    def placed(self, use: Any, seed: int = 0, latents: int = 1, only: int | None = None) -> Any:
        opened = self.adapter(seed, latents, only)
        return Placed(layers=opened.placed(None, use), use=use, name="random", family=self.name)


def apart(one: Mapping[str, Tensor], other: Mapping[str, Tensor]) -> float:
    assert one.keys() == other.keys()
    return max(gap(one[name], other[name]) for name in one)


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


def guiders(base: Base) -> dict[str, float]:
    """Whoever asks, in whatever order, each conditioning is answered as by our own engine."""
    noise, use = drawn(2, 4, 8, 8, seed=4), Use(weight=0.8)
    wanted = base.ours(noise, base.placed(use))
    positive, negative = (base.conds()[name] for name in NAMES)
    long = [[torch.cat((negative[0][0], drawn(1, 1, WIDTHS[base.name], seed=5)), dim=1), negative[0][1]]]

    def answered(make: Callable[[Any], Any], *orders: str) -> float:
        """`orders`: of each call, what it asks for, positive or negative."""
        asking = Asking(base.worn(use))
        one_step(make(asking.model), noise, base.sigma)
        names = {"p": "positive", "n": "negative"}
        return max(
            gap((call[1] - denoised) / call[2][0], wanted[names[which]])
            for call, order in zip(asking.calls, orders, strict=True)
            for denoised, which in zip(call[0], order, strict=True)
            if which in names
        )

    def guided(cfg: float = 3.0, last: Any = negative) -> Callable[[Any], Any]:
        return lambda model: cfg_guider(model, {"positive": positive, "negative": last}, cfg)

    def of_three(kind: Any, *conds: Any, **scales: Any) -> Callable[[Any], Any]:
        def make(model: Any) -> Any:
            made = kind(model)
            made.set_conds(*conds)
            made.set_cfg(3.0, 2.0, **scales)
            return made

        return make

    def asks_again(model: Any) -> Any:
        """A pack that asks for the negative alone once more, as self-attention guidance does."""

        def post(args: Any) -> Tensor:
            rest = args["input"], args["sigma"], args["model_options"]
            comfy.samplers.calc_cond_batch(args["model"], [args["uncond"]], *rest)
            return args["denoised"]

        model.set_model_sampler_post_cfg_function(post)
        return guided()(model)

    def with_empty(model: Any) -> Any:
        return guided()(PerpNeg.execute(model, negative, 1.0).result[0])

    return {
        "cfg": answered(guided(), "pn"),
        "cfg 1": answered(guided(1.0), "p-"),
        "calls apart": answered(guided(last=long), "p-"),
        "perp neg": answered(of_three(Guider_PerpNeg, positive, negative, negative), "pnn"),
        "dual cfg": answered(of_three(Guider_DualCFG, positive, positive, negative), "npp"),
        "dual cfg, nested": answered(of_three(Guider_DualCFG, positive, positive, negative, nested=True), "npp"),
        "negative alone": answered(asks_again, "pn", "n"),
        "old perp neg": answered(with_empty, "pn", "n"),
    }


def regions_and_windows(base: Base) -> dict[str, float]:
    noise, use = drawn(3, 4, 8, 8, seed=6), Use(weight=0.8)
    wanted = base.ours(noise, base.placed(use, latents=3))
    windowed = base.worn(use, latents=3)
    windowed.model_options["context_handler"] = comfy.context_windows.IndexListContextHandler(
        comfy.context_windows.get_matching_context_schedule("standard_static"),
        comfy.context_windows.get_matching_fuse_method("pyramid"),
        context_length=2,
        context_overlap=1,
        dim=0,
    )
    denoised = one_step(cfg_guider(windowed, base.conds()), noise, base.sigma)
    guided = wanted["negative"] + 3.0 * (wanted["positive"] - wanted["negative"])
    found = noise - denoised / base.sigma
    silent = Opened(base.name, lambda use: silenced(Cross(base.widths, use)))
    # The host appends a copy of the positive's area to the negative ones, under the positive's name.
    conds = {**base.conds(area=(4, 4, 2, 2)), "whole": base.conds()["positive"]}
    conds["positive"] = conds["positive"] + conds["whole"]
    asked = []
    for model in (apply_identity(base.model, silent, None, use), base.model):
        asking = Asking(model)
        one_step(cfg_guider(asking.model, conds), noise, base.sigma)
        asked.append(asking.calls[0][0])
    return {
        "windows": gap(found, guided),
        "area, negative": gap(asked[0][1], asked[1][1]),
        "area, positive changes": gap(asked[0][0], asked[1][0]),
    }


def silenced(cross: Cross) -> Cross:
    """One that adds nothing where the prompt is not told."""
    for kept in cross.weights.values():
        kept[3].data.zero_()
    return cross


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


def files(base: Base, folder: Path) -> dict[str, Any]:
    """Files in the layout that is published, opened and mounted by either engine."""
    noise, context = drawn(2, 4, 8, 8, seed=12), {"sdxl": 2048, "sd15": 768}[base.name]
    tensors = {
        "image_proj.proj.0.weight": drawn(1024, 512, seed=1) / 20,
        "image_proj.proj.0.bias": drawn(1024, seed=2),
        "image_proj.proj.2.weight": drawn(4 * context, 1024, seed=3) / 30,
        "image_proj.proj.2.bias": drawn(4 * context, seed=4),
        "image_proj.norm.weight": torch.ones(context),
        "image_proj.norm.bias": torch.zeros(context),
    }
    for number, width in base.widths.items():
        for seed, part in enumerate(("to_k_ip", "to_v_ip")):
            tensors[f"ip_adapter.{number}.{part}.weight"] = drawn(width, context, seed=number + seed) / context**0.5
    for number, path in enumerate(attention_paths(base.model)):
        for part, name in (("q", "to_q"), ("k", "to_k"), ("v", "to_v"), ("out", "to_out.0")):
            out, wide = base.family.denoiser.get_submodule(f"{path}.{name}").weight.shape
            tensors[f"ip_adapter.{number}.to_{part}_lora.down.weight"] = drawn(4, wide, seed=number) * 0.05
            tensors[f"ip_adapter.{number}.to_{part}_lora.up.weight"] = drawn(out, 4, seed=number + 1) * 0.05
    save_file(tensors, folder / "faceid.safetensors")
    opened = open_adapter(folder / "faceid.safetensors")
    seen = References(faces=drawn(2, 512, seed=13), face_model="buffalo_l")
    mask = torch.zeros(16, 16)
    mask[:, 4:] = 1
    uses = [Use(weight=0.8, mask=mask), *(Use(weight=0.8, weight_type=each) for each in ("ease in", "style transfer"))]
    said = {
        f"faceid, {use.weight_type}": opened_gap(base, opened, opened.tokens(seen, use), use, noise) for use in uses
    }
    if base.name == "sdxl":
        names = {
            f"id_adapter_attn_layers.{number}.id_to_{part}.weight": drawn(width, context, seed=number + seed) / 45
            for number, width in base.widths.items()
            for seed, part in enumerate("kv")
        }
        save_file(
            names | {"id_adapter.id_embedding_mapping.0.weight": drawn(4, 4, seed=0)}, folder / "pulid.safetensors"
        )
        opened = open_adapter(folder / "pulid.safetensors")
        tokens = Tokens(drawn(1, 10, context, seed=14), drawn(1, 10, context, seed=15))
        for method in ("fidelity", "style"):
            use = Use(weight=0.8, options={"method": method})
            said[f"pulid, {method}"] = opened_gap(base, opened, tokens, use, noise)
    return said


def names(base: Base, opened: Any) -> dict[str, bool]:
    """What kept pictures are filed under: it goes by what is drawn, and by nothing else."""
    masks = torch.zeros(2, 16, 16)
    masks[0, :, 8:] = masks[1, 8:] = 1
    faces = [References(faces=drawn(1, 512, seed=seed), face_model="buffalo_l") for seed in (20, 21)]

    def worn(seen: Any = faces[0], **use: Any) -> Any:
        used = Use(**{"weight": 0.8, **use})
        return apply_identity(base.model, opened, opened.tokens(seen, used), used)

    variants = [{}, {"weight": 0.7}, {"end": 0.9}, {"mask": masks[0]}, {"mask": masks[1]}, {"seen": faces[1]}]
    models = [worn(**variant) for variant in variants]
    said = [fingerprint(model) for model in models]
    base.host(models[3], drawn(1, 4, 8, 8, seed=22))
    return {
        "differ": len({fingerprint(base.model), *said}) == len(said) + 1,
        "come again": [fingerprint(worn(**variant)) for variant in variants] == said,
        "stay": fingerprint(models[3]) == said[3],
    }


def opened_gap(base: Base, adapter: Any, tokens: Any, use: Any, noise: Tensor) -> tuple[float, float]:
    """How far apart the engines are, and how far from the bare base."""
    theirs = base.host(apply_identity(base.model, adapter, tokens, use), noise)
    ours = base.ours(noise, placed_on(base.family, adapter, tokens, use))
    return apart(theirs, ours), apart(theirs, base.host(base.model, noise))


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


def grown(out: Tensor, *_: Any, **__: Any) -> Tensor:
    return 0.25 * out


class Foreign:
    """What popular packs put into a slot: one object whose callbacks' answers are added."""

    def __init__(self, callback: Any) -> None:
        self.callback = callback

    def __call__(self, q: Tensor, k: Tensor, v: Tensor, options: Any) -> Tensor:
        out = comfy.ldm.modules.attention.optimized_attention(q, k, v, options["n_heads"])
        return out + self.callback(out, q, k, v, options)


class Over(Cross):
    """As if text attention were larger."""

    def attend(self, number: int, query: Tensor, text: Tensor, rows: Any) -> Tensor:
        return super().attend(number, query, 1.25 * text, rows)


class Under(Cross):
    """As if all were larger."""

    def attend(self, number: int, query: Tensor, text: Tensor, rows: Any) -> Tensor:
        return 1.25 * super().attend(number, query, text, rows)


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
