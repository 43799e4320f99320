"""The seam to the host: names, folders, files, cancel."""

import errno
import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from ..fake_host import FakeHost, Interrupted

Pack = Callable[[str], Any]


@pytest.mark.parametrize(
    "name", ["", ".", "..", "../x", "a/b", "a\\b", "/etc", "C:\\x", "x\0", ".hidden", "end.", "a" * 65]
)
def test_a_name_that_is_a_path_or_nothing_is_refused(pack: Pack, name: str) -> None:
    folders = pack("nodes.host.folders")
    with pytest.raises(pack("trainer.errors").RunError, match="cannot name a folder"):
        folders.run_folder(name)


@pytest.mark.parametrize("name", ["sage", "my_character", "Säge 2", "v1.0-final"])
def test_an_ordinary_name_is_a_folder_of_the_output(pack: Pack, fake_host: FakeHost, name: str) -> None:
    assert pack("nodes.host.folders").run_folder(name) == fake_host.home / "output" / "likeness" / name


def test_a_run_folder_that_is_a_link_to_elsewhere_is_refused(pack: Pack, fake_host: FakeHost) -> None:
    (fake_host.home / "output" / "likeness").mkdir()
    (fake_host.home / "output" / "likeness" / "sage").symlink_to(fake_host.home / "input")
    with pytest.raises(pack("trainer.errors").RunError, match="sage links to another place"):
        pack("nodes.host.folders").run_folder("sage")


def test_dataset_folders_are_those_of_input_and_datasets_that_hold_pictures(pack: Pack, fake_host: FakeHost) -> None:
    for place in ("input/sage/10_sage", "datasets/moss", "input/a/b/c", "input/sage/masks", "input/sage/held_out"):
        (fake_host.home / place).mkdir(parents=True)
        (fake_host.home / place / "1.PNG").touch()
    (fake_host.home / "input" / "3d").mkdir()
    (fake_host.home / "input" / "texts").mkdir()
    (fake_host.home / "input" / "texts" / "1.txt").touch()
    folders = pack("nodes.host.folders")
    assert folders.dataset_folders() == ["datasets/moss", "input/a/b/c", "input/sage", "input/sage/10_sage"]
    assert folders.dataset_folder("input/sage/10_sage") == fake_host.home / "input" / "sage" / "10_sage"


@pytest.mark.parametrize(
    "choice",
    ["input/..", "input/../output", "input/sage/../../output", "output/x", "/etc", "..", "input", "input//etc", ""],
)
def test_any_other_folder_is_refused(pack: Pack, fake_host: FakeHost, choice: str) -> None:
    (fake_host.home / "input" / "sage").mkdir()
    with pytest.raises(pack("trainer.errors").DatasetError, match="not one of ComfyUI's"):
        pack("nodes.host.folders").dataset_folder(choice)


def test_a_link_that_leads_out_of_input_is_refused(pack: Pack, fake_host: FakeHost) -> None:
    (fake_host.home / "input" / "sage").symlink_to(fake_host.home / "output")
    with pytest.raises(pack("trainer.errors").DatasetError):
        pack("nodes.host.folders").dataset_folder("input/sage")


def test_checkpoints_and_diffusers_folders_are_bases(pack: Pack, fake_host: FakeHost) -> None:
    for name in ("sdxl", "empty"):
        (fake_host.home / "diffusers" / name).mkdir()
    (fake_host.home / "diffusers" / "sdxl" / "model_index.json").write_text("{}")
    folders = pack("nodes.host.folders")
    for name in ("pony.safetensors", "old.ckpt"):
        (fake_host.home / "checkpoints" / name).write_bytes(b"weights")
    assert folders.base_models() == ["pony.safetensors", "sdxl"]
    assert folders.base_model("pony.safetensors") == fake_host.home / "checkpoints" / "pony.safetensors"
    before = folders.file_fingerprint(folders.base_model("pony.safetensors"))
    (fake_host.home / "checkpoints" / "pony.safetensors").write_bytes(b"other weights")
    assert folders.file_fingerprint(folders.base_model("pony.safetensors")) != before
    with pytest.raises(pack("trainer.errors").LikenessError, match="no base model 'empty'"):
        folders.base_model("empty")
    with pytest.raises(pack("trainer.errors").LikenessError, match="is quantised as GGUF, which draws but is not"):
        folders.base_model("diffusion_models/flux1-dev-Q4_K_S.gguf")


