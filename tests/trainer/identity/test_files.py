"""Adapters' files recognised by what is in them; every other file is told what it is and where it belongs."""

import pickle
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from tests.tiny_checkpoint import write_tiny_checkpoint
from tests.trainer.identity.drawn import Shapes, drawn
from tests.trainer.identity.ip_adapter_layouts import (
    PROJECTIONS,
    adapter,
    face_plus_shapes,
    face_shapes,
    flat,
    image_shapes,
    layer_shapes,
    resampler_shapes,
    usual_widths,
    write_adapter,
)
from trainer.errors import ModelError
from trainer.identity.files import open_adapter
from trainer.identity.kinds import KINDS

SDXL_FACE_PLUS: Shapes = {"norm.weight": (2048,), "perceiver_resampler.proj_in.weight": (4, 4)}
"""What it is known by, of far larger tensors."""


def write(path: Path, shapes: Shapes) -> Path:
    save_file(drawn(shapes), path)
    return path


@pytest.mark.parametrize(
    ("name", "projection", "context", "kind"),
    [
        ("ip-adapter_sd15", image_shapes(768), 768, "ip_adapter"),
        ("ip-adapter_sdxl_vit-h", image_shapes(2048), 2048, "ip_adapter"),
        ("ip-adapter_sdxl", image_shapes(2048, tokens=1, into=1280), 2048, "ip_adapter_bigg"),
        ("ip-adapter-plus_sd15", resampler_shapes(768), 768, "ip_adapter_plus"),
        ("ip-adapter-plus-face_sdxl_vit-h", resampler_shapes(2048), 2048, "ip_adapter_plus_face"),
        ("ip-adapter-full-face_sd15", PROJECTIONS["ip_adapter_full_face"], 768, "ip_adapter_full_face"),
        ("ip-adapter-faceid_sd15", face_shapes(768), 768, "faceid"),
        ("ip-adapter-faceid_sdxl", face_shapes(2048), 2048, "faceid"),
        ("ip-adapter-faceid-portrait_sd15", face_shapes(768, tokens=16), 768, "faceid_portrait"),
        ("ip-adapter-faceid-plus_sd15", face_plus_shapes(64), 768, "faceid_plus"),
        ("ip-adapter-faceid-plusv2_sd15", face_plus_shapes(64), 768, "faceid_plus_v2"),
        ("renamed", SDXL_FACE_PLUS, 2048, "faceid_plus_v2"),
        ("instantid", resampler_shapes(2048, into=512), 2048, "instantid"),
        ("ip-adapter-faceid-portrait_sdxl_unnorm", resampler_shapes(2048, into=512), 2048, "faceid_unnorm"),
    ],
)
def test_kind_and_family_are_found_from_tensors_and_name(
    name: str, projection: Shapes, context: int, kind: str, tmp_path: Path
):
    family = {768: "sd15", 2048: "sdxl"}[context]
    shapes = {f"image_proj.{part}": shape for part, shape in projection.items()}
    shapes |= {f"ip_adapter.{part}": shape for part, shape in layer_shapes({1: 4, 3: 4}, context).items()}
    found = open_adapter(write(tmp_path / f"{name}.safetensors", shapes))
    assert (found.kind.name, found.family) == (kind, family)


@pytest.mark.parametrize("spelling", [("image_proj.", "adapter_modules."), ("image_proj_model.", "adapter_modules.")])
def test_other_spellings_are_read_alike(spelling: tuple[str, str], tmp_path: Path):
    file = adapter(image_shapes(), layer_shapes(usual_widths("sdxl")))
    parts = dict(zip(("image_proj.", "ip_adapter."), spelling, strict=True))
    renamed = {name.replace(old, new): t for name, t in flat(file).items() for old, new in parts.items() if old in name}
    save_file(renamed, tmp_path / "other.safetensors", metadata={"likeness_family": "sd15"})
    usual = open_adapter(write_adapter(tmp_path / "usual.safetensors", file))
    other = open_adapter(tmp_path / "other.safetensors")
    assert (other.kind.name, other.family) == ("ip_adapter", "sd15")
    assert usual.family == "sdxl"


