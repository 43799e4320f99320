"""Every setting of flow is found again in what trains on a base that predicts flow: a tiny random FLUX.1."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.conftest import write_tiny_dataset
from trainer.dataset.dataset import Dataset
from trainer.families.base import Base
from trainer.families.options import FamilyOptions
from trainer.families.registry import describe_base, load_family
from trainer.families.residence import Residence
from trainer.recipe.buckets import Buckets
from trainer.recipe.flow import Flow
from trainer.recipe.lora import Lora
from trainer.recipe.loss import Loss
from trainer.recipe.memory import Memory
from trainer.recipe.optim import Schedule
from trainer.recipe.recipe import Recipe
from trainer.runtime.work import follow
from trainer.training.data.prepare import Preparation, prepare
from trainer.training.run.folder import RunFolder
from trainer.training.step.train_step import TrainStep

RECIPE = Recipe(
    lora=Lora(rank=2, alpha=2.0, targets="attention"),
    schedule=Schedule(steps=4, batch=1),
    loss=Loss(min_snr_gamma=0.0),
    buckets=Buckets(resolution=64, step=16, shortest=32, longest=128),
    memory=Memory(precision="fp32", gradient_checkpointing=False, cache="memory"),
    flow=Flow(sampling="shift", text_tokens=64),
)


class Live:
    """What trains, and what its transformer is asked in one update."""

    def __init__(self, base: Base, dataset: Dataset, recipe: Recipe, folder: Path) -> None:
        self.family: Any = load_family(base, Residence.of(recipe.memory, "cpu"), FamilyOptions.of(recipe))
        work = Preparation(
            recipe=recipe,
            dataset=dataset,
            base=base,
            run=RunFolder(folder),
            family=self.family,
            regularisation=None,
            prompts=(),
            cancelled=lambda: False,
        )
        self.training_set = follow(prepare(work), lambda _: None)
        self.asked: list[dict[str, Any]] = []
        self.train_step = TrainStep(self.family, self.training_set, recipe)
        handle = self.family.denoiser.register_forward_pre_hook(self._see, with_kwargs=True)
        self.train_step.update(0)
        handle.remove()

    def _see(self, _module: Any, _args: Any, told: dict[str, Any]) -> None:
        self.asked.append(told)

    def levels(self) -> torch.Tensor:
        """σ of sixteen pictures."""
        latents = torch.zeros(16, 32, 8, 8)
        return self.family.noised(latents, torch.Generator().manual_seed(0)).level.time

    def weight(self) -> torch.Tensor | None:
        return self.family.noised(torch.zeros(16, 32, 8, 8), torch.Generator().manual_seed(0)).weight


CHECKS: dict[str, tuple[dict[str, Any], Callable[[Live], bool]]] = {
    "flow.sampling": ({"sampling": "weighted"}, lambda live: live.weight() is not None),
    "flow.sigmoid_scale": ({"sigmoid_scale": 1e-3}, lambda live: bool(live.levels().std() < 1e-3)),
    "flow.shift": ({"shift": 100.0}, lambda live: bool(live.levels().mean() > 0.95)),
    "flow.guidance": ({"guidance": 2.5}, lambda live: [float(told["guidance"]) for told in live.asked] == [2.5]),
    "flow.contrastive": (
        {"contrastive": 3.0},
        lambda live: [float(told["guidance"]) for told in live.asked] == [3.0, 3.0],
    ),
    "flow.text_tokens": ({"text_tokens": 80}, lambda live: live.asked[0]["encoder_hidden_states"].shape[1] == 80),
}


@pytest.fixture(scope="module")
def parts(tiny_flux_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("flow_reach")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COMFYUI_PATH", str(tiny_flux_home))
        patch.setenv("XDG_CACHE_HOME", str(folder / "cache"))
        base = describe_base(tiny_flux_home / "models" / "diffusion_models" / "tiny-flux.safetensors")
        yield base, write_tiny_dataset(folder / "set", ((64, 64),)), folder


@pytest.fixture(scope="module")
def plain(parts: Any) -> Live:
    base, dataset, folder = parts
    return Live(base, dataset, RECIPE, folder / "plain")


@pytest.mark.parametrize("place", CHECKS)
def test_a_setting_of_flow_is_read_back_from_what_trains(place: str, parts: Any, plain: Live, tmp_path: Path) -> None:
    change, is_there = CHECKS[place]
    base, dataset, _ = parts
    assert is_there(Live(base, dataset, replace(RECIPE, flow=replace(RECIPE.flow, **change)), tmp_path))
    assert not is_there(plain), "the check also holds without the setting"


@pytest.mark.parametrize("checkpointing", [False, True])
def test_ranks_by_timestep_meet_captions_of_several_lengths(parts: Any, tmp_path: Path, checkpointing: bool) -> None:
    """Three pictures of two lengths at once learn what each does alone at its own noise."""
    base, _, _ = parts
    dataset = write_tiny_dataset(tmp_path / "set", ((64, 64),))
    words = ("sage_character", "sage_character, " + "long words " * 40, "sage_character, red")
    dataset = dataset.with_samples(
        tuple(replace(each, caption=said) for each, said in zip(dataset.samples[:1] * 3, words, strict=True))
    )
    recipe = replace(
        RECIPE,
        lora=Lora(rank=4, alpha=4.0, targets="attention", rank_by_timestep=True),
        memory=replace(RECIPE.memory, gradient_checkpointing=checkpointing),
        flow=Flow(sampling="shift"),
    )
    live = Live(base, dataset, recipe, tmp_path / "run")
    step = live.train_step
    for number, layer in enumerate(step.adapter.layers.values()):
        up = layer.weights()[1]
        up.data.copy_(torch.randn(up.shape, generator=torch.Generator().manual_seed(number)) * 0.1)
    batch = live.training_set.batch(live.training_set.train)
    noised = live.family.noised(batch.latents, torch.Generator().manual_seed(0), 0.0)
    said = [example.caption for example in live.training_set.train]
    assert len({len(step._conditioning.of([each])[0]["context"]) for each in said}) > 1

    def gradients(*groups: list[int]) -> tuple[list[torch.Tensor], list[torch.Tensor]]:
        step.optimizer.forget_gradients()
        losses = [step.learn(batch.rows(rows), noised.rows(rows), [said[r] for r in rows], 1.0)[0] for rows in groups]
        weights = [weight for layer in step.adapter.layers.values() for weight in layer.weights()]
        return losses, [weight.grad.clone() for weight in weights if weight.grad is not None]

    together, all_at_once = gradients([0, 1, 2])
    alone, one_by_one = gradients([0], [1], [2])
    assert torch.allclose(together[0], torch.cat(alone), atol=1e-6)
    for one, other in zip(all_at_once, one_by_one, strict=True):
        assert float((one - other).norm() / other.norm().clamp(min=1e-9)) < 1e-4
