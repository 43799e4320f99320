"""The command `recipe`: presets by family, and other trainers' files in and out."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.trainer.exchange.settings import FLUXGYM_DATASET, FLUXGYM_SCRIPT
from trainer.cli.main import main
from trainer.exchange.formats import FORMATS, SUFFIXES, import_recipe
from trainer.recipe.presets import PRESETS


def last_line(capsys: pytest.CaptureFixture[str]) -> tuple[dict[str, Any], str]:
    said = capsys.readouterr()
    return json.loads(said.out.splitlines()[-1]), said.err


def test_presets_are_listed_by_family(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["recipe", "presets"]) == 0
    figures, said = last_line(capsys)
    assert sum(figures["presets"].values(), []) == list(PRESETS)
    assert figures["presets"]["flux1"][0] == "FLUX character (guide)"
    assert all(preset.when in " ".join(said.split()) for preset in PRESETS.values())
    assert main(["recipe", "presets", "--family", "z_image"]) == 0
    assert last_line(capsys)[0]["presets"] == {"z_image": ["Z-Image"]}
    assert main(["recipe", "presets", "--family", "sd3"]) != 0
    assert "families are sdxl, sd15, flux1, z_image, flux2" in capsys.readouterr().err


def test_a_script_is_read_with_the_dataset_file_beside_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "train.sh").write_text(FLUXGYM_SCRIPT, encoding="utf-8")
    (tmp_path / "dataset.toml").write_text(FLUXGYM_DATASET, encoding="utf-8")
    assert main(["recipe", "import", str(tmp_path / "train.sh"), "--out", str(tmp_path / "recipe.json")]) == 0
    figures, said = last_line(capsys)
    assert (figures["format"], figures["recipe"]["buckets"]["resolution"]) == ("training script", 640)
    assert "split_mode" in figures["left"] and "18 blocks" in said
    assert json.loads((tmp_path / "recipe.json").read_text(encoding="utf-8")) == figures["recipe"]


@pytest.mark.parametrize("kind", FORMATS)
def test_a_preset_is_written_in_every_format(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / f"mine{SUFFIXES[kind]}"  # type: ignore[index]
    preset = ["--preset", "FLUX gentle", "--format", kind, "--out", str(out)]
    assert main(["recipe", "export", *preset]) == 0
    assert last_line(capsys)[0]["written"] == [str(out)]
    assert import_recipe(out.read_text(encoding="utf-8"), out.name).format == kind


def test_an_unknown_format_names_those_there_are(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["--preset", "FLUX gentle", "--format", "xml", "--out", str(tmp_path / "a")]
    assert main(["recipe", "export", *arguments]) != 0
    assert "use kohya TOML, guide YAML" in capsys.readouterr().err
