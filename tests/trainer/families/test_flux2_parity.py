"""FLUX.2 klein against diffusers' own pipeline, conversion and training script on the same inputs.

The script's lines are those of train_dreambooth_lora_flux2_klein.py at 58eb52c0 (2026-08-23).
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from tests.tiny_flux2 import CHANNELS, CONTEXT, transformer_shapes, write_tiny_klein_folder
from tests.trainer.families.one_step import compare_one_step
from trainer.dataset.dataset import Dataset
from trainer.families.condition import Condition, stacked
from trainer.families.flow.tensors import StoredTensors
from trainer.families.flux2.model import Flux2Klein
from trainer.families.flux2.packing import packed, picture_ids, unpacked, unpatched, word_ids
from trainer.families.flux2.parts import Flux2Folder
from trainer.families.flux2.transformer import load_autoencoder
from trainer.families.options import FamilyOptions
from trainer.families.registry import describe_base, load_family
from trainer.families.residence import Residence
from trainer.recipe.buckets import Buckets, Placement
from trainer.recipe.flow import Flow
from trainer.recipe.lora import Lora
from trainer.recipe.loss import Loss
from trainer.recipe.memory import Memory
from trainer.recipe.optim import Optim, Schedule
from trainer.recipe.recipe import Recipe
from trainer.training.job import Job

HEIGHT, WIDTH = 4, 3
PLACES = [Placement((48, 64), (48, 64), (0, 0), (48, 64))] * 2
SIGMAS = torch.tensor([0.25, 0.8])


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_klein_folder(tmp_path_factory.mktemp("klein") / "folder")


@pytest.fixture(scope="module")
def pipeline(folder: Path) -> Any:
    from diffusers import Flux2KleinPipeline

    return Flux2KleinPipeline.from_pretrained(folder)


@pytest.fixture(scope="module")
def family(folder: Path) -> Flux2Klein:
    return loaded(folder)


def loaded(path: Path, residence: Residence | None = None, **flow: Any) -> Flux2Klein:
    family = load_family(describe_base(path), residence, FamilyOptions(flow=Flow(**flow)))
    assert isinstance(family, Flux2Klein)
    return family


def drawn(lengths: Sequence[int] = (24, 24)) -> tuple[Tensor, list[Condition]]:
    source = torch.Generator().manual_seed(3)
    latents = torch.randn(2, CHANNELS, HEIGHT, WIDTH, generator=source)
    return latents, [Condition({"context": torch.randn(n, CONTEXT, generator=source)}) for n in lengths]


def asked(transformer: Any, noisy: Tensor, sigmas: Tensor, told: Sequence[Condition]) -> Tensor:
    """As the script asks."""
    from diffusers import Flux2KleinPipeline

    library: Any = Flux2KleinPipeline
    context, ids = stacked(told, "context"), library._prepare_latent_ids(noisy)
    answer = transformer(
        hidden_states=library._pack_latents(noisy),
        timestep=sigmas * 1000 / 1000,
        guidance=None,
        encoder_hidden_states=context,
        txt_ids=library._prepare_text_ids(context),
        img_ids=ids,
        return_dict=False,
    )[0]
    answer = library._unpack_latents_with_ids(answer, ids)
    return torch.stack(answer) if isinstance(answer, list) else answer


def test_the_transformer_is_asked_as_the_script_asks_it(family: Flux2Klein, pipeline: Any) -> None:
    latents, told = drawn()
    with torch.no_grad():
        mine = family.predict(latents, SIGMAS, told, PLACES)
        theirs = asked(pipeline.transformer, latents, SIGMAS, told)
    assert torch.allclose(mine, theirs.view_as(mine), atol=1e-5)


def test_captions_of_other_lengths_share_a_batch(family: Flux2Klein) -> None:
    latents, told = drawn((24, 31))
    with torch.no_grad():
        both = family.predict(latents, SIGMAS, told, PLACES)
        alone = [family.predict(latents[n : n + 1], SIGMAS[n : n + 1], told[n : n + 1], PLACES) for n in (0, 1)]
    assert torch.allclose(both, torch.cat(alone), atol=1e-5)


def test_tokens_and_places_are_the_pipelines(pipeline: Any) -> None:
    latents = drawn()[0]
    assert torch.equal(packed(latents), pipeline._pack_latents(latents))
    assert torch.equal(unpacked(packed(latents), HEIGHT, WIDTH), latents)
    assert torch.equal(picture_ids(HEIGHT, WIDTH), pipeline._prepare_latent_ids(latents)[0].float())
    assert torch.equal(word_ids(7), pipeline._prepare_text_ids(torch.zeros(1, 7, 4))[0].float())


def test_latents_are_the_pipelines_and_normed_once(family: Flux2Klein, pipeline: Any) -> None:
    image = Image.effect_noise((64, 48), 80).convert("RGB")
    moments = family.encode_image(image)
    assert moments.shape == (2 * CHANNELS, 3, 4)
    assert (family.codec.channels, family.codec.factor) == (CHANNELS, 16)
    pixels = pipeline.image_processor.preprocess(image)
    with torch.no_grad():
        expected = pipeline._encode_vae_image(pixels, torch.Generator())
    mean = moments[None].chunk(2, 1)[0]
    mine = family.codec.to_model(mean)
    assert torch.allclose(mine, expected, atol=1e-5)
    (picture,) = family.codec.decode(mine)
    with torch.no_grad():
        theirs = pipeline.vae.decode(unpatched(mean), return_dict=False)[0]
    theirs = pipeline.image_processor.postprocess(theirs, output_type="pil")[0]
    assert abs(np.asarray(picture, np.int16) - np.asarray(theirs, np.int16)).max() <= 1


@pytest.mark.parametrize(("length", "caption"), [(0, "sage_character, red hair"), (64, "red hair, " * 20)])
def test_text_is_what_the_pipeline_encodes(folder: Path, pipeline: Any, length: int, caption: str) -> None:
    condition = loaded(folder, text_tokens=length).encode_text(caption)
    with torch.no_grad():
        context, _ = pipeline.encode_prompt(prompt=caption, max_sequence_length=length or 512)
    assert condition["context"].shape == (length or 512, CONTEXT)
    assert torch.allclose(condition["context"], context[0], atol=1e-5)


def test_captions_longer_than_the_hosts_filling_stay_whole(folder: Path) -> None:
    reader = Flux2Folder(folder, 0).text(torch.float32)
    ids, mask = reader.words("x" * 600)
    assert ids.shape[1] == 600 + len("user\n\nassistant\n\n\n\n\n") + 5
    assert bool(mask.all())
    # Layers behind the last that is read are not loaded.
    assert len(reader.model.layers) == 27


def test_files_become_what_diffusers_conversion_makes_of_them(tiny_klein_home: Path) -> None:
    from diffusers.loaders.single_file_utils import convert_flux2_transformer_checkpoint_to_diffusers
    from safetensors.torch import load_file

    path = tiny_klein_home / "models" / "diffusion_models" / "tiny-klein-base.safetensors"
    expected = convert_flux2_transformer_checkpoint_to_diffusers(load_file(path))
    mine = loaded(path).denoiser.state_dict()
    assert len(mine) == len(transformer_shapes()) + 2 * 2
    assert set(mine) == set(expected)
    assert all(torch.equal(mine[name], expected[name]) for name in mine)


def test_the_autoencoders_file_is_read_with_its_convolutions_inside_or_outside(
    tiny_klein_home: Path, tmp_path: Path
) -> None:
    """Black Forest Labs have the two 1 × 1 ones inside of encoder and decoder, ComfyUI saves them beside."""
    from safetensors.torch import load_file, save_file

    path = tiny_klein_home / "models" / "vae" / "flux2-vae.safetensors"
    tensors = load_file(path)
    moved = {name.replace("encoder.quant", "quant").replace("decoder.post", "post"): t for name, t in tensors.items()}
    save_file(moved, tmp_path / "moved.safetensors")
    one, other = (load_autoencoder(StoredTensors([p])).state_dict() for p in (path, tmp_path / "moved.safetensors"))
    assert all(torch.equal(one[name], other[name]) for name in one)
    assert torch.equal(one["quant_conv.weight"], tensors["encoder.quant_conv.weight"])
    assert torch.equal(one["post_quant_conv.bias"], tensors["decoder.post_quant_conv.bias"])
    assert torch.equal(one["bn.running_var"], torch.linspace(0.5, 2, CHANNELS))


def test_one_step_is_the_scripts(
    folder: Path, tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from diffusers import Flux2Transformer2DModel

    recipe = Recipe(
        lora=Lora(rank=4, alpha=2.0, targets="all"),
        optim=Optim(lr=1e-3, grad_clip=1e9),
        schedule=Schedule(steps=1, batch=2),
        loss=Loss(min_snr_gamma=0.0),
        buckets=Buckets(resolution=64, step=16, shortest=32, longest=128),
        memory=Memory(precision="fp32", gradient_checkpointing=False, cache="memory"),
        flow=Flow(sampling="uniform", text_tokens=64),
    )
    job = Job(recipe=recipe, dataset=tiny_dataset, base=describe_base(folder), run=tmp_path / "run", name="sage")
    compare_one_step(job, Flux2Transformer2DModel.from_pretrained(folder / "transformer"), asked, monkeypatch)


def test_in_bf16_the_time_is_told_exactly(folder: Path) -> None:
    """diffusers rounds σ to bf16 before it makes waves of it, the host does not: 0.8 would be 0.80078."""
    family = loaded(folder, Residence(precision="bf16"))
    seen: list[Tensor] = []
    family.denoiser.time_guidance_embed.time_proj.register_forward_hook(lambda _, inputs, __: seen.append(inputs[0]))
    latents, told = drawn()
    with torch.no_grad():
        answer = family.predict(latents, SIGMAS, told, PLACES)
    assert answer.dtype == torch.bfloat16
    assert torch.equal(seen[0], SIGMAS * 1000)
