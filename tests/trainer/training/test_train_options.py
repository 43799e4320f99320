"""Every way to train: resumed it ends byte for byte as straight, and does what it is for."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.conftest import write_tiny_dataset
from tests.trainer.training.ready import made_ready
from trainer.dataset.dataset import Dataset
from trainer.errors import ModelError, RunError
from trainer.families.base import Base
from trainer.families.registry import load_family
from trainer.lora.mount import mount_lora
from trainer.recipe.buckets import Buckets
from trainer.recipe.lora import Lora
from trainer.recipe.memory import Memory
from trainer.recipe.optim import Optim, Schedule
from trainer.recipe.output import Output, SavePrecision
from trainer.recipe.prior import Prior
from trainer.recipe.recipe import Recipe
from trainer.recipe.text import Text
from trainer.storage.tensor_header import read_header
from trainer.training.job import Job
from trainer.training.run.events import Prepared, Sampled, Saved, Seeded, Stepped
from trainer.training.run.folder import RunFolder
from trainer.training.seeds import train_seeds
from trainer.training.step.flat_optimizer import FlatOptimizer
from trainer.training.step.train_step import TrainStep
from trainer.training.train import train

RECIPE = Recipe(
    lora=Lora(rank=2, alpha=1.0),
    optim=Optim(lr=1e-3),
    schedule=Schedule(steps=4, batch=2),
    buckets=Buckets(resolution=64, step=16, shortest=48, longest=96),
    memory=Memory(precision="fp32", gradient_checkpointing=False),
    output=Output(save_every=2, sample_every=0, held_out_every=4, watch=False),
    seed=1,
)
WAYS: dict[str, dict[str, Any]] = {
    "dora": {"lora": Lora(rank=2, alpha=1.0, kind="dora")},
    "lokr with convolutions": {"lora": Lora(rank=2, alpha=1.0, kind="lokr", factor=4, targets="attention_mlp_conv")},
    "rank by timestep": {"lora": Lora(rank=4, alpha=2.0, rank_by_timestep=True)},
    "text encoders": {"text": Text(encoder_lr=5e-4, dropout=0.3)},
    "text encoders for a while": {"text": Text(encoder_lr=5e-4, encoder_steps=2)},
    "shuffled captions": {"text": Text(shuffle=True, tag_dropout=0.3)},
    "running mean": {"optim": Optim(lr=1e-3, ema_decay=0.9)},
    "output preservation": {"prior": Prior(output_weight=1.0)},
    "penalty": {"prior": Prior(delta_l2=10.0)},
    "fp16": {"memory": Memory(precision="fp16", gradient_checkpointing=False)},
    "bf16, checkpointed, deterministic": {"memory": Memory(precision="bf16", deterministic=True)},
    "nothing cached on disk": {"memory": Memory(precision="fp32", cache="memory", gradient_checkpointing=False)},
    "three sizes": {"buckets": Buckets(resolution=64, step=16, shortest=48, longest=96, also=(32, 48))},
    "all at once": {
        "lora": Lora(rank=4, alpha=2.0, rank_by_timestep=True, kind="dora", targets="attention_mlp_conv"),
        "text": Text(encoder_lr=5e-4, shuffle=True, dropout=0.2),
        "optim": Optim(lr=1e-3, ema_decay=0.9),
        "prior": Prior(images=2, output_weight=0.5, delta_l2=1.0),
        "schedule": Schedule(steps=4, batch=2, accumulation=2),
    },
}


@pytest.fixture
def job(tiny_base: Base, tiny_dataset: Dataset, tmp_path: Path) -> Job:
    return Job(recipe=RECIPE, dataset=_trained(tiny_dataset), base=tiny_base, run=tmp_path / "run", name="sage")


@pytest.fixture(scope="module")
def plain(tiny_base: Base, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of `job` as it is, to be read only."""
    folder = tmp_path_factory.mktemp("plain")
    dataset = _trained(write_tiny_dataset(folder / "pictures"))
    list(train(Job(recipe=RECIPE, dataset=dataset, base=tiny_base, run=folder / "run", name="sage")))
    return folder / "run"


