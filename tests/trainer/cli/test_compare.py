"""`compare` on anybody's files: what is told before anything is drawn, and what is refused."""

import json
from argparse import Namespace
from pathlib import Path

import pytest

from tests.trainer.scoring.stage import write_lora
from trainer.cli.comparison import _Asked
from trainer.cli.main import main

SAID = {"modelspec.trigger_phrase": "zxq_char"}


def files(folder: Path, *names: str, **metadata: str) -> list[str]:
    return [str(write_lora(folder / f"{name}.safetensors", metadata)) for name in names]


def told(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> tuple[str, str]:
    assert main(["compare", *arguments]) == code
    captured = capsys.readouterr()
    return captured.out.strip(), " ".join(captured.err.split())


def test_what_it_costs_is_told_before_anything_is_drawn(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files(tmp_path / "loras", *(f"zxq-step{step:08d}" for step in range(100, 5_100, 100)), **SAID)
    what, out = str(tmp_path / "loras"), str(tmp_path / "report")
    figures, said = told(capsys, what, "--out", out, "--quick", "--dry-run")
    assert json.loads(figures) == {"columns": 51, "pictures": 51 * 12, "kept": 0, "seconds": None}
    assert "612 pictures to draw in 51 columns" in said and "SDXL base in float32." in said
    assert not (tmp_path / "report").exists()
    few = ("--most", "4", "--refine", "--strengths", "0.7,0.85")
    figures, said = told(capsys, what, "--out", out, "--quick", "--dry-run", *few)
    assert json.loads(figures)["columns"] == 5 and "up to 48 more for the winner" in said


def test_other_families_files_and_words_on_looks_are_told_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (good,) = files(tmp_path, "zxq", **SAID)
    wan = str(write_lora(tmp_path / "wan.safetensors", SAID, prefix="diffusion_model.blocks.0.self_attn.q"))
    (tmp_path / "plan.txt").write_text("{trigger}, {subject}\n{trigger}, {subject}, long blonde hair, in a park\n")
    arguments = ("--plan", str(tmp_path / "plan.txt"), "--subject", "woman", "--out", str(tmp_path), "--dry-run")
    figures, said = told(capsys, good, wan, *arguments)
    assert json.loads(figures)["columns"] == 2
    assert "left out: wan: wan.safetensors is a LoRA for Wan" in said
    assert "'long blonde hair'" in said


@pytest.mark.parametrize(
    ("metadata", "arguments", "said"),
    [
        ({}, ("--out", "x"), "give it with --trigger"),
        (SAID, (), "Say with --out where"),
        (SAID, ("--out", "x", "--strengths", "0,1"), "use numbers above 0"),
        (SAID, ("--out", "x", "--plan", "gone.txt"), "gone.txt cannot be read"),
    ],
)
def test_what_files_do_not_tell_is_asked_for(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    metadata: dict[str, str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    out, words = told(capsys, *files(tmp_path, "zxq", **metadata), *arguments, "--dry-run", code=1)
    assert out == "" and said in words


def test_a_files_trigger_is_its_first_word_told(tmp_path: Path) -> None:
    (file,) = files(tmp_path, "zxq", **{"modelspec.trigger_phrase": " , sage, woman"})
    assert _Asked(Namespace(what=[Path(file)]))._told_trigger == "sage"


@pytest.mark.parametrize(("said", "why"), [("sage character, woman", "'sage character'"), (" ,", "do not say")])
def test_a_trigger_of_several_words_is_never_cut_to_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], said: str, why: str
) -> None:
    file = files(tmp_path, "zxq", **{"modelspec.trigger_phrase": said})
    _, refused = told(capsys, *file, "--out", str(tmp_path / "r"), "--dry-run", code=1)
    assert why in refused and "--trigger" in refused
