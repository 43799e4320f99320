"""The command line's manners: one sentence for what is wrong, nothing made."""

import json
import logging
import subprocess
import sys
from importlib import import_module
from inspect import signature
from pathlib import Path

import pytest

from trainer.cli.bench import BENCHES
from trainer.cli.job import job_of
from trainer.cli.main import main, parser
from trainer.recipe.recipe import Recipe


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    return captured.err.strip()


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    from PIL import Image

    folder = tmp_path / "set" / "2_sage_character"
    folder.mkdir(parents=True)
    for number in range(5):
        Image.new("RGB", (64, 64), (40 * number, 0, 0)).save(folder / f"{number}.png")
    return folder.parent


def test_an_empty_folder_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "train", "--data", str(tmp_path), "--out", str(tmp_path / "run"))
    assert str(tmp_path) in text
    assert "\n" not in text
    assert not (tmp_path / "run").exists()


def test_an_unknown_recipe_key_is_named(tmp_path: Path, pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe = {**Recipe().to_json(), "lora": {"rank": 4, "dropout": 0.5}}
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))
    text = said(
        capsys,
        "train",
        "--data",
        str(pictures),
        "--out",
        str(tmp_path / "run"),
        "--recipe",
        str(tmp_path / "recipe.json"),
    )
    assert "'dropout'" in text
    assert "rank" in text


def test_a_trigger_with_spaces_is_refused(tmp_path: Path, pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "train", "--data", str(pictures), "--out", str(tmp_path / "run"), "--trigger", "sage character")
    assert "'sage character'" in text
    assert "one word" in text


def test_a_base_that_is_none_is_named(tmp_path: Path, pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "recipe.json").write_text(json.dumps(Recipe().to_json()))
    arguments = ["--base", str(tmp_path), "--recipe", str(tmp_path / "recipe.json")]
    text = said(capsys, "train", "--data", str(pictures), "--out", str(tmp_path / "run"), *arguments)
    assert str(tmp_path) in text


def test_comparing_what_is_no_run_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "not a run folder" in said(capsys, "compare", str(tmp_path))


def test_a_recipe_that_is_not_json_is_named(tmp_path: Path, pictures: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "recipe.json").write_text("{")
    text = said(
        capsys,
        "train",
        "--data",
        str(pictures),
        "--out",
        str(tmp_path / "r"),
        "--recipe",
        str(tmp_path / "recipe.json"),
    )
    assert "recipe.json" in text


def test_presets_are_named_when_one_is_unknown(
    tmp_path: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, "train", "--data", str(pictures), "--out", str(tmp_path / "run"), "--preset", "SDXL")
    assert "'SDXL'" in text
    assert "Illustrious" in text


def test_a_run_takes_regularisation_and_a_lora_to_start_from(tmp_path: Path, pictures: Path) -> None:

    start = tmp_path / "first.safetensors"
    arguments = ["train", "--data", str(pictures), "--out", str(tmp_path / "run"), "--reg", str(pictures)]
    job = job_of(parser().parse_args([*arguments, "--start", str(start)]))
    assert job.regularisation is not None
    assert len(job.regularisation.train) == 5
    assert job.start == start


def test_recipes_come_from_and_go_to_other_trainers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.toml").write_text("network_dim = 8\nnonsense = 1\n")
    assert main(["recipe", "import", str(tmp_path / "mine.toml"), "--out", str(tmp_path / "recipe.json")]) == 0
    captured = capsys.readouterr()
    assert json.loads(captured.out)["left"] == ["nonsense"]
    assert "not known here" in captured.err
    kinds = ["--format", "onetrainer json", "--out", str(tmp_path / "back.json")]
    assert main(["recipe", "export", "--recipe", str(tmp_path / "recipe.json"), *kinds]) == 0
    assert json.loads((tmp_path / "back.json").read_text())["lora_rank"] == 8
    capsys.readouterr()
    text = said(capsys, "recipe", "export", "--preset", "Pony", "--format", "xml", "--out", str(tmp_path / "x"))
    assert "'xml'" in text and "kohya TOML" in text
    assert "cannot be read" in said(capsys, "recipe", "import", str(tmp_path / "none.toml"))


def test_a_plan_of_the_demo_costs_nothing_and_says_all(
    tmp_path: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheet = tmp_path / "plan.png"
    arguments = ["plan", "--data", str(pictures), "--out", str(tmp_path / "run"), "--quick", "--sheet", str(sheet)]
    assert main(arguments) == 0
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figures["updates"] == 300
    assert figures["seconds"] is None
    assert sheet.is_file()
    assert not (tmp_path / "run").exists()


def test_help_is_there_before_torch_is() -> None:
    code = "import sys, trainer.cli.main as cli; cli.parser(); print({'torch', 'trainer.bench'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_every_bench_of_the_table_is_there() -> None:
    for place, takes in BENCHES.values():
        module, function = place.split(":")
        parameters = signature(getattr(import_module(f"trainer.bench.{module}"), function)).parameters
        assert set(takes) <= set(parameters)


@pytest.mark.parametrize("bench", [name for name, (_, takes) in BENCHES.items() if "only" in takes])
def test_what_a_bench_does_not_know_is_named_before_anything_is_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], bench: str
) -> None:
    said_of_it = said(capsys, "bench", bench, "--only", "strange", "--out", str(tmp_path / "out"))
    assert "'strange'" in said_of_it and "\n" not in said_of_it
    assert not (tmp_path / "out").exists()


def test_a_run_name_that_is_too_long_is_said_before_anything_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, "plan", "--data", str(tmp_path / "gone"), "--out", str(tmp_path / "run"), "--name", "n" * 250)
    assert "is too long for a file" in text


@pytest.mark.parametrize("verb", ["check", "save"])
def test_a_folders_name_that_is_too_long_says_so(
    tmp_path: Path, pictures: Path, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    long = tmp_path / ("n" * 300)
    assert "too long" in said(capsys, "dataset", verb, str(long), "--out", str(tmp_path / "out"))
    assert "too long" in capsys_err(capsys, "dataset", verb, str(pictures), "--out", str(long))


def capsys_err(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What is said last, whatever went before."""
    assert main(arguments) == 1
    return capsys.readouterr().err.strip().splitlines()[-1]


@pytest.mark.usefixtures("no_dlib")
def test_missing_models_name_the_option_that_finds_them(
    tmp_path: Path, pictures: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    crop = ("dataset", "crop", str(pictures), "--out", str(tmp_path / "out"))
    assert "with --models." in capsys_err(capsys, *crop)
    for captioner in ("wd14", "joycaption"):
        assert "with --models." in capsys_err(capsys, "caption", "--input", str(pictures), "--with", captioner)


def test_the_engine_keeps_a_librarys_advice_on_4_bit_kernels_from_the_user(caplog: pytest.LogCaptureFixture) -> None:
    log = logging.getLogger("bitsandbytes.backends.cpu.ops")
    log.warning("Failed to load CPU gemm_4bit_forward from kernels-community: %s. Please `pip install kernels`", "no")
    log.warning("Something else")
    assert [record.message for record in caplog.records] == ["Something else"]
