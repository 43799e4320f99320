"""Our step against others': gradients of the diffusers LoRA script, and figures that kohya's own code gave.

kohya's figures are of sd-scripts 48d368fa (2026-02-16), made by running its functions beside ours.
"""

import copy
import hashlib
import json
import math
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.conftest import write_tiny_dataset
from tests.tiny_base import write_tiny_base
from trainer.dataset.dataset import Dataset
from trainer.families.base import Base
from trainer.families.condition import stacked
from trainer.families.registry import describe_base, load_family
from trainer.families.residence import Residence
from trainer.families.sd.model import StableDiffusion
from trainer.families.sd.text import size_conditioning
from trainer.lora.dataset_metadata import tag_frequency
from trainer.lora.metadata import with_hashes
from trainer.recipe.buckets import Buckets, bucket_sizes, placement
from trainer.recipe.lora import Lora
from trainer.recipe.loss import Loss
from trainer.recipe.memory import Memory
from trainer.recipe.optim import Optim, Schedule
from trainer.recipe.output import Output
from trainer.recipe.recipe import Recipe
from trainer.recipe.text import Text
from trainer.storage.seeding import random_source
from trainer.training.data.prepare import Preparation, prepare
from trainer.training.data.shown_caption import varied
from trainer.training.data.training_set import TrainingSet
from trainer.training.run.folder import RunFolder
from trainer.training.step.train_step import TrainStep

RECIPE = Recipe(
    lora=Lora(rank=4, alpha=2.0),
    optim=Optim(lr=1e-3, grad_clip=1e9),
    schedule=Schedule(steps=4, batch=2),
    loss=Loss(min_snr_gamma=5.0),
    buckets=Buckets(resolution=64, step=8, shortest=32, longest=128),
    memory=Memory(precision="fp32", gradient_checkpointing=False, cache="memory"),
    output=Output(sample_every=0),
)


SEED = 7
"""Whose first batch has a timestep of little noise."""


def train_step_on(
    base: Base, dataset: Dataset, recipe: Recipe, folder: Path
) -> tuple[StableDiffusion, TrainStep, TrainingSet]:
    family = load_family(base, Residence.of(recipe.memory, "cpu"))
    assert isinstance(family, StableDiffusion)
    work = Preparation(
        recipe=recipe,
        dataset=dataset,
        base=base,
        run=RunFolder(folder),
        family=family,
        regularisation=None,
        prompts=(),
        cancelled=lambda: False,
    )
    preparing = prepare(work)
    while True:
        try:
            next(preparing)
        except StopIteration as end:
            training_set = end.value
            break
    train_step = TrainStep(family, training_set, recipe)
    # B is zero at the start, and A would then have no gradient to compare.
    with torch.no_grad():
        draw = torch.Generator().manual_seed(9)
        for layer in train_step.adapter.layers.values():
            up: Any = layer.up
            up.copy_(torch.randn(up.shape, generator=draw) * 0.1)
    return family, train_step, training_set


@contextmanager
def watched(family: StableDiffusion, train_step: TrainStep) -> Iterator[dict[str, Any]]:
    """What goes into the UNet, and the gradients that come of it, instead of an update."""
    seen: dict[str, Any] = {"inputs": [], "noised": []}
    predict, noised, step = family.predict, family.noised, train_step.optimizer.step

    def predicting(noisy: Tensor, time: Tensor, conditions: Any, placements: Any) -> Tensor:
        seen["inputs"].append((noisy, time, conditions, placements))
        return predict(noisy, time, conditions, placements)

    def noising(*args: Any) -> Any:
        seen["noised"].append(noised(*args))
        return seen["noised"][-1]

    def stepping(lrs: Any, norm: Any) -> None:
        seen["gradients"] = {
            f"{address}.{name}": parameter.grad.clone()
            for address, layer in train_step.adapter.layers.items()
            for name, parameter in zip(("down", "up", "magnitude"), layer.weights(), strict=False)
            if parameter.grad is not None
        }
        train_step.optimizer.forget_gradients()

    family.predict, family.noised, train_step.optimizer.step = predicting, noising, stepping  # type: ignore[method-assign]
    yield seen
    family.predict, family.noised, train_step.optimizer.step = predict, noised, step  # type: ignore[method-assign]


