"""Adapters on a family: attached, switched off, detached, begun from a file."""

from pathlib import Path

import pytest
import torch

from trainer.errors import ModelError
from trainer.families.base import Base
from trainer.families.family import Family
from trainer.families.registry import load_family
from trainer.families.residence import Residence
from trainer.lora.adapter import Adapter
from trainer.lora.layers.layer import AdapterLayer, bare
from trainer.lora.layers.peft_lora import PeftLora
from trainer.lora.mount import mount_lora
from trainer.lora.save import save_lora
from trainer.lora.start import init_from_lora
from trainer.recipe.buckets import Placement
from trainer.recipe.lora import Lora

LORA = Lora(rank=4, alpha=4.0)
KINDS = [
    Lora(rank=4, alpha=2.0),
    Lora(rank=4, alpha=2.0, kind="dora"),
    Lora(rank=4, alpha=2.0, kind="lokr", factor=4),
    Lora(rank=4, alpha=2.0, targets="attention_mlp_conv", conv_rank=2, conv_alpha=1.0),
    Lora(rank=4, alpha=2.0, targets="attention_mlp_conv", kind="dora"),
    Lora(rank=3, alpha=2.0, targets="attention_mlp_conv", kind="lokr", factor=4),
]
KIND_NAMES = [f"{lora.kind} {lora.targets}" for lora in KINDS]


@pytest.fixture
def family(tiny_base: Base) -> Family:
    return load_family(tiny_base)


def predict(family: Family) -> torch.Tensor:
    noisy = torch.randn((1, 4, 8, 8), generator=torch.Generator().manual_seed(0))
    place = Placement((64, 64), (64, 64), (0, 0), (64, 64))
    with torch.no_grad():
        return family.predict(noisy, torch.tensor([0.5]), family.conditions(["sage, person"]), [place])


def attach(family: Family, seed: int = 0, lora: Lora = LORA, *, text: bool = False) -> Adapter:
    addresses = family.lora_targets(lora.targets) + (family.text_targets() if text else [])
    return Adapter(family, addresses, lora, seed)


def shake(adapter: Adapter, seed: int = 1) -> None:
    """Weights as if something had been learned."""
    source = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for layer in adapter.layers.values():
            for weight in layer.weights():
                if weight.requires_grad:
                    weight += 0.2 * torch.randn(weight.shape, generator=source)


def written(family: Family, path: Path, lora: Lora = LORA, *, text: bool = False) -> Path:
    """A file of an adapter that has learned something."""
    adapter = attach(family, lora=lora, text=text)
    shake(adapter)
    save_lora(path, adapter, family, {}, torch.float32)
    adapter.detach()
    return path


@pytest.mark.parametrize("lora", KINDS, ids=KIND_NAMES)
def test_detached_is_as_if_never_attached(family: Family, lora: Lora) -> None:
    before, names = predict(family), [name for name, _ in family.denoiser.named_modules()]
    adapter = attach(family, lora=lora, text=True)
    assert torch.allclose(predict(family), before, atol=1e-5), "its change starts at nothing"
    shake(adapter)
    assert not torch.allclose(predict(family), before, atol=1e-3)
    with adapter.off():
        assert torch.equal(predict(family), before)
    adapter.detach()
    assert torch.equal(predict(family), before)
    assert [name for name, _ in family.denoiser.named_modules()] == names


def test_only_the_adapter_learns_and_in_fp32(tiny_base: Base) -> None:
    family = load_family(tiny_base, Residence(precision="bf16"))
    adapter = attach(family)
    learning = {id(weight) for weight in family.denoiser.parameters() if weight.requires_grad}
    assert learning == {id(weight) for weight in adapter.parameters(("unet",))}
    assert {weight.dtype for weight in adapter.parameters(("unet",))} == {torch.float32}
    assert not adapter.parameters(("te1", "te2"))


def test_the_seed_makes_the_start(tiny_base: Base) -> None:
    starts = [attach(load_family(tiny_base), seed).parameters(("unet",)) for seed in (1, 1, 2)]
    assert all(torch.equal(a, b) for a, b in zip(starts[0], starts[1], strict=True))
    assert not torch.equal(starts[0][0], starts[2][0])


def test_attaching_leaves_the_callers_random_numbers_alone(family: Family) -> None:
    torch.manual_seed(0)
    expected = torch.rand(1)
    torch.manual_seed(0)
    attach(family)
    assert torch.equal(torch.rand(1), expected)


@pytest.mark.parametrize("lora", KINDS, ids=KIND_NAMES)
def test_a_saved_file_draws_as_the_adapter_trained(tiny_base: Base, tmp_path: Path, lora: Lora) -> None:
    trained = load_family(tiny_base)
    adapter = attach(trained, lora=lora, text=True)
    shake(adapter)
    path = tmp_path / "x.safetensors"
    save_lora(path, adapter, trained, {}, torch.float32)
    fresh = load_family(tiny_base)
    before = predict(fresh)
    applied = mount_lora(fresh, path, 1.0)
    assert torch.allclose(predict(fresh), predict(trained), atol=1e-4)
    applied.remove()
    assert torch.equal(predict(fresh), before)


