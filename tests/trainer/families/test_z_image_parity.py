"""Z-Image against diffusers' own pipeline, conversion and training script on the same inputs.

The script's lines are those of train_dreambooth_lora_z_image.py at 58eb52c0 (2026-08-23).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from tests.tiny_qwen import WIDTH as WORD
from tests.tiny_z_image import WORD_LAYERS, transformer_shapes, write_tiny_z_image_folder
from tests.trainer.families.one_step import compare_one_step
from trainer.dataset.dataset import Dataset
from trainer.families.condition import Condition
from trainer.families.options import FamilyOptions
from trainer.families.registry import describe_base, load_family
from trainer.families.z_image.model import ZImage
from trainer.families.z_image.parts import ZImageFolder
from trainer.recipe.buckets import Buckets, Placement
from trainer.recipe.flow import Flow
from trainer.recipe.lora import Lora
from trainer.recipe.loss import Loss
from trainer.recipe.memory import Memory
from trainer.recipe.optim import Optim, Schedule
from trainer.recipe.recipe import Recipe
from trainer.training.job import Job

HEIGHT, WIDTH = 8, 6
PLACES = [Placement((48, 64), (48, 64), (0, 0), (48, 64))] * 2
SIGMAS = torch.tensor([0.25, 0.8])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_z_image_folder(tmp_path_factory.mktemp("z_image") / "folder")


@pytest.fixture(scope="module")
def pipeline(folder: Path) -> Any:
    from diffusers import ZImagePipeline

    return ZImagePipeline.from_pretrained(folder)


@pytest.fixture(scope="module")
def family(folder: Path) -> ZImage:
    return loaded(folder)


def loaded(path: Path, **flow: Any) -> ZImage:
    family = load_family(describe_base(path), options=FamilyOptions(flow=Flow(**flow)))
    assert isinstance(family, ZImage)
    return family


def drawn(height: int = HEIGHT, width: int = WIDTH) -> tuple[Tensor, list[Condition]]:
    """Latents, and captions of two lengths."""
    source = torch.Generator().manual_seed(3)
    latents = torch.randn(2, 16, height, width, generator=source)
    return latents, [Condition({"context": torch.randn(n, WORD, generator=source)}) for n in (40, 23)]


def asked(transformer: Any, noisy: Tensor, sigmas: Tensor, told: Sequence[Condition]) -> Tensor:
    """As the script asks: time from 0 at noise, latents as a list, the answer's sign turned."""
    timesteps = sigmas * 1000
    latents = list(noisy.unsqueeze(2).unbind(dim=0))
    answers = transformer(latents, (1000 - timesteps) / 1000, [c["context"] for c in told], return_dict=False)[0]
    return -torch.stack(answers, dim=0).squeeze(2)


def test_the_transformer_is_asked_as_the_script_asks_it(family: ZImage, pipeline: Any) -> None:
    latents, told = drawn()
    with torch.no_grad():
        mine = family.predict(latents, SIGMAS, told, PLACES)
        assert torch.allclose(mine, asked(pipeline.transformer, latents, SIGMAS, told), atol=1e-5)
        # Whoever shares a batch changes nothing.
        alone = family.predict(latents[1:], SIGMAS[1:], told[1:], PLACES[1:])
    assert torch.allclose(mine[1:], alone, atol=1e-5)


def test_odd_sides_come_back_as_they_were(family: ZImage) -> None:
    latents, told = drawn(5, 7)
    with torch.no_grad():
        answer = family.predict(latents, SIGMAS, told, PLACES)
        even = torch.cat([latents, latents[:, :, :1]], dim=2)
        even = torch.cat([even, even[..., :1]], dim=3)
        whole = family.predict(even, SIGMAS, told, PLACES)
    assert torch.equal(answer, whole[..., :5, :7])


@pytest.mark.parametrize(("length", "caption"), [(0, "sage_character, red hair"), (64, "red hair, " * 20)])
def test_text_is_what_the_pipeline_encodes(folder: Path, pipeline: Any, length: int, caption: str) -> None:
    condition = loaded(folder, text_tokens=length).encode_text(caption)
    with torch.no_grad():
        (context,), _ = pipeline.encode_prompt(
            prompt=caption, do_classifier_free_guidance=False, max_sequence_length=length or 512
        )
    # Turns and their newlines around the caption.
    assert len(context) == (length or len(caption) + len("user\n") + len("\nassistant\n") + 3)
    assert torch.allclose(condition["context"], context, atol=1e-5)


def test_the_layer_behind_the_last_that_is_read_is_not_loaded(folder: Path) -> None:
    reader = ZImageFolder(folder, 0).text(torch.float32)
    assert len(reader.model.layers) == WORD_LAYERS - 1


def test_pictures_are_the_pipelines(family: ZImage, pipeline: Any) -> None:
    moments = family.encode_image(Image.effect_noise((64, 48), 80).convert("RGB"))
    mean = moments[None].chunk(2, 1)[0]
    config = pipeline.vae.config
    assert torch.allclose(family.codec.to_model(mean), (mean - config.shift_factor) * config.scaling_factor, atol=1e-6)


def test_files_become_what_diffusers_conversion_makes_of_them(
    tiny_z_image_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from diffusers.loaders.single_file_utils import convert_z_image_transformer_checkpoint_to_diffusers
    from safetensors.torch import load_file

    path = tiny_z_image_home / "models" / "diffusion_models" / "tiny-z-image.safetensors"
    expected = convert_z_image_transformer_checkpoint_to_diffusers(load_file(path))
    mine = loaded(path).denoiser.state_dict()
    assert len(mine) == len(transformer_shapes()) + 2 * 3
    assert set(mine) == set(expected)
    assert all(torch.equal(mine[name], expected[name]) for name in mine)


def test_one_step_is_the_scripts(
    folder: Path, tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from diffusers import ZImageTransformer2DModel

    recipe = Recipe(
        lora=Lora(rank=4, alpha=2.0, targets="all"),
        optim=Optim(lr=1e-3, grad_clip=1e9),
        schedule=Schedule(steps=1, batch=2),
        loss=Loss(min_snr_gamma=0.0),
        buckets=Buckets(resolution=64, step=16, shortest=32, longest=128),
        memory=Memory(precision="fp32", gradient_checkpointing=False, cache="memory"),
        flow=Flow(sampling="uniform"),
    )
    job = Job(recipe=recipe, dataset=tiny_dataset, base=describe_base(folder), run=tmp_path / "run", name="sage")
    compare_one_step(job, ZImageTransformer2DModel.from_pretrained(folder / "transformer"), asked, monkeypatch)


def test_samples_take_the_steps_of_a_static_shift(family: ZImage) -> None:
    from diffusers import FlowMatchEulerDiscreteScheduler

    assert family.schedule.shift == 3.0
    theirs = FlowMatchEulerDiscreteScheduler(shift=3.0)
    theirs.set_timesteps(sigmas=[1.0, 0.75, 0.5, 0.25])
    assert torch.allclose(family.schedule.sigmas(4).float(), theirs.sigmas, atol=1e-6)
