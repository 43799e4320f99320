"""FLUX.1's files: companions found or named, other models and layouts refused by name, large ones known at once."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from tests.tiny_flux import (
    T5_WIDTH,
    clip_shapes,
    t5_shapes,
    transformer_shapes,
    vae_shapes,
    write,
    write_tiny_flux_folder,
    write_tokenizers,
    write_whole_flux,
)
from trainer.errors import ModelError, RecipeError
from trainer.families.base import Base
from trainer.families.flow.filled import filled
from trainer.families.flow.tensors import StoredTensors
from trainer.families.flux.transformer import make_transformer, native_place
from trainer.families.recipe_fit import check_recipe
from trainer.families.registry import describe_base, load_family, spec_of
from trainer.families.tokenizers import t5_tokenizer
from trainer.recipe.flow import Flow
from trainer.recipe.loss import Loss
from trainer.recipe.recipe import Recipe
from trainer.recipe.text import Text


@pytest.fixture(autouse=True)
def comfyui(tiny_flux_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMFYUI_PATH", str(tiny_flux_home))


@pytest.fixture
def models(tiny_flux_home: Path, tmp_path: Path) -> Path:
    """A models folder of one's own: links to the shared files."""
    for path in (tiny_flux_home / "models").rglob("*.safetensors"):
        link = tmp_path / "models" / path.relative_to(tiny_flux_home / "models")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path)
    return tmp_path / "models"


def transformer(models: Path) -> Path:
    return models / "diffusion_models" / "tiny-flux.safetensors"


def moved(path: Path, place: Path) -> Path:
    place.parent.mkdir(parents=True, exist_ok=True)
    return path.rename(place)


def test_companions_lie_in_the_folders_beside(models: Path) -> None:
    base = describe_base(transformer(models))
    assert (base.family, base.name) == ("flux1", "tiny-flux")
    assert {part: path.relative_to(models).as_posix() for part, path in base.files.items()} == {
        "transformer": "diffusion_models/tiny-flux.safetensors",
        "clip_l": "text_encoders/clip_l.safetensors",
        "t5": "text_encoders/t5xxl_fp16.safetensors",
        "vae": "vae/ae.safetensors",
    }
    assert Base.from_json(json.loads(json.dumps(base.to_json()))) == base


@pytest.mark.parametrize(
    ("part", "before", "after"),
    [
        ("t5", "text_encoders/t5xxl_fp16.safetensors", "clip/sub/t5xxl_fp8_e4m3fn.safetensors"),
        ("t5", "text_encoders/t5xxl_fp16.safetensors", "text_encoders/mine.safetensors"),
        ("vae", "vae/ae.safetensors", "vae/FLUX1/flux_vae_ae.safetensors"),
        ("clip_l", "text_encoders/clip_l.safetensors", "diffusion_models/anything.safetensors"),
    ],
)
def test_they_are_found_under_older_folders_and_other_names(models: Path, part: str, before: str, after: str) -> None:
    place = moved(models / before, models / after)
    assert describe_base(transformer(models)).files[part] == place


def test_the_transformer_may_lie_deeper_and_in_the_older_folder(models: Path) -> None:
    path = moved(transformer(models), models / "unet" / "flux" / "a.safetensors")
    assert set(describe_base(path).files) == {"transformer", "clip_l", "t5", "vae"}


def test_all_that_is_missing_is_named_with_its_place(models: Path) -> None:
    (models / "text_encoders" / "t5xxl_fp16.safetensors").unlink()
    (models / "vae" / "ae.safetensors").unlink()
    with pytest.raises(ModelError) as error:
        describe_base(transformer(models))
    assert "needs the T5-XXL text encoder" in str(error.value)
    assert "put t5xxl_fp16.safetensors into models/text_encoders" in str(error.value)
    assert "--part t5=FILE" in str(error.value)
    assert "put ae.safetensors into models/vae" in str(error.value)


