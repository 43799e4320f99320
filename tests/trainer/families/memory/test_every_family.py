"""Whichever way a base's blocks are gone through, its gradients are the plain way's: bit for bit on a processor."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from trainer.families.base import Base
from trainer.families.family import Family
from trainer.families.memory.compiled import CompiledBlocks
from trainer.families.memory.recomputed import recompute
from trainer.families.registry import describe_base, load_family
from trainer.families.residence import Residence
from trainer.lora.adapter import Adapter
from trainer.recipe.buckets import Placement
from trainer.recipe.lora import Lora

PLACE = Placement(original=(64, 64), scaled=(64, 64), crop=(0, 0), bucket=(64, 64))
RECOMPUTED = Residence(gradient_checkpointing=True)
WAYS = {
    "all recompute": RECOMPUTED,
    "attention kept": replace(RECOMPUTED, keep_attention=True),
    "offloaded": replace(RECOMPUTED, offload_activations=True),
}
FAMILIES = ("unet", "flux", "klein", "z_image")


class Learning:
    """A base with a LoRA on it that has learned already."""

    def __init__(self, base: Base, residence: Residence) -> None:
        self.family: Family = load_family(base, residence)
        # B is 0 at the start, and nothing would reach A.
        lora = Lora(rank=4, alpha=4.0)
        self.adapter = Adapter(self.family, self.family.lora_targets("attention_mlp"), lora, seed=0)
        source = torch.Generator().manual_seed(1)
        for weight in self.weights:
            weight.data += 0.05 * torch.randn(weight.shape, generator=source)
        self.told = self.family.encode_text("a photo of sage")

    @property
    def weights(self) -> list[torch.nn.Parameter]:
        return self.adapter.parameters((self.family.spec.denoiser,))

    def forward(self) -> Tensor:
        spec, source = self.family.spec, torch.Generator().manual_seed(3)
        side = 64 // spec.latent_factor
        noisy = torch.randn(2, spec.latent_channels, side, side, generator=source)
        return self.family.predict(noisy, torch.tensor([0.3, 0.7]), [self.told] * 2, [PLACE] * 2)

    def step(self) -> list[Tensor]:
        """The answer and all gradients, which are forgotten here."""
        answer: Any = self.forward()
        answer.float().square().mean().backward()
        found = [answer.detach()]
        for weight in self.weights:
            assert weight.grad is not None
            found.append(weight.grad)
            weight.grad = None
        return found

    def kept(self) -> int:
        """Bytes kept for the backward pass, what rests anyhow left out."""
        resting = {tensor.data_ptr() for tensor in self.family.denoiser.parameters()}
        sizes: dict[int, int] = {}

        def note(tensor: Tensor) -> Tensor:
            if tensor.data_ptr() not in resting:
                sizes[tensor.data_ptr()] = tensor.nbytes
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
            _answer = self.forward()
        return sum(sizes.values())


def assert_same(one: list[Tensor], other: list[Tensor]) -> None:
    assert len(one) == len(other)
    assert all(map(torch.equal, one, other))
    assert all(gradient.any() for gradient in one)


@pytest.fixture(scope="module")
def base_of(tiny_base: Base, tiny_flux_home: Path, tiny_klein_home: Path, tiny_z_image_home: Path) -> Any:
    homes = {"flux": tiny_flux_home, "klein": tiny_klein_home, "z_image": tiny_z_image_home}
    files = {"flux": "tiny-flux", "klein": "tiny-klein-base", "z_image": "tiny-z-image"}
    with pytest.MonkeyPatch.context() as patch:

        def found(name: str) -> Base:
            if name == "unet":
                return tiny_base
            patch.setenv("COMFYUI_PATH", str(homes[name]))
            return describe_base(homes[name] / "models" / "diffusion_models" / f"{files[name]}.safetensors")

        yield found


@pytest.fixture(scope="module")
def learning(base_of: Callable[[str], Base]) -> Callable[[str], Learning]:
    """Plainly."""
    return cache(lambda name: Learning(base_of(name), Residence()))


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", FAMILIES)
def test_every_way_gives_the_plain_ways_bits(
    base_of: Callable[[str], Base],
    learning: Callable[[str], Learning],
    name: str,
    way: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("trainer.families.memory.recomputed._SMALL", 0)
    assert_same(Learning(base_of(name), WAYS[way]).step(), learning(name).step())


@pytest.mark.slow
@pytest.mark.parametrize("name", FAMILIES)
def test_compiled_blocks_give_the_plain_ways_bits(
    learning: Callable[[str], Learning], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = learning(name)
    denoiser: Any = one.family.denoiser
    # What is compiled is a LoRA of single operations: fused by hand, as outside of those blocks, they round otherwise.
    for layer in one.adapter.layers.values():
        monkeypatch.setattr(layer.module, "forward", layer._pefts_forward)  # type: ignore[attr-defined]
    plain, whole = one.step(), one.kept()
    through = CompiledBlocks(denoiser, "aot_eager")
    try:
        recompute(denoiser, [], offloads=False, through=through)
        assert_same(one.step(), plain)
        recompute(denoiser, None, offloads=False)
        boundaries = one.kept()
        for keeps_attention in (False, True):
            recompute(denoiser, None, offloads=False, keeps_attention=keeps_attention, through=through)
            assert_same(one.step(), plain)
            assert one.kept() <= boundaries < whole, "compilation undoes checkpointing"
    finally:
        denoiser.disable_gradient_checkpointing()
    assert not through.fault


@pytest.mark.slow
def test_what_inductor_makes_agrees_and_keeps_checkpoints_and_attention(learning: Callable[[str], Learning]) -> None:
    from torch.profiler import ProfilerActivity, profile

    one = learning("flux")
    denoiser: Any = one.family.denoiser
    plain = one.step()
    through = CompiledBlocks(denoiser)
    recompute(denoiser, None, offloads=False)
    boundaries = one.kept()
    attended: dict[bool, int] = {}
    try:
        for keeps_attention in (False, True):
            recompute(denoiser, None, offloads=False, keeps_attention=keeps_attention, through=through)
            made = one.step()
            assert not through.fault
            for mine, theirs in zip(made, plain, strict=True):
                assert torch.allclose(mine, theirs, rtol=1e-3, atol=1e-5 * float(theirs.abs().max()))
            assert one.kept() <= boundaries
            with profile(activities=[ProfilerActivity.CPU]) as profiled:
                one.step()
            calls = [event.name for event in profiled.events() or ()]
            attended[keeps_attention] = calls.count("aten::_scaled_dot_product_flash_attention_for_cpu")
    finally:
        denoiser.disable_gradient_checkpointing()
    # What is seen by the policy is counted where it is seen and where it is computed: 3 twice, and 3 that were kept.
    assert attended == {False: 6, True: 9}