@pytest.mark.parametrize("legacy", [False, True])
def test_a_bin_file_is_the_same_adapter(legacy: bool, tmp_path: Path):
    file = adapter(face_shapes(768), layer_shapes({1: 4}, 768))
    torch.save(file, tmp_path / "faceid.bin", _use_new_zipfile_serialization=not legacy)
    found = open_adapter(tmp_path / "faceid.bin")
    assert (found.kind.name, found.family) == ("faceid", "sd15")


@pytest.mark.parametrize(("asked", "name"), [("faceid_plus_v2", "mine"), ("faceid_plus", "plusv2")])
def test_what_is_asked_for_goes_before_the_name(asked: str, name: str, tmp_path: Path):
    file = adapter(face_plus_shapes(), layer_shapes({1: 4}, 64))
    path = write_adapter(tmp_path / f"{name}.safetensors", file)
    assert open_adapter(path, asked).kind.name == asked


def test_a_file_may_say_its_kind_itself(tmp_path: Path):
    file = flat(adapter(face_shapes(), layer_shapes({1: 4})))
    save_file(file, tmp_path / "a.safetensors", metadata={"likeness_kind": "demo"})
    found = open_adapter(tmp_path / "a.safetensors")
    assert (found.kind, found.family) == (KINDS["demo"], "sdxl")


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("instantid", "is a file of IP-Adapter FaceID, not of InstantID"),
        ("faceid_v9", "There is no kind of adapter 'faceid_v9'. Choose one of ip_adapter, "),
    ],
)
def test_another_kind_than_the_files_is_refused(asked: str, said: str, tmp_path: Path):
    path = write_adapter(tmp_path / "faceid.safetensors", adapter(face_shapes(), layer_shapes({1: 4})))
    with pytest.raises(ModelError, match=re.escape(said)):
        open_adapter(path, asked)


def test_no_other_kinds_file_is_the_demo_adapter(tmp_path: Path):
    path = write_adapter(tmp_path / "plus.safetensors", adapter(resampler_shapes(768), layer_shapes({1: 4})))
    with pytest.raises(ModelError, match="is a file of IP-Adapter Plus, not of Demo adapter"):
        open_adapter(path, "demo")


def test_widths_that_no_base_has_are_refused(tmp_path: Path):
    file = adapter(image_shapes(1024), layer_shapes({1: 4}, 1024))
    save_file(flat(file), tmp_path / "sd2.safetensors")
    with pytest.raises(ModelError, match="text is 1024 wide; IP-Adapter is used here with sd15 .768 wide. and sdxl"):
        open_adapter(tmp_path / "sd2.safetensors")


def test_an_adapter_for_kolors_is_told(tmp_path: Path):
    file = adapter(resampler_shapes(2048, into=1024), layer_shapes({1: 4}, 2048))
    with pytest.raises(ModelError, match="is for Kolors, whose image encoder is 1024 wide"):
        open_adapter(write_adapter(tmp_path / "kolors_plus.safetensors", file))


def lora(folder: Path) -> Path:
    name = "lora_unet_input_blocks_4_1_transformer_blocks_0_attn2_to_k"
    shapes = {f"{name}.lora_down.weight": (4, 2048), f"{name}.lora_up.weight": (640, 4), f"{name}.alpha": ()}
    return write(folder / "style.safetensors", shapes)


def controlnet(folder: Path) -> Path:
    return write(folder / "identitynet.safetensors", {"controlnet_cond_embedding.conv_in.weight": (16, 3, 3, 3)})


def clip_vision(folder: Path) -> Path:
    return write(folder / "vit-h.safetensors", {"vision_model.encoder.layers.0.mlp.fc1.weight": (5120, 4)})