def test_a_part_named_by_hand_is_taken_before_what_is_found(models: Path, tmp_path: Path) -> None:
    other = write(tmp_path / "elsewhere" / "words.safetensors", t5_shapes())
    base = describe_base(transformer(models), parts={"t5": other})
    assert base.files["t5"] == other
    assert base.sha256 == describe_base(transformer(models)).sha256
    write(other, t5_shapes(), seed=8)
    assert base.sha256 != describe_base(transformer(models), parts={"t5": other}).sha256


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"t5": "vae/ae.safetensors"}, r"ae\.safetensors is not the T5-XXL text encoder. Choose t5xxl_fp16"),
        ({"vae": "text_encoders/clip_l.safetensors"}, r"clip_l\.safetensors is not FLUX\.1's autoencoder"),
        ({"clip_g": "vae/ae.safetensors"}, "has no part 'clip_g'; parts that can be named are: clip_l, t5, vae"),
        ({"t5": "nowhere.safetensors"}, "There is no file"),
        ({"t5_tokenizer": "nowhere"}, "There is no folder"),
    ],
)
def test_a_part_that_is_something_else_is_told(models: Path, parts: Mapping[str, str], said: str) -> None:
    with pytest.raises(ModelError, match=said):
        describe_base(transformer(models), parts={part: models / name for part, name in parts.items()})


def test_text_encoders_of_other_widths_are_told(models: Path, tmp_path: Path) -> None:
    small = write(tmp_path / "t5.safetensors", t5_shapes(width=2 * T5_WIDTH))
    with pytest.raises(ModelError, match=rf"says {2 * T5_WIDTH} numbers a word, .* reads {T5_WIDTH}"):
        describe_base(transformer(models), parts={"t5": small})


@pytest.mark.parametrize("root", ["", "model.diffusion_model.", "diffusion_model."])
@pytest.mark.parametrize("has_guidance", [True, False])
def test_dev_and_schnell_are_told_apart_behind_any_root(models: Path, root: str, has_guidance: bool) -> None:
    path = write(
        models / "diffusion_models" / "other.safetensors",
        {f"{root}{name}": shape for name, shape in transformer_shapes(has_guidance).items()},
    )
    base = describe_base(path)
    assert base.family == ("flux1" if has_guidance else "flux1_schnell")
    assert spec_of(base).guidance == ("embedded" if has_guidance else "none")
    family = load_family(base)
    # ComfyUI saves the scales of q and k as `weight`.
    assert len(family.denoiser.state_dict()) == len(make_transformer(family.denoiser.config).state_dict())


def test_scales_that_comfyui_saved_as_weights_are_read(models: Path) -> None:
    tensors = load_file(transformer(models))
    path = models / "diffusion_models" / "saved.safetensors"
    save_file({name.replace("_norm.scale", "_norm.weight"): tensor for name, tensor in tensors.items()}, path)
    one, other = (load_family(describe_base(p)).denoiser.state_dict() for p in (transformer(models), path))
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_checkpoint_with_everything_needs_nothing(tmp_path: Path) -> None:
    base = describe_base(write_whole_flux(tmp_path / "checkpoints" / "all.safetensors"))
    assert list(base.files) == ["checkpoint"]
    family = load_family(base)
    assert family.encode_text("red")["context"].shape == (256, T5_WIDTH)


def test_a_folder_of_diffusers_is_described(tmp_path: Path) -> None:
    for has_guidance in (True, False):
        folder = write_tiny_flux_folder(tmp_path / str(has_guidance), has_guidance=has_guidance)
        assert describe_base(folder).family == ("flux1" if has_guidance else "flux1_schnell")
    (folder / "vae" / "config.json").unlink()
    (folder / "tokenizer_2" / "tokenizer.json").rename(folder / "tokenizer.json")
    (folder / "tokenizer_2" / "tokenizer_config.json").unlink()
    (folder / "tokenizer_2").rmdir()
    with pytest.raises(ModelError, match=r"(?s)lacks vae/config.json.*lacks the folder tokenizer_2"):
        describe_base(folder)


def widened(channels: int) -> Callable[[dict[str, Tensor]], None]:
    def spoil(tensors: dict[str, Tensor]) -> None:
        tensors["img_in.weight"] = torch.zeros(128, channels)

    return spoil


def adding(**tensors: Tensor) -> Callable[[dict[str, Tensor]], None]:
    return lambda held: held.update(tensors)


def lacking(name: str) -> Callable[[dict[str, Tensor]], None]:
    def spoil(tensors: dict[str, Tensor]) -> None:
        del tensors[name]

    return spoil