def _published(pack: Pack, source: Path, contents: bytes, name: str, **more: Any) -> tuple[str, str]:
    source.write_bytes(contents)
    done = pack("nodes.host.lora_files").publish_lora(source, name, **more)
    return Path(done.name).as_posix(), done.note


def test_a_published_lora_lies_in_a_folder_of_our_own(pack: Pack, fake_host: FakeHost, tmp_path: Path) -> None:
    source = tmp_path / "step.safetensors"
    assert _published(pack, source, b"weights", "sage") == ("likeness/sage.safetensors", "")
    assert (fake_host.home / "loras" / "likeness" / "sage.safetensors").read_bytes() == b"weights"
    sample = tmp_path / "sample.png"
    sample.write_bytes(b"picture")
    _published(pack, source, b"weights", "moss", preview=sample)
    assert (fake_host.home / "loras" / "likeness" / "moss.png").read_bytes() == b"picture"


def test_a_file_of_somebody_else_keeps_its_name_and_picture(pack: Pack, fake_host: FakeHost, tmp_path: Path) -> None:
    folder = fake_host.home / "loras" / "likeness"
    folder.mkdir()
    (folder / "sage.safetensors").write_bytes(b"a stranger's")
    (folder / "sage.png").write_bytes(b"a stranger's picture")
    sample = tmp_path / "sample.png"
    sample.write_bytes(b"ours")
    name, note = _published(pack, tmp_path / "step.safetensors", b"weights", "sage", preview=sample)
    assert name == "likeness/sage_2.safetensors"
    assert "sage.safetensors is another LoRA" in note and "sage_2" in note
    assert (folder / "sage.safetensors").read_bytes() == b"a stranger's"
    assert (folder / "sage.png").read_bytes() == b"a stranger's picture"
    assert (folder / "sage_2.safetensors").read_bytes() == b"weights"
    assert (folder / "sage_2.png").read_bytes() == b"ours"


def test_the_same_lora_again_is_the_same_file(pack: Pack, fake_host: FakeHost, tmp_path: Path) -> None:
    source = tmp_path / "step.safetensors"
    _published(pack, source, b"another run's", "sage")
    for _ in range(2):
        assert _published(pack, source, b"weights", "sage")[0] == "likeness/sage_2.safetensors"
    assert len(list((fake_host.home / "loras" / "likeness").iterdir())) == 2


def test_what_the_same_run_published_may_be_replaced_and_is_told(
    pack: Pack, fake_host: FakeHost, tmp_path: Path
) -> None:
    own = [tmp_path / "step1.safetensors", tmp_path / "step2.safetensors"]
    own[0].write_bytes(b"step 1")
    _published(pack, tmp_path / "a.safetensors", b"step 1", "sage")
    name, note = _published(pack, own[1], b"step 2", "sage", replaces=own)
    assert name == "likeness/sage.safetensors" and "step1.safetensors" in note
    assert (fake_host.home / "loras" / "likeness" / "sage.safetensors").read_bytes() == b"step 2"


