"""What lies beside a LoRA for those who manage LoRAs."""

import hashlib
import json
from pathlib import Path

from safetensors.torch import save_file
from torch import zeros

from trainer.families.registry import FAMILIES
from trainer.scoring.report.manager_info import Example, manager_info

from ..dataset.pictures import put

SAID = {
    "modelspec.trigger_phrase": "sage_character",
    "modelspec.usage_hint": "Name sage_character in the prompt.",
    "modelspec.architecture": "stable-diffusion-xl-v1-base/lora",
}


def _lora(path: Path, said: dict[str, str]) -> Path:
    save_file({"a": zeros(1)}, path, said)
    return path


def _example(picture: Path) -> Example:
    return Example(picture=put(picture), prompt="sage, 雨", seed=3, steps=20, guidance=5.0, size=(640, 512))


def test_it_tells_trigger_base_and_pictures_with_their_prompts(tmp_path: Path) -> None:
    lora = _lora(tmp_path / "sage.safetensors", SAID)
    info = manager_info(lora, [_example(tmp_path / f"{number}.png") for number in range(6)])
    assert info["trainedWords"] == ["sage_character"] and info["baseModel"] == "SDXL 1.0"
    (file,) = info["files"]
    assert file["primary"] and file["hashes"]["SHA256"] == hashlib.sha256(lora.read_bytes()).hexdigest().upper()
    assert len(info["images"]) == 4
    shown = info["images"][0]
    assert (shown["width"], shown["height"], shown["meta"]["prompt"]) == (640, 512, "sage, 雨")
    assert shown["url"].startswith("data:image/jpeg;base64,")


def test_the_same_lora_has_the_same_file_and_no_place_in_it(tmp_path: Path) -> None:
    texts: list[str] = []
    written = _lora(tmp_path / "sage.safetensors", SAID)
    for place in ("one", "other"):
        lora = tmp_path / place / "sage.safetensors"
        lora.parent.mkdir()
        lora.write_bytes(written.read_bytes())
        texts.append(json.dumps(manager_info(lora, [_example(tmp_path / place / "a.png")])))
    assert texts[0] == texts[1] and str(tmp_path) not in texts[0] and len(texts[0]) < 20_000


def test_a_damaged_picture_is_left_out_and_the_lora_has_its_file(tmp_path: Path) -> None:
    damaged, gone = _example(tmp_path / "a.png"), _example(tmp_path / "b.png")
    damaged.picture.write_bytes(damaged.picture.read_bytes()[:40])
    gone.picture.unlink()
    info = manager_info(_lora(tmp_path / "sage.safetensors", SAID), [damaged, gone, _example(tmp_path / "c.png")])
    assert len(info["images"]) == 1


def test_a_file_that_says_nothing_has_no_trigger(tmp_path: Path) -> None:
    info = manager_info(_lora(tmp_path / "sage.safetensors", {}))
    assert (info["trainedWords"], info["baseModel"], info["images"]) == ([], "", [])


def test_every_family_is_told_by_a_name(tmp_path: Path) -> None:
    for number, spec in enumerate(FAMILIES):
        said = {"modelspec.architecture": spec.metadata["modelspec.architecture"]}
        assert manager_info(_lora(tmp_path / f"{number}.safetensors", said))["baseModel"], spec.name
