"""Z-Image's files: companions found or named, Turbo told from the base, other models and layouts refused by name."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from tests.tiny_flux import vae_shapes, weights, write
from tests.tiny_qwen import WIDTH as WORD
from tests.tiny_qwen import qwen_shapes, write_qwen_tokenizer
from tests.tiny_z_image import transformer_shapes, write_tiny_z_image_folder
from trainer.errors import ModelError, RecipeError
from trainer.families.base import Base
from trainer.families.recipe_fit import check_recipe
from trainer.families.registry import describe_base, load_family, spec_of
from trainer.families.tokenizers import qwen_tokenizer
from trainer.recipe.lora import Lora
from trainer.recipe.loss import Loss
from trainer.recipe.recipe import Recipe


@pytest.fixture(autouse=True)
def comfyui(tiny_z_image_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMFYUI_PATH", str(tiny_z_image_home))


@pytest.fixture
def models(tiny_z_image_home: Path, tmp_path: Path) -> Path:
    """A models folder of one's own: links to the shared files."""
    for path in (tiny_z_image_home / "models").rglob("*.safetensors"):
        link = tmp_path / "models" / path.relative_to(tiny_z_image_home / "models")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path)
    return tmp_path / "models"


def transformer(models: Path) -> Path:
    return models / "diffusion_models" / "tiny-z-image.safetensors"


def test_companions_lie_in_the_folders_beside(models: Path) -> None:
    base = describe_base(transformer(models))
    assert {part: path.relative_to(models).as_posix() for part, path in base.files.items()} == {
        "transformer": "diffusion_models/tiny-z-image.safetensors",
        "qwen": "text_encoders/qwen_3_4b.safetensors",
        "vae": "vae/ae.safetensors",
    }
    assert Base.from_json(json.loads(json.dumps(base.to_json()))) == base


def test_of_several_encoders_the_one_of_its_size_is_taken(models: Path) -> None:
    """Qwen3 8B has the same names of tensors."""
    (models / "text_encoders" / "qwen_3_4b.safetensors").rename(models / "text_encoders" / "words.safetensors")
    write(models / "text_encoders" / "qwen_3_4b_other.safetensors", qwen_shapes(width=2 * WORD, layers=1))
    assert describe_base(transformer(models)).files["qwen"].name == "words.safetensors"
    (models / "text_encoders" / "words.safetensors").unlink()
    with pytest.raises(ModelError, match=rf"says {2 * WORD} numbers a word, .* reads {WORD}"):
        describe_base(transformer(models))


def test_all_that_is_missing_is_named_with_its_place(models: Path) -> None:
    (models / "text_encoders" / "qwen_3_4b.safetensors").unlink()
    (models / "vae" / "ae.safetensors").unlink()
    with pytest.raises(ModelError) as error:
        describe_base(transformer(models))
    assert "put qwen_3_4b.safetensors into models/text_encoders" in str(error.value)
    assert "--part qwen=FILE" in str(error.value)
    assert "put ae.safetensors into models/vae" in str(error.value)


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("z_image_bf16", "z_image"),
        ("z_image_turbo_bf16", "z_image_turbo"),
        ("Z-Image-Turbo-fp8", "z_image_turbo"),
        ("z_image_de_turbo_v1_bf16", "z_image"),
        ("Z-Image-DeTurbo", "z_image"),
    ],
)
def test_turbo_is_told_by_its_name(models: Path, name: str, family: str) -> None:
    base = describe_base(transformer(models).rename(models / "diffusion_models" / f"{name}.safetensors"))
    assert base.family == family
    spec = spec_of(base)
    assert (spec.is_distilled, spec.guidance) == ((family == "z_image_turbo"), "none" if spec.is_distilled else "cfg")


@pytest.mark.parametrize("root", ["model.diffusion_model.", "diffusion_model."])
def test_roots_are_known(models: Path, root: str) -> None:
    path = write(
        models / "diffusion_models" / "other.safetensors",
        {f"{root}{name}": shape for name, shape in transformer_shapes().items()},
    )
    assert load_family(describe_base(path)).denoiser.state_dict().keys()