def test_a_lora_that_cannot_be_published_leaves_the_old_one(
    pack: Pack, fake_host: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = tmp_path / "old.safetensors", tmp_path / "new.safetensors"
    _published(pack, old, b"old", "sage")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(pack("trainer.errors").RunError, match="No space left"):
        _published(pack, new, b"new", "sage", replaces=[old])
    folder = fake_host.home / "loras" / "likeness"
    assert [path.name for path in folder.iterdir()] == ["sage.safetensors"]
    assert (folder / "sage.safetensors").read_bytes() == b"old"


def test_a_changed_caption_changes_the_fingerprint(pack: Pack, tmp_path: Path) -> None:
    caption = tmp_path / "pictures" / "001.txt"
    caption.parent.mkdir()
    caption.write_text("one")
    folders = pack("nodes.host.folders")
    before = folders.file_fingerprint(caption.parent)
    caption.write_text("three")
    assert folders.file_fingerprint(caption.parent) != before


def test_the_page_sees_files_of_the_output_folder_only(pack: Pack, fake_host: FakeHost) -> None:
    page = pack("nodes.host.page")
    inside = fake_host.home / "output" / "likeness" / "sage" / "samples" / "a.png"
    assert page.view_of(inside) == {"filename": "a.png", "subfolder": "likeness/sage/samples", "type": "output"}
    assert page.view_of(fake_host.home / "input" / "a.png") is None


def test_a_stop_of_the_engine_is_a_cancel_to_the_host(pack: Pack, fake_host: FakeHost) -> None:
    fake_host.interrupted = True
    with pytest.raises(Interrupted), pack("nodes.host.page").cancellable():
        raise pack("trainer.errors").Cancelled("Stopped.")
    assert not fake_host.interrupted


def test_pictures_survive_the_way_to_the_host_and_back(pack: Pack) -> None:
    from PIL import Image

    picture = Image.effect_mandelbrot((16, 8), (-2, -1, 1, 1), 50).convert("RGB")
    images = pack("nodes.host.images")
    tensor = images.to_image([picture])
    assert tensor.shape == (1, 8, 16, 3)
    assert images.from_image(tensor)[0].tobytes() == picture.tobytes()


def test_drawn_pictures_have_the_bytes_that_save_image_would_write(pack: Pack) -> None:
    tensor = torch.linspace(-0.1, 1.1, 2 * 3 * 64).reshape(1, 2, 64, 3)
    theirs = np.clip(255.0 * tensor[0].numpy(), 0, 255).astype(np.uint8)  # as core's SaveImage has it
    images = pack("nodes.host.images")
    (ours,) = images.as_saved(tensor)
    assert np.array_equal(np.asarray(ours), theirs)
    assert not np.array_equal(np.asarray(images.from_image(tensor)[0]), theirs)


def _with_info(pack: Pack, source: Path, number: float, **more: Any) -> Path:
    """Publishes weights of that number with what LoRA managers read; where that lies then."""
    from safetensors.torch import save_file
    from torch import full

    save_file({"a": full((1,), number)}, source, {"modelspec.trigger_phrase": f"sage_{number:g}"})
    done = pack("nodes.host.lora_files").publish_lora(source, "sage", examples=[], **more)
    (root,) = pack("nodes.host.lora_files").folder_paths.get_folder_paths("loras")
    return Path(root) / Path(done.name).with_suffix(".civitai.info")


def test_what_managers_read_is_replaced_with_its_lora_and_a_strangers_stays(pack: Pack, tmp_path: Path) -> None:
    own = [tmp_path / "step1.safetensors", tmp_path / "step2.safetensors"]
    info = _with_info(pack, own[0], 1.0)
    assert json.loads(info.read_text())["trainedWords"] == ["sage_1"]
    assert _with_info(pack, own[1], 2.0, replaces=own) == info
    assert json.loads(info.read_text())["trainedWords"] == ["sage_2"]
    for theirs in ('{"trainedWords": ["mine"]}', "no JSON"):
        info.write_text(theirs)
        _with_info(pack, own[1], 2.0, replaces=own)
        assert info.read_text() == theirs


def test_what_is_remembered_of_files_lies_in_the_hosts_own_folder(
    pack: Pack, fake_host: FakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pack("trainer.storage.user_cache"), "_kept_in", [])
    pack("nodes.host.folders").keep_caches_here()
    assert pack("trainer.storage.user_cache").user_cache("a.json") == fake_host.home / "user" / "__likeness" / "a.json"
