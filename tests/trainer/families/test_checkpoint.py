"""Single-file checkpoints: recognised, read as diffusers reads them, named when they are something else."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file, save_file

from tests.tiny_checkpoint import write_tiny_checkpoint
from trainer.demo.build.tokenizer import build_tokenizer
from trainer.errors import ModelError
from trainer.families.base import Base
from trainer.families.options import FamilyOptions
from trainer.families.registry import describe_base, files_words, load_family
from trainer.families.residence import Residence
from trainer.families.sd.model import StableDiffusion
from trainer.generate.sampler import Sampler
from trainer.generate.shot import Shot
from trainer.recipe.buckets import Placement
from trainer.storage.tensor_header import read_header

ROWS = 800


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ComfyUI of nothing but a tokenizer, small enough for the tiny checkpoints."""
    home = tmp_path_factory.mktemp("comfyui")
    build_tokenizer().save_pretrained(home / "comfy" / "sd1_tokenizer")
    return home


@pytest.fixture(autouse=True)
def comfyui(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMFYUI_PATH", str(home))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("checkpoints")
    families: tuple[str, ...] = ("sdxl", "sd15")
    return {name: write_tiny_checkpoint(folder / f"{name}.safetensors", name, rows=ROWS) for name in families}


def loaded(path: Path, **settings: Any) -> StableDiffusion:
    family = load_family(describe_base(path), **settings)
    assert isinstance(family, StableDiffusion)
    return family


@pytest.mark.parametrize("name", ["sdxl", "sd15"])
def test_the_unet_is_the_one_diffusers_reads(files: dict[str, Path], name: str) -> None:
    from diffusers.loaders.single_file_utils import convert_ldm_unet_checkpoint

    unet = loaded(files[name]).denoiser
    expected = convert_ldm_unet_checkpoint(load_file(files[name]), unet.config)
    mine = unet.state_dict()
    assert set(mine) == set(expected)
    assert all(torch.equal(mine[key], expected[key].float()) for key in mine)


@pytest.mark.parametrize("name", ["sdxl", "sd15"])
def test_the_vae_is_the_one_diffusers_reads(files: dict[str, Path], name: str) -> None:
    from diffusers.loaders.single_file_utils import convert_ldm_vae_checkpoint

    vae = loaded(files[name])._parts.vae()
    expected = convert_ldm_vae_checkpoint(load_file(files[name]), vae.config)
    mine = vae.state_dict()
    assert set(mine) == set(expected)
    assert all(torch.equal(mine[key], expected[key].float()) for key in mine)
    assert vae.config.scaling_factor == {"sdxl": 0.13025, "sd15": 0.18215}[name]


def test_the_second_text_encoder_is_the_one_diffusers_reads(files: dict[str, Path]) -> None:
    """Attention from the joined matrix, the projection turned round: the pooled state of OpenCLIP's own arithmetic."""
    family, weights = loaded(files["sdxl"]), load_file(files["sdxl"])
    model = family.text.encoders[1]
    mine = {name.removeprefix("text_model."): tensor for name, tensor in model.state_dict().items()}
    prefix = "conditioner.embedders.1.model."
    block = f"{prefix}transformer.resblocks.1."
    query, key, value = weights[f"{block}attn.in_proj_weight"].float().chunk(3)
    assert torch.equal(mine["encoder.layers.1.self_attn.q_proj.weight"], query)
    assert torch.equal(mine["encoder.layers.1.self_attn.k_proj.weight"], key)
    assert torch.equal(mine["encoder.layers.1.self_attn.v_proj.weight"], value)
    assert torch.equal(mine["encoder.layers.1.mlp.fc1.bias"], weights[f"{block}mlp.c_fc.bias"].float())
    assert torch.equal(mine["text_projection.weight"], weights[f"{prefix}text_projection"].float().T)
    assert {model.config.hidden_act for model in family.text.encoders} == {"quick_gelu", "gelu"}
    assert len(mine) == 4 + 2 + 1 - 2 + 3 * 16


def test_sdxl_text_pads_the_second_encoder_with_zero(files: dict[str, Path]) -> None:
    family = loaded(files["sdxl"])
    first, second = (encoder.tokenizer for encoder in family._parts.encoders())
    assert first.pad_token_id == first.eos_token_id
    assert second.pad_token_id == 0
    text = family.encode_text("person")
    assert text["context"].shape == (77, 128)
    assert text["pooled"].shape == (64,)


def test_an_empty_caption_is_encoded_as_the_host_does(files: dict[str, Path]) -> None:
    assert loaded(files["sdxl"]).encode_text("")["context"].abs().max() > 0


def test_clip_skip_takes_an_earlier_layer_through_the_final_norm(files: dict[str, Path]) -> None:
    last, earlier = (loaded(files["sd15"], options=FamilyOptions(clip_skip=skip)) for skip in (1, 2))
    (encoder,) = last._parts.encoders()
    tokens = encoder.tokenizer(["person"], padding="max_length", max_length=77, return_tensors="pt").input_ids
    with torch.no_grad():
        output = encoder.model(tokens, output_hidden_states=True)
        norm = getattr(encoder.model, "text_model", encoder.model).final_layer_norm
        wanted = norm(output.hidden_states[-2])
    assert torch.equal(last.encode_text("person")["context"], output.last_hidden_state[0])
    assert torch.equal(earlier.encode_text("person")["context"], wanted[0])
    assert not torch.allclose(wanted, output.last_hidden_state)


@pytest.mark.parametrize("name", ["sdxl", "sd15"])
@pytest.mark.parametrize("precision", ["fp32", "bf16", "fp16"])
def test_it_draws_in_every_precision(files: dict[str, Path], name: str, precision: str) -> None:
    family = loaded(files[name], residence=Residence(precision=precision))
    assert family.denoiser.dtype == {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}[precision]
    (image,) = Sampler(family).generate([Shot(prompt="person", seed=1, width=64, height=64, steps=2)])
    assert np.asarray(image).std() > 0


def test_sd15_is_told_no_sizes(files: dict[str, Path]) -> None:
    family = loaded(files["sd15"])
    image = Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), np.uint8))
    noised = family.noised(family.encode_image(image)[None], torch.Generator().manual_seed(0))
    text = family.encode_text("person")
    with torch.no_grad():
        one, other = (
            family.predict(noised.noisy, noised.level.time, [text], [Placement(size, size, (0, 0), (64, 64))])
            for size in ((64, 64), (640, 640))
        )
    assert torch.equal(one, other)
    assert set(text.tensors) == {"context"}


