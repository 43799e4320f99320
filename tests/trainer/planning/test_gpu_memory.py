"""What a GPU needs, told from shapes: it agrees with what a real step keeps, and with figures others measured."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from accelerate import init_empty_weights

from tests.conftest import write_tiny_dataset
from tests.tiny_flux import transformer_shapes
from trainer.errors import RunError
from trainer.families.base import Base
from trainer.families.condition import Condition
from trainer.families.flux.shapes import transformer_config
from trainer.families.flux.spec import FLUX1
from trainer.families.flux.transformer import make_transformer
from trainer.families.memory.weights import module_bytes
from trainer.families.registry import describe_base, load_family
from trainer.families.residence import Residence
from trainer.lora.adapter import Adapter
from trainer.planning.memory.activations import Activations, List, measure_activations
from trainer.planning.memory.gpu import GpuPlan, settings_in_words, too_small
from trainer.planning.plan import Plan, plan_run
from trainer.planning.words import plan_json, plan_lines
from trainer.recipe.buckets import Buckets, Placement
from trainer.recipe.flow import Flow
from trainer.recipe.lora import Lora
from trainer.recipe.loss import Loss
from trainer.recipe.memory import Memory
from trainer.recipe.optim import Schedule
from trainer.recipe.recipe import Recipe
from trainer.training.job import Job

SIZE = (64, 64)
RECIPE = Recipe(
    lora=Lora(rank=2, alpha=2.0, targets="attention_mlp"),
    schedule=Schedule(steps=4, batch=2),
    loss=Loss(min_snr_gamma=0.0),
    buckets=Buckets(resolution=64, step=16, shortest=32, longest=128),
    memory=Memory(precision="fp32"),
    flow=Flow(text_tokens=64),
)


@pytest.fixture(scope="module")
def flux(tiny_flux_home: Path) -> Iterator[Base]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMFYUI_PATH", str(tiny_flux_home))
        yield describe_base(tiny_flux_home / "models" / "diffusion_models" / "tiny-flux.safetensors")


@pytest.fixture(scope="module")
def gpu(flux: Base) -> GpuPlan:
    """With what the tiny base was measured to keep; the slow test measures it."""
    lists = (List(1, 1_700_000, 90_000, 9216), List(2, 1_406_336, 81_920, 4352))
    return GpuPlan(flux, RECIPE, SIZE, Activations(lists, 264_456, 2_226_056))


@pytest.mark.slow
def test_what_is_kept_is_what_a_real_step_keeps(flux: Base) -> None:
    """Unique memory behind the tensors that a forward pass saves, weights left out."""
    counted = measure_activations(flux, RECIPE, SIZE, pictures=2)
    assert counted is not None
    free = counted.kept(0, is_offloaded=False)
    assert _really_kept(flux) == pytest.approx(free, rel=0.1)
    assert counted.kept(3, is_offloaded=False) < 0.25 * free
    assert counted.kept(3, is_offloaded=True) < counted.kept(3, is_offloaded=False)
    assert [one.count for one in counted.lists] == [1, 2]


def _really_kept(base: Base) -> int:
    family = load_family(base, Residence())
    Adapter(family, family.lora_targets("attention_mlp"), RECIPE.lora, seed=0)
    weights = {weight.untyped_storage().data_ptr() for weight in family.denoiser.parameters()}
    kept: dict[int, torch.Tensor] = {}

    def note(tensor: torch.Tensor) -> torch.Tensor:
        if tensor.untyped_storage().data_ptr() not in weights:
            kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    told = Condition({"context": torch.ones(64, 32), "pooled": torch.ones(64)})
    place = Placement(original=SIZE, scaled=SIZE, crop=(0, 0), bucket=SIZE)
    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        answer = family.predict(torch.ones(2, 16, 8, 8), torch.tensor([0.3, 0.7]), [told] * 2, [place] * 2)
    assert answer.requires_grad
    return sum(tensor.untyped_storage().nbytes() for tensor in kept.values())


def test_every_setting_saves_where_it_should(flux: Base, gpu: GpuPlan) -> None:
    plain = gpu.memory()
    packed = gpu.memory(replace(RECIPE.memory, quantization="nf4"))
    swapped = gpu.memory(replace(RECIPE.memory, quantization="nf4", swapped_blocks=3, offload_activations=True))
    without = gpu.memory(replace(RECIPE.memory, precompute_modulation=True))
    text = gpu.memory(replace(RECIPE.memory, text_quantization="nf4"))
    assert packed.weights < 0.35 * plain.weights
    assert swapped.activations < packed.activations
    # 2 × 6 and 2 × 3 times the width square and as many biases.
    assert plain.weights - without.weights == 18 * (128 * 128 + 128) * 4
    assert text.caching == plain.caching
    assert plain.lora == 16 * RECIPE.lora.rank * sum(_wide_and_high(flux))


def _wide_and_high(base: Base) -> Iterator[int]:
    family = load_family(base, Residence(device="meta"))
    for address in family.lora_targets("attention_mlp"):
        layer: Any = family.outline(address)
        yield layer.in_features + layer.out_features


def test_a_plan_says_it(flux: Base, gpu: GpuPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, ...]] = []

    def of(_: type[GpuPlan], *given: Any, beside: bool) -> GpuPlan:
        asked.append((*given, beside))
        return gpu

    monkeypatch.setattr(GpuPlan, "of", classmethod(of))
    dataset = write_tiny_dataset(tmp_path / "set", sizes=((64, 64),))
    job = Job(recipe=RECIPE, dataset=dataset, base=flux, run=tmp_path / "run", name="sage")
    plan = planned(job, measures=False)
    planned(replace(job, regularisation=dataset), measures=False)
    assert asked == [(flux, RECIPE, SIZE, False), (flux, RECIPE, SIZE, True)]
    lines = "\n".join(plan_lines(plan))
    assert "GPU memory by the base's sizes: about " in lines
    assert "What a card needs, by the same count: 8 GB: nothing packed, 12 GB" in lines
    assert plan_json(plan)["gpu"]["training_mb"] > 600


def planned(job: Job, *, measures: bool) -> Plan:
    work = plan_run(job, measures=measures)
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def test_what_does_not_fit_is_told_and_not_tried(
    flux: Base, gpu: GpuPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A warm-up would only fill the card, and the plan with its advice would be lost."""
    monkeypatch.setattr(GpuPlan, "of", classmethod(lambda *_, **__: gpu))
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: SimpleNamespace(total_memory=10**8))
    monkeypatch.setattr("trainer.planning.plan.warm_up", lambda *_: pytest.fail("it was tried"))
    dataset = write_tiny_dataset(tmp_path / "set", sizes=((64, 64),))
    job = Job(recipe=RECIPE, dataset=dataset, base=flux, run=tmp_path / "run", name="sage", device="cuda")
    plan = planned(job, measures=True)
    assert plan.warm_up is None
    assert "cuda has 95 MiB" in plan.warnings[0]


