"""An assistant LoRA: merged while another learns, taken back when pictures are drawn, no part of what is saved."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from tests.conftest import write_tiny_dataset
from trainer.errors import ModelError
from trainer.families.assistant import MergedAssistant, change_of
from trainer.families.base import Base
from trainer.families.family import Family
from trainer.families.options import FamilyOptions
from trainer.families.registry import describe_base, load_family
from trainer.generate.local import LocalGenerator
from trainer.generate.sampler import Sampler
from trainer.generate.shot import Shot
from trainer.lora.assistant import drawn_with_assistant
from trainer.lora.mount import placed
from trainer.recipe.buckets import Buckets
from trainer.recipe.flow import Flow
from trainer.recipe.lora import Lora
from trainer.recipe.loss import Loss
from trainer.recipe.memory import Memory
from trainer.recipe.optim import Optim, Schedule
from trainer.recipe.output import Output
from trainer.recipe.recipe import Recipe
from trainer.training.job import Job
from trainer.training.run.events import Finished
from trainer.training.train import train

SHOT = Shot(prompt="sage", seed=3, width=64, height=64, steps=2, guidance=1.0)


@pytest.fixture(autouse=True)
def comfyui(tiny_z_image_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMFYUI_PATH", str(tiny_z_image_home))


@pytest.fixture(scope="module")
def file(tiny_z_image_home: Path) -> Path:
    return tiny_z_image_home / "models" / "diffusion_models" / "tiny-z-image.safetensors"


@pytest.fixture(scope="module")
def assistant(file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of fused, plain and outer layers."""
    path = tmp_path_factory.mktemp("assistant") / "adapter_v2.safetensors"
    return written(
        path, load_family(describe_base(file)), ("layers.0.attention.to_q", "layers.0.attention.to_v", OUTER)
    )


OUTER = "all_x_embedder.2-1"


def written(path: Path, family: Family, names: tuple[str, ...]) -> Path:
    part = family.spec.denoiser
    layers: dict[str, dict[str, Tensor]] = {}
    for number, name in enumerate(names):
        layer: Any = family.outline(f"{part}.{name}")
        source = torch.Generator().manual_seed(number)
        layers[f"{part}.{name}"] = {
            "lora_down.weight": torch.randn(3, *layer.weight.shape[1:], generator=source) * 0.05,
            "lora_up.weight": torch.randn(len(layer.weight), 3, *[1] * (layer.weight.ndim - 2), generator=source)
            * 0.05,
            "alpha": torch.tensor(2.0),
        }
    save_file({key: tensor.contiguous() for key, tensor in family.keys.save(layers).items()}, path)
    return path


def strength(training: float, samples: float = 0.0) -> FamilyOptions:
    return FamilyOptions(flow=Flow(assistant_training=training, assistant_samples=samples))


def drawn(family: Family, base: Base, options: FamilyOptions | None = None) -> np.ndarray[Any, Any]:
    with drawn_with_assistant(family, base, (options or FamilyOptions()).flow):
        (image,) = Sampler(family).generate([SHOT])
    return np.asarray(image, np.int16)


def weights(family: Family) -> dict[str, Tensor]:
    return dict(family.denoiser.state_dict())


def test_it_is_merged_block_by_block_and_once(file: Path, assistant: Path) -> None:
    plain = weights(load_family(describe_base(file)))
    family = load_family(describe_base(file, parts={"assistant": assistant}))
    merged = weights(family)
    changed = {name for name in merged if not torch.equal(merged[name], plain[name])}
    names = ("layers.0.attention.to_q", "layers.0.attention.to_v", OUTER)
    assert changed == {f"{name}.weight" for name in names}
    found = placed(family, assistant)
    for name in names:
        expected = plain[f"{name}.weight"] + change_of(found[f"transformer.{name}"].tensors)
        assert torch.allclose(merged[f"{name}.weight"], expected, atol=1e-6)
    off = weights(load_family(describe_base(file, parts={"assistant": assistant}), options=strength(0.0)))
    assert all(torch.equal(off[name], plain[name]) for name in plain)


def test_drawn_at_0_the_base_is_the_plain_one(file: Path, assistant: Path) -> None:
    base = describe_base(file, parts={"assistant": assistant})
    plain = drawn(load_family(describe_base(file)), describe_base(file))
    family = load_family(base)
    assert family.merged_assistant == 1.0
    assert abs(drawn(family, base) - plain).max() <= 1
    both = strength(1.0, samples=1.0)
    assert abs(drawn(load_family(base, options=both), base, both) - plain).max() > 4
    # What learns stands on the weights as they were.
    assert family.module(f"transformer.{OUTER}").__class__ is torch.nn.Linear