@pytest.mark.parametrize(
    ("prediction", "zero_snr", "gamma"), [("epsilon", False, 5.0), ("epsilon", False, 0.0), ("v_prediction", True, 5.0)]
)
def test_loss_and_gradients_are_those_of_the_diffusers_script(
    tmp_path: Path, tiny_dataset: Dataset, prediction: str, zero_snr: bool, gamma: float
) -> None:
    """train_text_to_image_lora_sdxl.py with peft: same weights, noise, timesteps and batch; 1e-5 in fp32."""
    from diffusers import DDPMScheduler, UNet2DConditionModel
    from diffusers.training_utils import compute_snr
    from peft import LoraConfig

    base = describe_base(write_tiny_base(tmp_path / "base", prediction_type=prediction, zero_snr=zero_snr))
    recipe = replace(RECIPE, loss=Loss(min_snr_gamma=gamma), seed=SEED)
    family, train_step, _ = train_step_on(base, tiny_dataset, recipe, tmp_path / "run")
    with watched(family, train_step) as seen:
        loss = train_step.update(0).loss()

    unet = UNet2DConditionModel.from_pretrained(base.path / "unet", torch_dtype=torch.float32)
    unet.requires_grad_(False)
    modules = ["to_k", "to_q", "to_v", "to_out.0"]
    unet.add_adapter(LoraConfig(r=4, lora_alpha=2, init_lora_weights="gaussian", target_modules=modules))
    theirs: dict[str, torch.nn.Parameter] = {}
    for address, layer in train_step.adapter.layers.items():
        module = unet.get_submodule(address.removeprefix("unet."))
        pairs = (("down", module.lora_A["default"].weight), ("up", module.lora_B["default"].weight))
        for name, weight in pairs:
            weight.data.copy_(getattr(layer, name).data)
            theirs[f"{address}.{name}"] = weight
    scheduler = DDPMScheduler.from_pretrained(base.path / "scheduler")
    losses: list[Tensor] = []
    lightest = 1.0
    for (noisy, time, told, placements), noised in zip(seen["inputs"], seen["noised"], strict=True):
        timesteps = (time * 1000).round().long()
        conditions = {"text_embeds": stacked(told, "pooled"), "time_ids": size_conditioning(placements)}
        predicted = unet(noisy, timesteps, stacked(told, "context"), added_cond_kwargs=conditions).sample
        each = torch.nn.functional.mse_loss(predicted.float(), noised.target.float(), reduction="none")
        each = each.mean(dim=list(range(1, each.ndim)))
        if gamma:
            snr = compute_snr(scheduler, timesteps)
            weights = torch.stack([snr, gamma * torch.ones_like(timesteps)], dim=1).min(dim=1)[0]
            # The script's own line; with velocity the divisor of min-SNR's authors and kohya, not its + 1.
            weights = weights / (snr + 1) if prediction == "v_prediction" else weights / snr
            each = each * weights
            lightest = min(lightest, float(weights.min()))
        losses.append(each)
    assert (lightest < 0.9) is bool(gamma), "the draw has no timestep that min-SNR weighs"
    expected: Any = torch.cat(losses).mean()
    expected.backward()
    assert loss == pytest.approx(float(expected), rel=1e-5)
    assert set(seen["gradients"]) == set(theirs)
    pairs = {name: (seen["gradients"][name], weight.grad) for name, weight in theirs.items()}
    norms = {name: float(wanted.norm()) for name, (_, wanted) in pairs.items()}
    gaps = {name: float((mine - wanted).norm()) for name, (mine, wanted) in pairs.items()}
    # Rounding of a layer whose gradient is tiny is that of the layers around it.
    usual = sum(norms.values()) / len(norms)
    assert all(gaps[name] < 1e-5 * max(norms[name], usual) for name in gaps)
    assert math.hypot(*gaps.values()) < 1e-5 * math.hypot(*norms.values())


def gradients(base: Base, dataset: Dataset, recipe: Recipe, folder: Path) -> dict[str, Tensor]:
    family, train_step, _ = train_step_on(base, dataset, recipe, folder)
    with watched(family, train_step) as seen:
        train_step.update(0)
    return seen["gradients"]


def test_checkpointing_gives_the_plain_paths_gradients(tiny_base: Base, tiny_dataset: Dataset, tmp_path: Path) -> None:
    plain = gradients(tiny_base, tiny_dataset, RECIPE, tmp_path)
    again = replace(RECIPE, memory=replace(RECIPE.memory, gradient_checkpointing=True))
    saved = gradients(tiny_base, tiny_dataset, again, tmp_path)
    assert all(torch.allclose(plain[name], saved[name], rtol=1e-5, atol=1e-9) for name in plain)
    assert max(float(gradient.abs().max()) for gradient in plain.values()) > 0