def test_a_checkpoint_with_everything_needs_nothing(tmp_path: Path) -> None:
    parts = {
        "model.diffusion_model.": transformer_shapes(),
        "text_encoders.qwen3_4b.transformer.": qwen_shapes(layers=2),
        "vae.": vae_shapes(),
    }
    path = tmp_path / "all.safetensors"
    save_file({root + n: each for root, part in parts.items() for n, each in weights(part).items()}, path)
    base = describe_base(path)
    assert list(base.files) == ["checkpoint"]
    assert load_family(base).encode_text("red")["context"].shape[1] == WORD


def test_a_folder_of_diffusers_is_described(tmp_path: Path) -> None:
    folder = write_tiny_z_image_folder(tmp_path / "Z-Image-Turbo")
    assert describe_base(folder).family == "z_image_turbo"
    assert describe_base(folder.rename(tmp_path / "Z-Image")).family == "z_image"
    folder = tmp_path / "Z-Image"
    config = folder / "transformer" / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "siglip_feat_dim": 8}))
    with pytest.raises(ModelError, match="Omni or Edit"):
        describe_base(folder)
    config.unlink()
    (folder / "tokenizer").rename(folder / "words")
    with pytest.raises(ModelError, match=r"(?s)lacks transformer/config.json.*lacks the folder tokenizer"):
        describe_base(folder)


def adding(name: str, *shape: int, kind: torch.dtype = torch.float32) -> Callable[[dict[str, Tensor]], None]:
    return lambda held: held.update({name: torch.zeros(shape).to(kind)})


def lacking(name: str) -> Callable[[dict[str, Tensor]], None]:
    def spoil(tensors: dict[str, Tensor]) -> None:
        del tensors[name]

    return spoil


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (adding("siglip_embedder.0.weight", 2), "Z-Image Omni or Edit, which is shown pictures"),
        (adding("dec_net.cond_embed.weight", 2), "Z-Image in pixels"),
        (lacking("cap_pad_token"), "Lumina 2"),
        (adding("layers.0.attention.qkv.weight", 864, 288, kind=torch.int8), "in int8 without saying"),
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
        ({"content_mode_blocks.image.0.q_proj.weight": (4, 4)}, r"FLUX\.3, which has no trainer here"),
        (qwen_shapes(layers=1), "a text encoder alone"),
        ({f"diffusion_model.layers.0.attention.to_q.lora_{s}.weight": (4, 4) for s in "AB"}, "a LoRA for Z-Image"),
    ],
)
def test_what_is_no_base_is_named(tmp_path: Path, shapes: dict[str, tuple[int, ...]], said: str) -> None:
    path = write(tmp_path / "mine.safetensors", shapes)
    with pytest.raises(ModelError, match=rf"mine\.safetensors is {said}"):
        describe_base(path)


def test_damaged_weights_are_named(models: Path) -> None:
    path = models / "diffusion_models" / "mine.safetensors"
    whole = load_file(transformer(models))
    name = "layers.0.feed_forward.w2.weight"
    for spoilt, said in (
        ({key: tensor for key, tensor in whole.items() if key != name}, rf"not whole: it lacks '{name}'"),
        ({**whole, name: torch.full_like(whole[name], float("nan"))}, rf"{name} holds NaN"),
    ):
        save_file(spoilt, path)
        with pytest.raises(ModelError, match=said):
            _ = load_family(describe_base(path)).denoiser


def test_without_qwens_tokenizer_it_is_said_where_it_goes(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HOME", "COMFYUI_PATH", "HF_HUB_CACHE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr("trainer.families.tokenizers._QWEN_ON_THE_HUB", str(tmp_path / "none"))
    with pytest.raises(ModelError, match="--part qwen_tokenizer=FOLDER"):
        qwen_tokenizer()
    folder = write_qwen_tokenizer(tmp_path / "home") / "comfy" / "text_encoders" / "qwen25_tokenizer"
    base = describe_base(transformer(models), parts={"qwen_tokenizer": folder})
    assert base.files["qwen_tokenizer"] == folder
    # Three marks, two turns with their newlines.
    assert len(load_family(base).encode_text("red")["context"]) == len("user\nred\nassistant\n") + 3


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        (Recipe(loss=Loss(min_snr_gamma=5.0)), r"min_snr_gamma is 5, .* for bases that predict noise"),
        (Recipe(lora=Lora(targets="double_blocks"), loss=Loss(min_snr_gamma=0.0)), "which Z-Image has not"),
    ],
)
def test_settings_of_other_bases_are_named(recipe: Recipe, said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        check_recipe(spec_of(Base(family="z_image", name="x", sha256="", files={})), recipe)
