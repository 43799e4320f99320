"""The table of models that are used and never fetched, and whether each is found where the table says it goes."""

from pathlib import Path
from urllib.parse import urlparse

import pytest

from trainer.captions.captioners.joycaption_files import DEFAULT_JOYCAPTION, REPOSITORY
from trainer.captions.captioners.tagger_files import REPOSITORIES
from trainer.cli.main import main
from trainer.downloads.found import Places, lack, model_rows
from trainer.downloads.table import Model, models, size_words
from trainer.identity.kinds import KINDS
from trainer.identity.presets import ADAPTER_FOLDERS, ENCODERS, PRESETS

ROWS = {model.check: model for model in models()}


def test_every_row_says_where_from_under_which_terms_and_where_to() -> None:
    for model in models():
        assert model.title and model.what.endswith(".") and model.licence, model
        assert model.use in ("any", "conditions", "non-commercial"), model
        assert not model.folder.startswith("/") and ".." not in model.folder and model.folder, model
        for url in (model.page, *(file.link for file in model.files)):
            parsed = urlparse(url)
            assert parsed.scheme == "https" and parsed.netloc in ("huggingface.co", "github.com"), url
        assert all(file.bytes >= 0 for file in model.files) and model.files
    assert len(ROWS) == len(models())


def test_every_adapter_and_encoder_that_is_known_by_name_has_its_row() -> None:
    for preset in PRESETS:
        row = ROWS[f"adapter {preset.kind} {preset.family}"]
        assert (row.files[0].name, row.folder) == (preset.name, ADAPTER_FOLDERS[preset.folder])
        assert row.page.endswith(preset.source)
        is_free = KINDS[preset.kind].licence == "permissive"
        assert (row.use == "any") == is_free, preset
    for name, encoder in ENCODERS.items():
        row = ROWS[f"encoder {name}"]
        assert row.files[0].name == encoder.name and row.page.endswith(encoder.source)
        assert encoder.licence.startswith(row.licence)


def test_every_captioner_and_every_reader_with_files_has_its_row() -> None:
    for name, repository in REPOSITORIES.items():
        assert ROWS[f"tagger {name}"].page.endswith(repository)
    assert REPOSITORY in ROWS[f"joycaption {DEFAULT_JOYCAPTION}"].page
    for reader in ("auraface", "buffalo_l", "antelopev2", "opencv", "ccip", "dino"):
        assert f"reader {reader}" in ROWS


@pytest.mark.parametrize("kind", ["tagger", "adapter", "words"])
def test_files_put_where_the_table_says_are_found(kind: str, tmp_path: Path) -> None:
    rows = [model for model in models() if model.check.split()[0] == kind]
    places = Places.below([tmp_path])
    for model in rows:
        assert lack(model, places), model.title
        _put(tmp_path / model.folder, model)
        assert lack(model, places) is None, model.title


def test_what_misses_more_than_a_file_says_what(tmp_path: Path) -> None:
    rows = {row["title"]: row for row in model_rows(Places.below([tmp_path]))}
    assert "glintr100.onnx of AuraFace v1 is missing" in rows["AuraFace v1"]["lacks"]
    assert "EVA02_CLIP_L_336_psz14_s6B.pt" in rows["EVA02-CLIP-L"]["lacks"]
    (tmp_path / "clip_vision").mkdir()
    (tmp_path / "clip_vision" / "EVA02_CLIP_L_336_psz14_s6B.pt").touch()
    rows = {row["title"]: row for row in model_rows(Places.below([tmp_path]))}
    assert rows["EVA02-CLIP-L"]["lacks"] == ""


def test_a_size_is_told_or_said_not_to_be_known() -> None:
    assert [size_words(size) for size in (0, 147, 38_696_353, 1_690_000_000)] == [
        "size not known",
        "147 bytes",
        "39 MB",
        "1.7 GB",
    ]
    assert ROWS["reader dino"].bytes == 0
    assert ROWS["reader ccip"].bytes == 150_001_797


def test_the_command_lists_what_is_here(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model = ROWS["adapter pulid_flux flux1"]
    _put(tmp_path / model.folder, model)
    assert main(["models", "--models", str(tmp_path)]) == 0
    said = capsys.readouterr().err
    assert "PuLID for FLUX.1: here, 1.1 GB, Apache-2.0, its face model research only, models/pulid" in said
    assert "PuLID v1.1 for SDXL: not here, 984 MB" in said


def _put(folder: Path, model: Model) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for file in model.files:
        (folder / file.name).write_text('{"model_type": "clip"}' if file.name == "config.json" else "")
