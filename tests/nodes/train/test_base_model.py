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
    return pack("nodes.train.base_model")._described(CHOICE, (*chosen, *["automatic"] * (3 - len(chosen))), {})


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


def test_a_training_assistant_goes_with_the_base(node: Any, pack: Pack, fake_host: FakeHost) -> None:
    name = "single_blocks.0.linear2"
    write(
        fake_host.home / "loras" / "helper.safetensors",
        {f"diffusion_model.{name}.lora_{side}.weight": (2, 2) for side in ("down", "up")},
    )
    assert options(node, "assistant") == ["nothing", "helper.safetensors"]
    assert node.validate_inputs(model=CHOICE, assistant="helper.safetensors") is True
    assert node.fingerprint_inputs(model=CHOICE) != node.fingerprint_inputs(
        model=CHOICE, assistant="helper.safetensors"
    )
    said = node.validate_inputs(model=CHOICE, assistant="none.safetensors")
    assert "There is no LoRA 'none.safetensors' in models/loras" in said
    module = pack("nodes.train.base_model")
    base = module._described(CHOICE, ("automatic",) * 3, module._assistant("helper.safetensors"))
    assert base.files["assistant"] == fake_host.home / "loras" / "helper.safetensors"
    assert not any(
        "helper" in path.name for paths in pack("nodes.host.split_files")._parts(base.files)[1] for path in paths
    )


class Host:
    """The loaders of core nodes, and what they were asked."""

    def __init__(self) -> None:
        self.asked: dict[str, Any] = {}
        self.vae = SimpleNamespace(throw_exception_if_invalid=lambda: None)
        self.sd = SimpleNamespace(
            CLIPType=SimpleNamespace(FLUX="flux"),
            load_diffusion_model_state_dict=self.model,
            load_text_encoder_state_dicts=self.clip,
            VAE=self.decoder,
        )
        self.utils = SimpleNamespace(
            load_torch_file=lambda path, safe_load, return_metadata: ({Path(path).stem: path}, {}),
            convert_old_quants=lambda read, model_prefix, metadata: (read, metadata),
        )

    def model(self, weights: Any, metadata: Any, disable_dynamic: bool) -> Any:
        self.asked["model"] = list(weights)
        return SimpleNamespace()

    def clip(self, weights: Any, embedding_directory: Any, clip_type: str, disable_dynamic: bool) -> Any:
        self.asked |= {"texts": [list(each) for each in weights], "kind": clip_type}
        return SimpleNamespace(patcher=SimpleNamespace())

    def decoder(self, sd: Any, metadata: Any) -> Any:
        self.asked["vae"] = list(sd)
        return self.vae


@pytest.fixture
def host(pack: Pack, monkeypatch: pytest.MonkeyPatch) -> Host:
    split, made = pack("nodes.host.split_files"), Host()
    monkeypatch.setattr(split, "comfy", made)
    monkeypatch.setattr(split.folder_paths, "get_folder_paths", lambda name: [name])
    return made


def test_it_loads_with_the_hosts_own_loaders(pack: Pack, files: dict[str, Path], host: Host) -> None:
    split = pack("nodes.host.split_files")
    assert split.is_split("flux1", files)
    assert not split.is_split("sdxl", files) and not split.is_split("flux1", {"checkpoint": files["transformer"]})
    loaded = split.load_split_files("flux1", files)
    assert loaded.vae is host.vae
    assert host.asked == {"model": ["flux"], "texts": [["clip_l"], ["t5xxl_fp16"]], "kind": "flux", "vae": ["ae"]}
    # The host asks again where it needs another kind of patcher.
    again, arguments = loaded.model.cached_patcher_init
    assert again(*arguments, disable_dynamic=True)


def test_a_folder_of_diffusers_is_read_shard_by_shard(pack: Pack, tmp_path: Path, host: Host) -> None:
    split, folder = pack("nodes.host.split_files"), tmp_path / "pipeline"
    for part, names in {
        "transformer": ["model-1-of-2", "model-2-of-2"],
        "text_encoder": ["one"],
        "text_encoder_2": ["two-1", "two-2"],
        "vae": ["v"],
    }.items():
        (folder / part).mkdir(parents=True)
        for name in names:
            (folder / part / f"{name}.safetensors").write_bytes(b"")
    (folder / "text_encoder_2" / "config.json").write_text('{"d_model": 8}')
    files = {"folder": folder}
    assert split.is_split("flux1", files)
    split.load_split_files("flux1", files)
    assert host.asked["model"] == ["model-1-of-2", "model-2-of-2"]
    assert host.asked["texts"] == [["one"], ["two-1", "two-2"]]
    (folder / "text_encoder_2" / "config.json").write_text('{"hidden_size": 8}')
    assert not split.is_split("flux1", files)


def test_what_the_host_cannot_load_is_named(pack: Pack, files: dict[str, Path], host: Host) -> None:
    host.sd.load_diffusion_model_state_dict = lambda *_, **__: None
    with pytest.raises(
        pack("trainer.errors").ModelError, match=r"ComfyUI cannot load flux\.safetensors: the host knows"
    ):
        pack("nodes.host.split_files").load_split_files("flux1", files)
