"""kohya's settings of FLUX.1, FluxGym's script, and the guide's block for little memory."""

from pathlib import Path

import pytest

from tests.trainer.exchange.settings import FLUX_TOML, FLUXGYM_DATASET, FLUXGYM_SCRIPT
from trainer.errors import RecipeError
from trainer.exchange.formats import Imported, import_recipe
from trainer.exchange.keys import PLACE

GUIDE = """
# Enable all memory optimizations
use_8bit_adam: true
gradient_checkpointing: true
cache_latents_to_disk: true
max_data_loader_n_workers: 0

# Reduce batch processing
train_batch_size: 1
gradient_accumulation_steps: 8

# Use NF4 quantization (SimpleTuner)
quantize_base_model: nf4
"""
MODULE = 'network_module = "networks.lora_flux"\n'


def told(made: Imported) -> dict[str, str]:
    return {left.key: left.why for left in made.left if left.why != PLACE}


def test_the_guides_block_for_little_memory_is_read_with_its_values() -> None:
    made = import_recipe(GUIDE, "low.yaml")
    recipe = made.recipe
    assert made.format == "guide YAML"
    assert (recipe.optim.optimizer, recipe.memory.gradient_checkpointing) == ("adamw8bit", True)
    assert (recipe.memory.cache, recipe.memory.quantization) == ("disk", "nf4")
    assert (recipe.schedule.batch, recipe.schedule.accumulation) == (1, 8)
    assert "max_data_loader_n_workers" in made.neutral
    # What it leaves out is FluxGym's.
    assert (recipe.lora.rank, recipe.lora.alpha, recipe.optim.lr, recipe.schedule.epochs) == (4, 1.0, 8e-4, 16)
    assert (recipe.flow.sampling, recipe.flow.shift, recipe.flow.guidance) == ("shift", 3.1582, 1.0)
    assert set(told(made)) == {"t5xxl_max_token_length"}


def test_settings_of_flux_are_read() -> None:
    made = import_recipe(FLUX_TOML, "a.toml")
    recipe = made.recipe
    assert made.format == "kohya FLUX TOML"
    assert (recipe.lora.rank, recipe.lora.alpha, recipe.lora.targets) == (16, 8.0, "double_blocks")
    assert (recipe.optim.optimizer, recipe.schedule.steps, recipe.schedule.batch) == ("paged_adamw8bit", 1200, 2)
    flow = recipe.flow
    assert (flow.sampling, flow.shift, flow.sigmoid_scale, flow.guidance) == ("shift", 3.1582, 1.2, 1.0)
    assert (flow.text_tokens, recipe.memory.swapped_blocks, recipe.memory.quantization) == (384, 18, "fp8")
    assert (recipe.text.encoder_lr, recipe.loss.min_snr_gamma) == (0.0, 0.0)
    assert set(told(made)) == {
        *("network_args.split_qkv", "network_args.img_mod_dim", "weighting_scheme", "apply_t5_attn_mask"),
        "t5xxl_max_token_length",
    }
    assert "min_snr_gamma" in made.neutral


def test_what_a_file_of_flux_leaves_out_is_kohyas_default() -> None:
    made = import_recipe(MODULE + "network_train_unet_only = true\n", "a.toml")
    recipe = made.recipe
    assert (recipe.flow.guidance, recipe.flow.sampling, recipe.flow.text_tokens) == (3.5, "uniform", 512)
    assert (recipe.lora.rank, recipe.lora.alpha, recipe.memory.quantization) == (4, 1.0, "none")
    assert set(told(made)) == {"timestep_sampling", "model_prediction_type", "t5xxl_max_token_length"}


def test_clip_that_would_learn_is_told_and_stays_as_it_is() -> None:
    made = import_recipe(MODULE + "text_encoder_lr = 1e-5\n", "a.toml")
    assert made.recipe.text.encoder_lr == 0
    assert "CLIP would learn there" in told(made)["text_encoder_lr"]
    frozen = import_recipe(MODULE + "text_encoder_lr = 1e-5\ncache_text_encoder_outputs = true\n", "a.toml")
    assert "text_encoder_lr" not in told(frozen)


def test_comfyuis_own_length_is_named_zero() -> None:
    made = import_recipe(MODULE + "t5xxl_max_token_length = 256\n", "a.toml")
    assert made.recipe.flow.text_tokens == 0
    assert "t5xxl_max_token_length" not in told(made)


