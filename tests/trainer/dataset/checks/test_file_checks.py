"""Each check of one picture hits what it is for and passes a clean picture."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.trainer.dataset.checks.photos import as_jpeg, blurred, clean, enlarged, facts_of, plain_facts
from trainer.dataset.checks.exposure import exposure
from trainer.dataset.checks.facts import Facts
from trainer.dataset.checks.inspect import inspect
from trainer.dataset.checks.jpeg import blockiness, quality_of
from trainer.dataset.checks.judge import judge
from trainer.dataset.checks.rules import Rules
from trainer.dataset.checks.sharpness import detail, focus
from trainer.dataset.sample import Sample
from trainer.errors import DatasetError

RULES = Rules(side=512, smallest=256)
SAMPLE = Sample(path=Path("a.png"), sha256="a" * 64, width=512, height=512)
SEEDS = (1, 2, 3)


def found(facts: Facts, **how: float) -> dict[str, str]:
    return {finding.check: finding.level for finding in judge(facts, RULES, SAMPLE, **how)}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_clean_photo_has_no_findings(seed: int) -> None:
    assert found(facts_of(clean(seed))) == {}


@pytest.mark.parametrize("quality", [1, 12, 30, 49, 50, 75, 90, 100])
def test_a_jpegs_quality_is_read_from_its_tables(quality: int, tmp_path: Path) -> None:
    clean(1).save(tmp_path / "a.jpg", quality=quality)

    facts = inspect(tmp_path / "a.jpg")

    assert (facts.quality, facts.standard_tables) == (quality, True)


def test_a_gray_jpeg_has_its_quality_too(tmp_path: Path) -> None:
    clean(1).convert("L").save(tmp_path / "a.jpg", quality=62)
    assert inspect(tmp_path / "a.jpg").quality == 62


def test_tables_that_are_no_standard_ones_get_the_nearest_quality_and_are_said_to_be_so() -> None:
    tables = {0: [value + value % 3 for value in _tables(40)[0]]}

    quality, is_standard = quality_of(tables) or (0, True)

    assert 34 <= quality <= 42 and not is_standard
    judged = judge(plain_facts(quality=quality, standard_tables=is_standard), RULES, SAMPLE)
    assert "its own tables" in judged[0].text


def test_without_tables_there_is_no_quality() -> None:
    assert quality_of({}) is None


def test_a_poor_jpeg_is_a_warning() -> None:
    assert found(plain_facts(quality=50)) == {"jpeg": "warning"}
    assert found(plain_facts(quality=90)) == {}


@pytest.mark.parametrize("seed", SEEDS)
def test_blocks_show_after_a_save_as_png(seed: int) -> None:
    assert found(facts_of(as_jpeg(clean(seed), 40)))["blocks"] == "warning"


@pytest.mark.parametrize("seed", SEEDS)
def test_a_crop_of_three_by_five_leaves_blockiness_as_it_was(seed: int) -> None:
    gray = np.asarray(as_jpeg(clean(seed), 50).convert("L"))
    assert blockiness(gray[5:, 3:]) == pytest.approx(blockiness(gray), rel=0.06)


def test_blocks_of_a_poor_jpeg_are_told_once() -> None:
    assert found(plain_facts(quality=30, blocks=4.0)) == {"jpeg": "warning"}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_blurred_photo_is_found(seed: int) -> None:
    assert found(facts_of(blurred(clean(seed), 2)))["blur"] == "warning"


def test_a_sharp_subject_before_a_plain_wall_is_sharp() -> None:
    image = Image.new("RGB", (512, 512), (90, 120, 160))
    image.paste(clean(1).crop((0, 0, 200, 200)), (150, 150))
    assert "blur" not in found(facts_of(image))


def test_softer_than_the_set_is_only_a_note() -> None:
    assert found(plain_facts(focus=100.0), usual_focus=300.0) == {"softer": "note"}
    assert found(plain_facts(focus=170.0), usual_focus=900.0) == {}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_fourfold_enlargement_is_found(seed: int) -> None:
    assert found(facts_of(enlarged(clean(seed), 4)))["upscaled"] == "warning"


def test_a_flat_drawing_with_sharp_edges_is_not_called_enlarged() -> None:
    assert found(plain_facts(detail=-3.2, focus=400.0)) == {}
    assert found(plain_facts(detail=-3.2, focus=100.0)) == {"upscaled": "warning"}


def test_a_dark_and_a_bright_photo_are_found() -> None:
    dark, bright = (
        clean(1).point([v // 20 for v in range(256)] * 3),
        clean(1).point([max(v, 252) for v in range(256)] * 3),
    )
    assert "black" in _text(dark, "exposure")
    assert "white" in _text(bright, "exposure")


def test_black_hair_on_a_white_ground_is_no_fault_of_exposure() -> None:
    image = Image.new("RGB", (512, 512), "white")
    image.paste((0, 0, 0), (0, 0, 512, 200))
    image.paste((200, 150, 130), (100, 200, 400, 512))
    assert "exposure" not in found(facts_of(image))


def test_an_empty_histogram_is_no_division_by_zero() -> None:
    assert exposure(np.zeros(256, int)) == (0.0, 0.0, 0.0)


@pytest.mark.parametrize("size", [(1, 1), (3, 700), (63, 63), (30000, 10)])
def test_pictures_too_small_for_a_measure_are_not_measured(size: tuple[int, int]) -> None:
    facts = facts_of(Image.new("RGB", size, "red"))
    assert facts.focus is None and facts.blocks is None and facts.detail is None


def test_a_picture_of_one_colour_is_measured_without_a_division_by_zero() -> None:
    gray = np.full((256, 256), 128, np.uint8)
    assert blockiness(gray) == pytest.approx(0.0)
    assert focus(gray) == 0.0
    assert detail(gray) is None


def test_transparency_is_a_note_that_names_the_colour_beneath(tmp_path: Path) -> None:
    image = clean(1).convert("RGBA")
    image.paste((0, 0, 0, 0), (0, 0, 256, 512))
    image.save(tmp_path / "a.png")
    sample = Sample(path=tmp_path / "a.png", sha256="a" * 64, width=512, height=512, matte="gray")

    (finding,) = [one for one in judge(inspect(sample), RULES, sample) if one.check == "alpha"]

    assert finding.level == "note" and "gray" in finding.text and finding.value == pytest.approx(0.5)


def test_a_wholly_transparent_picture_is_an_error(tmp_path: Path) -> None:
    Image.new("RGBA", (64, 64), (200, 90, 40, 0)).save(tmp_path / "a.png")
    sample = Sample(path=tmp_path / "a.png", sha256="a" * 64, width=64, height=64)
    (finding,) = [one for one in judge(inspect(sample), RULES, sample) if one.check == "alpha"]
    assert finding.level == "error" and "wholly transparent" in finding.text


def test_opaque_alpha_is_no_finding(tmp_path: Path) -> None:
    clean(1).convert("RGBA").save(tmp_path / "a.png")
    assert inspect(tmp_path / "a.png").clear == 0.0


def test_a_picture_is_opened_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clean(1).convert("RGBA").save(tmp_path / "a.png")
    opened: list[object] = []
    real = Image.open
    monkeypatch.setattr(Image, "open", lambda *a, **k: opened.append(a) or real(*a, **k))

    inspect(tmp_path / "a.png")

    assert len(opened) == 1


def test_a_file_that_is_no_picture_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "notes.png").write_text("hello")
    with pytest.raises(DatasetError, match=r"notes\.png"):
        inspect(tmp_path / "notes.png")


def test_errors_come_before_warnings_and_notes() -> None:
    levels = [f.level for f in judge(plain_facts(width=100, height=300, quality=20, clear=0.5), RULES, SAMPLE)]
    assert levels == ["error", "warning", "note", "note"]


def _text(image: Image.Image, check: str) -> str:
    return next(finding.text for finding in judge(facts_of(image), RULES, SAMPLE) if finding.check == check)


def _tables(quality: int) -> dict[int, list[int]]:
    import io

    buffer = io.BytesIO()
    clean(1).save(buffer, "JPEG", quality=quality)
    with Image.open(buffer) as file:
        return file.quantization  # type: ignore[attr-defined]
