"""Run by the host's interpreter: adapters in the blocks of a tiny FLUX.1, in the host and in our own engine.

Prints one JSON object: largest differences by what was asked.
"""

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

COMFY, PACK = (Path(argument) for argument in sys.argv[1:3])
sys.argv = ["main.py", "--cpu"]
sys.path[:0] = [COMFY.as_posix(), PACK.as_posix()]

import identity_parts as parts  # noqa: E402
import torch  # noqa: E402
from identity_parts import Asking, Blocks, Opened, cfg_guider, drawn, gap, one_step  # noqa: E402
from safetensors.torch import save_file  # noqa: E402
from torch import Tensor  # noqa: E402

parts.load("likeness", PACK / "__init__.py")

import comfy.lora  # noqa: E402
import comfy.patcher_extension  # noqa: E402
import comfy.sd  # noqa: E402
from likeness.nodes.host.identity.apply import apply_identity  # type: ignore[reportMissingImports]  # noqa: E402
from likeness.trainer.errors import ModelError  # type: ignore[reportMissingImports]  # noqa: E402
from likeness.trainer.families.batch_rows import BatchRows, told_rows  # type: ignore  # noqa: E402
from likeness.trainer.families.condition import Condition  # type: ignore[reportMissingImports]  # noqa: E402
from likeness.trainer.families.registry import describe_base, load_family  # type: ignore  # noqa: E402
from likeness.trainer.identity.files import open_adapter  # type: ignore[reportMissingImports]  # noqa: E402
from likeness.trainer.identity.mount.mount import Placed, mount_identity, placed_on  # type: ignore  # noqa: E402
from likeness.trainer.identity.references import Tokens  # type: ignore[reportMissingImports]  # noqa: E402
from likeness.trainer.identity.use import Use  # type: ignore[reportMissingImports]  # noqa: E402
from likeness.trainer.recipe.buckets import Placement  # type: ignore[reportMissingImports]  # noqa: E402

tiny_flux = parts.load("tiny_flux", PACK / "tests" / "tiny_flux.py")

WIDTH, DOUBLE, SINGLE = 256, 2, 3
SIGMA, GUIDANCE = 0.7, 3.5
NAMES = ("positive", "negative")
LIKE = {
    "pulid": {"follows": (0, 2, 4)},
    "xlabs": {"attends": (0, 1), "follows": (0, 1)},
    "instantx": {"attends": range(5), "joins": range(5)},
    "all": {"attends": (0, 3), "joins": (1, 2, 3), "follows": (0, 1, 2, 3)},
}
TOLD = {name: drawn(1, 24, tiny_flux.T5_WIDTH, seed=100 + number) for number, name in enumerate(NAMES)}
POOLED = {name: drawn(1, tiny_flux.CLIP_WIDTH, seed=200 + number) for number, name in enumerate(NAMES)}


class Base:
    def __init__(self, path: Path) -> None:
        self.model = comfy.sd.load_diffusion_model(path.as_posix(), model_options={"dtype": torch.float32})
        self.family = load_family(describe_base(path))

    def worn(self, use: Any, like: str = "all", model: Any = None, made: Any = Blocks, **rest: Any) -> Any:
        opened = Opened("flux1", lambda use: made(WIDTH, use, **{**LIKE[like], **rest}))
        return apply_identity(model or self.model, opened, None, use)

    def host(self, model: Any, noise: Tensor, **more: Any) -> dict[str, Tensor]:
        """The velocity for each conditioning, `more` being told to both."""
        asking = Asking(model)
        told = {name: {"pooled_output": POOLED[name], "guidance": GUIDANCE, **more} for name in NAMES}
        one_step(cfg_guider(asking.model, {name: [[TOLD[name], told[name]]] for name in NAMES}), noise, SIGMA)
        denoised, x, sigma = asking.calls[0]
        return {name: (x - each) / sigma[0] for name, each in zip(NAMES, denoised, strict=True)}

    def ours(self, noise: Tensor, *placed: Any) -> dict[str, Tensor]:
        size = (noise.shape[-1] * 8, noise.shape[-2] * 8)
        place, count, said = Placement(size, size, (0, 0), size), len(noise), {}
        made = mount_identity(self.family, *placed)
        for name in NAMES:
            told = Condition({"context": TOLD[name][0], "pooled": POOLED[name][0]})
            with told_rows(BatchRows((name == "positive",) * count, tuple(range(count)))):
                asked = SIGMA * noise, torch.full((count,), SIGMA)
                said[name] = self.family.predict(*asked, [told] * count, [place] * count, GUIDANCE)
        made.remove()
        return said

    def placed(self, use: Any, like: str = "all", **rest: Any) -> Any:
        return Placed(layers=Blocks(WIDTH, use, **{**LIKE[like], **rest}), use=use, name="random", family="flux1")