def _trained(dataset: Dataset) -> Dataset:
    """Without those held out: measuring them is no part of any way to learn."""
    return dataset.with_samples(dataset.train)


def checkpoints(run: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((run / "checkpoints").iterdir())}


def last(run: Path) -> dict[str, torch.Tensor]:
    return load_file(RunFolder(run).checkpoints()[-1].path)


@pytest.mark.parametrize("way", WAYS)
def test_stopped_and_resumed_ends_as_straight_and_other_than_plain(
    job: Job, plain: Path, tmp_path: Path, way: str
) -> None:
    chosen = replace(job, recipe=replace(RECIPE, **WAYS[way]))
    is_kept = chosen.recipe.memory.cache == "disk"
    if is_kept:
        made_ready(plain, chosen.run)
    cut = replace(chosen, run=tmp_path / "cut")
    for event in train(chosen):
        if isinstance(event, Saved) and event.step == 2:
            shutil.copytree(chosen.run, cut.run, ignore=shutil.ignore_patterns("lock"))
    assert [event.step for event in train(cut) if isinstance(event, Stepped)] == [3, 4]
    assert checkpoints(cut.run) == checkpoints(chosen.run)
    if is_kept:
        assert checkpoints(plain) != checkpoints(chosen.run)
    else:
        assert last(plain).keys() == last(chosen.run).keys()
        assert all(torch.equal(tensor, last(plain)[key]) for key, tensor in last(chosen.run).items())
        assert not chosen.run.joinpath("cache").exists()


