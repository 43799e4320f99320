"""The caption commands: rules, lint, and what is said where no captioner is."""

import json
from pathlib import Path

import pytest
from PIL import Image

from trainer.cli.main import main


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "1_sage_character"
    place.mkdir()
    said = ("red hair, freckles, white shirt, smiling, indoors", "1girl, red hair, blue hoodie, closed eyes, forest")
    for number, words in enumerate(said):
        Image.new("RGB", (64, 64), (90 * number, 20, 20)).save(place / f"{number}.png")
        (place / f"{number}.txt").write_text(words)
    return place


def figures(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_rules_prune_identity_into_a_folder_and_leave_the_originals(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    assert main(["captions", "rules", str(folder), "--output", str(out), "--over-hand"]) == 0
    texts = [(out / f"{number}.txt").read_text() for number in range(2)]
    assert all(text.startswith("sage_character, person") and "hair" not in text for text in texts)
    assert "closed eyes" in texts[1]
    assert "red hair" in (folder / "0.txt").read_text()
    assert figures(capsys)["changed"] == 2


def test_rules_leave_captions_by_hand_alone_unless_asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (folder / "0.txt").read_text()
    assert main(["captions", "rules", str(folder)]) == 0
    assert (folder / "0.txt").read_text() == before
    assert figures(capsys)["changed"] == 0


def test_lint_names_what_describes_looks(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["captions", "lint", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "2 captions describe looks" in said
    assert "(0.png has red hair, freckles; 1.png has red hair)" in said
    assert json.loads(said.splitlines()[-1])["levels"]["warning"] >= 2


def test_lint_says_one_line_a_kind_with_a_count_and_names(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(2, 14):
        (folder / f"left{number}.txt").write_text("sage_character, forest")
        Image.new("RGB", (64, 64), (9 * number, 20, 20)).save(folder / f"{number}.png")
        (folder / f"{number}.txt").write_text(("", "sage_character, red hair, masterpiece\n\nA walk.\n")[number % 2])
    assert main(["captions", "lint", str(folder)]) == 0
    said = capsys.readouterr().out
    lines, counted = said.splitlines()[:-1], json.loads(said.splitlines()[-1])["checks"]
    assert len(lines) <= 9
    assert (counted["caption_without_picture"], counted["caption_missing"], counted["caption_meta"]) == (12, 6, 6)
    assert "12 captions have no picture (left10.txt, left11.txt, left12.txt and 9 more); rename each" in said
    assert "6 pictures have no caption beyond the trigger (2.png, 4.png, 6.png and 3 more); caption them" in said
    assert "6 captions speak of the file, not the picture (3.png has masterpiece; " in said
    assert "6 pictures have several captions" in said


def test_a_missing_tagger_is_named_with_where_to_get_it(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["caption", "--input", str(folder), "--with", "wd14"]) == 1
    assert "selected_tags.csv" in capsys.readouterr().err


def test_a_rules_file_with_a_wrong_key_is_refused_by_name(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rules.json").write_text('{"polcy": 1}')
    assert main(["captions", "lint", str(folder), "--rules", str(tmp_path / "rules.json")]) == 1
    assert "no key 'polcy'" in capsys.readouterr().err


def test_the_guides_command_tags_rules_and_writes(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from trainer.bench.inputs.random_tagger import TaggerSize, write_random_tagger

    write_random_tagger(tmp_path / "models" / "tiny", TaggerSize(general=40, character=5, hidden=8, layers=1, bias=0.0))
    for text in folder.glob("*.txt"):
        text.unlink()
    out = tmp_path / "captions"
    command = ["caption", "--input", str(folder), "--output", str(out), "--with", "wd14", "--name", "tiny"]
    command += ["--models", str(tmp_path / "models"), "--trigger", "sage_character"]
    assert main(command) == 0
    said = figures(capsys)
    assert (said["asked"], said["known"], said["written"]) == (2, 0, 2)
    assert all((out / f"{number}.txt").read_text().startswith("sage_character, person") for number in range(2))
    assert main(command) == 0
    said = figures(capsys)
    assert (said["asked"], said["known"], said["unchanged"]) == (0, 2, 2)


def test_lint_shows_how_comfyuis_tokenizers_split_the_trigger(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.trainer.captions.tiny_tokenizer import write_tiny_clip_tokenizer

    write_tiny_clip_tokenizer(tmp_path / "comfyui" / "comfy" / "sd1_tokenizer")
    assert main(["captions", "lint", str(folder), "--comfyui", str(tmp_path / "comfyui")]) == 0
    assert "CLIP splits 'sage_character' into 3" in capsys.readouterr().out