def apart(one: dict[str, Tensor], other: dict[str, Tensor]) -> float:
    return max(gap(one[name], other[name]) for name in NAMES)


def agreements(base: Base) -> dict[str, float]:
    square, ragged = drawn(3, 16, 8, 8, seed=1), drawn(2, 16, 9, 6, seed=2)
    mask = torch.zeros(1, 20, 30)
    mask[:, :, 10:] = 1
    plain, masked = Use(weight=0.8), Use(weight=0.8, mask=mask)
    said = {"bare": apart(base.host(base.model, square), base.ours(square))}
    for like in LIKE:
        said[like] = apart(base.host(base.worn(plain, like), square), base.ours(square, base.placed(plain, like)))
    said["batch"] = apart(
        base.host(base.worn(plain, latents=3), square), base.ours(square, base.placed(plain, latents=3))
    )
    said["ragged"] = apart(base.host(base.worn(plain), ragged), base.ours(ragged, base.placed(plain)))
    said["mask"] = apart(base.host(base.worn(masked), ragged), base.ours(ragged, base.placed(masked)))
    two = base.worn(Use(weight=0.5), "all", base.worn(plain, "instantx"), seed=7)
    both = base.placed(plain, "instantx"), base.placed(Use(weight=0.5), seed=7)
    said["two adapters"] = apart(base.host(two, square), base.ours(square, *both))
    said["change"] = apart(base.host(base.worn(plain, "pulid"), square), base.host(base.model, square))
    return said


def files(base: Base, folder: Path) -> dict[str, tuple[float, float]]:
    """Files in the layouts that are published, opened and mounted by either engine."""
    noise, use, said = drawn(2, 16, 9, 6, seed=7), Use(weight=0.8), {}
    xlabs = {"ip_adapter_proj_model.proj.weight": drawn(4 * 64, 768, seed=0)}
    for number in range(DOUBLE):
        for seed, side in enumerate("kv"):
            name = f"double_blocks.{number}.processor.ip_adapter_double_stream_{side}_proj"
            xlabs[f"{name}.weight"] = drawn(WIDTH, 64, seed=10 * number + seed)
            xlabs[f"{name}.bias"] = drawn(WIDTH, seed=10 * number + seed + 2)
    shapes = {"proj.0.weight": (32, 16), "proj.0.bias": (32,), "proj.2.weight": (128, 32), "proj.2.bias": (128,)}
    shapes |= {"norm.weight": (64,), "norm.bias": (64,)}
    instantx = {f"image_proj.{name}": drawn(*shape, seed=1) for name, shape in shapes.items()}
    for number in range(DOUBLE + SINGLE):
        for seed, side in enumerate("kv"):
            instantx[f"ip_adapter.{number}.to_{side}_ip.weight"] = drawn(WIDTH, 64, seed=10 * number + seed)
    tokens = Tokens(drawn(1, 4, 64, seed=8), drawn(1, 4, 64, seed=9))
    bare = base.host(base.model, noise)
    for name, tensors in (("xlabs", xlabs), ("instantx", instantx)):
        save_file(tensors, folder / f"{name}.safetensors")
        adapter = open_adapter(folder / f"{name}.safetensors")
        theirs = base.host(apply_identity(base.model, adapter, tokens, use), noise)
        ours = base.ours(noise, placed_on(base.family, adapter, tokens, use))
        said[name] = apart(theirs, ours), apart(theirs, bare)
    return said


