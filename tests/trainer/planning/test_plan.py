"""Plans: arithmetic that agrees with the trainer's, figures that are measured, advice that fits."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file

from tests.conftest import write_tiny_dataset
from trainer.dataset.dataset import Dataset, LeftOut
from trainer.dataset.sample import Sample
from trainer.errors import Cancelled, DatasetError
from trainer.families.base import Base
from trainer.families.sd.spec import SDXL
from trainer.generate.attachments import ATTACHMENTS
from trainer.generate.shot import Shot
from trainer.planning.disk import samplings, saves
from trainer.planning.plan import Plan, plan_run
from trainer.planning.sheet import draw_plan
from trainer.planning.table import bucket_table
from trainer.planning.words import plan_json, plan_lines
from trainer.recipe.buckets import Buckets
from trainer.recipe.early_stop import EarlyStop
from trainer.recipe.lora import Lora
from trainer.recipe.memory import Memory
from trainer.recipe.optim import Optim, Schedule
from trainer.recipe.output import Output
from trainer.recipe.prior import Prior
from trainer.recipe.recipe import Recipe
from trainer.training.job import Job
from trainer.training.run.folder import RunFolder
from trainer.training.train import train

RECIPE = Recipe(
    lora=Lora(rank=2, alpha=2.0),
    optim=Optim(lr=1e-3),
    schedule=Schedule(steps=300, batch=2),
    buckets=Buckets(resolution=64, step=8, shortest=32, longest=128),
    memory=Memory(precision="fp32", gradient_checkpointing=False),
    output=Output(save_every=100, sample_every=100, held_out_every=50),
)


@pytest.fixture
def job(tiny_base: Base, tiny_dataset: Dataset, tmp_path: Path) -> Job:
    return Job(recipe=RECIPE, dataset=tiny_dataset, base=tiny_base, run=tmp_path / "run", name="sage")


def planned(job: Job, *, measures: bool = False) -> Plan:
    work = plan_run(job, measures=measures)
    while True:
        try:
            next(work)
        except StopIteration as end:
            return end.value


def test_what_train_would_leave_out_is_in_the_plan(job: Job) -> None:
    left = (LeftOut(name="b.gif", why="b.gif has 4 frames; save one frame as PNG."),)
    dataset = replace(job.dataset, left_out=left, notes=("1 caption file (c.txt): no picture.",))
    plan = planned(replace(job, dataset=dataset))
    said = ["left out: b.gif has 4 frames; save one frame as PNG.", "1 caption file (c.txt): no picture."]
    assert plan_json(plan)["unused"] == said
    assert [line for line in plan_lines(plan) if "b.gif" in line or "c.txt" in line] == [f"! {line}" for line in said]


def test_several_sizes_are_shown_apart_and_passes_count_them_all(job: Job) -> None:
    plan = planned(replace(job, recipe=replace(RECIPE, buckets=replace(RECIPE.buckets, also=(32, 48)))))
    assert {bucket.size for bucket in plan.buckets} == {(64, 64), (80, 48), (48, 48), (32, 32), (56, 40), (40, 24)}
    assert plan.passes.passes == pytest.approx(plan.budget.presentations / 3)
    assert plan.budget.sizes == 3
    assert "times, at 3 sizes together: " in plan.passes.sentence
    assert set(plan_json(plan)["lost"]) == {"000.png", "001.png", "002.png"}
    assert plan_json(plan)["sizes"] == 3


def test_the_arithmetic_is_the_trainers(job: Job) -> None:
    plan = planned(job)
    assert (plan.budget.updates, plan.budget.presentations) == (300, 450)
    assert plan.passes.passes == pytest.approx(150)
    assert plan.passes.judgement == "usual"
    assert {bucket.size: (bucket.shown, bucket.batches, bucket.last_batch) for bucket in plan.buckets} == {
        (64, 64): (2, 1, 2),
        (80, 48): (1, 1, 1),
    }


def test_what_a_picture_loses_is_what_is_cut_off() -> None:
    (bucket,) = bucket_table([_sample(200, 100)], replace(RECIPE, buckets=_SQUARE))
    (cut,) = bucket.cuts
    assert bucket.size == (64, 64)
    assert cut.lost == pytest.approx(0.5)
    assert not cut.is_scaled_up
    (small,) = bucket_table([_sample(32, 32)], replace(RECIPE, buckets=_SQUARE))[0].cuts
    assert small.is_scaled_up
    assert small.scale == 2


_SQUARE = Buckets(resolution=64, step=64, shortest=64, longest=64)


def _sample(width: int, height: int) -> Sample:
    return Sample(path=Path("a.png"), sha256="0", width=width, height=height)


def test_planning_leaves_nothing_behind(job: Job) -> None:
    planned(job, measures=True)
    assert not job.run.exists()


def test_a_warm_up_measures_every_part_and_counts_what_learns(job: Job) -> None:
    plan = planned(job, measures=True)
    warm = plan.warm_up
    assert warm is not None
    assert warm.step > 0 and warm.encode > 0 and warm.draw is not None and warm.draw > 0
    list(train(replace(job, recipe=replace(RECIPE, schedule=replace(RECIPE.schedule, steps=2)))))
    last = RunFolder(job.run).checkpoints()[-1].path
    with safe_open(last, "pt") as file:
        weights = sum(file.get_tensor(key).numel() for key in file.keys() if not key.endswith(".alpha"))  # noqa: SIM118
    assert weights == warm.weights
    assert dict(warm.parts)["gradients"] == 4 * weights
    assert plan.total_seconds is not None
    assert dict(plan.seconds)["training"] == pytest.approx(300 * warm.step)
    assert plan.disk.checkpoints == weights * 2 * 3


def test_prior_pictures_cost_time_but_are_not_drawn(job: Job) -> None:
    recipe = replace(RECIPE, prior=Prior(images=4))
    plan = planned(replace(job, recipe=recipe), measures=True)
    assert plan.warm_up is not None and plan.warm_up.draw is not None
    assert dict(plan.seconds)["drawing prior pictures"] == pytest.approx(4 * plan.warm_up.draw)


class Grey:
    """Draws without a base."""

    supports = ATTACHMENTS

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        for _ in shots:
            yield Image.new("RGB", (8, 8), "gray")


def test_saves_and_samplings_are_those_of_a_run(job: Job) -> None:
    recipe = replace(RECIPE, schedule=replace(RECIPE.schedule, steps=5), output=Output(save_every=2, sample_every=3))
    events = list(train(replace(job, recipe=recipe, sampler=Grey())))
    assert sum(type(event).__name__ == "Saved" for event in events) == saves(recipe)
    assert sum(type(event).__name__ == "Sampled" for event in events) == samplings(recipe)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"base": "sdxl_lightning"}, "distilled"),
        ({"clip_skip": 2}, "clip_skip"),
        ({"steps": 20}, "passes a picture are few. 150 steps"),
        ({"steps": 3000}, "passes a picture are many. 300 steps"),
        ({}, "every person may turn into the character"),
        ({"masked": True}, "no picture has a mask"),
        ({"precision": "bf16"}, "Choose precision fp32"),
        ({"encoder_lr": 0.1}, "text encoders learn faster"),
        ({"save_every": 900}, "Only the last step is saved"),
        ({"alpha": 8.0}, "4 times the rank"),
        ({"patience": 3, "sample_every": 10, "samples": ["a dog"]}, "before its rate came down the cosine curve"),
        ({"patience": 3, "sample_every": 10}, "watches one sample prompt"),
        ({"patience": 3}, "patience 3 can never end this run, as 2 samplings"),
    ],
)
def test_what_is_unwise_is_said_and_nothing_refused(job: Job, change: dict[str, object], said: str) -> None:
    data = RECIPE.to_json()
    places = {
        "clip_skip": "text",
        "steps": "schedule",
        "masked": "loss",
        "precision": "memory",
        "encoder_lr": "text",
        "save_every": "output",
        "alpha": "lora",
        "patience": "early_stop",
        "sample_every": "output",
        "samples": "output",
    }
    for name, value in change.items():
        if name in places:
            data[places[name]][name] = value
    base = replace(job.base, name=str(change.get("base", job.base.name)))
    plan = planned(replace(job, recipe=Recipe.from_json(data), base=base))
    assert any(said in line for line in plan.warnings), plan.warnings
    assert plan.impossible == ()


@pytest.mark.parametrize(
    ("part", "unwise", "better"),
    [
        ("text", {"clip_skip": 2}, {"clip_skip": 1}),
        ("schedule", {"steps": 20}, {"steps": 150}),
        ("schedule", {"steps": 3000}, {"steps": 300}),
        ("schedule", {"steps": 149}, {"steps": 150}),
        ("prior", {"images": 0}, {"images": 2}),
        ("prior", {"output_weight": 0.0}, {"output_weight": 1.0}),
        ("memory", {"precision": "bf16"}, {"precision": "fp32"}),
        ("text", {"encoder_lr": 0.1}, {"encoder_lr": 0.0001}),
        ("output", {"save_every": 900}, {"save_every": 100}),
        ("lora", {"alpha": 8.0}, {"alpha": 1.0}),
        ("early_stop", {"patience": 14}, {"patience": 2}),
    ],
)
def test_what_is_advised_is_not_advised_again_once_done(
    job: Job, part: str, unwise: dict[str, object], better: dict[str, object]
) -> None:
    def told(change: dict[str, object]) -> set[str]:
        data = RECIPE.to_json()
        data[part].update(change)
        return set(planned(replace(job, recipe=Recipe.from_json(data))).warnings)

    assert told(unwise) - told(better)
    assert not told(better) - told(unwise)


def test_a_run_that_may_stop_early_is_told_as_the_most_it_will_be(job: Job) -> None:
    output = replace(RECIPE.output, sample_every=10)
    plan = planned(replace(job, recipe=replace(RECIPE, output=output, early_stop=EarlyStop(patience=3))))
    assert plan_lines(plan)[0].startswith(f"At most {RECIPE.schedule.steps} updates show")
    assert plan_json(plan)["updates_at_most"] is True
    assert plan_lines(planned(job))[0].startswith(f"{RECIPE.schedule.steps} updates show")


def test_a_run_that_holds_others_back_is_not_warned_of_them(job: Job) -> None:
    for prior in (Prior(images=8), Prior(output_weight=1.0)):
        plan = planned(replace(job, recipe=replace(RECIPE, prior=prior)))
        assert not any("turn into" in line for line in plan.warnings)
    plan = planned(replace(job, regularisation=job.dataset))
    assert not any("turn into" in line for line in plan.warnings)


def test_pictures_that_suffer_are_named(job: Job, tmp_path: Path) -> None:
    dataset = write_tiny_dataset(tmp_path / "odd", ((64, 64), (400, 64), (40, 40)))
    dataset = dataset.with_samples(tuple(replace(sample, caption="") for sample in dataset.samples))
    warnings = " ".join(planned(replace(job, dataset=dataset)).warnings)
    assert "pixels are invented: 002.png" in warnings
    assert "is cut off: 001.png" in warnings
    assert "Without a caption" in warnings and "000.png" in warnings


def test_a_full_disk_is_impossible(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trainer.planning.disk.free_bytes", lambda folder: 1000)
    (line,) = planned(job).impossible
    assert "keep_last" in line
    assert plan_lines(planned(job))[0].startswith("✗")


def test_nothing_to_train_on_is_refused(job: Job) -> None:
    with pytest.raises(DatasetError, match="no training pictures"):
        planned(replace(job, dataset=job.dataset.with_samples(job.dataset.held_out)))


def test_a_plan_stops_when_asked(job: Job) -> None:
    with pytest.raises(Cancelled):
        list(plan_run(job, cancelled=lambda: True))


def test_the_sheet_shows_every_picture_and_darkens_what_is_cut(job: Job) -> None:
    plan = planned(job)
    image = draw_plan(plan, plan_lines(plan))
    assert image.size[0] == 1280
    many = job.dataset.with_samples(job.dataset.train * 20)
    tall = draw_plan(planned(replace(job, dataset=many)), [])
    assert tall.size[1] > image.size[1]
    assert np.asarray(image).std() > 5


def test_the_figures_are_json(job: Job) -> None:
    said = json.loads(json.dumps(plan_json(planned(job, measures=True))))
    assert said["updates"] == 300
    assert set(said["lost"]) == {sample.path.name for sample in job.dataset.train}
    assert said["seconds"] > 0
    assert said["memory_mb"]["base, frozen"] > 0


@pytest.mark.parametrize(
    ("predicts", "said"),
    [
        ("", "tiny is of the family SDXL and predicts epsilon, by its files."),
        (
            "v_prediction, zero SNR",
            "tiny is of the family SDXL and predicts v_prediction, zero SNR, as was set by hand.",
        ),
    ],
)
def test_a_plan_tells_what_is_trained_and_what_it_predicts(job: Job, predicts: Any, said: str) -> None:
    plan = planned(replace(job, base=replace(job.base, predicts=predicts)))
    assert said in plan_lines(plan)
    assert plan_json(plan)["base"]["predicts"] == (predicts or "epsilon")


def test_a_base_that_is_called_velocity_and_does_not_say_so_is_warned_of(job: Job) -> None:
    named = replace(job.base, name="noobai_vpred_10")
    assert "looks by its name like a base that predicts v_prediction" in planned(replace(job, base=named)).warnings[0]
    said = planned(replace(job, base=replace(named, predicts="v_prediction"))).warnings
    assert not any("by its name" in line for line in said)


def test_pictures_of_others_are_counted_with_the_disk_they_take(job: Job) -> None:
    others = job.dataset.with_samples(job.dataset.train * 10)
    bare, plan = planned(job), planned(replace(job, regularisation=others))
    each = 64 * 64 // 64 * 4 * 8
    assert plan.disk.regularisation > 20 * each
    assert plan.disk.needed - bare.disk.needed == plan.disk.regularisation
    assert plan_json(plan)["regularisation"]["pictures"] == 30
    (line,) = (line for line in plan_lines(plan) if "pictures of others" in line)
    assert "from 30 pictures of yours: each about 15 times" in line
    assert not any("pictures of others" in line for line in plan_lines(bare))


def test_the_disk_that_is_told_is_that_of_the_cache(job: Job) -> None:
    """Held-out pictures and those of others are encoded too."""
    recipe = replace(RECIPE, schedule=replace(RECIPE.schedule, steps=1), output=Output(save_every=1, sample_every=0))
    others = write_tiny_dataset(job.run.parent / "others", ((64, 96), (96, 64)))
    job = replace(job, recipe=recipe, regularisation=others.with_samples(others.train))
    list(train(job))
    files = list((job.run / "cache").glob("latents_*"))
    kept = sum(tensor.nbytes for path in files for tensor in load_file(path).values())
    captions = SDXL.text_values * 4 * len(files)
    assert len(files) == len(job.dataset.samples) + len(others.train)
    assert planned(job).disk.cache == kept + captions


def test_epochs_that_accumulation_makes_more_of_are_warned_of(job: Job) -> None:
    schedule = Schedule(epochs=50, batch=1, accumulation=4)
    plan = planned(replace(job, recipe=replace(RECIPE, schedule=schedule)))
    assert plan.budget.epochs == pytest.approx(200 / 3)
    assert any("50 epochs were asked for and 66.7 are made" in line for line in plan.warnings)