def test_whoever_only_draws_merges_it_as_samples_have_it(file: Path, assistant: Path) -> None:
    base = describe_base(file, parts={"assistant": assistant})
    pictures = [
        np.asarray(next(LocalGenerator(b, options=options).generate([SHOT])), np.int16)
        for b, options in (
            (describe_base(file), None),
            (base, None),
        )
    ]
    assert np.array_equal(pictures[0], pictures[1])


def test_it_comes_before_what_packs_a_block(file: Path, assistant: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks are told one by one, the whole last, and none twice; a denoiser that loads anew is merged anew."""
    told: list[str] = []
    merge = MergedAssistant.merge
    monkeypatch.setattr(
        MergedAssistant, "merge", lambda self, name, module: told.append(name) or merge(self, name, module)
    )
    family: Any = load_family(describe_base(file, parts={"assistant": assistant}))
    first = weights(family)
    assert told == ["noise_refiner.0", "context_refiner.0", "layers.0", ""]
    family._residents.drop("transformer")
    second = weights(family)
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_it_is_part_of_what_the_base_is(file: Path, assistant: Path, tmp_path: Path) -> None:
    plain, helped = describe_base(file), describe_base(file, parts={"assistant": assistant})
    assert helped.files == {**plain.files, "assistant": assistant}
    assert helped.sha256 != plain.sha256
    assert helped.sha256 == describe_base(file, parts={"assistant": assistant}).sha256
    other = tmp_path / "other.safetensors"
    save_file({name: 2 * tensor for name, tensor in load_file(assistant).items()}, other)
    assert helped.sha256 != describe_base(file, parts={"assistant": other}).sha256
    assert Base.from_json(helped.to_json()) == helped


def renamed(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name.replace("layers.0", "layers.7"): tensor for name, tensor in tensors.items()}


def narrow(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: tensor[:, :8].contiguous() if "down" in name else tensor for name, tensor in tensors.items()}


def as_lokr(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {"diffusion_model.layers.0.attention.out.lokr_w1": torch.ones(2, 2), **tensors}


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (renamed, "does not fit this base: diffusion_model.layers.7.attention.qkv have no module here"),
        (narrow, "is for a base of other sizes"),
        (as_lokr, "is of another kind than LoRA in diffusion_model.layers.0.attention.out"),
    ],
)
def test_one_of_another_base_is_told(
    file: Path, assistant: Path, tmp_path: Path, spoil: Callable[[dict[str, Tensor]], dict[str, Tensor]], said: str
) -> None:
    path = tmp_path / "mine.safetensors"
    save_file(spoil(load_file(assistant)), path)
    family = load_family(describe_base(file, parts={"assistant": path}))
    with pytest.raises(ModelError, match=rf"mine\.safetensors {said}"):
        _ = family.denoiser


def test_sdxl_may_have_one(tiny_base: Base, tmp_path: Path) -> None:
    plain: Any = load_family(tiny_base)
    names = tuple(a.partition(".")[2] for a in plain.lora_targets("attention_mlp_conv")[:2])
    path = written(tmp_path / "a.safetensors", plain, names)
    family = load_family(describe_base(tiny_base.path, parts={"assistant": path}))
    before, after = weights(plain), weights(family)
    assert {name for name in after if not torch.equal(after[name], before[name])} == {f"{n}.weight" for n in names}
    base = describe_base(tiny_base.path, parts={"assistant": path})
    assert abs(drawn(family, base) - drawn(plain, tiny_base)).max() <= 1


def test_a_run_learns_with_it_and_saves_without(file: Path, assistant: Path, tmp_path: Path) -> None:
    recipe = Recipe(
        lora=Lora(rank=2, alpha=2.0, targets="attention"),
        optim=Optim(lr=2e-3),
        schedule=Schedule(steps=1, batch=1),
        loss=Loss(min_snr_gamma=0.0),
        buckets=Buckets(resolution=64, step=16, shortest=32, longest=128),
        output=Output(sample_every=0),
        memory=Memory(precision="fp32"),
    )
    base = describe_base(file, parts={"assistant": assistant})
    job = Job(recipe=recipe, dataset=write_tiny_dataset(tmp_path / "set"), base=base, run=tmp_path / "run", name="sage")
    *_, finished = train(job)
    assert isinstance(finished, Finished)
    assert not any("x_embedder" in key for key in load_file(finished.checkpoints[-1]))