@pytest.mark.parametrize(
    ("marks", "metadata", "prediction", "zero"),
    [
        ((), {}, "epsilon", False),
        (("v_pred",), {}, "v_prediction", False),
        (("v_pred", "ztsnr"), {}, "v_prediction", True),
        ((), {"modelspec.prediction_type": "v"}, "v_prediction", False),
        ((), {"modelspec.prediction_type": "epsilon"}, "epsilon", False),
    ],
)
def test_what_a_file_predicts_is_read_from_it(
    tmp_path: Path, marks: tuple[str, ...], metadata: dict[str, str], prediction: str, zero: bool
) -> None:
    path = write_tiny_checkpoint(tmp_path / "a.safetensors", "sdxl", rows=ROWS, marks=marks, metadata=metadata)
    family = loaded(path)
    assert family.schedule["prediction_type"] == prediction
    assert (float(family.signal[-1]) == 0) is zero
    assert family.metadata()["ss_v_parameterization"] == str(prediction == "v_prediction")
    spec, word = files_words(path)
    assert (spec.name, word) == ("sdxl", f"{prediction}, zero SNR" if zero else prediction)


@pytest.mark.parametrize(
    ("predicts", "prediction", "zero"),
    [
        ("epsilon", "epsilon", False),
        ("v_prediction", "v_prediction", False),
        ("v_prediction, zero SNR", "v_prediction", True),
    ],
)
def test_the_users_word_goes_before_the_files(tmp_path: Path, predicts: Any, prediction: str, zero: bool) -> None:
    path = write_tiny_checkpoint(tmp_path / "a.safetensors", "sdxl", rows=ROWS, marks=("v_pred", "ztsnr"))
    family = load_family(describe_base(path, predicts))
    assert isinstance(family, StableDiffusion)
    assert family.schedule["prediction_type"] == prediction
    assert (float(family.signal[-1]) == 0) is zero


def test_a_file_is_named_by_the_hash_civitai_knows_which_is_remembered(files: dict[str, Path], tmp_path: Path) -> None:
    import hashlib

    path = Path(shutil.copy(files["sdxl"], tmp_path / "mine.safetensors"))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert describe_base(path) == Base(family="sdxl", name="mine", sha256=digest, files={"checkpoint": path})
    kept = json.loads((tmp_path / "cache" / "likeness" / "hashes.json").read_text())
    assert kept[str(path)][2] == digest


def test_a_changed_file_is_hashed_anew(tmp_path: Path) -> None:
    from trainer.storage.file_hash import file_sha256

    path = tmp_path / "a.bin"
    path.write_bytes(b"one")
    first = file_sha256(path)
    assert file_sha256(path) == first
    path.write_bytes(b"other")
    assert file_sha256(path) != first