def test_accumulated_batches_give_one_batchs_gradients(tiny_base: Base, tmp_path: Path) -> None:
    """The same noise for each picture: two batches of one against the mean of two updates of one."""
    dataset = write_tiny_dataset(tmp_path / "pictures", ((64, 64), (64, 64)))
    single = replace(RECIPE, schedule=Schedule(steps=4, batch=1))
    family, train_step, _ = train_step_on(tiny_base, dataset, single, tmp_path)
    parts: list[dict[str, Tensor]] = []
    for step in (0, 1):
        with watched(family, train_step) as seen:
            train_step.update(step)
        parts.append(seen["gradients"])
    gathered = gradients(
        tiny_base, dataset, replace(single, schedule=Schedule(steps=4, batch=1, accumulation=2)), tmp_path
    )
    for name, gradient in gathered.items():
        assert torch.allclose(gradient, (parts[0][name] + parts[1][name]) / 2, rtol=1e-4, atol=1e-8)


BUCKETS = {
    512: (17, "e0c952ee2a3b5e022cfc9f8f90dfc7c29abb9326dcf853bba92ba134e400f2fc"),
    768: (41, "a15f0e016a7df6397963bac1a5d46561cae2368adf327aae9b800cf2930619bb"),
    1024: (41, "bc059f0d7ed253d0eb9c182f18ed8cca86100962c7e71e499a2d41cead317053"),
}
"""Number of buckets, and digest of them with bucket and scaled size of 200 aspects, of kohya's BucketManager."""


@pytest.mark.parametrize("resolution", BUCKETS)
def test_buckets_of_200_aspects_are_kohyas(resolution: int) -> None:
    buckets = Buckets(resolution=resolution, step=64, shortest=256, longest=2048)
    rng = random.Random(7)
    rows: list[list[int]] = []
    for _ in range(200):
        aspect = 2 ** rng.uniform(-2.5, 2.5)
        width, height = round(1000 * aspect**0.5), round(1000 / aspect**0.5)
        place = placement((width, height), buckets)
        rows.append([width, height, *place.bucket, *place.scaled])
    sizes = [list(size) for size in bucket_sizes(buckets)]
    digest = hashlib.sha256(json.dumps([sizes, rows]).encode()).hexdigest()
    assert (len(sizes), digest) == BUCKETS[resolution]


@pytest.mark.parametrize(
    ("width", "model", "legacy"),
    [
        (64, "cb4f1674931454b1169fe57540e706c0a50ed00b4a7f68468358caa1ee134bc0", "e3b0c442"),
        (40_000, "1ff9cbe0ecb5995588f0e5be2f46bac339180de837750bd64d7237393c85ee03", "ca853e1e"),
    ],
)
def test_hashes_are_kohyas(width: int, model: str, legacy: str) -> None:
    """precalculate_safetensors_hashes of a small file and of one longer than the legacy hash's place."""
    draw = torch.Generator().manual_seed(3)
    tensors = {
        f"lora_unet_{number}.lora_{part}.weight": torch.randn(shape, generator=draw).half()
        for number in range(3)
        for part, shape in (("down", (8, width)), ("up", (width, 8)))
    }
    tensors["lora_unet_0.alpha"] = torch.tensor(4.0).half()
    said = with_hashes(tensors, {"ss_network_dim": "8", "modelspec.title": "x", "ss_é": "漢"})
    assert (said["sshs_model_hash"], said["sshs_legacy_hash"]) == (model, legacy)


@pytest.mark.parametrize(
    ("text", "outcomes"),
    [
        (Text(shuffle=True, keep_tokens=0), 24),
        (Text(shuffle=True, keep_tokens=1), 6),
        (Text(shuffle=True, keep_tokens=2, tag_dropout=0.5), 5),
        (Text(keep_tokens=1, tag_dropout=0.3), 8),
        (Text(shuffle=True, keep_tokens=5, tag_dropout=0.5), 1),
    ],
)
def test_captions_come_out_in_as_many_ways_as_kohyas(text: Text, outcomes: int) -> None:
    """process_caption gave the very same sets in 4000 draws, as often as ours to 4 in 100."""
    source = random_source(0, "captions", 1)
    caption = "sage_character, smiling,  red hat , forest"
    seen = Counter(varied(caption, text, source) for _ in range(4000))
    assert len(seen) == outcomes
    tags = [tag.strip() for tag in caption.split(",")]
    for said in seen:
        parts = said.split(", ") if said else []
        assert parts[: text.keep_tokens] == tags[: text.keep_tokens]
        assert set(parts) <= set(tags)
        assert len(set(parts)) == len(parts)
        assert text.tag_dropout or len(parts) == 4


def test_tags_are_counted_as_kohya_counts_them(tiny_dataset: Dataset) -> None:
    first = copy.copy(tiny_dataset.train[0])
    captions = ("sage_character, Smiling,  red hat ,, forest", "sage_character, smiling")
    samples = [replace(first, caption=caption) for caption in captions]
    assert tag_frequency(samples) == {
        first.path.parent.name: {"sage_character": 2, "smiling": 2, "red hat": 1, "forest": 1}
    }
