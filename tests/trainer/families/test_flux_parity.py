"""FLUX.1 against others': diffusers' own functions on the same inputs, and figures that kohya's model gave.

kohya's are of sd-scripts 48d368fa (2026-02-16): its Flux with the weights of `tests.tiny_flux`, beside ours. diffusers'
lines are those of train_dreambooth_lora_flux.py at 58eb52c0 (2026-08-23).
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.tiny_flux import (
    CLIP_WIDTH,
    T5_WIDTH,
    transformer_shapes,
    weights,
    write_tiny_flux,
    write_tiny_flux_folder,
)
from tests.trainer.families.one_step import compare_one_step
from trainer.dataset.dataset import Dataset
from trainer.families.condition import Condition, stacked
from trainer.families.flux.model import Flux1
from trainer.families.flux.packing import packed, positions, unpacked
from trainer.families.options import FamilyOptions
from trainer.families.registry import describe_base, load_family
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
# By whether there is guidance, and what it says: the loss of each picture.
KOHYA = {(True, 1.0): [4.2618852, 3.8515923], (True, 3.5): [3.7533035, 3.7207906], (False, 1.0): [3.4571304, 3.1474018]}


@pytest.fixture(autouse=True)
def comfyui(tiny_flux_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMFYUI_PATH", str(tiny_flux_home))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tiny_flux_folder(tmp_path_factory.mktemp("flux") / "folder")


@pytest.fixture(scope="module")
def pipeline(folder: Path) -> Any:
    from diffusers import FluxPipeline

    return FluxPipeline.from_pretrained(folder)


def loaded(path: Path, **flow: Any) -> Flux1:
    family = load_family(describe_base(path), options=FamilyOptions(flow=Flow(**flow)))
    assert isinstance(family, Flux1)
    return family


def drawn() -> tuple[Tensor, Tensor, Tensor, Tensor]:
    source = torch.Generator().manual_seed(3)
    latents, noise = (torch.randn(2, 16, HEIGHT, WIDTH, generator=source) for _ in range(2))
    context = torch.randn(2, 24, T5_WIDTH, generator=source)
    return latents, noise, context, torch.randn(2, CLIP_WIDTH, generator=source)


def conditions(context: Tensor, pooled: Tensor) -> list[Condition]:
    return [Condition({"context": c, "pooled": p}) for c, p in zip(context, pooled, strict=True)]


@pytest.mark.parametrize(("has_guidance", "guidance"), KOHYA)
def test_the_loss_is_kohyas(tmp_path: Path, has_guidance: bool, guidance: float) -> None:
    family = loaded(write_tiny_flux(tmp_path, has_guidance=has_guidance), guidance=guidance)
    latents, noise, context, pooled = drawn()
    s = SIGMAS[:, None, None, None]
    with torch.no_grad():
        predicted = family.predict((1 - s) * latents + s * noise, SIGMAS, conditions(context, pooled), PLACES)
    losses = (predicted - (noise - latents)).square().mean((1, 2, 3))
    assert losses.tolist() == pytest.approx(KOHYA[has_guidance, guidance], rel=1e-5)


def test_the_transformer_is_asked_as_the_diffusers_script_asks_it(folder: Path, pipeline: Any) -> None:
    latents, _, context, pooled = drawn()
    family = loaded(folder, guidance=3.5)
    with torch.no_grad():
        mine = family.predict(latents, SIGMAS, conditions(context, pooled), PLACES)
        theirs = pipeline.transformer(
            hidden_states=pipeline._pack_latents(latents, 2, 16, HEIGHT, WIDTH),
            timestep=SIGMAS,
            guidance=torch.tensor([3.5]).expand(2),
            pooled_projections=pooled,
            encoder_hidden_states=context,
            txt_ids=torch.zeros(context.shape[1], 3),
            img_ids=pipeline._prepare_latent_image_ids(2, HEIGHT // 2, WIDTH // 2, "cpu", torch.float32),
            return_dict=False,
        )[0]
    theirs = pipeline._unpack_latents(theirs, HEIGHT * 8, WIDTH * 8, 8)
    assert torch.allclose(mine, theirs, atol=1e-5)


def test_packing_and_positions_are_the_pipelines(pipeline: Any) -> None:
    latents = drawn()[0]
    tokens = packed(latents)
    assert torch.equal(tokens, pipeline._pack_latents(latents, 2, 16, HEIGHT, WIDTH))
    assert torch.equal(unpacked(tokens, HEIGHT, WIDTH), latents)
    ids = pipeline._prepare_latent_image_ids(2, HEIGHT // 2, WIDTH // 2, "cpu", torch.float32)
    assert torch.equal(positions(HEIGHT, WIDTH), ids)


def test_odd_sides_come_back_as_they_were() -> None:
    latents = torch.randn(1, 16, 5, 7)
    tokens = packed(latents)
    assert tokens.shape == (1, 3 * 4, 64)
    assert len(positions(5, 7)) == 12
    assert torch.equal(unpacked(tokens, 5, 7), latents)


@pytest.mark.parametrize(("length", "said"), [(0, 256), (64, 64), (512, 512)])
def test_text_is_what_the_pipeline_encodes(folder: Path, pipeline: Any, length: int, said: int) -> None:
    caption = "sage_character, red hair"
    condition = loaded(folder, text_tokens=length).encode_text(caption)
    with torch.no_grad():
        context, pooled, _ = pipeline.encode_prompt(prompt=caption, prompt_2=None, max_sequence_length=said)
    assert condition["context"].shape == (said, T5_WIDTH)
    assert torch.allclose(condition["context"], context[0], atol=1e-5)
    assert torch.allclose(condition["pooled"], pooled[0], atol=1e-5)


def test_captions_longer_than_the_hosts_padding_stay_whole_and_share_a_batch(folder: Path) -> None:
    family = loaded(folder)
    told = [family.encode_text("red hair, " * 40), family.encode_text("red hair")]
    assert [len(each["context"]) for each in told] == [401, 256]
    latents = drawn()[0]
    with torch.no_grad():
        both = family.predict(latents, SIGMAS, told, PLACES)
        alone = [family.predict(latents[n : n + 1], SIGMAS[n : n + 1], told[n : n + 1], PLACES) for n in (0, 1)]
    assert torch.allclose(both, torch.cat(alone), atol=1e-5)


def test_the_autoencoder_is_the_one_of_the_folder(folder: Path, pipeline: Any) -> None:
    from PIL import Image

    family = loaded(folder)
    moments = family.encode_image(Image.effect_noise((64, 48), 80).convert("RGB"))
    mean = moments[None].chunk(2, 1)[0]
    mine = family.codec.to_model(mean)
    config = pipeline.vae.config
    assert torch.allclose(mine, (mean - config.shift_factor) * config.scaling_factor, atol=1e-6)
    (picture,) = family.codec.decode(mine)
    assert picture.size == (64, 48)


@pytest.mark.parametrize("has_guidance", [True, False])
def test_files_become_what_diffusers_conversion_makes_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_guidance: bool
) -> None:
    """Its conversion knows FLUX.1's own width alone: it is told ours in the place of each cut that it makes."""
    from diffusers.loaders.single_file_utils import convert_flux_transformer_checkpoint_to_diffusers

    family = loaded(write_tiny_flux(tmp_path, has_guidance=has_guidance))
    split: Callable[..., Any] = torch.split

    def scaled(tensor: Tensor, sizes: Any, dim: int = 0) -> Any:
        return split(tensor, tuple(size * tensor.shape[0] // sum(sizes) for size in sizes), dim=dim)

    monkeypatch.setattr(torch, "split", scaled)
    expected = convert_flux_transformer_checkpoint_to_diffusers(weights(transformer_shapes(has_guidance)))
    mine = family.denoiser.state_dict()
    assert set(mine) == set(expected)
    assert all(torch.equal(mine[name], expected[name]) for name in mine)


def test_in_bf16_the_time_is_told_exactly(tmp_path: Path) -> None:
    """diffusers rounds σ to bf16 before it makes waves of it, the host does not: 0.8 would be 0.80078."""
    from trainer.families.residence import Residence

    path = write_tiny_flux(tmp_path)
    family = load_family(describe_base(path), Residence(precision="bf16"))
    seen: list[Tensor] = []
    embed: Any = family.denoiser.time_text_embed  # type: ignore[attr-defined]
    embed.time_proj.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[0]))
    latents, _, context, pooled = drawn()
    with torch.no_grad():
        family.predict(latents, SIGMAS, conditions(context, pooled), PLACES)
    assert torch.equal(seen[0], SIGMAS * 1000)
    assert torch.equal(seen[1], torch.full((2,), 1000.0))