def without(start: str) -> Callable[[Path], None]:
    def spoil(path: Path) -> None:
        save_file({name: tensor for name, tensor in load_file(path).items() if not name.startswith(start)}, path)

    return spoil


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1000])


def written(text: bytes) -> Callable[[Path], None]:
    return lambda path: path.write_bytes(text) and None


def only(**shapes: tuple[int, ...]) -> Callable[[Path], None]:
    return lambda path: save_file({name: torch.zeros(shape) for name, shape in shapes.items()}, path)


def reshaped(path: Path) -> None:
    tensors = load_file(path)
    tensors["model.diffusion_model.input_blocks.0.0.weight"] = torch.zeros(64, 9, 3, 3)
    save_file(tensors, path)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (cut, r"it has [\d,]+ of its [\d,]+ bytes"),
        (written(b""), "it is empty"),
        (written(b"<html>Access denied</html>"), "a web page"),
        (written(b"Entry not found"), "a web page"),
        (written(b"Invalid username or password.\r\n"), "a web page"),
        (written((5000).to_bytes(8, "little") + b'{"a.lora_up.weight":{"dtype":"F16"'), "it ends within its header"),
        (written(bytes(range(128, 228))), "its first bytes are not a header"),
        (written(b"version https://git-lfs.github.com/spec/v1\n"), "LFS"),
        (written(b"PK\x03\x04 pickle"), "pickled"),
        (without("first_stage_model."), "holds no VAE"),
        (without("conditioner.embedders.1."), "holds no second text encoder"),
        (without("conditioner."), "holds no text encoder"),
        (reshaped, "9 channels"),
        (only(**{"double_blocks.0.img_attn.qkv.weight": (4, 4)}), "FLUX"),
        (only(**{"model.diffusion_model.joint_blocks.0.x": (4, 4)}), "Stable Diffusion 3"),
        (only(**{"lora_unet_input_blocks_4_1_proj_in.lora_down.weight": (4, 4)}), "a LoRA"),
        (only(**{"input_blocks.0.0.weight": (4, 4)}), "a UNet alone"),
        (only(**{"decoder.conv_in.weight": (4, 4)}), "a VAE alone"),
        (only(**{"down_blocks.0.resnets.0.conv1.weight": (4, 4)}), "a UNet alone"),
        (only(**{"text_model.encoder.layers.0.mlp.fc1.weight": (4, 4)}), "a text encoder alone"),
        (only(**{"emb_params": (2, 4)}), "an embedding"),
        (
            only(**{"model_ema.diffusion_modelinput_blocks00weight": (4, 4), "first_stage_model.decoder.x": (4, 4)}),
            r"averaged weights alone \(EMA\)",
        ),
        (
            only(
                **{
                    f"unet.down_blocks.1.attentions.0.transformer_blocks.1.attn1.to_q.lora_{s}.weight": (4, 4)
                    for s in "AB"
                }
            ),
            "a LoRA for SDXL",
        ),
        (
            only(
                **{f"base_model.model.down_blocks.1.attentions.0.proj_in.lora_{side}.weight": (4, 4) for side in "AB"}
            ),
            "a LoRA",
        ),
        (
            only(
                **{
                    f"text_encoder_2.text_model.encoder.layers.0.mlp.fc1.lora_linear_layer.{side}.weight": (4, 4)
                    for side in ("up", "down")
                }
            ),
            "a LoRA for SDXL",
        ),
        (only(**{f"lycoris_mid_block_attentions_0_proj_in.lokr_w{n}": (4, 4) for n in (1, 2)}), "a LoRA"),
        (only(**{"lora_unet_down_blocks_0_attentions_0_proj_in.diff": (4, 4)}), "a LoRA for SD 1.5"),
        (only(**{"cond_stage_model.model.x": (4, 4)}), "Stable Diffusion 2"),
    ],
)
def test_another_file_is_named_as_what_it_is(tmp_path: Path, spoil: Callable[[Path], None], said: str) -> None:
    path = write_tiny_checkpoint(tmp_path / "mine.safetensors", "sdxl", rows=ROWS)
    spoil(path)
    with pytest.raises(ModelError, match=rf"mine\.safetensors.*{said}"):
        describe_base(path)


@pytest.mark.parametrize("name", ["adapter_config.json", "pytorch_lora_weights.safetensors"])
def test_a_folder_that_peft_or_diffusers_wrote_a_lora_into_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("{}")
    with pytest.raises(ModelError, match="holds a LoRA. Choose an SDXL, SD 1.5, FLUX.1, Z-Image or FLUX.2 klein base"):
        describe_base(tmp_path)