def quantised(kind: torch.dtype, **scales: Tensor) -> Callable[[dict[str, Tensor]], None]:
    def spoil(tensors: dict[str, Tensor]) -> None:
        layer = "double_blocks.0.img_attn.qkv"
        tensors[f"{layer}.weight"] = torch.zeros(384, 128).to(kind)
        tensors |= {f"{layer}.{name}": tensor for name, tensor in scales.items()}

    return spoil


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (widened(384), r"FLUX\.1 Fill"),
        (widened(128), r"FLUX\.1 Canny, Depth"),
        (adding(**{"double_stream_modulation_img.lin.weight": torch.zeros(2, 2)}), r"FLUX\.2"),
        (adding(**{"distilled_guidance_layer.norms.0.scale": torch.zeros(2)}), "Chroma"),
        (lacking("vector_in.in_layer.weight"), "a relative of FLUX"),
        (quantised(torch.int8, weight_scale=torch.ones(384, 1)), "in int8 without saying in which format"),
        (quantised(torch.uint8, weight_scale=torch.ones(384, 8), weight_scale_2=torch.ones(())), "nvfp4"),
        (quantised(torch.float8_e4m3fn, weight_scale=torch.ones(384, 1)), "scaled in a layout that is not known here"),
        (quantised(torch.bfloat16, weight_scale=torch.ones(())), "scaled in a layout that is not known here"),
        (adding(scaled_fp8=torch.zeros(0).to(torch.float8_e4m3fn)), "holds no scales"),
    ],
)
def test_another_model_is_named(models: Path, spoil: Callable[[dict[str, Tensor]], None], said: str) -> None:
    tensors = load_file(transformer(models))
    spoil(tensors)
    path = models / "diffusion_models" / "mine.safetensors"
    save_file(tensors, path)
    with pytest.raises(ModelError, match=rf"mine\.safetensors.*{said}"):
        describe_base(path)


@pytest.mark.parametrize(
    ("shapes", "said"),
    [
        (t5_shapes(), "a text encoder alone"),
        (clip_shapes(), "a text encoder alone"),
        (vae_shapes(), "a VAE alone"),
        ({f"lora_unet_single_blocks_0_linear1.lora_{s}.weight": (4, 4) for s in ("up", "down")}, r"a LoRA for FLUX\.1"),
        (
            {f"transformer.single_transformer_blocks.0.proj_mlp.lora_{s}.weight": (4, 4) for s in "AB"},
            "a LoRA for FLUX",
        ),
    ],
)
def test_a_part_or_a_lora_is_no_base(tmp_path: Path, shapes: dict[str, tuple[int, ...]], said: str) -> None:
    path = write(tmp_path / "mine.safetensors", shapes)
    with pytest.raises(ModelError, match=rf"mine\.safetensors is {said}"):
        describe_base(path)


def test_gguf_is_named(tmp_path: Path) -> None:
    path = tmp_path / "flux1-dev-Q4_K.gguf"
    path.write_bytes(b"GGUF")
    with pytest.raises(ModelError, match="GGUF.*Choose the bf16, fp16 or fp8"):
        describe_base(path)


@pytest.mark.parametrize("scale", ["scale_weight", "weight_scale", ""])
def test_fp8_is_read_with_its_scale(models: Path, scale: str) -> None:
    """ComfyUI's two names of one scale a tensor, and fp8 without any."""
    tensors = load_file(transformer(models))
    name = "double_blocks.0.img_attn.qkv"
    factor = 0.01 if scale else 1.0
    stored = (tensors[f"{name}.weight"] / factor).to(torch.float8_e4m3fn)
    tensors[f"{name}.weight"] = stored
    if scale:
        tensors |= {f"{name}.{scale}": torch.tensor(factor), "scaled_fp8": torch.zeros(0).to(torch.float8_e4m3fn)}
    path = models / "diffusion_models" / "fp8.safetensors"
    save_file(tensors, path)
    module = load_family(describe_base(path)).module("transformer.transformer_blocks.0.attn.to_k")
    assert torch.equal(module.weight, (stored.float() * factor)[128:256])