def test_a_warm_up_that_fills_the_card_says_what_helps(
    flux: Base, gpu: GpuPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fills(*_: Any) -> Iterator[None]:
        raise torch.OutOfMemoryError("CUDA out of memory")
        yield

    monkeypatch.setattr(GpuPlan, "of", classmethod(lambda *_, **__: gpu))
    monkeypatch.setattr("trainer.planning.plan.warm_up", fills)
    dataset = write_tiny_dataset(tmp_path / "set", sizes=((64, 64),))
    job = Job(recipe=RECIPE, dataset=dataset, base=flux, run=tmp_path / "run", name="sage")
    with pytest.raises(RunError, match="memory of cpu is full.*quantization int8"):
        planned(job, measures=True)


def test_a_small_card_is_told_what_fits(gpu: GpuPlan, monkeypatch: pytest.MonkeyPatch) -> None:
    small = SimpleNamespace(total_memory=10**8)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda device: small)
    (said,) = too_small(gpu, "cuda")
    assert said.endswith("cuda has 95 MiB. Choose a smaller base.")
    assert not too_small(gpu, "cpu")
    assert not too_small(None, "cuda")


def test_settings_are_told_by_their_names() -> None:
    memory = Memory(quantization="nf4", precompute_modulation=True, swapped_blocks=20)
    assert settings_in_words(memory) == "quantization nf4 with precompute_modulation and 20 swapped_blocks"


def test_other_families_and_small_bases_are_not_counted(tiny_base: Base, flux: Base) -> None:
    assert GpuPlan.of(tiny_base, RECIPE, SIZE) is None
    assert GpuPlan.of(flux, RECIPE, SIZE) is None


def real_transformer() -> Any:
    shapes = transformer_shapes(True, width=3072, double=19, single=38)
    with init_empty_weights():
        wide = {**shapes, "txt_in.weight": (3072, 4096), "vector_in.in_layer.weight": (3072, 768)}
        return make_transformer(transformer_config(wide))


def test_flux_in_its_real_sizes() -> None:
    """11.9 billion, 27 % of them in layers that read the time alone."""
    model = real_transformer()
    count = sum(weight.numel() for weight in model.parameters())
    assert count == 11_901_408_320
    assert module_bytes(model, "none", torch.bfloat16) == 2 * count
    gib = {kind: module_bytes(model, kind, torch.bfloat16) / 2**30 for kind in ("none", "fp8", "int8", "nf4")}
    assert gib["none"] == pytest.approx(22.17, abs=0.01)
    assert gib["fp8"] == gib["int8"] == pytest.approx(11.09, abs=0.02)
    assert gib["nf4"] == pytest.approx(5.72, abs=0.02)
    modulation = FLUX1.modulation
    assert modulation is not None
    layers = [part for name, part in model.named_modules() if modulation.has(name)]
    assert len(layers) == 2 * 19 + 38
    assert sum(weight.numel() for part in layers for weight in part.parameters()) / count == pytest.approx(
        0.271, abs=0.001
    )
