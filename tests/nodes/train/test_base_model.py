"""Choose base model offers diffusion models with their companions, and says what is missing."""

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ...tiny_flux import clip_shapes, t5_shapes, transformer_shapes, vae_shapes, write
from ..fake_host import FakeHost

Pack = Callable[[str], Any]
CHOICE = "diffusion_models/flux.safetensors"


@pytest.fixture
def files(fake_host: FakeHost) -> dict[str, Path]:
    home = fake_host.home
    return {
        "transformer": write(home / "diffusion_models" / "flux.safetensors", transformer_shapes(True)),
        "clip_l": write(home / "text_encoders" / "clip_l.safetensors", clip_shapes()),
        "t5": write(home / "text_encoders" / "t5xxl_fp16.safetensors", t5_shapes()),
        "vae": write(home / "vae" / "ae.safetensors", vae_shapes()),
    }


@pytest.fixture
def node(pack: Pack, files: dict[str, Path]) -> Any:
    return pack("nodes.train.base_model").ChooseBaseModel


def options(node: Any, name: str) -> list[str]:
    return next(part.options["options"] for part in node.define_schema().inputs if part.id == name)


def test_it_offers_diffusion_models_and_the_files_beside_them(node: Any, fake_host: FakeHost) -> None:
    (fake_host.home / "checkpoints" / "pony.safetensors").write_bytes(b"")
    assert options(node, "model") == ["pony.safetensors", CHOICE]
    assert options(node, "text_encoder") == ["automatic", "clip_l.safetensors", "t5xxl_fp16.safetensors"]
    assert options(node, "vae_file") == ["automatic", "ae.safetensors"]


def described(pack: Pack, *chosen: str) -> Any:
    return pack("nodes.train.base_model")._described(CHOICE, (*chosen, *["automatic"] * (3 - len(chosen))))


def test_the_parts_are_found_in_the_hosts_folders(node: Any, pack: Pack, files: dict[str, Path]) -> None:
    base = described(pack)
    assert base.family == "flux1"
    assert base.files == files
    assert node.validate_inputs(model=CHOICE) is True


def test_chosen_files_are_taken_in_either_widget(
    node: Any, pack: Pack, fake_host: FakeHost, files: dict[str, Path]
) -> None:
    other = write(fake_host.home / "text_encoders" / "zz.safetensors", t5_shapes(), seed=9)
    assert described(pack, "zz.safetensors").files == {**files, "t5": other}
    assert described(pack, "clip_l.safetensors", "zz.safetensors").files == {**files, "t5": other}
    said = node.validate_inputs(model=CHOICE, text_encoder="zz.safetensors")
    assert said is True


def test_a_file_that_is_no_such_part_is_told(node: Any, fake_host: FakeHost) -> None:
    write(fake_host.home / "text_encoders" / "zz.safetensors", vae_shapes())
    said = node.validate_inputs(model=CHOICE, text_encoder="zz.safetensors")
    assert "zz.safetensors is no part of flux.safetensors" in said
    assert "It takes the CLIP-L text encoder and the T5-XXL text encoder" in said


def test_what_is_missing_is_named_with_the_folder_it_goes_into(node: Any, files: dict[str, Path]) -> None:
    files["t5"].unlink()
    files["vae"].unlink()
    said = node.validate_inputs(model=CHOICE)
    assert "put t5xxl_fp16.safetensors into models/text_encoders" in said
    assert "put ae.safetensors into models/vae" in said


def test_another_part_file_is_another_fingerprint(node: Any, fake_host: FakeHost, files: dict[str, Path]) -> None:
    before = node.fingerprint_inputs(model=CHOICE)
    assert before == node.fingerprint_inputs(model=CHOICE)
    write(files["vae"], vae_shapes(), seed=11)
    assert node.fingerprint_inputs(model=CHOICE) != before
    assert node.fingerprint_inputs(model=CHOICE, vae_file=None) != before


def test_it_loads_with_the_hosts_own_loaders(
    pack: Pack, files: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    split = pack("nodes.host.split_files")
    asked: dict[str, Any] = {}
    vae = SimpleNamespace(throw_exception_if_invalid=lambda: None)
    sd = SimpleNamespace(
        CLIPType=SimpleNamespace(FLUX="flux"),
        load_diffusion_model=lambda path: asked.update(model=path) or "model",
        load_clip=lambda paths, embeddings, kind: asked.update(texts=paths, kind=kind) or "clip",
        VAE=lambda sd, metadata: asked.update(vae=sd) or vae,
    )
    utils = SimpleNamespace(load_torch_file=lambda path, return_metadata: (path, {}))
    monkeypatch.setattr(split, "comfy", SimpleNamespace(sd=sd, utils=utils))
    monkeypatch.setattr(split.folder_paths, "get_folder_paths", lambda name: [name])
    loaded = split.load_split_files("flux1", files)
    assert (loaded.model, loaded.clip, loaded.vae) == ("model", "clip", vae)
    assert asked == {
        "model": files["transformer"].as_posix(),
        "texts": [files["clip_l"].as_posix(), files["t5"].as_posix()],
        "kind": "flux",
        "vae": files["vae"].as_posix(),
    }
