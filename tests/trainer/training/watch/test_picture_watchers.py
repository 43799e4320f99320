"""Each picture and learning by heart, in whole runs on the toy family."""

import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest
from PIL import Image

from tests.toy_flow.family import TOY, write_toy
from trainer.dataset.dataset import Dataset
from trainer.dataset.sample import Sample
from trainer.errors import Cancelled
from trainer.families import registry
from trainer.families.registry import describe_base
from trainer.images.pixels import pixel_sha256
from trainer.recipe.buckets import Buckets
from trainer.recipe.lora import Lora
from trainer.recipe.loss import Loss
from trainer.recipe.memory import Memory
from trainer.recipe.optim import Optim, Schedule
from trainer.recipe.output import Output
from trainer.recipe.prior import Prior
from trainer.recipe.recipe import Recipe
from trainer.runtime.work import follow
from trainer.training.job import Job
from trainer.training.run.events import Event, MemoryScored, Noticed, PicturesWatched, Settled, Stepped, read_events
from trainer.training.run.folder import RunFolder
from trainer.training.train import train
from trainer.training.watch import watchers
from trainer.training.watch.picture_watch import told_names
from trainer.training.watch.picture_watchers import _once

STEPS = 24
RECIPE = Recipe(
    lora=Lora(rank=2, alpha=2.0, targets="attention_mlp", rank_by_timestep=True),
    optim=Optim(lr=3e-2),
    schedule=Schedule(steps=STEPS, batch=4),
    buckets=Buckets(resolution=64, step=8, shortest=32, longest=128),
    output=Output(sample_every=0, save_every=STEPS, held_out_every=STEPS, watch_every=2),
    memory=Memory(precision="fp32"),
)