def unknown_ip_adapter(folder: Path) -> Path:
    return write(
        folder / "composer.safetensors", {"image_proj.fancy.weight": (4, 4), "ip_adapter.1.new.weight": (4, 4)}
    )


def anything(folder: Path) -> Path:
    return write(folder / "thing.safetensors", {"weight": (4, 4)})


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lora, r"style.safetensors is a LoRA for SDXL.*models/loras"),
        (controlnet, r"is an IdentityNet or another ControlNet.*models/controlnet"),
        (clip_vision, r"is an image encoder \(CLIP vision\).*models/clip_vision"),
        (unknown_ip_adapter, "is an IP-Adapter of a kind that is not known here"),
        (
            lambda folder: write_tiny_checkpoint(folder / "base.safetensors", "sdxl"),
            "is an SDXL checkpoint.*It is a base",
        ),
        (anything, "a file of unknown kind.*Choose a file of an IP-Adapter, InstantID or PuLID"),
    ],
)
def test_what_is_no_adapter_is_told_what_it_is(make: Callable[[Path], Path], said: str, tmp_path: Path):
    path = make(tmp_path)
    with pytest.raises(ModelError, match=said) as told:
        open_adapter(path)
    assert "\n" not in str(told.value)


class Runs:
    def __reduce__(self) -> tuple[Callable[[str], object], tuple[str]]:
        return print, ("code ran",)


def test_a_pickle_that_holds_more_than_weights_is_not_opened(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    torch.save({"image_proj": Runs()}, tmp_path / "bad.bin")
    (tmp_path / "plain.bin").write_bytes(pickle.dumps(Runs(), protocol=2))
    for name in ("bad.bin", "plain.bin"):
        with pytest.raises(ModelError, match="holds more than weights, which could run code"):
            open_adapter(tmp_path / name)
    assert "code ran" not in capsys.readouterr().out


def test_a_nest_without_end_holds_no_weights(tmp_path: Path):
    nest: dict[str, object] = {}
    nest["image_proj"] = nest
    torch.save(nest, tmp_path / "nest.bin")
    with pytest.raises(ModelError, match="holds no weights"):
        open_adapter(tmp_path / "nest.bin")


def test_a_bin_that_was_compressed_is_not_unpacked(tmp_path: Path):
    torch.save({"image_proj": {"proj.weight": torch.zeros(4, 4)}}, tmp_path / "whole.bin")
    with (
        zipfile.ZipFile(tmp_path / "whole.bin") as whole,
        zipfile.ZipFile(tmp_path / "packed.bin", "w", zipfile.ZIP_DEFLATED) as packed,
    ):
        for part in whole.infolist():
            packed.writestr(part.filename, whole.read(part))
    with pytest.raises(ModelError, match=r"packed\.bin was compressed"):
        open_adapter(tmp_path / "packed.bin")


def test_a_bin_that_claims_more_than_it_holds_is_refused(tmp_path: Path):
    torch.save({"image_proj": {"proj.weight": torch.zeros(1).expand(100_000, 1_000)}}, tmp_path / "bomb.bin")
    with pytest.raises(ModelError, match="claims more weights than it holds"):
        open_adapter(tmp_path / "bomb.bin")


@pytest.mark.parametrize("suffix", [".safetensors", ".bin"])
def test_a_file_that_was_cut_short_is_told(suffix: str, tmp_path: Path):
    whole = write_adapter(tmp_path / f"cut{suffix}", adapter(face_shapes(), layer_shapes({1: 4})))
    whole.write_bytes(whole.read_bytes()[:-3000])
    with pytest.raises(ModelError, match="cut short"):
        open_adapter(whole)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("none.safetensors", "There is no adapter file"),
        ("", "is a folder. Choose the adapter's file in it"),
        ("w600k_r50.onnx", "w600k_r50.onnx is no identity adapter.*safetensors or .bin"),
        ("empty.bin", "not a whole .bin file|holds more than weights"),
        ("text.safetensors", "not a whole safetensors file"),
    ],
)
def test_what_cannot_be_opened_is_told_in_one_sentence(name: str, said: str, tmp_path: Path):
    for made, content in (("w600k_r50.onnx", b"onnx"), ("empty.bin", b""), ("text.safetensors", b"<html>no</html>")):
        (tmp_path / made).write_bytes(content)
    with pytest.raises(ModelError, match=said):
        open_adapter(tmp_path / name)


