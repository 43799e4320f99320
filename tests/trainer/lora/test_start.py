"""A LoRA to learn on from: whatever will not do is told before anything is loaded or encoded, by plans too."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from trainer.dataset.dataset import Dataset
from trainer.errors import ModelError
from trainer.families.base import Base
from trainer.families.registry import load_family
from trainer.families.sd.model import StableDiffusion
from trainer.lora.start import check_start
from trainer.planning.plan import plan_run
from trainer.recipe.buckets import Buckets
from trainer.recipe.lora import Lora
from trainer.recipe.memory import Memory
from trainer.recipe.optim import Schedule
from trainer.recipe.recipe import Recipe
from trainer.recipe.text import Text
from trainer.training.job import Job
from trainer.training.train import train

RECIPE = Recipe(
    lora=Lora(rank=4, alpha=4.0),
    schedule=Schedule(steps=2),
    buckets=Buckets(resolution=64, step=16, shortest=48, longest=96),
    memory=Memory(precision="fp32", gradient_checkpointing=False),
)
QUERY = "lora_unet_input_blocks_3_1_transformer_blocks_0_attn1_to_q"
CONV = "lora_unet_input_blocks_1_0_in_layers_2"
TEXT = "lora_te1_text_model_encoder_layers_0_mlp_fc1"


@pytest.fixture(scope="module")
def family(tiny_base: Base) -> StableDiffusion:
    loaded = load_family(tiny_base)
    assert isinstance(loaded, StableDiffusion)
    return loaded


def written(path: Path, prefix: str = QUERY, rank: int = 4, extra: Mapping[str, torch.Tensor] | None = None) -> Path:
    kernel, ones = ((3, 3), (1, 1)) if prefix == CONV else ((), ())
    tensors = {"lora_down.weight": torch.ones(rank, 32, *kernel), "lora_up.weight": torch.ones(32, rank, *ones)}
    save_file({f"{prefix}.{name}": tensor for name, tensor in {**tensors, **(extra or {})}.items()}, path)
    return path


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"rank": 8}, "its rank is 8, the recipe's 4"),
        ({"extra": {"dora_scale": torch.ones(32, 1)}}, "it is of another kind"),
        ({"prefix": CONV}, "does not train, lora_unet_input_blocks_1_0_in_layers_2: choose wider targets"),
        ({"prefix": TEXT}, "changes the text encoders alone, which this recipe does not train: choose an encoder_lr"),
        ({"extra": {"alpha": torch.tensor(0.0)}}, "changes nothing, since its alpha is 0"),
        ({"extra": {"lora_up.weight": torch.full((32, 4), float("nan"))}}, "hold NaN or infinity"),
        ({"extra": {"alpha": torch.tensor(float("inf"))}}, "hold NaN or infinity"),
        ({"prefix": "lora_unet_double_blocks_0_img_attn_qkv"}, "a LoRA for FLUX.1 while this is SDXL"),
    ],
)
def test_what_a_recipe_cannot_go_on_from_is_told_without_loading_the_base(
    family: StableDiffusion, tmp_path: Path, settings: dict[str, object], said: str
) -> None:
    path = written(tmp_path / "a.safetensors", **settings)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match=f"a.safetensors.*{said}"):
        check_start(family, RECIPE, path)
    assert not family._residents.holds("unet")
    assert not family._residents.holds("text")


def test_what_a_recipe_can_go_on_from_is_not_refused(family: StableDiffusion, tmp_path: Path) -> None:
    check_start(family, RECIPE, written(tmp_path / "a.safetensors", rank=2))
    wide = replace(RECIPE, lora=Lora(rank=4, targets="attention_mlp_conv"), text=Text(encoder_lr=1e-5))
    check_start(family, wide, written(tmp_path / "b.safetensors", CONV))
    check_start(family, wide, written(tmp_path / "c.safetensors", TEXT))
    assert not family._residents.holds("unet")


@pytest.mark.parametrize("measures", [False, True])
def test_a_broken_start_is_told_by_train_and_plan_and_leaves_the_folder_free(
    tiny_base: Base, tiny_dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, measures: bool
) -> None:
    def encoded(_self: object, _image: object) -> None:
        raise AssertionError("a picture was encoded")

    monkeypatch.setattr(StableDiffusion, "encode_image", encoded)
    job = Job(recipe=RECIPE, dataset=tiny_dataset, base=tiny_base, run=tmp_path / "run", name="sage")
    bad = replace(job, start=written(tmp_path / "a.safetensors", rank=8))
    with pytest.raises(ModelError, match="its rank is 8"):
        list(plan_run(bad, measures=measures))
    with pytest.raises(ModelError, match="its rank is 8"):
        list(train(bad))
    assert not (job.run / "recipe.json").exists()
