"""FLUX.2 klein's files: companions of its size, distilled told from base, relatives and layouts refused by name."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from tests.tiny_flux import vae_shapes, weights, write
from tests.tiny_flux2 import transformer_shapes, write_tiny_klein_folder, write_vae
from tests.tiny_qwen import WIDTH as WORD
from tests.tiny_qwen import qwen_shapes
from trainer.errors import ModelError, RecipeError
from trainer.families.base import Base
from trainer.families.flux2.layout import file_parts
from trainer.families.recipe_fit import check_recipe
from trainer.families.registry import describe_base, load_family, spec_of
from trainer.recipe.buckets import Buckets
from trainer.recipe.flow import Flow
from trainer.recipe.loss import Loss
from trainer.recipe.recipe import Recipe


@pytest.fixture(autouse=True)
def comfyui(tiny_klein_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMFYUI_PATH", str(tiny_klein_home))


@pytest.fixture
def models(tiny_klein_home: Path, tmp_path: Path) -> Path:
    """A models folder of one's own: links to the shared files."""
    for path in (tiny_klein_home / "models").rglob("*.safetensors"):
        link = tmp_path / "models" / path.relative_to(tiny_klein_home / "models")
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(path)
    return tmp_path / "models"


def transformer(models: Path) -> Path:
    return models / "diffusion_models" / "tiny-klein-base.safetensors"


def test_companions_lie_in_the_folders_beside(models: Path) -> None:
    write(models / "vae" / "ae.safetensors", vae_shapes())
    write(models / "text_encoders" / "a_qwen_3_4b.safetensors", qwen_shapes(width=2 * WORD, layers=1))
    base = describe_base(transformer(models))
    assert {part: path.relative_to(models).as_posix() for part, path in base.files.items()} == {
        "transformer": "diffusion_models/tiny-klein-base.safetensors",
        "qwen": "text_encoders/qwen_3_4b.safetensors",
        "vae": "vae/flux2-vae.safetensors",
    }
    assert Base.from_json(json.loads(json.dumps(base.to_json()))) == base


@pytest.mark.parametrize(("context", "size"), [(7680, "4b"), (12288, "8b")])
def test_klein_4b_is_read_by_qwen_4b_and_klein_9b_by_qwen_8b(context: int, size: str) -> None:
    assert file_parts(context)[0].usual[0] == f"qwen_3_{size}.safetensors"


def test_all_that_is_missing_is_named_with_its_place(models: Path) -> None:
    (models / "text_encoders" / "qwen_3_4b.safetensors").unlink()
    (models / "vae" / "flux2-vae.safetensors").unlink()
    write(models / "vae" / "ae.safetensors", vae_shapes())
    with pytest.raises(ModelError) as error:
        describe_base(transformer(models))
    assert "put qwen_3_4b.safetensors into models/text_encoders" in str(error.value)
    assert "put flux2-vae.safetensors into models/vae" in str(error.value)
    with pytest.raises(ModelError, match=r"ae\.safetensors is not FLUX\.2's autoencoder"):
        describe_base(transformer(models), parts={"vae": models / "vae" / "ae.safetensors"})


@pytest.mark.parametrize(
    ("name", "family"),
    [
        ("flux-2-klein-base-4b", "flux2_klein"),
        ("flux-2-klein-base-9b-fp8", "flux2_klein"),
        ("my_klein_finetune", "flux2_klein"),
        ("flux-2-klein-4b", "flux2_klein_distilled"),
        ("FLUX.2-klein-9B-fp8", "flux2_klein_distilled"),
    ],
)
def test_distilled_is_told_by_its_name(models: Path, name: str, family: str) -> None:
    base = describe_base(transformer(models).rename(models / "diffusion_models" / f"{name}.safetensors"))
    assert base.family == family
    spec = spec_of(base)
    assert (spec.is_distilled, spec.drawn_steps) == ((True, 4) if "distilled" in family else (False, 20))


def test_a_checkpoint_with_everything_needs_nothing(tmp_path: Path) -> None:
    vae = load_file(write_vae(tmp_path / "vae.safetensors"))
    parts = {
        "model.diffusion_model.": weights(transformer_shapes()),
        "text_encoders.qwen3_8b.transformer.": weights(qwen_shapes()),
        "vae.": vae,
    }
    path = tmp_path / "all.safetensors"
    save_file({root + name: each for root, part in parts.items() for name, each in part.items()}, path)
    base = describe_base(path)
    assert list(base.files) == ["checkpoint"]
    family = load_family(base)
    assert family.encode_text("red")["context"].shape == (512, 3 * WORD)
    assert family.codec.channels == 128


def test_a_folder_of_diffusers_is_described(tmp_path: Path) -> None:
    for is_distilled in (True, False):
        folder = write_tiny_klein_folder(tmp_path / str(is_distilled), is_distilled=is_distilled)
        assert describe_base(folder).family == ("flux2_klein_distilled" if is_distilled else "flux2_klein")
    config = folder / "transformer" / "config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "guidance_embeds": True}))
    with pytest.raises(ModelError, match=r"FLUX\.2 dev \(32 billion weights, read by Mistral\)"):
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
        (adding("guidance_in.in_layer.weight", 128, 256), r"FLUX\.2 dev \(32 billion weights"),
        (lacking("single_stream_modulation.lin.weight"), r"a relative of FLUX\.2 that is not known here"),
        (adding("single_blocks.0.linear1.weight", 1152, 128, kind=torch.int8), "in int8 without saying"),
    ],
)
def test_another_model_is_named(models: Path, spoil: Callable[[dict[str, Tensor]], None], said: str) -> None:
    tensors = load_file(transformer(models))
    spoil(tensors)
    path = models / "diffusion_models" / "mine.safetensors"
    save_file(tensors, path)
    with pytest.raises(ModelError, match=rf"mine\.safetensors.*{said}"):
        describe_base(path)


def test_settings_of_other_bases_are_named() -> None:
    spec = spec_of(Base(family="flux2_klein", name="x", sha256="", files={}))
    recipe = Recipe(loss=Loss(min_snr_gamma=5.0), flow=Flow(guidance=3.5))
    with pytest.raises(RecipeError, match=r"(?s)min_snr_gamma is 5.*FLUX\.2 klein has no guidance to be told"):
        check_recipe(spec, recipe)
    fine = Recipe(loss=Loss(min_snr_gamma=0.0), buckets=Buckets(resolution=512, step=24, shortest=240, longest=720))
    with pytest.raises(RecipeError, match=r"bucket step is 24, but FLUX\.2 klein takes sides in multiples of 16"):
        check_recipe(spec, fine)
