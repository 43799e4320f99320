"""Whole runs on a tiny base: the same bytes however they are cut, and clear words when something is wrong."""

import contextlib
import errno
import json
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from tests.conftest import one_held_out, write_tiny_dataset
from tests.trainer.training.ready import made_ready
from trainer.dataset.dataset import Dataset
from trainer.dataset.files.folder import read_dataset
from trainer.errors import Cancelled, DatasetError, ModelError, RecipeError, RunError
from trainer.families.base import Base
from trainer.families.registry import describe_base
from trainer.families.sd.model import StableDiffusion
from trainer.generate.attachments import ATTACHMENTS
from trainer.generate.shot import Shot
from trainer.images.alpha import Alpha
from trainer.recipe.buckets import Buckets
from trainer.recipe.lora import Lora
from trainer.recipe.memory import Memory
from trainer.recipe.optim import Optim, Schedule
from trainer.recipe.output import Output
from trainer.recipe.prior import Prior
from trainer.recipe.recipe import Recipe
from trainer.recipe.text import Text
from trainer.runtime.work import follow
from trainer.storage import tensor_file as tensorfile
from trainer.training.job import Job
from trainer.training.run import state
from trainer.training.run.events import Event, Finished, HeldOut, Prepared, Sampled, Saved, Stepped
from trainer.training.run.folder import RunFolder, read_run
from trainer.training.step.flat_optimizer import FlatOptimizer
from trainer.training.step.train_step import TrainStep
from trainer.training.train import train

RECIPE = Recipe(
    lora=Lora(rank=2, alpha=1.0),
    optim=Optim(lr=1e-3),
    schedule=Schedule(steps=6, batch=2),
    text=Text(dropout=0.2),
    buckets=Buckets(resolution=64, step=16, shortest=48, longest=96),
    memory=Memory(precision="fp32", gradient_checkpointing=False),
    output=Output(save_every=4, sample_every=0, held_out_every=3),
    seed=1,
)


@pytest.fixture
def job(tiny_base: Base, tiny_dataset: Dataset, tmp_path: Path) -> Job:
    return Job(recipe=RECIPE, dataset=one_held_out(tiny_dataset), base=tiny_base, run=tmp_path / "run", name="sage")


