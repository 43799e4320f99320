"""An adapter on FLUX.1: where the reference adds it, beside any LoRA, when it is wanted, and gone."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.tiny_flux import CLIP_WIDTH, T5_WIDTH, WIDTH
from tests.trainer.lora.test_adapter import written
from trainer.errors import ModelError
from trainer.families.base import Base
from trainer.families.batch_rows import BatchRows, told_rows
from trainer.families.condition import Condition
from trainer.families.flux.model import Flux1
from trainer.families.registry import describe_base, load_family
from trainer.identity.adapter import Rows
from trainer.identity.mount.mount import Placed, mount_identity
from trainer.identity.use import Use
from trainer.lora.mount import mount_lora
from trainer.recipe.buckets import Placement
from trainer.recipe.lora import Lora

from .side import Side, random_side

HEIGHT, WIDE = 8, 6
WHOLE = Use(weight=1.0)
ALL = frozenset({0, 1, 2})


@pytest.fixture
def base(tiny_flux_home: Path, monkeypatch: pytest.MonkeyPatch) -> Base:
    monkeypatch.setenv("COMFYUI_PATH", str(tiny_flux_home))
    return describe_base(tiny_flux_home / "models" / "diffusion_models" / "tiny-flux.safetensors")


@pytest.fixture
def family(base: Base) -> Flux1:
    return loaded(base)


def loaded(base: Base) -> Flux1:
    family = load_family(base)
    assert isinstance(family, Flux1)
    return family


def side(seed: int = 0, **given: Any) -> Side:
    """In the one double block and the two single ones."""
    return random_side(dict.fromkeys(ALL, WIDTH), seed, **given)


def asked(family: Flux1, time: float = 0.5, words: tuple[int, ...] = (5, 5)) -> Tensor:
    source = torch.Generator().manual_seed(3)
    conditions = [
        Condition(
            {
                "context": torch.randn(count, T5_WIDTH, generator=source),
                "pooled": torch.randn(CLIP_WIDTH, generator=source),
            }
        )
        for count in words
    ]
    latents = torch.randn(1, 16, HEIGHT, WIDE, generator=source).expand(len(words), -1, -1, -1)
    place = Placement((48, 64), (48, 64), (0, 0), (48, 64))
    with torch.no_grad():
        return family.predict(latents, torch.tensor(time), conditions, [place] * len(words))


def test_what_joins_goes_through_the_output_projection_and_what_follows_comes_after_all(family: Flux1) -> None:
    """As a hand-written block does it, of the same parts."""
    joined, followed = side(0, joins=frozenset({0})), side(1, follows=frozenset({0}))
    block: Any = family.denoiser.transformer_blocks[0]
    seen, attended, outputs = watched(block), watched(block.attn.to_out[0]), []
    mounted = mount_identity(family, Placed(layers=joined, use=WHOLE), Placed(layers=followed, use=WHOLE))
    handle = block.register_forward_hook(lambda _, __, output: outputs.append(output))
    asked(family)
    mounted.remove()
    handle.remove()
    image, temb, before = seen["hidden_states"], seen["temb"], attended[0]
    with torch.no_grad():
        normed, gate, shift, scale, gate_mlp = block.norm1(image, emb=temb)
        query = block.attn.norm_q(block.attn.to_q(normed).unflatten(-1, (1, -1))).transpose(1, 2)
        rows = joined.seen[-1][1]
        wanted = image + gate[:, None] * block.attn.to_out[0](before + joined.joined(0, query, rows))
        wanted = wanted + gate_mlp[:, None] * block.ff(block.norm2(wanted) * (1 + scale[:, None]) + shift[:, None])
    assert rows.conditional == (True, True)
    assert torch.allclose(outputs[0][1], wanted + followed.followed(0, image, query, rows), atol=1e-5)


def watched(module: Any) -> dict[Any, Any]:
    """What the module was given last, by place and by name."""
    seen: dict[Any, Any] = {}

    def see(_: Any, inputs: tuple[Any, ...], named: dict[str, Any]) -> None:
        seen.update(enumerate(inputs))
        seen.update(named)

    module.register_forward_pre_hook(see, with_kwargs=True)
    return seen


def test_a_single_block_is_joined_by_text_and_picture_before_its_projection(family: Flux1) -> None:
    one = side(0, joins=frozenset({1}))
    block: Any = family.denoiser.single_transformer_blocks[0]
    seen, outputs = watched(block), []
    block.register_forward_hook(lambda _, __, output: outputs.append(output))
    asked(family)
    mount_identity(family, Placed(layers=one, use=WHOLE))
    asked(family)
    tokens = torch.cat([seen["encoder_hidden_states"], seen["hidden_states"]], dim=1)
    with torch.no_grad():
        normed, gate = block.norm(tokens, emb=seen["temb"])
        query = block.attn.norm_q(block.attn.to_q(normed).unflatten(-1, (1, -1))).transpose(1, 2)
        added = one.joined(1, query, one.seen[-1][1])
        change = gate[:, None] * (added @ block.proj_out.weight[:, :WIDTH].T)
    before, after = (torch.cat(output, dim=1) for output in outputs)
    assert torch.allclose(after - before, change, atol=1e-5)
    assert query.shape[2] == 5 + HEIGHT * WIDE // 4


@pytest.mark.parametrize("first_off", ["identity", "lora"])
@pytest.mark.parametrize("first_on", ["identity", "lora"])
def test_a_lora_comes_and_goes_on_either_side_of_it(
    family: Flux1, base: Base, tmp_path: Path, first_on: str, first_off: str
) -> None:
    lora = written(loaded(base), tmp_path / "lora.safetensors", Lora(rank=4, alpha=4.0))
    bare = asked(family)
    alone = mount_lora(family, lora, 0.8)
    with_lora = asked(family)
    alone.remove()
    given = Placed(layers=side(joins=ALL, follows=frozenset({0})), use=WHOLE)
    mounts: dict[str, Any] = {}
    for what in sorted(("identity", "lora"), key=lambda each: each != first_on):
        mounts[what] = mount_identity(family, given) if what == "identity" else mount_lora(family, lora, 0.8)
    both = asked(family)
    mounts.pop(first_off).remove()
    if first_off == "identity":
        assert torch.equal(asked(family), with_lora)
    assert not torch.allclose(asked(family), both, atol=1e-3)
    mounts.popitem()[1].remove()
    assert torch.equal(asked(family), bare)
    modules = [module for name, module in family.denoiser.named_modules() if name]
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in modules)


def test_the_order_of_lora_and_adapter_makes_no_difference(family: Flux1, base: Base, tmp_path: Path) -> None:
    lora = written(loaded(base), tmp_path / "lora.safetensors", Lora(rank=4, alpha=4.0))
    given = Placed(layers=side(joins=ALL), use=WHOLE)
    mount_lora(family, lora, 0.8)
    mount_identity(family, given)
    other = loaded(base)
    mount_identity(other, given)
    mount_lora(other, lora, 0.8)
    assert torch.equal(asked(family), asked(other))


def test_each_block_is_counted_through_double_ones_first(family: Flux1) -> None:
    blocks = [*family.denoiser.transformer_blocks, *family.denoiser.single_transformer_blocks]
    bare = asked(family)
    for number, block in enumerate(blocks):
        mounted = mount_identity(family, Placed(layers=side(follows=frozenset({number})), use=WHOLE))
        found = asked(family)
        mounted.remove()
        one = side(follows=frozenset({number}))
        query = watched(block.attn.norm_q)

        def by_hand(_: Any, __: Any, output: Any, one: Side = one, number: int = number, query: Any = query) -> Any:
            asked_for = block_query(query[0])
            return output[0], output[1] + one.followed(number, output[1], asked_for, plain_rows())

        def block_query(tokens: Tensor, norm: Any = block.attn.norm_q) -> Tensor:
            return torch.nn.functional.rms_norm(tokens, (WIDTH,), norm.weight, norm.eps).transpose(1, 2)

        handle = block.register_forward_hook(by_hand)
        assert torch.allclose(asked(family), found, atol=1e-5)
        assert not torch.allclose(found, bare, atol=1e-3)
        handle.remove()


def plain_rows() -> Rows:
    return Rows(conditional=(True, True), latent=(0, 1), heads=1, grid=(HEIGHT // 2, WIDE // 2))


def test_a_weight_of_nothing_changes_no_bit(family: Flux1) -> None:
    bare = asked(family)
    mount_identity(family, Placed(layers=side(joins=ALL), use=Use(weight=0.0)))
    assert torch.equal(asked(family), bare)


@pytest.mark.parametrize(("part", "is_on"), [(0.0, True), (0.2, True), (0.25, True), (0.26, False), (1.0, False)])
def test_a_window_is_measured_as_the_host_measures_it(family: Flux1, part: float, is_on: bool) -> None:
    """dev's σ at a quarter of the way is 0.9045 (ComfyUI's flux_time_shift at 1.15)."""
    bare = asked(family, time=0.9045)
    mount_identity(family, Placed(layers=side(joins=ALL), use=Use(weight=1.0, start=min(part, 0.5))))
    assert torch.equal(asked(family, time=0.9045), bare) is not is_on


def test_captions_of_unequal_length_keep_their_rows(family: Flux1) -> None:
    """They are asked apart, and each is still told whether it is conditional."""
    one = side(joins=ALL)
    mount_identity(family, Placed(layers=one, use=WHOLE))
    one.seen.clear()
    with told_rows(BatchRows.guided(2)):
        asked(family, words=(5, 7, 7, 5))
    first, second = one.seen[0][1], one.seen[3][1]
    assert (first.conditional, first.latent) == ((False, True), (0, 1))
    assert (second.conditional, second.latent) == ((False, True), (1, 0))
    assert first.grid == (HEIGHT // 2, WIDE // 2)


def test_an_adapter_that_does_not_fit_is_refused_and_nothing_stays(family: Flux1) -> None:
    bare = asked(family)
    narrow = Placed(layers=random_side({0: 64}, joins=frozenset({0})), use=WHOLE, name="narrow.safetensors")
    with pytest.raises(ModelError, match=r"narrow\.safetensors .* block 0 is not 128 wide, as this FLUX\.1 is"):
        mount_identity(family, Placed(layers=side(joins=ALL), use=WHOLE), narrow)
    deep = Placed(layers=random_side({56: 128}, joins=frozenset({56})), use=WHOLE, name="deep.safetensors")
    with pytest.raises(ModelError, match=r"deep\.safetensors .* changes blocks 56, and this FLUX\.1 has 3"):
        mount_identity(family, deep)
    sdxl = Placed(layers=side(), use=WHOLE, name="ip-adapter.bin", family="sdxl")
    with pytest.raises(ModelError, match=r"ip-adapter\.bin is an adapter for SDXL, and this base is FLUX\.1"):
        mount_identity(family, sdxl)
    assert torch.equal(asked(family), bare)
