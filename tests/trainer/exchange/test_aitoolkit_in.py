"""ai-toolkit's jobs, read as ai-toolkit reads them (27a03a91)."""

from typing import Any

import pytest

from tests.trainer.exchange.settings import job
from trainer.errors import RecipeError
from trainer.exchange.formats import Imported, import_recipe
from trainer.exchange.keys import PLACE

GUIDE = """
job: extension
config:
  name: "sage_character_flux"
  process:
    - type: sd_trainer
      training_folder: "./output"
      device: cuda:0

      network:
        type: lora
        linear: 16           # Rank
        linear_alpha: 16     # Alpha = rank for FLUX

      model:
        name_or_path: "black-forest-labs/FLUX.1-dev"
        assistant_lora_path: null
        quantize: true       # Enable for <24GB VRAM

      datasets:
        - folder_path: "./dataset/sage"
          caption_ext: "txt"
          default_caption: "sage_character"
          resolution: [1024]

      train:
        batch_size: 1
        gradient_accumulation_steps: 4
        steps: 1500          # FLUX converges faster
        lr: 4e-4             # Higher LR for FLUX
        optimizer: adamw8bit
        dtype: bf16

      sample:
        sample_every: 250
        prompts:
          - "sage_character, photorealistic portrait, green eyes"
"""


def read(**sections: Any) -> Imported:
    return import_recipe(job(**sections), "a.json")


def told(made: Imported) -> dict[str, str]:
    return {left.key: left.why for left in made.left if left.why != PLACE}


def test_the_guides_block_is_read_with_its_values() -> None:
    made = import_recipe(GUIDE, "sage.yaml")
    recipe = made.recipe
    assert made.format == "ai-toolkit YAML"
    assert (recipe.lora.rank, recipe.lora.alpha, recipe.lora.targets, recipe.lora.kind) == (16, 16.0, "all", "lora")
    assert (recipe.optim.lr, recipe.optim.optimizer, recipe.schedule.curve) == (4e-4, "adamw8bit", "constant")
    assert (recipe.schedule.batch, recipe.schedule.accumulation) == (1, 4)
    # ai-toolkit's older key counts each gathered batch as a step: 1500 of them are what is written there.
    assert recipe.schedule.steps * recipe.schedule.accumulation == 1500
    assert (recipe.memory.precision, recipe.memory.quantization) == ("bf16", "fp8")
    assert (recipe.buckets.resolution, recipe.buckets.also) == (1024, ())
    assert recipe.output.samples == ("sage_character, photorealistic portrait, green eyes",)
    assert recipe.output.sample_every * 4 == pytest.approx(250, abs=2)
    assert set(told(made)) == {
        "model.arch",
        "text_tokens",
        "train.gradient_accumulation_steps",
        "datasets[1].default_caption",
    }
    assert "steps are divided by 4" in told(made)["train.gradient_accumulation_steps"]


def test_both_keys_of_accumulation_have_their_own_meaning() -> None:
    steps = {"steps": 1000, "lr": 1e-4}
    save = {"save_every": 200}
    newer = read(train={**steps, "gradient_accumulation": 4}, save=save)
    assert (newer.recipe.schedule.steps, newer.recipe.schedule.accumulation) == (1000, 4)
    assert newer.recipe.output.save_every == 200
    assert "train.gradient_accumulation" not in told(newer)
    older = read(train={**steps, "gradient_accumulation_steps": 4}, save=save)
    assert (older.recipe.schedule.steps, older.recipe.schedule.accumulation) == (250, 4)
    assert older.recipe.output.save_every == 50
    with pytest.raises(RecipeError, match="a.json sets gradient_accumulation and gradient_accumulation_steps"):
        read(train={**steps, "gradient_accumulation": 2, "gradient_accumulation_steps": 2})
    both = read(train={**steps, "gradient_accumulation": 2, "gradient_accumulation_steps": 1}).recipe.schedule
    assert (both.steps, both.accumulation) == (1000, 2)


def test_what_a_job_leaves_out_is_ai_toolkits_default_not_ours() -> None:
    recipe = read(network={"type": "lora"}, train={"lr": 1e-4}, datasets=[{"folder_path": "/p"}]).recipe
    assert (recipe.lora.rank, recipe.lora.alpha) == (4, 4.0)
    assert (recipe.schedule.steps, recipe.schedule.batch, recipe.buckets.resolution) == (1000, 1, 512)
    assert (recipe.output.save_every, recipe.output.keep_last, recipe.output.precision) == (1000, 5, "fp16")
    assert (recipe.output.sample_every, recipe.optim.optimizer, recipe.memory.precision) == (100, "adamw", "fp32")
    assert (recipe.flow.sampling, recipe.flow.guidance, recipe.flow.text_tokens) == ("sigmoid", 1.0, 512)
    assert read(train={"steps": 9}).recipe.optim.lr == 1e-6


def test_alpha_is_the_rank_for_flow_bases_and_what_it_says_for_others() -> None:
    network = {"type": "lora", "linear": 32, "linear_alpha": 4, "conv": 8, "conv_alpha": 2}
    flux = read(network=network)
    assert (flux.recipe.lora.alpha, flux.recipe.lora.targets) == (32.0, "all")
    assert "takes the rank for such bases" in told(flux)["network.linear_alpha"]
    sdxl = read(network=network, model={"name_or_path": "/x", "arch": "sdxl"}).recipe
    assert (sdxl.lora.alpha, sdxl.lora.targets, sdxl.lora.conv_rank, sdxl.lora.conv_alpha) == (
        4.0,
        "attention_mlp_conv",
        8,
        2.0,
    )