def test_weights_arrive_block_by_block(models: Path) -> None:
    """What quantises a block sees it whole, frozen and before the next is read."""
    stored = StoredTensors([transformer(models)])
    family = load_family(describe_base(transformer(models)))
    seen: list[tuple[str, bool]] = []

    def arrived(name: str, module: torch.nn.Module) -> None:
        inside = list(module.parameters())
        seen.append((name, all(not p.is_meta and not p.requires_grad for p in inside) if name else True))
        assert name or not any(p.is_meta for p in inside)

    config = family.denoiser.config
    filled(
        lambda: make_transformer(dict(config)),
        stored,
        lambda name: native_place(name, 128, stored.shapes),
        torch.float32,
        "transformer",
        arrived,
    )
    blocks = ["transformer_blocks.0", *(f"single_transformer_blocks.{n}" for n in (0, 1))]
    assert seen == [(name, True) for name in (*blocks, "")]


def test_damaged_and_missing_weights_are_named(models: Path) -> None:
    path = models / "diffusion_models" / "mine.safetensors"
    whole = load_file(transformer(models))
    name = "single_blocks.1.linear2.weight"
    for spoilt, said in (
        ({key: tensor for key, tensor in whole.items() if key != name}, rf"not whole: it lacks '{name}'"),
        ({**whole, name: torch.zeros(3, 3)}, rf"does not fit together: {name} is \[3, 3\]"),
        ({**whole, name: torch.full_like(whole[name], float("nan"))}, rf"{name} holds NaN"),
    ):
        save_file(spoilt, path)
        with pytest.raises(ModelError, match=said):
            _ = load_family(describe_base(path)).denoiser


def test_a_file_of_the_real_size_is_known_at_once(models: Path, tmp_path: Path) -> None:
    """12 GB of fp8 in FLUX.1's names and sizes, of which the disk holds the header alone."""
    shapes = transformer_shapes(True, width=3072, double=19, single=38)
    shapes |= {"txt_in.weight": (3072, T5_WIDTH)}
    path = models / "diffusion_models" / "large.safetensors"
    write_sparse(path, shapes)
    assert path.stat().st_size > 11e9
    begun = time.perf_counter()
    base = describe_base(path)
    assert time.perf_counter() - begun < 1
    assert len(load_family(base).lora_targets("all")) == 19 * 14 + 38 * 6


def write_sparse(path: Path, shapes: Mapping[str, tuple[int, ...]], kind: str = "F8_E4M3") -> None:
    entries: dict[str, object] = {}
    end = 0
    for name, shape in shapes.items():
        size = int(torch.Size(shape).numel())
        entries[name] = {"dtype": kind, "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    header = json.dumps(entries).encode()
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        file.truncate(8 + len(header) + end)


def test_without_t5s_tokenizer_it_is_said_where_it_goes(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "COMFYUI_PATH", "HF_HUB_CACHE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr("trainer.families.tokenizers._T5_ON_THE_HUB", str(tmp_path / "none"))
    with pytest.raises(ModelError, match="--part t5_tokenizer=FOLDER"):
        t5_tokenizer()
    home = write_tokenizers(tmp_path / "home") / "comfy"
    folder = home / "text_encoders" / "t5_tokenizer"
    parts = {"t5_tokenizer": folder}
    base = describe_base(transformer(models), parts=parts)
    assert base.files["t5_tokenizer"] == folder
    assert len(t5_tokenizer(folder)("red").input_ids) == 5
    with pytest.raises(ModelError, match="holds no tokenizer"):
        t5_tokenizer(home)


@pytest.mark.parametrize(
    ("has_guidance", "recipe", "said"),
    [
        (True, Recipe(loss=Loss(min_snr_gamma=5.0)), r"min_snr_gamma is 5, .* for bases that predict noise"),
        (True, Recipe(text=Text(clip_skip=2), loss=Loss(min_snr_gamma=0.0)), "clip_skip is 2"),
        (True, Recipe(text=Text(encoder_lr=1e-5), loss=Loss(min_snr_gamma=0.0)), "not trained"),
        (False, Recipe(flow=Flow(contrastive=3.0), loss=Loss(min_snr_gamma=0.0)), r"schnell .*no guidance"),
        (False, Recipe(flow=Flow(guidance=3.5), loss=Loss(min_snr_gamma=0.0)), r"schnell .*no guidance"),
    ],
)
def test_settings_of_other_bases_are_named(tmp_path: Path, has_guidance: bool, recipe: Recipe, said: str) -> None:
    spec = spec_of(Base(family="flux1" if has_guidance else "flux1_schnell", name="x", sha256="", files={}))
    with pytest.raises(RecipeError, match=said):
        check_recipe(spec, recipe)