def test_weights_that_are_no_numbers_are_told_when_they_are_read(tmp_path: Path):
    from trainer.identity.references import References
    from trainer.identity.use import Use

    file = adapter(image_shapes(), layer_shapes(usual_widths("sdxl")))
    file["ip_adapter"]["7.to_k_ip.weight"][0, 0] = torch.nan
    found = open_adapter(write_adapter(tmp_path / "nan.safetensors", file))
    tokens = found.tokens(References(pooled=torch.ones(1, 24)), Use())
    with pytest.raises(ModelError, match="damaged: ip_adapter.7.to_k_ip.weight holds values that are no numbers"):
        found.placed(tokens, Use())


def changed(**tensors: torch.Tensor) -> dict[str, torch.Tensor]:
    file = flat(adapter(face_shapes(), layer_shapes({1: 4})))
    return file | {name.replace("__", "."): tensor for name, tensor in tensors.items()}


@pytest.mark.parametrize("suffix", ["safetensors", "bin"])
@pytest.mark.parametrize(
    ("tensors", "said"),
    [
        ({"image_proj__norm__weight": torch.tensor(1.0)}, "shapes that do not fit together"),
        ({"image_proj__norm__weight": torch.zeros(0)}, "shapes that do not fit together"),
        ({"ip_adapter__1__to_k_ip__weight": torch.tensor(1.0)}, "shapes that do not fit together"),
        ({"ip_adapter__1__to_k_ip__weight": torch.zeros(4, 768, dtype=torch.complex64)}, "is damaged"),
    ],
)
def test_tensors_of_no_sensible_shape_or_type_are_told(
    tensors: dict[str, torch.Tensor], said: str, suffix: str, tmp_path: Path
):
    path = tmp_path / f"odd.{suffix}"
    (save_file if suffix == "safetensors" else torch.save)(changed(**tensors), path)
    with pytest.raises(ModelError, match=said):
        open_adapter(path)


def test_a_layer_of_a_number_beyond_counting_is_none(tmp_path: Path):
    save_file({f"ip_adapter.{'1' * 5000}.to_k_ip.weight": torch.zeros(1)}, tmp_path / "far.safetensors")
    with pytest.raises(ModelError, match="of a kind that is not known here"):
        open_adapter(tmp_path / "far.safetensors")


@pytest.mark.parametrize("weight", [torch.empty(4, 4, device="meta"), torch.eye(4).to_sparse()])
def test_a_bin_of_other_than_plain_numbers_is_refused(weight: torch.Tensor, tmp_path: Path):
    torch.save({"image_proj": {"proj.weight": weight}}, tmp_path / "odd.bin")
    with pytest.raises(ModelError, match="does not hold its weights as plain numbers"):
        open_adapter(tmp_path / "odd.bin")


@pytest.mark.parametrize(("shape", "offsets"), [("[1e999]", "[0, 4]"), ("[1]", "[0]")])
def test_a_header_without_sizes_is_told(shape: str, offsets: str, tmp_path: Path):
    text = f'{{"a": {{"dtype": "F32", "shape": {shape}, "data_offsets": {offsets}}}}}'.encode()
    (tmp_path / "x.safetensors").write_bytes(len(text).to_bytes(8, "little") + text + bytes(4))
    with pytest.raises(ModelError, match="its header cannot be read"):
        open_adapter(tmp_path / "x.safetensors")
