"""`balance`: what is told before anything is drawn, which file is taken, and what is refused."""

import json
from pathlib import Path

import pytest

from tests.trainer.scoring.stage import write_lora
from trainer.cli.main import main
from trainer.demo.characters.character import draw_character

SAID = {"modelspec.trigger_phrase": "sage_character"}


@pytest.fixture(scope="module")
def face(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return draw_character(tmp_path_factory.mktemp("sage"), 0, train=1).train[0].path


def told(capsys: pytest.CaptureFixture[str], *arguments: object, code: int = 0) -> tuple[str, str]:
    assert main(["balance", *(str(part) for part in arguments)]) == code
    captured = capsys.readouterr()
    return captured.out.strip(), " ".join(captured.err.split())


def test_pictures_are_told_before_any_is_drawn(face: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lora = write_lora(tmp_path / "sage.safetensors", SAID)
    common = (lora, "--out", tmp_path / "report", "--identity", face, "--dry-run")
    figures, said = told(capsys, *common)
    assert json.loads(figures) == {"columns": 31, "pictures": 48 + 30 * 32 + 5 * 16, "kept": 0, "seconds": None}
    assert "SDXL base in float32. sage. 1,088 pictures to draw in 31 columns" in said
    figures, _ = told(capsys, *common, "--quick")
    assert json.loads(figures)["columns"] == 10
    figures, _ = told(capsys, *common, "--grid-strengths", "0.8", "--grid-weights", "0,0.6")
    assert json.loads(figures)["columns"] == 3


def test_the_checkpoint_that_was_chosen_is_balanced_else_the_last(
    face: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loras = tmp_path / "loras"
    for step in (100, 200):
        write_lora(loras / f"sage-step{step:08d}.safetensors", SAID)
    _, said = told(capsys, loras, "--out", tmp_path / "report", "--identity", face, "--dry-run", "--quick")
    assert "No comparison has chosen a checkpoint here" in said and "float32. Step 200." in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--grid-weights", "0,7"), "use numbers from 0 to 2"),
        (("--identity", "gone.png"), "gone.png"),
        (("--adapter", "gone.safetensors"), "gone.safetensors"),
        (("--faces", "none", "--identity", "README.md"), "README.md"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    face: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    lora = write_lora(tmp_path / "sage.safetensors", SAID)
    given = (lora, "--out", tmp_path / "report", "--dry-run", "--identity", face, *arguments)
    assert said in told(capsys, *given, code=1)[1]
