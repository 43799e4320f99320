"""What a file says of itself, and what it keeps to itself."""

import base64
import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from safetensors import safe_open

from trainer.dataset.dataset import Dataset
from trainer.families.base import Base
from trainer.lora.metadata import describe_lora
from trainer.recipe.buckets import Buckets
from trainer.recipe.lora import Lora
from trainer.recipe.memory import Memory
from trainer.recipe.optim import Optim, Schedule
from trainer.recipe.output import Output
from trainer.recipe.recipe import Recipe
from trainer.recipe.text import Text
from trainer.training.job import Job
from trainer.training.run.folder import RunFolder
from trainer.training.train import train

RECIPE = Recipe(
    lora=Lora(rank=4, alpha=2.0),
    optim=Optim(lr=1e-3),
    schedule=Schedule(steps=2, batch=2),
    buckets=Buckets(resolution=64, step=8, shortest=32, longest=128),
    memory=Memory(precision="fp32", gradient_checkpointing=False),
    output=Output(save_every=2, sample_every=1),
)


def said(recipe: Recipe, dataset: Dataset, base: Base, regularisation: Dataset | None = None) -> dict[str, str]:
    return describe_lora("sage", 2, recipe, dataset, base, regularisation)


def test_tags_and_folders_are_written_unless_they_are_private(tiny_dataset: Dataset, tiny_base: Base) -> None:
    folder = tiny_dataset.train[0].path.parent.name
    open_file = said(RECIPE, tiny_dataset, tiny_base, tiny_dataset)
    assert json.loads(open_file["ss_tag_frequency"])[folder]["sage_character"] == 3
    assert json.loads(open_file["ss_dataset_dirs"]) == {folder: {"n_repeats": 1, "img_count": 3}}
    assert json.loads(open_file["ss_reg_dataset_dirs"]) == {folder: {"n_repeats": 1, "img_count": 3}}
    assert open_file["ss_num_reg_images"] == "3"
    private = said(
        replace(RECIPE, output=replace(RECIPE.output, tag_frequency=False)), tiny_dataset, tiny_base, tiny_dataset
    )
    assert "background" not in json.dumps(private)
    assert not {"ss_tag_frequency", "ss_dataset_dirs", "ss_reg_dataset_dirs"} & set(private)
    assert private["modelspec.trigger_phrase"] == "sage_character"


@pytest.mark.parametrize(
    ("lora", "module", "arguments"),
    [
        (Lora(), "networks.lora", {"targets": "attention"}),
        (
            Lora(targets="attention_mlp_conv", conv_rank=8, conv_alpha=4.0),
            "networks.lora",
            {"targets": "attention_mlp_conv", "conv_dim": 8, "conv_alpha": 4.0},
        ),
        (Lora(kind="dora"), "lycoris.kohya", {"targets": "attention", "algo": "lora", "dora_wd": True}),
        (Lora(kind="lokr", factor=4), "lycoris.kohya", {"targets": "attention", "algo": "lokr", "factor": 4}),
    ],
)
def test_the_adapter_is_told_in_the_fields_words(
    tiny_dataset: Dataset, tiny_base: Base, lora: Lora, module: str, arguments: dict[str, object]
) -> None:
    metadata = said(replace(RECIPE, lora=lora), tiny_dataset, tiny_base)
    assert metadata["ss_network_module"] == module
    assert json.loads(metadata["ss_network_args"]) == arguments


def test_text_and_rounds_are_told(tiny_dataset: Dataset, tiny_base: Base) -> None:
    text = Text(shuffle=True, keep_tokens=2, tag_dropout=0.1, encoder_lr=1e-5)
    metadata = said(replace(RECIPE, text=text, schedule=Schedule(steps=10, batch=2)), tiny_dataset, tiny_base)
    assert metadata["ss_text_encoder_lr"] == "1e-05"
    assert (metadata["ss_shuffle_caption"], metadata["ss_keep_tokens"]) == ("True", "2")
    # Two buckets of 2 and 1 pictures make two batches of up to 2: ten updates are five rounds.
    assert (metadata["ss_num_batches_per_epoch"], metadata["ss_num_epochs"], metadata["ss_epoch"]) == ("2", "5", "1")


def test_a_file_carries_a_small_picture_of_its_last_sample(
    tiny_dataset: Dataset, tiny_base: Base, tmp_path: Path
) -> None:
    job = Job(recipe=RECIPE, dataset=tiny_dataset, base=tiny_base, run=tmp_path / "run", name="sage")
    list(train(job))
    (checkpoint,) = RunFolder(job.run).checkpoints()
    with safe_open(checkpoint.path, "pt") as file:
        url = file.metadata()["modelspec.thumbnail"]
    kind, _, data = url.partition(",")
    assert kind == "data:image/jpeg;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        assert image.size == (64, 64)
    assert RunFolder(job.run).sample_at(2) == job.run / "samples" / "step000002_0.png"
    assert RunFolder(job.run).sample_at(0) is None