def test_one_step_is_the_diffusers_scripts(
    folder: Path, pipeline: Any, tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Same weights, noise, σ and batch: loss and gradients of its lines with peft, to 1e-5 in fp32."""
    recipe = Recipe(
        lora=Lora(rank=4, alpha=2.0, targets="all"),
        optim=Optim(lr=1e-3, grad_clip=1e9),
        schedule=Schedule(steps=1, batch=2),
        loss=Loss(min_snr_gamma=0.0),
        buckets=Buckets(resolution=64, step=16, shortest=32, longest=128),
        memory=Memory(precision="fp32", gradient_checkpointing=False, cache="memory"),
        flow=Flow(guidance=3.5, text_tokens=64),
    )
    job = Job(recipe=recipe, dataset=tiny_dataset, base=describe_base(folder), run=tmp_path / "run", name="sage")

    def ask(transformer: Any, noisy: Tensor, sigmas: Tensor, told: Sequence[Condition]) -> Tensor:
        count, _, height, width = noisy.shape
        predicted = transformer(
            hidden_states=pipeline._pack_latents(noisy, count, 16, height, width),
            timestep=sigmas,
            guidance=torch.tensor([3.5]).expand(count),
            pooled_projections=stacked(told, "pooled"),
            encoder_hidden_states=stacked(told, "context"),
            txt_ids=torch.zeros(64, 3),
            img_ids=pipeline._prepare_latent_image_ids(count, height // 2, width // 2, "cpu", torch.float32),
            return_dict=False,
        )[0]
        return pipeline._unpack_latents(predicted, height * 8, width * 8, 8)

    compare_one_step(job, pipeline.transformer, ask, monkeypatch)
