"""The seam to the host: names, folders, files, cancel."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .fake_host import FakeHost, Interrupted

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
    with pytest.raises(pack("trainer.errors").RunError, match="outside"):
        pack("nodes.host.folders").run_folder("sage")


def test_dataset_folders_are_those_of_input_and_datasets(pack: Pack, fake_host: FakeHost) -> None:
    (fake_host.home / "input" / "sage" / "10_sage").mkdir(parents=True)
    (fake_host.home / "datasets" / "moss").mkdir()
    folders = pack("nodes.host.folders")
    assert folders.dataset_folders() == ["datasets/moss", "input/sage", "input/sage/10_sage"]
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


def test_a_published_lora_lies_in_a_folder_of_our_own(pack: Pack, fake_host: FakeHost, tmp_path: Path) -> None:
    source = tmp_path / "step.safetensors"
    source.write_bytes(b"weights")
    assert Path(pack("nodes.host.lora_files").publish_lora(source, "sage")) == Path("likeness/sage.safetensors")
    assert (fake_host.home / "loras" / "likeness" / "sage.safetensors").read_bytes() == b"weights"
    sample = tmp_path / "sample.png"
    sample.write_bytes(b"picture")
    pack("nodes.host.lora_files").publish_lora(source, "moss", sample)
    assert (fake_host.home / "loras" / "likeness" / "moss.png").read_bytes() == b"picture"


def test_a_lora_that_cannot_be_published_leaves_the_old_one(
    pack: Pack, fake_host: FakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files, source = pack("nodes.host.lora_files"), tmp_path / "step.safetensors"
    source.write_bytes(b"old")
    files.publish_lora(source, "sage")
    source.write_bytes(b"new")

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(pack("trainer.errors").RunError, match="No space left"):
        files.publish_lora(source, "sage")
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