def blocks(base: Base) -> dict[str, float]:
    """With one block at a time, joined or followed."""
    noise, use = drawn(1, 16, 8, 8, seed=3), Use(weight=1.0)
    bare, gaps, changes = base.host(base.model, noise), [], []
    for number in range(DOUBLE + SINGLE):
        for kind in ("joins", "follows"):
            one = {"attends": (), "joins": (), "follows": (), kind: (number,)}
            theirs = base.host(base.worn(use, **one), noise)
            gaps.append(apart(theirs, base.ours(noise, base.placed(use, **one))))
            changes.append(apart(theirs, bare))
    return {"count": len(gaps), "gap": max(gaps), "change": min(changes)}


def references(base: Base) -> dict[str, Any]:
    """With a reference picture's tokens behind the picture's own (Kontext)."""
    noise, use, said = drawn(1, 16, 8, 6, seed=4), Use(weight=0.8), {}
    told = {"reference_latents": [drawn(1, 16, 6, 6, seed=5)]}
    adapter = Blocks(WIDTH, use, follows=range(DOUBLE + SINGLE))
    bare = base.host(base.model, noise, **told)
    for method in ("offset", "index", "uxo"):
        theirs = base.host(base.worn(use, made=Seen), noise, **told, reference_latents_method=method)
        said[f"{method} changes"] = apart(theirs, bare)
    said["tokens"] = sorted(set(Seen.tokens))
    worn = base.worn(use, attends=(), joins=(), follows=range(DOUBLE + SINGLE))
    said["gap"] = apart(base.host(worn, noise, **told), by_hand(base, adapter, noise, told))
    return said


class Seen(Blocks):
    """One that keeps how many tokens it was shown."""

    tokens: list[tuple[int, ...]] = []

    def joined(self, block: int, query: Tensor, rows: Any) -> Tensor:
        self.tokens.append((0 if block < DOUBLE else 1, query.shape[2]))
        return super().joined(block, query, rows)

    def followed(self, block: int, image: Tensor, query: Tensor | None, rows: Any) -> Tensor:
        self.tokens.append((2, image.shape[1]))
        return super().followed(block, image, query, rows)