def test_edm_is_refused(tmp_path: Path) -> None:
    path = write_tiny_checkpoint(tmp_path / "play.safetensors", "sdxl", rows=ROWS, marks=("edm_mean", "edm_std"))
    with pytest.raises(ModelError, match="EDM"):
        describe_base(path)


def test_a_pickle_is_refused_unread(tmp_path: Path) -> None:
    path = tmp_path / "old.ckpt"
    path.write_bytes(b"PK")
    with pytest.raises(ModelError, match="can run code"):
        describe_base(path)


def test_a_tensor_that_is_missing_or_of_another_size_is_named(tmp_path: Path, files: dict[str, Path]) -> None:
    tensors = load_file(files["sd15"])
    name = "model.diffusion_model.middle_block.0.in_layers.0.weight"
    lacking = tmp_path / "lacking.safetensors"
    save_file({key: tensor for key, tensor in tensors.items() if key != name}, lacking)
    with pytest.raises(ModelError, match=rf"UNet in lacking\.safetensors is not whole.*{name}"):
        _ = loaded(lacking).denoiser
    other = tmp_path / "other.safetensors"
    save_file({**tensors, name: torch.zeros(7)}, other)
    with pytest.raises(ModelError, match=rf"does not fit together: {name} is \[7\] in place of \[128\]"):
        _ = loaded(other).denoiser


def test_no_tokenizer_on_the_machine_is_told(
    files: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COMFYUI_PATH", str(tmp_path))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr("trainer.families.tokenizers._CLIP_ON_THE_HUB", str(tmp_path / "none"))
    with pytest.raises(ModelError, match="COMFYUI_PATH"):
        loaded(files["sd15"]).encode_text("person")


def test_a_host_on_the_path_lends_its_tokenizer(
    files: dict[str, Path], home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("COMFYUI_PATH")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.syspath_prepend(str(home))
    assert loaded(files["sd15"]).encode_text("person")["context"].shape == (77, 64)


def test_reading_a_header_reads_no_weights(files: dict[str, Path]) -> None:
    header = read_header(files["sd15"])
    assert header.shapes["model.diffusion_model.out.2.weight"] == (4, 64, 3, 3)
    assert header.kinds["model.diffusion_model.out.2.weight"] == "F16"


BROKEN = {
    "UNet": "model.diffusion_model.middle_block.1.proj_in.weight",
    "VAE": "first_stage_model.decoder.conv_in.weight",
    "text encoder": "cond_stage_model.transformer.text_model.encoder.layers.0.mlp.fc1.weight",
}


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
@pytest.mark.parametrize("part", list(BROKEN))
def test_a_base_with_nan_is_blamed(files: dict[str, Path], tmp_path: Path, part: str, value: float) -> None:
    tensors = load_file(files["sd15"])
    tensors[BROKEN[part]].view(-1)[3] = value
    save_file(tensors, tmp_path / "sick.safetensors")
    family = loaded(tmp_path / "sick.safetensors")
    use: dict[str, Callable[[], object]] = {
        "UNet": lambda: family.denoiser,
        "VAE": lambda: family.encode_image(Image.new("RGB", (64, 64))),
        "text encoder": lambda: family.encode_text("person"),
    }
    with pytest.raises(ModelError, match=rf"The {part} in sick\.safetensors is broken: {BROKEN[part]} holds NaN"):
        use[part]()


def test_weights_too_large_for_fp16_are_told(files: dict[str, Path], tmp_path: Path) -> None:
    tensors = {key: tensor.float() for key, tensor in load_file(files["sd15"]).items()}
    tensors[BROKEN["UNet"]].view(-1)[3] = 1e6
    save_file(tensors, tmp_path / "large.safetensors")
    with pytest.raises(ModelError, match="too large for fp16.*Choose precision bf16"):
        _ = loaded(tmp_path / "large.safetensors", residence=Residence(precision="fp16")).denoiser
    assert loaded(tmp_path / "large.safetensors", residence=Residence(precision="bf16")).denoiser is not None


def test_names_and_sizes_are_known_before_any_part_is_loaded(files: dict[str, Path]) -> None:
    for path in files.values():
        family = loaded(path)
        targets, text = family.lora_targets("attention_mlp_conv"), family.text_targets()
        sizes = [family.outline(address).weight.shape for address in [*targets, *text]]
        assert not family._residents.holds("unet")
        assert not family._residents.holds("text")
        assert family.denoiser is not None and family.text is not None
        assert family.lora_targets("attention_mlp_conv") == targets
        assert family.text_targets() == text
        assert [family.module(address).weight.shape for address in [*targets, *text]] == sizes