@pytest.mark.parametrize(
    ("only", "targets"),
    [
        (["transformer.single_transformer_blocks."], "single_blocks"),
        (["transformer.transformer_blocks."], "double_blocks"),
        ([".attn."], "attention"),
        (["transformer.single_transformer_blocks.7.proj_out"], "all"),
    ],
)
def test_layers_by_parts_of_their_names_are_kinds_of_layers(only: list[str], targets: str) -> None:
    made = read(network={"type": "lora", "linear": 8, "network_kwargs": {"only_if_contains": only}})
    assert made.recipe.lora.targets == targets
    assert ("network.network_kwargs.only_if_contains" in told(made)) == (targets == "all")


def test_a_list_of_sizes_is_one_resolution_and_others_beside_it() -> None:
    data: Any = [{"folder_path": "/p", "resolution": [1024, 512, 768], "bucket_tolerance": 32}]
    buckets = read(datasets=data).recipe.buckets
    assert (buckets.resolution, buckets.also, buckets.step) == (1024, (512, 768), 32)
    assert read(datasets=[{"folder_path": "/p", "resolution": "large"}]).recipe.buckets.resolution == 512


def test_captions_and_masks_of_the_first_dataset_count_and_others_are_told() -> None:
    data: Any = [
        {"folder_path": "/reg", "is_reg": True, "resolution": 256},
        {"folder_path": "/p", "caption_dropout_rate": 0.1, "shuffle_tokens": True, "alpha_mask": True},
        {"folder_path": "/q", "caption_dropout_rate": 0.3, "flip_x": True, "num_repeats": 3},
    ]
    data[1] |= {"mask_min_value": 0.25, "keep_tokens": 1, "resolution": 640, "cache_latents_to_disk": True}
    made = read(datasets=data)
    recipe = made.recipe
    assert (recipe.text.dropout, recipe.text.shuffle, recipe.text.keep_tokens) == (0.1, True, 1)
    assert (recipe.loss.masked, recipe.loss.mask_floor, recipe.memory.cache) == (True, 0.25, "disk")
    assert recipe.buckets.resolution == 640
    assert {"datasets[1].is_reg", "datasets[3].caption_dropout_rate", "datasets[3].flip_x"} <= set(told(made))


def test_quantised_bases_and_text_encoders() -> None:
    base = {"name_or_path": "/x", "is_flux": True}
    assert read(model=base).recipe.memory.quantization == "none"
    both = read(model={**base, "quantize": True}).recipe.memory
    assert (both.quantization, both.text_quantization) == ("fp8", "fp8")
    apart = read(model={**base, "quantize": True, "qtype": "uint3|ostris/ara", "quantize_te": False})
    assert (apart.recipe.memory.quantization, apart.recipe.memory.text_quantization) == ("nf4", "none")
    assert "without the adapter" in told(apart)["model.qtype"]


def test_guidance_is_contrastive_where_the_job_says_so() -> None:
    made = read(train={"lr": 1e-4, "do_guidance_loss": True, "guidance_loss_target": 3.5, "cfg_scale": 1.0})
    assert (made.recipe.flow.contrastive, made.recipe.flow.guidance) == (3.5, 1.0)
    assert read(train={"lr": 1e-4, "do_guidance_loss": True}).recipe.flow.contrastive == 3.0
    assert read(train={"lr": 1e-4, "guidance_loss_target": 3.5}).recipe.flow.contrastive == 0
    bypass = read(train={"lr": 1e-4, "bypass_guidance_embedding": True})
    assert "train.bypass_guidance_embedding" in told(bypass)


def test_flux2_has_sides_in_steps_of_its_latents() -> None:
    made = read(model={"name_or_path": "/x", "arch": "flux2_klein_4b"}, datasets=[{"bucket_tolerance": 8}])
    assert made.recipe.buckets.step == 16 and "datasets.bucket_tolerance" in told(made)


def test_bases_by_architecture() -> None:
    for model in ({"arch": "flux2_klein_4b"}, {"arch": "zimage:turbo"}, {"arch": "flux_kontext"}):
        recipe = read(model={"name_or_path": "/x", **model}, train={"lr": 1e-4, "timestep_type": "weighted"}).recipe
        assert (recipe.lora.targets, recipe.flow.sampling) == ("all", "weighted")
    klein = read(model={"name_or_path": "black-forest-labs/FLUX.2-klein-base-4B"})
    assert "the family flux2" in told(klein)["model.arch"]


def test_a_bad_value_is_told_and_sinks_no_file() -> None:
    made = read(train={"lr": "fast", "steps": -3, "batch_size": "x", "optimizer": "automagic", "loss_type": "wavelet"})
    recipe = made.recipe
    assert (recipe.schedule.batch, recipe.optim.optimizer, recipe.optim.lr) == (1, "adamw8bit", 1e-4)
    assert {"train.lr", "train.batch_size", "train.optimizer", "train.loss_type"} <= set(told(made))
    made = read(nonsense={"a": 1}, train={"lr": 1e-4, "nonsense": 2})
    assert {"nonsense", "train.nonsense"} <= set(told(made))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("job: extension\nconfig: {process: []}\n", "trains no LoRA"),
        ("job: extension\nconfig: {process: [{type: custom, network: {}, model: {}}]}\n", "of the type 'custom'"),
        ("job: train\nconfig: {process: 3}\n", "job for a model it does not name"),
        ("config: {process: [3]}\n", "job for a model it does not name"),
    ],
)
def test_jobs_without_anything_to_read_are_refused(text: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        import_recipe(text, "a.yaml")
