"""The plan of a step without numbers is what the same step takes with them."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_checkpoint import write_tiny_checkpoint
from tests.trainer.training.memory.real_step import real_step
from trainer.families.base import Base
from trainer.families.registry import describe_base
from trainer.recipe.flow import Flow
from trainer.recipe.lora import Lora
from trainer.recipe.loss import Loss
from trainer.recipe.memory import Memory, Quantization
from trainer.recipe.optim import Schedule
from trainer.recipe.recipe import Recipe
from trainer.training.memory.planner import Planner, recomputed_blocks
from trainer.training.memory.shaped import ShapedModel

SIZE = (128, 96)
FP32 = Memory(precision="fp32")
Find = Callable[[str], Base]


@pytest.fixture(scope="module")
def tiny(
    tiny_base: Base, tiny_flux_home: Path, tiny_z_image_home: Path, tiny_klein_home: Path, tmp_path_factory: Any
) -> Iterator[Find]:
    homes = {"flux": tiny_flux_home, "z-image": tiny_z_image_home, "klein-base": tiny_klein_home}

    def find(kind: str) -> Base:
        if kind == "sdxl":
            return tiny_base
        if kind == "sd15":
            return describe_base(write_tiny_checkpoint(tmp_path_factory.mktemp("sd15") / "a.safetensors", "sd15"))
        patch.setenv("COMFYUI_PATH", str(homes[kind]))
        return describe_base(homes[kind] / "models" / "diffusion_models" / f"tiny-{kind}.safetensors")

    with pytest.MonkeyPatch.context() as patch:
        yield find


def recipe_of(kind: str, memory: Memory, batch: int) -> Recipe:
    is_flow = kind not in ("sdxl", "sd15")
    return Recipe(
        lora=Lora(rank=4, alpha=4.0, targets="attention_mlp" if is_flow else "attention"),
        schedule=Schedule(steps=4, batch=batch),
        loss=Loss(min_snr_gamma=0.0),
        memory=memory,
        flow=Flow(text_tokens=64 if is_flow else 0),
    )


def compare(base: Base, kind: str, batch: int, *memories: Memory) -> None:
    planner = Planner(base, SIZE)
    for memory in memories:
        recipe = recipe_of(kind, memory, batch)
        step, real = planner.step(recipe), real_step(base, recipe, SIZE)
        asks = step.recomputes(recomputed_blocks(recipe, step))
        assert step.timeline.kept(asks) == pytest.approx(real.kept, rel=0.02), memory
        assert step.timeline.peak(asks) == pytest.approx(real.peak, rel=0.02), memory
        assert step.resting["LoRA"] == step.resting["gradients"] == 4 * real.learns
        assert step.resting["weights"] == real.weights


@pytest.mark.parametrize("kind", ["sdxl", "flux", "z-image", "klein-base"])
def test_with_all_some_and_no_blocks_recomputed(tiny: Find, kind: str) -> None:
    some = replace(FP32, checkpointed_blocks=1)
    compare(tiny(kind), kind, 2, FP32, some, replace(FP32, gradient_checkpointing=False))


@pytest.mark.parametrize(("kind", "quantization"), [("sdxl", "int8_w8a8"), ("flux", "nf4")])
def test_with_packed_weights(tiny: Find, kind: str, quantization: Quantization) -> None:
    compare(tiny(kind), kind, 1, Memory(quantization=quantization))


@pytest.mark.slow
@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("kind", ["sdxl", "sd15", "flux", "z-image", "klein-base"])
def test_every_way(tiny: Find, kind: str, batch: int) -> None:
    ways: list[Memory] = []
    for quantization in ("none", "int8", "int8_w8a8", "nf4", "fp8"):
        memory = Memory(quantization=quantization)
        ways += [memory, replace(memory, gradient_checkpointing=False), replace(memory, checkpointed_blocks=1)]
    ways += [Memory(keep_attention=True), replace(FP32, keep_attention=True)]
    compare(tiny(kind), kind, batch, *ways)


@pytest.mark.slow
def test_a_shortened_list_stands_for_the_whole(tiny: Find, monkeypatch: pytest.MonkeyPatch) -> None:
    """Five blocks counted one by one, and told from four of them."""
    base = tiny("flux")
    recipe = recipe_of("flux", FP32, 1)
    monkeypatch.setattr(
        "trainer.families.flux.parts.transformer_config",
        lambda shapes: {**_config(shapes), "num_layers": 5, "num_single_layers": 5},
    )
    short = Planner(base, SIZE).step(recipe)
    monkeypatch.setattr("trainer.training.memory.shaped._KEPT", 100)
    whole = Planner(base, SIZE).step(recipe)
    assert short.blocks == whole.blocks
    assert short.resting == whole.resting
    for count in (0, 4, 10):
        assert short.timeline.kept(short.recomputes(count)) == whole.timeline.kept(whole.recomputes(count))
        assert short.timeline.peak(short.recomputes(count)) == whole.timeline.peak(whole.recomputes(count))


def _config(shapes: Any) -> dict[str, Any]:
    from trainer.families.flux.shapes import transformer_config

    return transformer_config(shapes)


def test_packing_shapes_leaves_the_librarys_tables_as_they_are(tiny: Find) -> None:
    """A table without numbers would be used for all that is packed in the same process afterwards."""
    from bitsandbytes import functional

    before = dict(functional.name2qmap)
    assert ShapedModel(tiny("flux"), recipe_of("flux", Memory(quantization="nf4"), 1)).packing > 0
    assert not any(table.is_meta for table in functional.name2qmap.values())
    assert functional.name2qmap.keys() == before.keys()