@pytest.fixture(scope="module")
def straight(tiny_base: Base, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run of `job` that nothing stopped; to be read, and copied by whoever writes into it."""
    folder = tmp_path_factory.mktemp("straight")
    dataset = one_held_out(write_tiny_dataset(folder / "pictures"))
    list(train(Job(recipe=RECIPE, dataset=dataset, base=tiny_base, run=folder / "run", name="sage")))
    return folder / "run"


def short(job: Job) -> Job:
    """Of one step: for what happens before the first."""
    return replace(job, recipe=replace(job.recipe, schedule=replace(job.recipe.schedule, steps=1)))


def checkpoints(run: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((run / "checkpoints").iterdir())}


def steps_seen(run: Path) -> list[tuple[str, int | None]]:
    lines = (run / "events.jsonl").read_text().splitlines()
    return [(line["event"], line.get("step")) for line in map(json.loads, lines)]


def until(job: Job, step: int) -> Iterator[Event]:
    """Train up to and including `step`; the caller decides what happens to the generator."""
    events = train(job)
    for event in events:
        if isinstance(event, Stepped) and event.step == step:
            return events
    raise AssertionError("the run ended before")


def test_transparency_trains_on_the_colour_it_was_loaded_with(job: Job, tmp_path: Path) -> None:
    folder = tmp_path / "clear"
    folder.mkdir()
    for number in range(2):
        Image.new("RGBA", (64, 64), (90 * number, 20, 20, 100)).save(folder / f"{number}.png")
    dataset = read_dataset(folder, trigger="sage", alpha=Alpha(matte="gray"))
    assert isinstance(list(train(short(replace(job, dataset=dataset))))[-1], Finished)


def test_a_run_tells_and_leaves_what_it_promises(job: Job) -> None:
    recipe = replace(RECIPE, prior=Prior(images=3), output=replace(RECIPE.output, sample_every=3))
    events = list(train(replace(job, recipe=recipe)))
    kinds = [(type(event).__name__, getattr(event, "step", None)) for event in events]
    assert [kind for kind in kinds if kind[0] != "Prepared"] == [
        ("Settled", 0), ("HeldOut", 0), ("Sampled", 0),
        ("Stepped", 1), ("Noticed", 1),
        ("Stepped", 2), ("Stepped", 3), ("HeldOut", 3), ("Sampled", 3),
        ("Stepped", 4), ("Saved", 4), ("Stepped", 5), ("Stepped", 6), ("HeldOut", 6), ("Sampled", 6), ("Saved", 6),
        ("Finished", None),
    ]  # fmt: skip
    phrases = {event.what for event in events if isinstance(event, Prepared)}
    assert phrases == {"drawing prior pictures", "encoding pictures"}
    run = RunFolder(job.run)
    assert [checkpoint.step for checkpoint in run.checkpoints()] == [4, 6]
    assert events[-1] == Finished(checkpoints=tuple(c.path for c in run.checkpoints()), answered=False)
    for sampled in (event for event in events if isinstance(event, Sampled)):
        assert Image.open(sampled.paths[0]).size == (64, 64)
    assert len(list(run.prior.iterdir())) == 3
    assert steps_seen(job.run) == [(name.lower(), step) for name, step in kinds if name != "Prepared"]


def test_prior_pictures_are_stopped_between_two_steps_and_drawn_afterwards(job: Job) -> None:
    job = replace(job, recipe=replace(RECIPE, prior=Prior(images=3)))
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked == 2

    with pytest.raises(Cancelled, match="while drawing.*Run again"):
        list(train(job, cancelled=cancelled))
    assert asked == 2 and not list(RunFolder(job.run).prior.glob("*.png"))
    assert isinstance(list(train(job))[-1], Finished)
    assert len(list(RunFolder(job.run).prior.iterdir())) == 3


def test_a_finished_run_answers_at_once(job: Job, straight: Path) -> None:
    shutil.copytree(straight, job.run)
    before = checkpoints(job.run)
    (event,) = list(train(job))
    assert isinstance(event, Finished)
    assert event.answered
    assert checkpoints(job.run) == before


def test_the_same_recipe_and_seed_give_the_same_bytes(job: Job, tmp_path: Path) -> None:
    recipe = replace(RECIPE, prior=Prior(images=1))
    for name in ("first", "second"):
        list(train(replace(job, recipe=recipe, run=tmp_path / name)))
    list(train(replace(job, recipe=replace(recipe, seed=2), run=tmp_path / "other")))
    assert checkpoints(tmp_path / "first") == checkpoints(tmp_path / "second")
    assert checkpoints(tmp_path / "first") != checkpoints(tmp_path / "other")


@pytest.mark.parametrize("accumulation", [1, 2])
def test_killed_and_resumed_ends_as_if_never_stopped(job: Job, tmp_path: Path, accumulation: int) -> None:
    schedule = replace(RECIPE.schedule, accumulation=accumulation)
    job = replace(job, recipe=replace(RECIPE, schedule=schedule, prior=Prior(images=1)))
    list(train(job))
    cut = replace(job, run=tmp_path / "cut")
    made_ready(job.run, cut.run)
    events = until(cut, 5)
    # What a killed process leaves is what lies on disk now: closing the generator would let it save first.
    shutil.copytree(cut.run, tmp_path / "killed")
    events.close()  # type: ignore[attr-defined]
    killed = replace(job, run=tmp_path / "killed")
    resumed = [event.step for event in train(killed) if isinstance(event, Stepped)]
    assert resumed == [5, 6]
    assert checkpoints(killed.run) == checkpoints(job.run)
    assert steps_seen(killed.run) == steps_seen(job.run)


def test_cancelling_saves_and_going_on_ends_as_if_never_stopped(job: Job, straight: Path, tmp_path: Path) -> None:
    cut = replace(job, run=tmp_path / "cut")
    steps: list[int] = []
    events: list[Event] = []
    with pytest.raises(Cancelled, match="step 3 of 6"):
        for event in train(cut, cancelled=lambda: len(steps) == 3):
            events.append(event)
            if isinstance(event, Stepped):
                steps.append(event.step)
    stopgap = cut.run / "checkpoints" / "sage_step000003.safetensors"
    assert events[-1] == Saved(step=3, path=stopgap)
    assert stopgap.is_file()
    assert [event.step for event in train(cut) if isinstance(event, Stepped)] == [4, 5, 6]
    assert checkpoints(cut.run) == checkpoints(straight)
    assert steps_seen(cut.run) == steps_seen(straight)


@pytest.mark.parametrize("fault", [KeyboardInterrupt(), torch.OutOfMemoryError("no room"), RuntimeError("a driver")])
def test_what_ends_an_update_in_the_middle_loses_none_before_it(
    fault: BaseException, job: Job, straight: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    learn, calls = TrainStep.learn, []

    def cut(*given: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            raise fault
        return learn(*given)

    with monkeypatch.context() as patched, pytest.raises((type(fault), RunError)):
        patched.setattr(TrainStep, "learn", cut)
        list(train(job))
    assert [checkpoint.step for checkpoint in RunFolder(job.run).checkpoints()] == [2]
    assert [event.step for event in train(job) if isinstance(event, Stepped)] == [3, 4, 5, 6]
    assert checkpoints(job.run) == checkpoints(straight)
    assert steps_seen(job.run) == steps_seen(straight)


def test_weights_that_were_about_to_change_are_not_saved(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    step = FlatOptimizer.step

    def cut(*given: Any) -> None:
        step(*given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        patched.setattr(FlatOptimizer, "step", cut)
        list(train(job))
    assert RunFolder(job.run).checkpoints() == ()


@pytest.mark.parametrize(
    ("step", "told"),
    [
        (0, r"at step 0 of 6, nothing learned yet\."),
        (3, r"at step 3 of 6, saved as sage_step000003\.safetensors\."),
        (6, r"at step 6 of 6, saved as sage_step000006\.safetensors\."),
    ],
)
def test_a_cancel_cuts_samples_short_and_going_on_draws_them(step: int, told: str, job: Job, straight: Path) -> None:
    job = replace(job, recipe=replace(RECIPE, output=replace(RECIPE.output, sample_every=3)))
    run = RunFolder(job.run)
    drawn = {at: run.samples / f"step{at:06d}_0.png" for at in (0, 3, 6)}
    before: list[Event] = []

    def cancelled() -> bool:
        """From the moment that nothing but the samples of `step` is left to do at it."""
        return HeldOut in {type(event) for event in before if getattr(event, "step", -1) == step}

    with pytest.raises(Cancelled, match=told):
        for event in train(job, cancelled=cancelled):
            before.append(event)
    assert [at for at, path in drawn.items() if path.is_file()] == [at for at in drawn if at < step]
    after = list(train(job))
    assert [event.step for event in after if isinstance(event, Sampled)] == [at for at in drawn if at >= step]
    assert isinstance(after[-1], Finished)
    one, other = (tensors_of(folder / "checkpoints/sage_step000006.safetensors") for folder in (job.run, straight))
    assert all(torch.equal(one[key], other[key]) for key in other)


def test_a_last_checkpoint_that_was_moved_away_is_written_again(job: Job, straight: Path) -> None:
    shutil.copytree(straight, job.run)
    last = job.run / "checkpoints" / "sage_step000006.safetensors"
    last.unlink()
    events = list(train(job))
    assert not [event for event in events if isinstance(event, Stepped)]
    assert events[-1] == Finished(checkpoints=RunFolder(job.run).paths(), answered=False)
    assert checkpoints(job.run) == checkpoints(straight)


def test_a_dropped_generator_saves_what_was_learned(job: Job) -> None:
    until(job, 2).close()  # type: ignore[attr-defined]
    assert [event.step for event in train(job) if isinstance(event, Stepped)] == [3, 4, 5, 6]


def test_cancelling_while_getting_ready_leaves_the_folder_usable(job: Job) -> None:
    job = short(job)
    with pytest.raises(Cancelled):
        list(train(job, cancelled=lambda: True))
    assert isinstance(list(train(job))[-1], Finished)


def test_training_works_under_the_hosts_inference_mode(job: Job, straight: Path) -> None:
    with torch.inference_mode():
        list(train(job))
    assert checkpoints(job.run) == checkpoints(straight)


def test_checkpointing_changes_memory_and_not_the_result(job: Job, straight: Path) -> None:
    memory = replace(RECIPE.memory, gradient_checkpointing=True)
    list(train(replace(job, recipe=replace(RECIPE, memory=memory))))
    tensors = [tensors_of(run / "checkpoints" / "sage_step000006.safetensors") for run in (straight, job.run)]
    assert all(torch.allclose(tensors[0][key], tensors[1][key], atol=1e-5) for key in tensors[0])


def tensors_of(path: Path) -> dict[str, torch.Tensor]:
    return load_file(path)


def test_the_loss_falls_when_there_is_something_to_learn(job: Job, tmp_path: Path) -> None:
    dataset = write_tiny_dataset(tmp_path / "one", sizes=((64, 64),))
    recipe = replace(
        RECIPE,
        optim=Optim(lr=2e-2),
        schedule=Schedule(steps=16, batch=4),
        lora=Lora(rank=8, alpha=8.0, targets="attention_mlp_conv"),
        output=replace(RECIPE.output, save_every=16, held_out_every=16),
    )
    losses = [
        event.train for event in train(replace(job, dataset=dataset, recipe=recipe)) if isinstance(event, HeldOut)
    ]
    assert losses[-1] < 0.85 * losses[0]


def test_metadata_says_how_the_lora_was_made(job: Job, straight: Path) -> None:
    with safe_open(straight / "checkpoints" / "sage_step000006.safetensors", "pt") as file:
        said = file.metadata()
    expected = {
        "ss_network_dim": "2",
        "ss_network_alpha": "1.0",
        "ss_base_model_version": "sdxl_base_v1-0",
        "ss_seed": "1",
        "ss_steps": "6",
        "ss_learning_rate": "0.001",
        "ss_output_name": "sage",
        "ss_new_sd_model_hash": job.base.sha256,
        "modelspec.sai_model_spec": "1.0.1",
        "modelspec.architecture": "stable-diffusion-xl-v1-base/lora",
        "modelspec.trigger_phrase": "sage_character",
        "modelspec.prediction_type": "epsilon",
    }
    assert {key: said[key] for key in expected} == expected
    assert json.loads(said["ss_bucket_info"]) == {
        "buckets": {"0": {"count": 2, "resolution": [64, 64]}, "1": {"count": 1, "resolution": [80, 48]}},
        "scaled_up": 0,
    }


class FakeSampler:
    """Notes the LoRA files it is shown and draws grey."""

    supports = ATTACHMENTS

    def __init__(self) -> None:
        self.seen: list[tuple[str, bool]] = []

    def generate(self, shots: Sequence[Shot]) -> Iterator[Image.Image]:
        for shot in shots:
            self.seen.append((shot.prompt, shot.lora is not None and shot.lora.path.is_file()))
            yield Image.new("RGB", (shot.width, shot.height), "grey")


def test_a_sampler_from_outside_sees_the_lora_of_the_moment(job: Job) -> None:
    sampler = FakeSampler()
    output = replace(RECIPE.output, sample_every=4, samples=("{trigger}, {subject}, park",))
    list(train(replace(job, sampler=sampler, recipe=replace(RECIPE, output=output))))
    prompt = "sage_character, person, park"
    assert sampler.seen == [(prompt, False), (prompt, True), (prompt, True)]
    assert not list((job.run / "samples").glob("*.safetensors")), "only pictures stay"


def test_a_damaged_cache_is_made_again(job: Job, straight: Path) -> None:
    shutil.copytree(straight / "cache", job.run / "cache")
    for path in job.run.glob("cache/*"):
        path.write_bytes(path.read_bytes()[:20])
    list(train(job))
    assert checkpoints(job.run) == checkpoints(straight)


def test_nan_latents_name_the_picture(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_self: object, _image: Image.Image) -> torch.Tensor:
        raise ModelError("The VAE turned the picture into NaN.")

    monkeypatch.setattr(StableDiffusion, "encode_image", broken)
    with pytest.raises(ModelError, match=r"000\.png.*NaN"):
        list(train(job))


def test_a_base_whose_vae_is_broken_is_blamed_and_no_picture(job: Job, tiny_base: Base, tmp_path: Path) -> None:
    sick = Path(shutil.copytree(tiny_base.path, tmp_path / "sick"))
    (weights,) = (sick / "vae").glob("*.safetensors")
    tensors = load_file(weights)
    tensors["encoder.conv_in.weight"].view(-1)[0] = float("nan")
    save_file(tensors, weights)
    with pytest.raises(ModelError, match=r"^The vae in \S+sick is broken: encoder\.conv_in\.weight holds NaN"):
        list(train(replace(job, base=describe_base(sick))))


def test_a_base_that_answers_nan_before_anything_is_learned_is_blamed(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_self: object, noisy: torch.Tensor, *_others: object) -> torch.Tensor:
        return torch.full_like(noisy, float("nan")).requires_grad_()

    monkeypatch.setattr(StableDiffusion, "predict", broken)
    with pytest.raises(RunError, match="The base answers what is not a number"):
        list(train(job))


def test_a_picture_that_is_text_is_named(job: Job) -> None:
    job.dataset.samples[1].path.write_text("not a picture")
    with pytest.raises(DatasetError, match=r"001\.png is not a picture"):
        list(train(job))


def test_a_picture_that_changed_is_refused(job: Job) -> None:
    Image.new("RGB", (32, 32)).save(job.dataset.samples[1].path)
    with pytest.raises(DatasetError, match="changed since"):
        list(train(job))


def test_a_nan_loss_names_step_and_picture_and_keeps_the_last_checkpoint(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = StableDiffusion.predict
    calls = 0

    def sometimes_nan(self: StableDiffusion, *given) -> torch.Tensor:
        nonlocal calls
        calls += torch.is_grad_enabled()
        predicted = real(self, *given)
        return predicted * float("nan") if calls == 5 and torch.is_grad_enabled() else predicted

    monkeypatch.setattr(StableDiffusion, "predict", sometimes_nan)
    with pytest.raises(RunError, match=r"Step 5 .*00\d\.png.*lower lr"):
        list(train(job))
    assert list(checkpoints(job.run)) == ["sage_step000004.safetensors"]
    monkeypatch.setattr(StableDiffusion, "predict", real)
    assert [event.step for event in train(job) if isinstance(event, Stepped)] == [5, 6]


def test_a_full_disk_says_so_and_leaves_only_whole_files(
    job: Job, straight: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> None:
        if "step000006" in path.name:
            (path.parent / "left").write_bytes(data[:10])
            (path.parent / "left").unlink()
            raise OSError(errno.ENOSPC, "No space left on device", str(path))
        real(path, data)

    real = tensorfile.write_atomically
    monkeypatch.setattr(tensorfile, "write_atomically", full)
    with pytest.raises(RunError, match=r"(?s)disk is full.*step000006.*whole \(sage_step000004"):
        list(train(job))
    monkeypatch.setattr(tensorfile, "write_atomically", real)
    assert list(checkpoints(job.run)) == ["sage_step000004.safetensors"]
    assert [event.step for event in train(job) if isinstance(event, Stepped)] == [5, 6]
    assert checkpoints(job.run) == checkpoints(straight)


def test_a_file_in_the_runs_place_is_told(job: Job) -> None:
    job.run.write_text("in the way")
    with pytest.raises(RunError, match="cannot be written"):
        list(train(job))


def test_two_runs_at_once_in_one_folder_are_refused(job: Job) -> None:
    job = short(job)
    first = train(job)
    next(first)
    with pytest.raises(RunError, match="in use by another run"):
        next(train(job))
    first.close()  # type: ignore[attr-defined]
    assert isinstance(list(train(job))[-1], Finished)


def test_drafts_of_a_killed_process_are_cleared(job: Job) -> None:
    draft = job.run / "checkpoints" / ".sage_step000004.safetensors.999.part"
    draft.parent.mkdir(parents=True)
    draft.write_bytes(b"half")
    list(train(short(job)))
    assert not draft.exists()


def test_a_lock_left_by_a_dead_process_is_taken_over(job: Job) -> None:
    job.run.mkdir()
    (job.run / "lock").write_text("")
    (job.run / "lock.owner").write_text("999999\n")
    assert isinstance(list(train(short(job)))[-1], Finished)


def test_a_folder_of_another_job_says_what_differs(job: Job, straight: Path) -> None:
    shutil.copytree(straight, job.run)
    with pytest.raises(RunError, match=r"another recipe \(.* → .*\)"):
        list(train(replace(job, recipe=replace(RECIPE, seed=9))))
    with pytest.raises(RunError, match="another base model"):
        list(train(replace(job, base=replace(job.base, predicts="v_prediction"))))
    with pytest.raises(RunError, match="another dataset"):
        list(train(replace(job, dataset=replace(job.dataset, trigger="other"))))
    with pytest.raises(RunError, match="another base model"):
        list(train(replace(job, base=replace(job.base, sha256="0" * 64))))
    with pytest.raises(RunError, match="another name"):
        list(train(replace(job, name="sage2")))


def test_a_folder_of_another_recipe_says_how_to_go_on(job: Job, straight: Path, tmp_path: Path) -> None:
    shutil.copytree(straight, job.run)
    longer = replace(job, recipe=replace(RECIPE, schedule=replace(RECIPE.schedule, steps=9)))
    with pytest.raises(
        RunError, match=r"another recipe \(steps 6 → 9\)\. Give this run another name or folder"
    ) as told:
        list(train(longer))
    last = RunFolder(job.run).checkpoints()[-1].path
    assert f"start it from {last} too (--start, or start_from)" in str(told.value)
    list(train(replace(longer, run=tmp_path / "on", start=last)))
    with pytest.raises(RunError, match=r"another name or folder\.$"):
        list(train(replace(job, base=replace(job.base, sha256="0" * 64))))


@pytest.mark.parametrize("name", ["..", "a/b", "", "a\\b", ".hidden", "x:y"])
def test_a_name_that_is_no_file_name_is_refused(job: Job, name: str) -> None:
    with pytest.raises(RunError, match="cannot be a file name"):
        list(train(replace(job, name=name)))


def test_an_unknown_recipe_key_in_the_folder_is_named(job: Job, straight: Path) -> None:
    shutil.copytree(straight, job.run)
    path = job.run / "recipe.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "rnak": 8}))
    with pytest.raises(RunError, match="rnak"):
        list(train(job))
    with pytest.raises(RecipeError, match="rnak"):
        Recipe.from_json(json.loads(path.read_text()))


def test_a_state_is_whole_whenever_its_saving_is_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop at every rename in turn, as a kill would: the state before or the new one can always be read."""
    folder = tmp_path / "state"
    real = Path.replace
    for cut in range(1, 6):
        shutil.rmtree(tmp_path, ignore_errors=True)
        state.save_state(folder, 1, {"weights": torch.ones(2)})
        calls = 0

        def stops(self: Path, target: Path, cut: int = cut) -> Path:
            nonlocal calls
            calls += 1
            if calls == cut:
                raise KeyboardInterrupt
            return real(self, target)

        monkeypatch.setattr(Path, "replace", stops)
        with contextlib.suppress(KeyboardInterrupt):
            state.save_state(folder, 2, {"weights": torch.full((2,), 2.0)})
        monkeypatch.setattr(Path, "replace", real)
        loaded = state.load_state(folder)
        assert loaded is not None
        step, tensors = loaded
        assert tensors["weights"].tolist() == [float(step)] * 2
        state.save_state(folder, 3, {"weights": torch.full((2,), 3.0)})
        assert state.load_state(folder)[0] == 3  # type: ignore[index]
    assert calls == 4, "the last round was not cut"


def test_no_state_means_a_fresh_start(tmp_path: Path) -> None:
    assert state.load_state(tmp_path / "state") is None


def as_version_0_1(run: Path) -> None:
    """The folder as that version left it: one path for a base, and `beside.json`."""
    base = json.loads((run / "base.json").read_text())
    (path,) = base.pop("files").values()
    (run / "base.json").write_text(json.dumps({**base, "path": path}))
    (run / "inputs.json").rename(run / "beside.json")


def test_a_run_of_version_0_1_answers(job: Job, straight: Path) -> None:
    shutil.copytree(straight, job.run)
    as_version_0_1(job.run)
    before = checkpoints(job.run)
    (only,) = train(job)
    assert only == Finished(checkpoints=RunFolder(job.run).paths(), answered=True)
    assert checkpoints(job.run) == before
    dataset, base = read_run(job.run)
    assert (dataset.fingerprint(), base) == (job.dataset.fingerprint(), job.base)


def test_a_run_of_version_0_1_goes_on_to_the_same_file(job: Job, straight: Path) -> None:
    with contextlib.suppress(Cancelled):
        steps: list[Event] = []
        follow(train(job, cancelled=lambda: sum(isinstance(each, Stepped) for each in steps) >= 3), steps.append)
    as_version_0_1(job.run)
    follow(train(job))
    assert checkpoints(job.run) == checkpoints(straight)
