"""An adapter on Stable Diffusion: as diffusers' own IP-Adapter, beside any LoRA, when it is wanted, and gone."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from tests.trainer.lora.test_adapter import predict, written
from trainer.errors import ModelError
from trainer.families.base import Base
from trainer.families.batch_rows import BatchRows, told_rows
from trainer.families.registry import load_family
from trainer.families.sd.model import StableDiffusion
from trainer.identity.files import open_adapter
from trainer.identity.mount.mount import Placed, mount_identity, placed_on
from trainer.identity.mount.unet import cross_attentions
from trainer.identity.references import References
from trainer.identity.use import Use
from trainer.lora.mount import mount_lora
from trainer.recipe.buckets import Placement
from trainer.recipe.lora import Lora

from .side import Side, random_side

CONTEXT, POOLED, TOKENS = 64, 24, 4
WHOLE = Use(weight=1.0)


@pytest.fixture
def family(tiny_base: Base) -> StableDiffusion:
    return loaded(tiny_base)


def loaded(base: Base) -> StableDiffusion:
    family = load_family(base)
    assert isinstance(family, StableDiffusion)
    return family


@pytest.fixture
def lora(tiny_base: Base, tmp_path: Path) -> Path:
    return written(loaded(tiny_base), tmp_path / "lora.safetensors", Lora(rank=4, alpha=4.0))


def widths(family: StableDiffusion) -> dict[int, int]:
    return {number: attention.inner_dim for number, (_, attention) in cross_attentions(family.denoiser).items()}


def placed(family: StableDiffusion, seed: int = 0, use: Use = WHOLE, **given: Any) -> Placed:
    return Placed(layers=random_side(widths(family), seed, **given), use=use, name="face.safetensors")


def reference_file(family: StableDiffusion) -> dict[str, dict[str, Tensor]]:
    """A random base IP-Adapter as diffusers is given it."""
    source = torch.Generator().manual_seed(2)

    def drawn(*shape: int) -> Tensor:
        return torch.randn(shape, generator=source) * shape[-1] ** -0.5

    attention = {
        f"{number}.to_{side}_ip.weight": drawn(width, CONTEXT)
        for number, width in widths(family).items()
        for side in ("k", "v")
    }
    projection = {
        "proj.weight": drawn(TOKENS * CONTEXT, POOLED),
        "proj.bias": drawn(TOKENS * CONTEXT),
        "norm.weight": 1 + drawn(CONTEXT),
        "norm.bias": drawn(CONTEXT),
    }
    return {"image_proj": projection, "ip_adapter": attention}


def side_of(file: dict[str, dict[str, Tensor]], pooled: Tensor, weight: float) -> Side:
    """Of pooled pictures (2, d): of rows without the prompt, and with it."""
    projection, attention = file["image_proj"], file["ip_adapter"]
    tokens = (pooled @ projection["proj.weight"].T + projection["proj.bias"]).view(2, TOKENS, CONTEXT)
    tokens = torch.nn.functional.layer_norm(tokens, (CONTEXT,), projection["norm.weight"], projection["norm.bias"])
    numbers = sorted({int(name.partition(".")[0]) for name in attention})
    keys, values = (
        {number: tokens @ attention[f"{number}.to_{side}_ip.weight"].T for number in numbers} for side in ("k", "v")
    )
    return Side(keys, values, weight)


def asked(unet: Any, rows: int = 2, pictures: Tensor | None = None, height: int = 8) -> Tensor:
    source = torch.Generator().manual_seed(7)
    sample, context, text = (torch.randn(rows, *shape, generator=source) for shape in ((4, height, 6), (5, 64), (32,)))
    beside = {"text_embeds": text, "time_ids": torch.full((rows, 6), 64.0)}
    if pictures is not None:
        beside["image_embeds"] = [pictures[:, None]]  # type: ignore[assignment]
    with torch.no_grad():
        return unet(sample, torch.tensor(500), encoder_hidden_states=context, added_cond_kwargs=beside).sample


@pytest.mark.parametrize("order", ["alone", "LoRA first", "LoRA last"])
def test_the_whole_unet_is_as_diffusers_own_ip_adapter(tiny_base: Base, lora: Path, order: str) -> None:
    ours, theirs = loaded(tiny_base), loaded(tiny_base)
    file = reference_file(ours)
    pooled = torch.randn(2, POOLED, generator=torch.Generator().manual_seed(5))
    if order != "alone":
        mount_lora(theirs, lora, 0.8)
    theirs.denoiser._load_ip_adapter_weights([file])
    for processor in theirs.denoiser.attn_processors.values():
        if hasattr(processor, "scale"):
            processor.scale = [0.7]
    wanted = asked(theirs.denoiser, pictures=pooled)
    bare = asked(ours.denoiser)
    if order == "LoRA first":
        mount_lora(ours, lora, 0.8)
    mount_identity(ours, Placed(layers=side_of(file, pooled, 0.7), use=WHOLE))
    if order == "LoRA last":
        mount_lora(ours, lora, 0.8)
    with told_rows(BatchRows.guided(1)):
        found = asked(ours.denoiser)
    assert torch.allclose(found, wanted, atol=1e-5)
    assert not torch.allclose(found, bare, atol=1e-2)


def test_each_layer_is_the_one_that_diffusers_numbers_so(tiny_base: Base) -> None:
    ours, theirs = loaded(tiny_base), loaded(tiny_base)
    file = reference_file(ours)
    pooled = torch.randn(2, POOLED, generator=torch.Generator().manual_seed(5))
    side = side_of(file, pooled, 1.0)
    theirs.denoiser._load_ip_adapter_weights([file])
    processors: list[Any] = list(theirs.denoiser.attn_processors.values())
    for number in side.numbers:
        for other in side.numbers:
            processors[other].scale = [float(other == number)]
        one = Side({number: side.keys[number]}, {number: side.values[number]})
        mounted = mount_identity(ours, Placed(layers=one, use=WHOLE))
        with told_rows(BatchRows.guided(1)):
            assert torch.allclose(asked(ours.denoiser), asked(theirs.denoiser, pictures=pooled), atol=1e-5)
        mounted.remove()


@pytest.mark.parametrize("first_off", ["identity", "lora"])
@pytest.mark.parametrize("first_on", ["identity", "lora"])
def test_a_lora_comes_and_goes_on_either_side_of_it(
    family: StableDiffusion, lora: Path, first_on: str, first_off: str
) -> None:
    bare = predict(family)
    alone = mount_lora(family, lora, 0.8)
    with_lora = predict(family)
    alone.remove()
    names = [name for name, _ in family.denoiser.named_modules()]
    mounts: dict[str, Any] = {}
    for what in sorted(("identity", "lora"), key=lambda each: each != first_on):
        mounts[what] = mount_identity(family, placed(family)) if what == "identity" else mount_lora(family, lora, 0.8)
    both = predict(family)
    assert family.lora_targets("attention_mlp_conv") == loaded(family._base).lora_targets("attention_mlp_conv")
    mounts.pop(first_off).remove()
    if first_off == "identity":
        assert torch.equal(predict(family), with_lora)
    else:
        assert not torch.allclose(predict(family), both, atol=1e-3)
        assert not torch.allclose(predict(family), bare, atol=1e-3)
    mounts.popitem()[1].remove()
    assert torch.equal(predict(family), bare)
    assert [name for name, _ in family.denoiser.named_modules()] == names
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in family.denoiser.modules())


def test_several_adapters_add_up_and_leave_in_any_order(family: StableDiffusion) -> None:
    bare = predict(family)
    first = mount_identity(family, placed(family, 0))
    alone = predict(family)
    second = mount_identity(family, placed(family, 1), placed(family, 2))
    three = predict(family)
    second.remove()
    assert torch.equal(predict(family), alone)
    again = mount_identity(family, placed(family, 1), placed(family, 2))
    assert torch.equal(predict(family), three)
    first.remove()
    assert not torch.allclose(predict(family), three, atol=1e-3)
    again.remove()
    assert torch.equal(predict(family), bare)


def test_a_weight_of_nothing_changes_no_bit_and_is_asked_nothing(family: StableDiffusion) -> None:
    bare = predict(family)
    each = placed(family, use=Use(weight=0.0))
    mount_identity(family, each)
    assert torch.equal(predict(family), bare)
    assert isinstance(each.layers, Side)
    assert not each.layers.seen


@pytest.mark.parametrize(
    ("start", "end", "is_on"),
    [(0.0, 1.0, True), (0.5, 1.0, False), (0.0, 0.5, True), (0.0, 0.49, False), (0.4, 0.6, True), (0.6, 0.7, False)],
)
def test_outside_its_window_no_bit_is_changed(family: StableDiffusion, start: float, end: float, is_on: bool) -> None:
    """`predict` asks at timestep 500, which is half of the way, less a two-thousandth."""
    bare = predict(family)
    mount_identity(family, placed(family, use=Use(weight=1.0, start=start, end=end)))
    assert torch.equal(predict(family), bare) is not is_on


def test_a_step_that_falls_on_its_beginning_and_end_has_it(family: StableDiffusion) -> None:
    way = family.drawing_steps(5, 5)
    part = 1 - float(way.timesteps[2]) / 999
    side = random_side(widths(family))
    mount_identity(family, Placed(layers=side, use=Use(weight=1.0, start=part, end=part)))
    place = Placement((64, 64), (64, 64), (0, 0), (64, 64))
    has_it: list[bool] = []
    for time in way.times:
        side.seen.clear()
        with torch.no_grad():
            family.predict(torch.zeros(1, 4, 8, 8), time, family.conditions(["sage"]), [place])
        has_it.append(bool(side.seen))
    assert has_it == [False, False, True, False, False]


def test_layers_are_told_their_rows_and_the_grid_of_their_tokens(family: StableDiffusion) -> None:
    side = random_side(widths(family))
    mount_identity(family, Placed(layers=side, use=WHOLE))
    side.seen.clear()
    asked(family.denoiser, rows=3, height=10)
    assert {rows.conditional for _, rows in side.seen} == {(True, True, True)}
    assert {rows.latent for _, rows in side.seen} == {(0, 1, 2)}
    assert {rows.grid for _, rows in side.seen} == {(5, 3)}
    side.seen.clear()
    with told_rows(BatchRows.guided(2)):
        asked(family.denoiser, rows=4)
    assert {(rows.conditional, rows.latent) for _, rows in side.seen} == {((False, False, True, True), (0, 1, 0, 1))}
    assert [number for number, _ in side.seen] == [1, 7, 3, 5], "as the UNet goes: down, middle, up"


def test_rows_may_come_in_any_order(family: StableDiffusion) -> None:
    mount_identity(family, placed(family))
    source = torch.Generator().manual_seed(3)
    sample, context, text = (torch.randn(1, *shape, generator=source) for shape in ((4, 8, 8), (5, 64), (32,)))
    beside = {"text_embeds": text.expand(2, -1), "time_ids": torch.full((2, 6), 64.0)}
    told = []
    for conditional in ((False, True), (True, False)):
        with told_rows(BatchRows(conditional, (0, 0))), torch.no_grad():
            answer: Any = family.denoiser(
                sample.expand(2, -1, -1, -1),
                torch.tensor(500),
                encoder_hidden_states=context.expand(2, -1, -1),
                added_cond_kwargs=beside,
            )
            told.append(answer.sample)
    assert torch.allclose(told[0], told[1].flip(0), atol=1e-6)
    assert not torch.allclose(told[0][0], told[0][1], atol=1e-3)


def test_the_files_own_lora_is_in_the_weights_while_it_is_mounted(family: StableDiffusion) -> None:
    weight = "down_blocks.1.attentions.0.transformer_blocks.0.attn1.to_q.weight"
    source = torch.Generator().manual_seed(4)
    down, up = torch.randn(2, 32, generator=source), torch.randn(32, 2, generator=source)
    bare = predict(family)
    side = Side({}, {})
    mounted = mount_identity(
        family, Placed(layers=side, use=Use(weight=0.5), patches={weight: (down, up)}, patch_strength=0.5)
    )
    found = predict(family)
    mounted.remove()
    assert torch.equal(predict(family), bare)
    family.denoiser.get_submodule(weight.removesuffix(".weight")).weight.data += 0.5 * up @ down
    assert torch.allclose(found, predict(family), atol=1e-5)
    assert not torch.allclose(found, bare, atol=1e-3)


def test_a_faceid_files_lora_lands_on_the_attention_of_its_number(family: StableDiffusion, tmp_path: Path) -> None:
    """Its number 2 is the self-attention of the first block on the way up."""
    source = torch.Generator().manual_seed(4)
    attention = {f"ip_adapter.{n}.to_{side}_ip.weight": (32, CONTEXT) for n in widths(family) for side in "kv"}
    shapes = {"image_proj.proj.0.weight": (8, 8), "image_proj.proj.0.bias": (8,), "image_proj.norm.bias": (CONTEXT,)}
    shapes |= {"image_proj.proj.2.weight": (TOKENS * CONTEXT, 8), "image_proj.proj.2.bias": (TOKENS * CONTEXT,)}
    shapes |= {"image_proj.norm.weight": (CONTEXT,)}
    for part in ("q", "out"):
        shapes[f"ip_adapter.2.to_{part}_lora.down.weight"] = (2, 32)
        shapes[f"ip_adapter.2.to_{part}_lora.up.weight"] = (32, 2)
    tensors = {name: torch.randn(shape, generator=source) for name, shape in {**attention, **shapes}.items()}
    save_file(tensors, tmp_path / "faceid.safetensors", {"likeness_kind": "demo"})
    adapter = open_adapter(tmp_path / "faceid.safetensors")
    tokens = adapter.tokens(References(faces=torch.randn(1, 8, generator=source), face_model="demo"), Use())
    whole = placed_on(family, adapter, tokens, Use(weight=0.7))
    mounted = mount_identity(family, whole)
    found = predict(family)
    mounted.remove()
    block = family.denoiser.up_blocks[0].attentions[0].transformer_blocks[0]
    for part, layer in (("q", block.attn1.to_q), ("out", block.attn1.to_out[0])):
        names = (f"ip_adapter.2.to_{part}_lora.{side}.weight" for side in ("up", "down"))
        up, down = (tensors[name] for name in names)
        layer.weight.data += up @ down
    mount_identity(family, replace(whole, patches={}))
    assert torch.allclose(found, predict(family), atol=1e-4)


def test_an_adapter_of_another_size_is_refused_and_nothing_stays(family: StableDiffusion) -> None:
    bare = predict(family)
    narrow = Placed(layers=random_side(dict.fromkeys(widths(family), 24)), use=WHOLE, name="other.bin")
    with pytest.raises(ModelError, match=r"other\.bin does not fit this base: cross-attention 1 of this SDXL is 32"):
        mount_identity(family, placed(family), narrow)
    deep = Placed(layers=random_side({1: 32, 139: 32}), use=WHOLE, name="deep.bin")
    with pytest.raises(ModelError, match=r"deep\.bin .* cross-attentions 139, which this SDXL has not"):
        mount_identity(family, deep)
    away = {"gone.to_q.weight": (torch.ones(1, 32), torch.ones(32, 1))}
    with pytest.raises(ModelError, match=r"has no gone\.to_q\.weight"):
        mount_identity(family, Placed(layers=random_side({1: 32}), use=WHOLE, patches=away))
    assert torch.equal(predict(family), bare)
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in family.denoiser.modules())


@pytest.mark.parametrize(("made_for", "title"), [("flux1", "FLUX.1"), ("sd15", "SD 1.5")])
def test_an_adapter_of_another_family_is_refused(family: StableDiffusion, made_for: str, title: str) -> None:
    other = Placed(layers=random_side({1: 32}), use=WHOLE, name="other.bin", family=made_for)
    with pytest.raises(ModelError, match=rf"other\.bin is an adapter for {title}, and this base is SDXL"):
        mount_identity(family, other)