@pytest.mark.parametrize("lora", KINDS[:3], ids=KIND_NAMES[:3])
def test_half_a_strength_is_half_the_change_of_the_weights(tiny_base: Base, tmp_path: Path, lora: Lora) -> None:
    family = load_family(tiny_base)
    address = family.lora_targets("attention")[0]
    adapter = Adapter(family, [address], lora, 0)
    shake(adapter)
    save_lora(tmp_path / "x.safetensors", adapter, family, {}, torch.float32)
    adapter.detach()
    layer = family.module(address)
    x = torch.randn((2, 5, layer.weight.shape[1]), generator=torch.Generator().manual_seed(0))
    answers = {}
    for strength in (1.0, 0.5):
        applied = mount_lora(family, tmp_path / "x.safetensors", strength)
        answers[strength] = family.module(address)(x)
        applied.remove()
    assert torch.allclose(answers[0.5], (layer(x) + answers[1.0]) / 2, atol=1e-5)


@pytest.mark.parametrize("lora", KINDS, ids=KIND_NAMES)
def test_the_square_norm_is_that_of_the_dense_change(tiny_base: Base, tmp_path: Path, lora: Lora) -> None:
    """Read off the layer by showing it the unit vectors; DoRA's is that of its direction, s B A."""
    family = load_family(tiny_base)
    addresses = [family.lora_targets(lora.targets)[0], family.lora_targets(lora.targets)[-1]]
    adapter = Adapter(family, addresses, lora, 0)
    shake(adapter)
    for layer in adapter.layers.values():
        weight = bare(layer.module).weight
        units = torch.eye(weight[0].numel())
        if weight.ndim == 4:
            units = units.view(-1, *weight.shape[1:])
            dense = torch.nn.functional.conv2d
            rows = change_of(layer, _padded(units, layer.base_layer))
            rows = rows[:, :, rows.shape[2] // 2, rows.shape[3] // 2]
            assert dense is not None
        else:
            rows = change_of(layer, units)
        scale = layer.scale if lora.kind == "lokr" else 1.0
        assert torch.allclose(layer.square_norm(), (rows * scale).square().sum(), rtol=1e-3)
    total = sum(layer.square_norm() for layer in adapter.layers.values())
    assert torch.allclose(adapter.square_norm(), total)


def change_of(layer: AdapterLayer, x: torch.Tensor) -> torch.Tensor:
    if isinstance(layer, PeftLora):
        return layer.module(x) - layer.base_layer(x)
    return layer._change(x)  # type: ignore[attr-defined]


def _padded(units: torch.Tensor, layer: torch.nn.Module) -> torch.Tensor:
    """Kernels as pictures whose middle answer is the kernel's own product with the weight."""
    assert isinstance(layer, torch.nn.Conv2d)
    size = layer.kernel_size[0]
    if size == 1:
        return units
    if layer.stride != (1, 1):
        # A stride of 2 with padding 1 answers for the pixels 0 to 1 first: put the kernel where the second one looks.
        return torch.nn.functional.pad(units, (1, 1, 1, 1))
    return units


def test_ranks_follow_the_timestep(family: Family) -> None:
    lora = Lora(rank=4, alpha=4.0, rank_by_timestep=True)
    adapter = attach(family, lora=lora)
    layer = next(iter(adapter.layers.values()))
    with torch.no_grad():
        layer.up.fill_(1.0)
    x = torch.ones(3, 2, layer.down.shape[1])
    plain = layer.base_layer(x)
    rows = layer.down.sum(1)
    with adapter.at(torch.tensor([0, 499, 999]) / 1000):
        seen = (layer.module(x) - plain)[:, 0, 0]
    assert torch.allclose(seen, torch.stack([rows.sum(), rows[:3].sum(), rows[:2].sum()]), atol=1e-4)
    assert torch.allclose((layer.module(x) - plain)[:, 0, 0], rows.sum().expand(3), atol=1e-4)


@pytest.mark.parametrize("lora", KINDS, ids=KIND_NAMES)
def test_learning_goes_on_from_a_file(tiny_base: Base, tmp_path: Path, lora: Lora) -> None:
    first = load_family(tiny_base)
    adapter = attach(first, lora=lora)
    shake(adapter)
    save_lora(tmp_path / "x.safetensors", adapter, first, {}, torch.float32)
    second = load_family(tiny_base)
    init_from_lora(attach(second, 5, lora), second, tmp_path / "x.safetensors")
    assert torch.allclose(predict(second), predict(first), atol=1e-4)


def test_a_smaller_rank_and_another_alpha_do_what_they_did(tiny_base: Base, tmp_path: Path) -> None:
    first = load_family(tiny_base)
    adapter = attach(first, lora=Lora(rank=2, alpha=8.0))
    shake(adapter)
    save_lora(tmp_path / "x.safetensors", adapter, first, {}, torch.float32)
    second = load_family(tiny_base)
    init_from_lora(attach(second, lora=Lora(rank=6, alpha=3.0)), second, tmp_path / "x.safetensors")
    assert torch.allclose(predict(second), predict(first), atol=1e-4)


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        (Lora(rank=2, alpha=2.0, targets="attention_mlp"), "rank is 4, the recipe's 2"),
        (Lora(rank=4, alpha=2.0), "does not train"),
        (Lora(rank=4, alpha=2.0, targets="attention_mlp", kind="dora"), "dora_scale"),
        (Lora(rank=4, alpha=2.0, targets="attention_mlp", kind="lokr"), "another kind"),
    ],
)
def test_what_the_recipe_has_no_place_for_is_named(
    family: Family, tiny_base: Base, tmp_path: Path, recipe: Lora, said: str
) -> None:
    save_lora(tmp_path / "x.safetensors", attach(family, lora=Lora(rank=4, targets="attention_mlp")), family, {})
    other = load_family(tiny_base)
    with pytest.raises(ModelError, match=said):
        init_from_lora(attach(other, lora=recipe), other, tmp_path / "x.safetensors")
