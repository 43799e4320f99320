"""The `train` command: who looks at its samples, and what it says of a run that stops early."""

import json
import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from trainer.cli.main import main, parser
from trainer.cli.progress import following
from trainer.cli.train import likeness_of
from trainer.dataset.dataset import Dataset
from trainer.demo.assets import demo_base
from trainer.demo.characters.character import draw_character
from trainer.demo.settings import demo_recipe
from trainer.recipe.early_stop import EarlyStop
from trainer.runtime.signals import stopping
from trainer.training.job import Job
from trainer.training.run.events import Noticed, PicturesWatched, Stepped, Unwatched, read_events
from trainer.training.run.folder import RunFolder


def test_headless_samples_are_measured_and_an_early_stop_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """On the demo base by its own reader; no gain of one sampling is above 0.9."""
    quick = demo_recipe(steps=2)
    recipe = replace(
        quick,
        schedule=replace(quick.schedule, batch=1, warmup=0),
        prior=replace(quick.prior, images=0),
        output=replace(quick.output, sample_every=1, samples=("{trigger}, {subject}",)),
        early_stop=EarlyStop(patience=1, least_gain=0.9),
    )
    (tmp_path / "recipe.json").write_text(json.dumps(recipe.to_json()))
    data = draw_character(tmp_path / "dataset", train=1).root
    run = tmp_path / "run"
    asked = ["--data", str(data), "--recipe", str(tmp_path / "recipe.json"), "--held-out", "0", "--out", str(run)]
    assert main(["train", *asked]) == 0
    said = capsys.readouterr()
    figures = json.loads(said.out.splitlines()[-1])
    assert (figures["step"], figures["stopped_early"]) == (1, True)
    words = " ".join(said.err.split())
    assert "At most 2 updates" in words and "Stopped early at step 1 of 2" in words
    assert set(RunFolder(run).likeness()) == {0, 1}


@pytest.mark.parametrize(
    ("faces", "sample_every", "watch", "measures"),
    [("auto", 1, False, True), ("none", 1, True, False), ("auto", 0, True, True), ("auto", 0, False, False)],
)
def test_faces_are_measured_where_any_are_looked_at_and_somebody_reads_them(  # noqa: PLR0913
    tiny_dataset: Dataset, tmp_path: Path, faces: str, sample_every: int, watch: bool, measures: bool
) -> None:
    output = replace(demo_recipe().output, sample_every=sample_every, watch=watch)
    recipe = replace(demo_recipe(), output=output)
    job = Job(recipe=recipe, dataset=tiny_dataset, base=demo_base(), run=tmp_path, name="sage")
    options = parser().parse_args(["train", "--data", "a", "--out", "b", "--faces", faces])
    likeness = likeness_of(options, job)
    assert (likeness is not None) == measures
    assert likeness is None or likeness.name == "demo reader"


def test_what_cannot_be_watched_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with following() as follower:
        follower.show(Unwatched(step=0, why="Nobody reads faces."))
        follower.show(Noticed(step=1, what="Live likeness is not told."))
    said = capsys.readouterr().err
    assert "Nobody reads faces." in said and "Live likeness is not told." in said


def test_each_pictures_verdict_is_said_once_whatever_brackets_its_name_has(capsys: pytest.CaptureFixture[str]) -> None:
    names = ("photo (1).png", "photo (2).png")
    with following() as follower:
        for step, other in ((1, "learning"), (2, "stuck"), (3, "stuck")):
            learned = step / 10
            follower.show(
                PicturesWatched(step=step, names=names, learned=(learned, learned), verdicts=("stuck", other))
            )
    said = capsys.readouterr().err
    assert all(said.count(name) == 1 for name in names)


def test_the_first_ctrl_c_saves_and_ends(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    quick = demo_recipe(steps=500)
    recipe = replace(
        quick,
        schedule=replace(quick.schedule, batch=1, warmup=0),
        prior=replace(quick.prior, images=0),
        output=replace(quick.output, sample_every=0, watch=False),
    )
    (tmp_path / "recipe.json").write_text(json.dumps(recipe.to_json()))
    data, run = draw_character(tmp_path / "dataset", train=1).root, tmp_path / "run"

    def press() -> None:
        while not any(isinstance(event, Stepped) for event in read_events(run / "events.jsonl")):
            time.sleep(0.02)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=press, daemon=True).start()
    asked = ["--data", str(data), "--recipe", str(tmp_path / "recipe.json"), "--held-out", "0", "--out", str(run)]
    assert main(["train", *asked]) == 130
    (saved,) = RunFolder(run).checkpoints()
    said = capfd.readouterr().err
    assert "Stopping after this step. Ctrl+C again ends at once." in said
    assert f"Stopped at step {saved.step} of 500, saved as {saved.path.name}." in said


def test_the_second_ctrl_c_ends_at_once() -> None:
    with pytest.raises(KeyboardInterrupt), stopping(signal.SIGINT, said="Stopping.") as asked:  # noqa: PT012
        assert not asked()
        signal.raise_signal(signal.SIGINT)
        assert asked()
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