def pictures(folder: Path, train: int, held_out: int) -> Dataset:
    """Coloured noise, every third wide and masked, the last training picture a copy of the first, one without words."""
    rng = np.random.default_rng(0)
    folder.mkdir(parents=True)
    samples: list[Sample] = []
    for number in range(train + held_out):
        width = 96 if number % 3 == 2 else 64
        coarse = Image.fromarray(rng.integers(0, 255, (4, 4, 3), np.uint8)).resize((width, 64))
        if number == train - 1 and train > 1:
            coarse = Image.fromarray(np.asarray(Image.open(samples[0].path)) // 2 + 100)
        path = folder / f"{number:03}.png"
        coarse.save(path)
        samples.append(
            Sample(
                path=path,
                sha256=pixel_sha256(coarse),
                width=coarse.width,
                height=coarse.height,
                caption="" if number == 1 else f"sage_character, person, view {number}",
                alternatives=("sage_character", "person") if number == 0 else (),
                repeats=1 + (number == 3),
                split="train" if number < train else "held_out",
            )
        )
    return Dataset(samples=tuple(samples), trigger="sage_character", subject="person", root=folder)


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Job:
    """Of seven training pictures and three held out, and as many looks as the steps leave room for."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(registry, "FAMILIES", (*registry.FAMILIES, TOY))
    monkeypatch.setattr(watchers, "_WHOLE", 1.0)
    base = describe_base(write_toy(tmp_path / "toy.safetensors"))
    return Job(recipe=RECIPE, dataset=pictures(tmp_path / "set", 7, 3), base=base, run=tmp_path / "run", name="sage")


def of_kind(kind: type[Event], events: Sequence[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, kind)]


def logged(job: Job) -> list[Event]:
    return read_events(RunFolder(job.run).log)


def learned(job: Job) -> str:
    return hashlib.sha256(RunFolder(job.run).checkpoints()[-1].path.read_bytes()).hexdigest()


def test_every_picture_is_told_of_and_the_copy_is_a_near_duplicate(job: Job) -> None:
    events = list(train(job))
    *_, last = (event for event in events if isinstance(event, PicturesWatched))
    assert last.step == STEPS
    assert last.names == tuple(f"{number:03}.png" for number in range(7))
    assert last.verdicts[6] == "near-duplicate"
    assert all(np.isfinite(last.learned))


def test_learning_by_heart_is_told_once_all_pictures_were_looked_at(job: Job) -> None:
    scores = [event for event in train(job) if isinstance(event, MemoryScored)]
    assert scores[-1].step == STEPS
    assert 0 <= scores[-1].low <= scores[-1].score <= scores[-1].high <= 1


def test_what_is_learned_is_the_same_to_the_byte_without_it(job: Job, tmp_path: Path) -> None:
    masked = replace(job.recipe, loss=Loss(masked=True), prior=Prior(images=2))
    runs: list[bytes] = []
    for watch in (True, False):
        recipe = replace(masked, output=replace(masked.output, watch=watch))
        one = replace(job, recipe=recipe, run=tmp_path / f"watch_{watch}")
        events = list(train(one))
        assert bool(of_kind(PicturesWatched, events)) is watch
        runs.append(weights(one))
    assert runs[0] == runs[1]


def weights(job: Job) -> bytes:
    from safetensors.numpy import load_file

    tensors = load_file(RunFolder(job.run).checkpoints()[-1].path)
    return b"".join(tensors[name].tobytes() for name in sorted(tensors))


def test_a_resumed_run_tells_what_the_unbroken_one_does(job: Job, tmp_path: Path) -> None:
    list(train(job))
    broken, seen = replace(job, run=tmp_path / "broken"), list[Event]()
    with pytest.raises(Cancelled):
        follow(train(broken, cancelled=lambda: len(of_kind(Stepped, seen)) >= 9), seen.append)
    list(train(broken))
    for kind in (Settled, PicturesWatched, MemoryScored):
        assert of_kind(kind, logged(broken)) == of_kind(kind, logged(job))
    assert len(of_kind(Settled, logged(broken))) == 1
    assert learned(broken) == learned(job)
    assert state(broken).read_bytes() == state(job).read_bytes()


def test_a_run_that_nobody_watched_so_far_goes_on_to_the_same_end(job: Job, tmp_path: Path) -> None:
    """As older versions left one: neither what watchers keep nor what they said."""
    from safetensors.numpy import load_file, save_file

    list(train(job))
    older, seen = replace(job, run=tmp_path / "older"), list[Event]()
    with pytest.raises(Cancelled):
        follow(train(older, cancelled=lambda: len(of_kind(Stepped, seen)) >= 9), seen.append)
    kept = {name: each for name, each in load_file(state(older)).items() if not name.startswith("watch.")}
    save_file(kept, state(older))
    log = RunFolder(older.run).log
    known = ('"event": "stepped"', '"event": "saved"')
    lines = [line for line in log.read_text().splitlines(keepends=True) if any(each in line for each in known)]
    log.write_text("".join(lines))
    list(train(older))
    assert learned(older) == learned(job)
    assert of_kind(PicturesWatched, logged(older)) and len(of_kind(Settled, logged(older))) == 1


def state(job: Job) -> Path:
    return RunFolder(job.run).state / "tensors.safetensors"


def test_of_three_pictures_none_is_judged(job: Job, tmp_path: Path) -> None:
    few = replace(job, dataset=pictures(tmp_path / "few", 3, 2))
    events = list(train(few))
    assert not of_kind(PicturesWatched, events)
    assert of_kind(MemoryScored, events)


@pytest.mark.parametrize(("train_count", "held_out", "told"), [(4, 1, "held_out"), (1, 2, "single picture")])
def test_where_nothing_is_held_out_it_is_said_once_what_would_help(
    job: Job, tmp_path: Path, train_count: int, held_out: int, told: str
) -> None:
    few = replace(job, dataset=pictures(tmp_path / "few", train_count, held_out))
    events = list(train(few))
    said = [event.what for event in events if isinstance(event, Noticed) and "by heart" in event.what]
    assert len(said) == 1
    assert told in said[0]
    assert not of_kind(MemoryScored, events)


def test_a_run_with_neither_reader_nor_held_out_pictures_says_all_it_cannot_tell_in_one_go(
    job: Job, tmp_path: Path
) -> None:
    few = replace(job, dataset=pictures(tmp_path / "few", 4, 0))
    (said,) = [event for event in train(few) if isinstance(event, Noticed)]
    assert "live likeness is not told" in said.what and "held-out pictures, and there are 0" in said.what


def test_pictures_of_one_name_in_two_folders_are_two() -> None:
    paths = [Path("set/10_sks/1.png"), Path("set/5_sks/1.png"), Path("set/5_sks/2.png")]
    examples = cast(
        Any, [SimpleNamespace(sample=SimpleNamespace(path=path), at=at) for at in (768, 1024) for path in paths]
    )
    assert [(each.sample.path, each.at) for each in _once(examples)] == [(path, 768) for path in paths]
    assert told_names(paths) == ("10_sks/1.png", "5_sks/1.png", "2.png")