def by_hand(base: Base, adapter: Any, noise: Tensor, told: Any) -> dict[str, Tensor]:
    """What follows the blocks, added by hooks on the host's own blocks, a conditioning at a time."""
    flux, grid = base.model.model.diffusion_model, (noise.shape[-2] // 2, noise.shape[-1] // 2)
    rows = type("Rows", (), {"heads": flux.num_heads, "grid": grid, "latent": (0, 0), "conditional": (False, True)})

    def follow(number: int) -> Any:
        def hook(_block: Any, _inputs: Any, out: Any) -> Any:
            image, text = (out[0], 0) if number < DOUBLE else (out, TOLD["positive"].shape[1])
            own = slice(text, text + grid[0] * grid[1])
            image[:, own] += adapter.followed(number, image[:, own], None, rows)
            return out

        return hook

    blocks = (*flux.double_blocks, *flux.single_blocks)
    hooks = [block.register_forward_hook(follow(number)) for number, block in enumerate(blocks)]
    said = base.host(base.model, noise, **told)
    for hook in hooks:
        hook.remove()
    return said


def others(base: Base) -> dict[str, Any]:
    noise, use = drawn(1, 16, 8, 8, seed=6), Use(weight=0.8)
    bare, worn = base.host(base.model, noise), base.host(base.worn(use), noise)
    within, after = base.worn(Use(weight=0.8, start=0.1, end=0.9)), base.worn(Use(weight=0.8, start=0.8))
    child = base.worn(use)
    said = {
        "within": apart(base.host(within, noise), worn),
        "before it begins": apart(base.host(after, noise), bare),
        "grandchild changes": apart(base.host(base.worn(use, model=child, seed=7), noise), worn),
        "child": apart(base.host(child, noise), worn),
        "parent": apart(base.host(base.model, noise), bare),
        "weight 0 is the model itself": base.worn(Use(weight=0.0)) is base.model,
        "held by the host": len(set(child.model_patches_models())),
    }
    known = {key: name for name, key in comfy.lora.model_lora_keys_unet(base.model.model, {}).items() if "." in name}
    weights, lora = base.model.model.state_dict(), {}
    for number, (key, name) in enumerate((key, name) for key, name in known.items() if isinstance(key, str)):
        if key.endswith(("img_attn.proj.weight", "linear1.weight")):
            out, wide = weights[key].shape
            lora[f"{name}.lora_up.weight"] = drawn(out, 2, seed=number) * 0.1
            lora[f"{name}.lora_down.weight"] = drawn(2, wide, seed=number + 1) * 0.1

    def with_lora(model: Any) -> Any:
        return comfy.sd.load_lora_for_models(model, None, lora, 0.8, 0)[0]

    before, after = base.host(base.worn(use, model=with_lora(base.model)), noise), base.host(with_lora(child), noise)
    said["lora before and after"], said["lora changes"] = apart(before, after), apart(after, worn)
    wrapped = base.model.clone()
    kind = comfy.patcher_extension.WrappersMP.APPLY_MODEL
    comfy.patcher_extension.add_wrapper_with_key(kind, "other", by_name, wrapped.model_options, is_model_options=True)
    said["inside another pack's wrapper"] = apart(base.host(base.worn(use, model=wrapped), noise), worn)
    theirs = base.model.clone()
    for number in (0, 1):
        theirs.set_model_patch_replace(larger, "dit", "double_block", number)
    follows = {"attends": (), "joins": (), "follows": (0, 1)}
    over = base.host(base.worn(use, model=theirs, **follows), noise)
    said["over another pack's"] = apart(over, base.host(base.worn(use, made=Over, **follows), noise))
    child = base.worn(use, **follows)
    added = child.clone()
    for number in (0, 1):
        slot = added.model_options["transformer_options"]["patches_replace"]["dit"]["double_block", number]
        slot.add(grown_image, sigma_start=1.0, sigma_end=0.0, share=0.25)
        slot.add(grown_image, sigma_start=0.1, sigma_end=0.0, share=9.0)
    said["under another pack's"] = apart(
        base.host(added, noise), base.host(base.worn(use, made=Under, **follows), noise)
    )
    said["what another pack adds to a copy"] = apart(
        base.host(child, noise), base.host(base.worn(use, **follows), noise)
    )
    return said


def grown_image(image: Tensor, share: float, transformer_options: Any) -> Tensor:
    """What another pack adds to the image tokens after a block."""
    assert transformer_options["block_type"] == "double"
    return share * image


def by_name(executor: Any, *given: Any, **more: Any) -> Any:
    """Another pack's wrapper, which hands on what comes last under its name."""
    *given, options = given
    return executor(*given, transformer_options=options, **more)


def larger(args: Any, extra: Any) -> Any:
    """Another pack's patch of a block."""
    out = extra["original_block"](args)
    return {**out, "img": 1.25 * out["img"]}


class Over(Blocks):
    def followed(self, block: int, image: Tensor, query: Tensor | None, rows: Any) -> Tensor:
        return 0.25 * image + super().followed(block, 1.25 * image, query, rows)


class Under(Blocks):
    def followed(self, block: int, image: Tensor, query: Tensor | None, rows: Any) -> Tensor:
        return 0.25 * image + 1.25 * super().followed(block, image, query, rows)


def refusals(base: Base) -> list[str]:
    use, said = Use(weight=0.8), []
    others = (
        Opened("sdxl", lambda use: None),
        Opened("flux1", lambda use: Blocks(64, use, **LIKE["all"])),
        Opened("flux1", lambda use: Blocks(WIDTH, use, follows=(0, 56))),
    )
    for other in others:
        try:
            apply_identity(base.model, other, None, use)
            said.append("")
        except ModelError as refused:
            said.append(str(refused))
    return said


@torch.inference_mode()
def main(folder: Path) -> dict[str, Any]:
    path = tiny_flux.write_tiny_flux(folder / "models")
    shapes = tiny_flux.transformer_shapes(True, width=WIDTH, double=DOUBLE, single=SINGLE)
    base = Base(tiny_flux.write(path, shapes, torch.float32, 5))
    return {
        "agreements": agreements(base),
        "files": files(base, folder),
        "blocks": blocks(base),
        "references": references(base),
        "others": others(base),
        "refusals": refusals(base),
    }


with tempfile.TemporaryDirectory() as folder:
    print(json.dumps(main(Path(folder))))  # noqa: T201