def test_text_encoders_learn_at_their_own_rate_until_told(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    used: list[Sequence[float]] = []
    weights: list[torch.Tensor] = []
    real = FlatOptimizer.step

    def spied(self: FlatOptimizer, lrs: Sequence[float], norm: torch.Tensor) -> None:
        real(self, lrs, norm)
        used.append([group["lr"] for group in self.inner.param_groups])
        weights.append(self.flats[1].detach().clone())

    monkeypatch.setattr(FlatOptimizer, "step", spied)
    text = Text(encoder_lr=2e-4, encoder_steps=2)
    recipe = replace(RECIPE, text=text, schedule=Schedule(steps=4, batch=2, curve="constant"))
    list(train(replace(job, recipe=recipe)))
    assert used == [[1e-3, pytest.approx(2e-4)]] * 2 + [[1e-3, 0.0]] * 2
    assert not torch.equal(weights[0], weights[1])
    assert torch.equal(weights[1], weights[3])
    prefixes = {key.split("_text_model")[0] for key in last(job.run) if key.startswith("lora_te")}
    assert prefixes == {"lora_te1", "lora_te2"}


def test_samples_show_what_the_text_encoders_have_learned(job: Job, tmp_path: Path) -> None:
    recipe = replace(
        RECIPE,
        lora=Lora(rank=2, alpha=1.0),
        optim=Optim(lr=1e-9, weight_decay=0.0),
        text=Text(encoder_lr=0.2),
        output=replace(RECIPE.output, sample_every=4, samples=("{trigger}, {subject}",)),
    )
    sampled = [event for event in train(replace(job, recipe=recipe)) if isinstance(event, Sampled)]
    first, final = (event.paths[0].read_bytes() for event in sampled)
    assert first != final
    assert {event.likeness for event in sampled} == {(None,)}


def test_output_preservation_holds_what_the_base_says_of_anybody(job: Job, tiny_base: Base, tmp_path: Path) -> None:
    """Trained hard on noise, the class word's prediction stays nearer the base's than without it."""
    moved = {}
    for name, weight in (("free", 0.0), ("held", 10.0)):
        recipe = replace(
            RECIPE,
            optim=Optim(lr=2e-2),
            schedule=Schedule(steps=12, batch=2, curve="constant"),
            prior=Prior(output_weight=weight),
            output=replace(RECIPE.output, save_every=12, held_out_every=12),
        )
        run = replace(job, recipe=recipe, run=tmp_path / name)
        list(train(run))
        moved[name] = _drift(tiny_base, RunFolder(run.run).checkpoints()[-1].path)
    assert moved["held"] < 0.7 * moved["free"], moved


def _drift(base: Base, lora: Path) -> float:
    from trainer.recipe.buckets import Placement

    family = load_family(base)
    noisy = torch.randn((4, 4, 8, 8), generator=torch.Generator().manual_seed(0))
    times, place = torch.tensor([0.05, 0.3, 0.6, 0.9]), Placement((64, 64), (64, 64), (0, 0), (64, 64))
    with torch.no_grad():
        text = family.conditions(["person, red background"] * 4)
        before = family.predict(noisy, times, text, [place] * 4)
        mount_lora(family, lora, 1.0)
        return float((family.predict(noisy, times, text, [place] * 4) - before).square().mean())


def test_the_penalty_keeps_the_change_small(job: Job, tmp_path: Path) -> None:
    sizes = {}
    for penalty in (0.0, 1e4):
        recipe = replace(RECIPE, prior=Prior(delta_l2=penalty), schedule=Schedule(steps=8, batch=2, curve="constant"))
        run = replace(job, recipe=recipe, run=tmp_path / str(penalty))
        list(train(run))
        tensors = last(run.run)
        ups = [key for key in tensors if key.endswith("lora_up.weight")]
        pairs = [(tensors[key].float(), tensors[key.replace("lora_up", "lora_down")].float()) for key in ups]
        sizes[penalty] = sum(float((up @ down).square().sum()) for up, down in pairs)
    assert sizes[1e4] < 0.5 * sizes[0.0]


def test_own_regularisation_pictures_are_trained_beside_the_character(
    job: Job, tiny_dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = tiny_dataset.with_samples(
        tuple(replace(sample, caption="", path=sample.path) for sample in tiny_dataset.train[:2])
    )
    told: list[tuple[str, float]] = []
    real = TrainStep.learn

    def spied(self: TrainStep, batch, noised, captions, share):
        told.extend(zip(captions, batch.weight.tolist(), strict=True))
        return real(self, batch, noised, captions, share)

    monkeypatch.setattr(TrainStep, "learn", spied)
    recipe = replace(RECIPE, prior=Prior(weight=0.25))
    list(train(replace(job, recipe=recipe, regularisation=others)))
    assert told.count(("person", 0.25)) == len(told) / 2
    with pytest.raises(RunError, match="regularisation"):
        list(train(replace(job, recipe=recipe)))


def test_learning_goes_on_from_a_lora(job: Job, plain: Path, tmp_path: Path) -> None:
    begun = RunFolder(plain).checkpoints()[-1].path
    recipe = replace(RECIPE, optim=Optim(lr=1e-12, weight_decay=0.0))
    on = replace(job, recipe=recipe, run=tmp_path / "on", start=begun)
    list(train(on))
    was, now = load_file(begun), last(on.run)
    assert all(torch.allclose(now[key], was[key], atol=1e-4) for key in was)
    with pytest.raises(RunError, match="LoRA to start from"):
        list(train(replace(on, start=RunFolder(plain).checkpoints()[0].path)))
    (tmp_path / "broken.safetensors").write_bytes(b"\0" * 20)
    with pytest.raises(ModelError, match="broken.safetensors is not a whole"):
        list(train(replace(on, run=tmp_path / "x", start=tmp_path / "broken.safetensors")))


def test_epochs_are_counted_out_in_steps(job: Job) -> None:
    recipe = replace(RECIPE, schedule=Schedule(epochs=2, batch=2))
    steps = [event.step for event in train(replace(job, recipe=recipe)) if isinstance(event, Stepped)]
    shown = {sample.sha256 for sample in job.dataset.train}
    buckets = len({(sample.width, sample.height) for sample in job.dataset.train})
    assert len(shown) / 2 * 2 <= len(steps) <= (len(shown) / 2 + buckets) * 2
    assert RunFolder(job.run).checkpoints()[-1].step == len(steps)


def test_the_last_few_and_the_best_stay(job: Job) -> None:
    likeness = iter([None, 0.2, 0.9, 0.4, 0.3, 0.5])
    recipe = replace(
        RECIPE,
        schedule=Schedule(steps=5, batch=2),
        output=Output(save_every=1, sample_every=1, samples=("{trigger}",), keep_last=2, watch=False),
    )
    list(train(replace(job, recipe=recipe, likeness=lambda images: [next(likeness)] * len(images))))
    assert [checkpoint.step for checkpoint in RunFolder(job.run).checkpoints()] == [2, 4, 5]
    assert RunFolder(job.run).likeness() == {1: 0.2, 2: 0.9, 3: 0.4, 4: 0.3, 5: 0.5}


def test_an_overflow_in_fp16_leaves_the_update_out(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    real, norms = FlatOptimizer.gradient_norm, iter([float("inf"), float("inf"), 1.0, 1.0])
    monkeypatch.setattr(FlatOptimizer, "gradient_norm", lambda self: real(self) * next(norms))
    made: list[int] = []
    step = FlatOptimizer.step
    monkeypatch.setattr(FlatOptimizer, "step", lambda self, lrs, norm: (made.append(1), step(self, lrs, norm)))
    recipe = replace(RECIPE, memory=Memory(precision="fp16", gradient_checkpointing=False))
    assert [event.step for event in train(replace(job, recipe=recipe)) if isinstance(event, Stepped)] == [1, 2, 3, 4]
    assert len(made) == 2
    state = load_file(job.run / "state" / "tensors.safetensors")
    assert state["loss_scale"].tolist() == [2.0**12, 2.0]


def test_several_seeds_end_in_their_average(job: Job, plain: Path, tmp_path: Path) -> None:
    several = replace(job, recipe=replace(RECIPE, seeds=2))
    events = list(train_seeds(several))
    assert [(event.seed, event.number) for event in events if isinstance(event, Seeded)] == [(1, 1), (2, 2)]
    found = RunFolder(job.run).checkpoints()
    assert [checkpoint.label for checkpoint in found] == ["Step 2", "Step 4", "Average of 2 seeds"]
    alone = [plain, tmp_path / "other"]
    list(train(replace(job, recipe=replace(RECIPE, seed=2), run=alone[1])))
    assert found[1].path.read_bytes() == RunFolder(alone[0]).checkpoints()[-1].path.read_bytes()
    one, two, mean = (_changes(RunFolder(run).checkpoints()[-1].path) for run in (*alone, job.run))
    for prefix, change in mean.items():
        wanted = (one[prefix] + two[prefix]) / 2
        error = (change - wanted).square().sum() / wanted.square().sum()
        assert error < 0.5, prefix  # cut back from rank 4 to 2
    again = list(train_seeds(several))
    assert again[-1].answered  # type: ignore[union-attr]
    assert not [event for event in again if isinstance(event, Stepped | Prepared)]


@pytest.mark.parametrize("precision", ["fp16", "fp32"])
def test_the_average_says_of_itself_what_each_seed_does(job: Job, precision: SavePrecision) -> None:
    output = replace(RECIPE.output, precision=precision)
    list(train_seeds(replace(job, recipe=replace(RECIPE, seeds=2, output=output))))
    *_, last, mean = (read_header(checkpoint.path) for checkpoint in RunFolder(job.run).checkpoints())
    own = {"ss_output_name", "modelspec.title", "modelspec.date", "sshs_model_hash", "sshs_legacy_hash"}
    assert mean.metadata.keys() == last.metadata.keys()
    changed = {key for key in last.metadata if mean.metadata[key] != last.metadata[key]}
    assert "modelspec.architecture" in last.metadata and changed <= {*own, "ss_seed"}, changed
    assert set(mean.kinds.values()) == set(last.kinds.values())


def _changes(path: Path) -> dict[str, torch.Tensor]:
    tensors = {key: tensor.float() for key, tensor in load_file(path).items()}
    prefixes = {key.split(".")[0] for key in tensors}
    return {
        prefix: tensors[f"{prefix}.lora_up.weight"]
        @ tensors[f"{prefix}.lora_down.weight"]
        * (tensors[f"{prefix}.alpha"] / len(tensors[f"{prefix}.lora_down.weight"]))
        for prefix in prefixes
    }