def test_chroma_is_no_flux() -> None:
    with pytest.raises(RecipeError, match="trains Chroma, which is not trained here yet"):
        import_recipe(MODULE + 'model_type = "chroma"\n', "a.toml")


def test_a_bad_value_of_flux_sinks_no_file() -> None:
    text = "t5xxl_max_token_length = 9000\nguidance_scale = 'high'\nblocks_to_swap = -3\nsigmoid_scale = 0\n"
    made = import_recipe(MODULE + text, "a.toml")
    assert (made.recipe.flow.guidance, made.recipe.memory.swapped_blocks, made.recipe.flow.sigmoid_scale) == (
        3.5,
        0,
        1.0,
    )
    assert {"t5xxl_max_token_length", "guidance_scale", "blocks_to_swap", "sigmoid_scale"} <= set(told(made))


def test_fluxgyms_script_is_read() -> None:
    made = import_recipe(FLUXGYM_SCRIPT, "train.sh")
    recipe = made.recipe
    assert made.format == "training script"
    assert (recipe.lora.rank, recipe.lora.alpha, recipe.lora.targets) == (4, 1.0, "single_blocks")
    assert (recipe.optim.optimizer, recipe.optim.lr, recipe.optim.grad_clip) == ("adafactor", 8e-4, 1e9)
    assert (recipe.schedule.epochs, recipe.schedule.curve, recipe.seed) == (16, "constant", 42)
    assert (recipe.flow.sampling, recipe.flow.shift, recipe.flow.guidance) == ("shift", 3.1582, 1.0)
    assert (recipe.memory.quantization, recipe.memory.swapped_blocks) == ("fp8", 18)
    assert (recipe.output.sample_every, recipe.output.precision, recipe.memory.cache) == (50, "bf16", "disk")
    assert set(told(made)) == {"split_mode", "max_grad_norm", "t5xxl_max_token_length", "save_every_n_epochs"}
    assert "never clipped" in told(made)["max_grad_norm"]
    windows = (
        FLUXGYM_SCRIPT.replace("\\\n", "^\r\n")
        .replace("\\--", "^--")
        .removesuffix("\\")
        .replace("/app/fluxgym/", "C:\\pinokio\\fluxgym\\")
    )
    assert import_recipe(windows, "train.bat").recipe == recipe
    assert import_recipe(FLUXGYM_SCRIPT, "what is pasted").recipe == recipe


def test_the_dataset_file_beside_a_script_counts(tmp_path: Path) -> None:
    (tmp_path / "dataset.toml").write_text(FLUXGYM_DATASET, encoding="utf-8")
    made = import_recipe(FLUXGYM_SCRIPT, "train.sh", tmp_path)
    assert (made.recipe.buckets.resolution, made.recipe.text.keep_tokens) == (640, 1)
    assert "repeats belong to the dataset" in told(made)["datasets[1].subsets[1].num_repeats"]
    assert import_recipe(FLUXGYM_SCRIPT, "train.sh", tmp_path / "elsewhere").recipe.buckets.resolution == 512


def test_several_datasets_of_a_file_are_sizes_beside_each_other(tmp_path: Path) -> None:
    more = FLUXGYM_DATASET + "\n" + FLUXGYM_DATASET.split("[[datasets]]", 1)[1].join(["[[datasets]]", ""])
    (tmp_path / "dataset.toml").write_text(more.replace("resolution = 640", "resolution = 1024", 1), encoding="utf-8")
    buckets = import_recipe(FLUXGYM_SCRIPT, "train.sh", tmp_path).recipe.buckets
    assert (buckets.resolution, buckets.also) == (1024, (640,))
    apart = more.replace("resolution = 640", "resolution = 1024", 1).replace("datasets/me", "datasets/other", 1)
    (tmp_path / "dataset.toml").write_text(apart, encoding="utf-8")
    made = import_recipe(FLUXGYM_SCRIPT, "train.sh", tmp_path)
    assert (made.recipe.buckets.resolution, made.recipe.buckets.also) == (1024, ())
    assert "one size for all folders" in told(made)["datasets[2].resolution"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("#!/bin/sh\necho hello\n", "it starts no trainer"),
        ("accelerate launch sdxl_train_network.py --config_file a.toml\n", "train.sh names its settings"),
        (
            "accelerate launch flux_train.py --lr_scheduler constant --max_train_steps 9 --ae x\n",
            "no setting of a LoRA",
        ),
    ],
)
def test_scripts_without_settings_of_a_lora_are_refused(text: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        import_recipe(text, "train.sh")
