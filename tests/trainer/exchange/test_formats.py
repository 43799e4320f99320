"""Recipes to other trainers and back; everything that does not make the journey is told."""

import contextlib
import json
import time
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.dataset.dataset import Dataset
from trainer.errors import DatasetError, RecipeError
from trainer.exchange.formats import FORMATS, SUFFIXES, Format, export_recipe, import_recipe
from trainer.exchange.keys import PLACE, left_lines
from trainer.exchange.kohya_dataset import kohya_dataset
from trainer.recipe.early_stop import EarlyStop
from trainer.recipe.presets import PRESETS
from trainer.recipe.recipe import Recipe

GUIDE = """
pretrained_model_name_or_path: "./models/RealVisXL_V5.0.safetensors"
train_data_dir: "./dataset/sage"
output_dir: "./output"
output_name: "sage_character_sdxl"
network_module: "networks.lora"
network_dim: 32          # Rank - 16-64, higher = more capacity
network_alpha: 16        # Usually dim/2
resolution: "1024,1024"
train_batch_size: 1      # 2 if VRAM allows
gradient_accumulation_steps: 4
learning_rate: 0.0001    # 1e-4, can try 4e-4
lr_scheduler: "cosine_with_restarts"
lr_scheduler_num_cycles: 3
max_train_epochs: 10
optimizer_type: "AdamW8bit"
mixed_precision: "bf16"
save_precision: "fp16"
cache_latents: true
cache_latents_to_disk: true
enable_bucket: true
min_bucket_reso: 512
max_bucket_reso: 2048
prior_loss_weight: 1.0
min_snr_gamma: 5
"""
KOHYA_TOOK = {
    *("alpha_mask", "bucket_reso_steps", "cache_latents", "cache_latents_to_disk", "caption_dropout_rate"),
    *("caption_extension", "caption_tag_dropout_rate", "debiased_estimation_loss", "enable_bucket"),
    *("gradient_accumulation_steps", "gradient_checkpointing", "huber_c", "huber_schedule", "keep_tokens"),
    *("learning_rate", "loss_type", "lr_scheduler", "lr_scheduler_min_lr_ratio", "lr_scheduler_num_cycles"),
    *("lr_scheduler_power", "lr_warmup_steps", "masked_loss", "max_bucket_reso", "max_grad_norm"),
    *("max_train_epochs", "max_train_steps", "min_bucket_reso", "min_snr_gamma", "mixed_precision"),
    *("network_alpha", "network_args", "network_dim", "network_module", "network_train_unet_only", "no_half_vae"),
    *("optimizer_args", "optimizer_type", "prior_loss_weight", "resolution", "save_every_n_steps", "save_model_as"),
    *("save_precision", "seed", "shuffle_caption", "text_encoder_lr", "train_batch_size", "unet_lr"),
    *("noise_offset", "clip_skip", "fp8_base_unet"),
}
"""Options that sd-scripts' own parser and TOML loader took with these values, at 48d368fa of 2026-02-16."""
OURS = {"output.held_out_every", "output.samples", "output.tag_frequency", "output.keep_last", "output.save_every"}
OURS |= {"schedule.cycles", "lora.factor", "buckets.shortest", "buckets.longest", "lora.conv_alpha", "schedule.steps"}
OURS |= {"output.watch", "output.watch_every"}
"""What only Likeness writes down, or what a file says in other numbers of the same meaning."""


TOLD_AGAIN = (
    *("network.type", "data_backend_config", "text_tokens", "t5xxl_max_token_length", "tokenizer_max_length"),
    *("train.timestep_type", "model.qtype", "model.qtype_te"),
)
"""What reading says of our own export as of any other: that SDXL's layers are more, captions longer, nf4 other."""


FLUX_TOOK = KOHYA_TOOK | {
    *("timestep_sampling", "sigmoid_scale", "discrete_flow_shift", "model_prediction_type", "guidance_scale"),
    *(
        "t5xxl_max_token_length",
        "fp8_base",
        "blocks_to_swap",
        "cpu_offload_checkpointing",
        "cache_text_encoder_outputs",
    ),
}
"""The same of its trainer of FLUX."""


def settings_of(recipe: Recipe) -> dict[str, Any]:
    data = recipe.to_json()
    parts = {
        f"{part}.{name}": value for part, each in data.items() if isinstance(each, dict) for name, value in each.items()
    }
    return parts | {name: value for name, value in data.items() if not isinstance(value, dict)}


def variants() -> list[Recipe]:
    guide = PRESETS["SDXL character (guide)"].recipe
    return [
        *(preset.recipe for preset in PRESETS.values()),
        replace(guide, lora=replace(guide.lora, kind="lokr", factor=4)),
        replace(
            guide, lora=replace(guide.lora, kind="dora", targets="attention_mlp_conv", conv_rank=8, conv_alpha=4.0)
        ),
        replace(guide, lora=replace(guide.lora, rank_by_timestep=True), seeds=3, seed=4),
        replace(guide, schedule=replace(guide.schedule, curve="cosine", lr_floor=0.1, warmup=20)),
        replace(guide, schedule=replace(guide.schedule, curve="polynomial", power=2.0)),
        replace(guide, schedule=replace(guide.schedule, curve="rex", epochs=4)),
        replace(guide, loss=replace(guide.loss, masked=True, kind="huber", huber_c=0.2, noise_offset=0.05)),
        replace(guide, loss=replace(guide.loss, debiased=True, min_snr_gamma=0.0)),
        replace(guide, optim=replace(guide.optim, optimizer="lion8bit", beta2=0.98, weight_decay=0.1, ema_decay=0.99)),
        replace(guide, prior=replace(guide.prior, output_weight=1.0, delta_l2=0.1)),
        replace(guide, text=replace(guide.text, clip_skip=2, tag_dropout=0.1, encoder_lr=1e-5, encoder_steps=100)),
        replace(guide, memory=replace(guide.memory, precision="fp32", cache="memory", deterministic=True)),
        replace(guide, memory=replace(guide.memory, quantization="int8_w8a8", swapped_blocks=9)),
        replace(guide, memory=replace(guide.memory, quantization="fp8", text_quantization="int8")),
        replace(guide, memory=replace(guide.memory, quantization="fp8", precision="fp32")),
        replace(guide, memory=replace(guide.memory, quantization="nf4", offload_activations=True)),
        replace(guide, optim=replace(guide.optim, optimizer="adafactor")),
        replace(guide, optim=replace(guide.optim, optimizer="prodigy", lr=1.0, weight_decay=0.0)),
        replace(guide, lora=replace(guide.lora, targets="attention_mlp_conv", conv_rank=4, conv_alpha=2.0)),
        replace(guide, schedule=replace(guide.schedule, epochs=8, warmup_share=0.1)),
        replace(guide, early_stop=EarlyStop(patience=3, least_gain=0.02)),
        replace(guide, memory=replace(guide.memory, compile="off", keep_attention=True, checkpoint_as_needed=True)),
        replace(guide, schedule=replace(guide.schedule, curve="cosine", warmup=1, accumulation=1)),
        replace(guide, text=replace(guide.text, encoder_lr=1e-5, encoder_share=0.5)),
        replace(guide, optim=replace(guide.optim, optimizer="paged_adamw8bit")),
        *flow_variants(),
    ]


def flow_variants() -> list[Recipe]:
    flux = PRESETS["FLUX character (guide)"].recipe
    return [
        replace(flux, lora=replace(flux.lora, targets="single_blocks", alpha=4.0), seed=3),
        replace(flux, lora=replace(flux.lora, targets="double_blocks", kind="dora")),
        replace(flux, lora=replace(flux.lora, targets="attention", kind="lokr", factor=4)),
        replace(flux, lora=replace(flux.lora, targets="attention_mlp", rank=8)),
        replace(flux, flow=replace(flux.flow, sampling="shift", shift=2.5, sigmoid_scale=0.8, guidance=3.5)),
        replace(flux, flow=replace(flux.flow, sampling="shift")),
        replace(flux, flow=replace(flux.flow, sampling="flux_shift", text_tokens=512)),
        replace(flux, flow=replace(flux.flow, sampling="uniform", contrastive=3.0, text_tokens=300)),
        replace(flux, flow=replace(flux.flow, sampling="", assistant_training=0.5, assistant_samples=0.25)),
        replace(flux, memory=replace(flux.memory, quantization="int8", text_quantization="nf4", swapped_blocks=20)),
        replace(flux, memory=replace(flux.memory, quantization="fp8", offload_activations=True, cache="memory")),
        replace(flux, memory=replace(flux.memory, quantization="fp8", precision="fp32")),
        replace(flux, memory=replace(flux.memory, swapped_blocks=9, offload_activations=True)),
        replace(flux, memory=replace(flux.memory, quantization="int8_w8a8", text_quantization="int8_w8a8")),
        replace(flux, memory=replace(flux.memory, compile="on", keep_attention=True, checkpoint_as_needed=True)),
        replace(flux, memory=replace(flux.memory, checkpointed_blocks=9, precompute_modulation=True)),
        replace(flux, loss=replace(flux.loss, noise_offset=0.1, kind="huber"), text=replace(flux.text, clip_skip=2)),
        replace(flux, buckets=replace(flux.buckets, also=(512, 640), step=32, shortest=256)),
        replace(flux, buckets=replace(flux.buckets, step=16)),
        replace(flux, schedule=replace(flux.schedule, accumulation=4, batch=2, curve="cosine", lr_floor=0.1)),
        replace(flux, schedule=replace(flux.schedule, curve="polynomial", power=2.0, warmup=30, lr_floor=0.1)),
        replace(flux, schedule=replace(flux.schedule, epochs=4), output=replace(flux.output, keep_last=3)),
        replace(flux, prior=replace(flux.prior, output_weight=0.5, weight=2.0), loss=replace(flux.loss, masked=True)),
        replace(flux, optim=replace(flux.optim, optimizer="prodigy", lr=1.0, ema_decay=0.9)),
    ]


@pytest.mark.parametrize("kind", FORMATS)
def test_what_does_not_come_back_was_told(kind: Format) -> None:
    for recipe in variants():
        _check_what_does_not_come_back(recipe, kind)


def _check_what_does_not_come_back(recipe: Recipe, kind: Format) -> None:
    made = export_recipe(recipe, kind)
    back = import_recipe(made.text, f"recipe{SUFFIXES[kind]}")
    assert back.format == kind
    before, after = settings_of(recipe), settings_of(back.recipe)
    moved = {place for place, value in before.items() if after[place] != value}
    told = {left.key for left in made.left}
    untellable = OURS if kind != "Likeness JSON" else set()
    if kind == "OneTrainer JSON":
        untellable = untellable | {
            "buckets.step",
            "schedule.epochs",
            "loss.huber_c",
            "loss.huber_schedule",
            "schedule.power",
        }
        untellable |= {
            "memory.cache",
            "memory.deterministic",
            "text.keep_tokens",
            "text.clip_skip",
            "text.encoder_steps",
        }
        untellable |= {"prior.weight", "loss.mask_floor"}
    assert moved - told - untellable == set(), recipe.to_json()
    # LyCORIS has no name for our convolutions alone; exporting told so.
    has_more = kind in FORMATS[:3] and recipe.lora.kind != "lora" and recipe.lora.targets == "attention_mlp_conv"
    assert [left.key for left in back.left if left.why != PLACE and left.key not in TOLD_AGAIN] == (
        ["network_args.preset"] if has_more else []
    ), recipe.to_json()
    assert not has_more or "lora.kind" in told


def test_rank_alpha_and_rate_travel_together_in_every_format() -> None:
    for preset in PRESETS.values():
        for kind in FORMATS:
            back = import_recipe(export_recipe(preset.recipe, kind).text, f"recipe{SUFFIXES[kind]}").recipe
            assert (back.lora.rank, back.lora.alpha, back.optim.lr) == (
                preset.recipe.lora.rank,
                preset.recipe.lora.alpha,
                preset.recipe.optim.lr,
            )


def test_only_options_that_kohyas_own_parser_takes_are_written() -> None:
    for recipe in variants():
        sdxl = tomllib.loads(export_recipe(recipe, "kohya TOML").text)
        assert set(sdxl) <= KOHYA_TOOK
        flux = tomllib.loads(export_recipe(recipe, "kohya FLUX TOML").text)
        assert set(flux) <= FLUX_TOOK
        # Its trainer stops where weights in fp8 meet no mixed precision.
        for one in (sdxl, flux):
            assert one["mixed_precision"] != "no" or not (one.get("fp8_base") or one.get("fp8_base_unet"))
        assert not (flux["blocks_to_swap"] and flux["cpu_offload_checkpointing"])
        changes = flux["caption_dropout_rate"] or flux["shuffle_caption"] or flux["caption_tag_dropout_rate"]
        assert flux["cache_text_encoder_outputs"] == (not changes)


def test_the_guides_yaml_is_read() -> None:
    made = import_recipe(GUIDE, "sage_train.yaml")
    guide = PRESETS["SDXL character (guide)"].recipe
    recipe = made.recipe
    assert made.format == "guide YAML"
    assert (recipe.lora.rank, recipe.lora.alpha, recipe.optim.lr) == (32, 16.0, 1e-4)
    assert (recipe.optim.optimizer, recipe.schedule.curve, recipe.schedule.cycles) == (
        guide.optim.optimizer,
        guide.schedule.curve,
        guide.schedule.cycles,
    )
    assert recipe.schedule.epochs == 10
    assert recipe.buckets == guide.buckets
    assert {left.key for left in made.left} == {
        "pretrained_model_name_or_path",
        "train_data_dir",
        "output_dir",
        "output_name",
    }


def test_what_a_kohya_file_leaves_out_is_kohyas_default_not_ours() -> None:
    recipe = import_recipe("network_dim = 8\n", "a.toml").recipe
    assert (recipe.lora.alpha, recipe.optim.lr, recipe.schedule.steps) == (1.0, 2e-6, 1600)
    assert recipe.text.encoder_lr == recipe.optim.lr
    assert import_recipe("network_train_unet_only = true\n", "a.toml").recipe.text.encoder_lr == 0


def test_tables_of_a_toml_count_as_kohya_counts_them() -> None:
    recipe = import_recipe("[network]\nnetwork_dim = 8\n[more]\nseed = 3\n", "a.toml").recipe
    assert (recipe.lora.rank, recipe.seed) == (8, 3)


def test_unknown_and_unsupported_keys_are_listed_with_why() -> None:
    made = import_recipe("network_dim = 8\nflip_aug = true\nnonsense = 3\nscale_weight_norms = 1.0\n", "a.toml")
    said = {left.key: left.why for left in made.left}
    assert set(said) == {"flip_aug", "nonsense", "scale_weight_norms"}
    assert "mirrored" in said["flip_aug"]
    assert "not known" in said["nonsense"]


def test_network_and_optimizer_arguments_are_read() -> None:
    text = """
network_module = "lycoris.kohya"
network_args = ["algo=lokr", "factor=4", "conv_dim=8", "preset=full"]
optimizer_type = "adamw8BIT"
optimizer_args = ["weight_decay=0.1", "betas=0.8,0.95", "eps=1e-6"]
"""
    made = import_recipe(text, "a.toml")
    assert (made.recipe.lora.kind, made.recipe.lora.factor, made.recipe.lora.conv_rank) == ("lokr", 4, 8)
    assert made.recipe.lora.targets == "attention_mlp_conv"
    optim = made.recipe.optim
    assert (optim.optimizer, optim.weight_decay, optim.beta1, optim.beta2) == ("adamw8bit", 0.1, 0.8, 0.95)
    assert {(left.key, left.value) for left in made.left} == {
        ("network_args.preset", "full"),
        ("optimizer_args.eps", "1e-6"),
    }


def test_a_windows_json_of_kohya_ss_is_read() -> None:
    window = {
        "LoRA_type": "LyCORIS/LoKr",
        "factor": 8,
        "conv_dim": 1,
        "network_dim": 16,
        "network_alpha": 8,
        "learning_rate": 2e-4,
        "unet_lr": 0,
        "text_encoder_lr": 0,
        "optimizer": "Prodigy",
        "lr_scheduler": "cosine",
        "lr_warmup": 10,
        "max_resolution": "768,1024",
        "enable_bucket": True,
        "max_train_steps": 0,
        "epoch": 7,
        "min_snr_gamma": 0,
        "optimizer_args": "weight_decay=0.2",
    }
    window["learning_rate"] = 1.0
    recipe = import_recipe(json.dumps(window), "mine.json").recipe
    assert (recipe.lora.kind, recipe.lora.rank, recipe.lora.alpha) == ("lokr", 16, 8.0)
    assert (recipe.optim.optimizer, recipe.optim.lr, recipe.optim.weight_decay) == ("prodigy", 1.0, 0.2)
    # Both rates at 0: the window hands kohya neither, so that both parts go by the rate of all.
    assert recipe.text.encoder_lr == 1.0
    assert recipe.schedule.epochs == 7
    assert recipe.buckets.resolution == 887
    assert (recipe.schedule.warmup, recipe.schedule.warmup_share) == (0, 0.1)


def test_a_onetrainer_preset_is_read() -> None:
    preset = {
        "training_method": "LORA",
        "model_type": "STABLE_DIFFUSION_XL_10_BASE",
        "learning_rate": 0.0003,
        "batch_size": 4,
        "resolution": "1024",
        "lora_rank": 16,
        "lora_alpha": 1.0,
        "layer_filter_preset": "attn-mlp",
        "text_encoder": {"train": False},
        "text_encoder_2": {"train": False},
        "optimizer": {"optimizer": "ADAMW", "weight_decay": 0.02, "fused": True},
        "loss_weight_fn": "MIN_SNR_GAMMA",
        "train_dtype": "BFLOAT_16",
        "dataloader_threads": 2,
    }
    made = import_recipe(json.dumps(preset), "preset.json")
    recipe = made.recipe
    assert made.format == "OneTrainer JSON"
    assert (recipe.lora.rank, recipe.lora.alpha, recipe.optim.lr, recipe.schedule.batch) == (16, 1.0, 3e-4, 4)
    assert (recipe.text.encoder_lr, recipe.optim.weight_decay, recipe.loss.min_snr_gamma) == (0.0, 0.02, 5.0)
    assert made.left == ()
    assert {"optimizer.fused", "dataloader_threads"} <= set(made.neutral)


@pytest.mark.parametrize(
    ("text", "file", "said"),
    [
        ("network_dim = ", "a.toml", r"a\.toml cannot be read"),
        ("- 1\n- 2\n", "a.yaml", "holds no settings"),
        ("!!python/object/apply:os.system ['true']", "a.yaml", "cannot be read"),
        ("{}", "a.json", "holds no settings"),
        ('{"hello": 1}', "a.json", "no recipe of Likeness, kohya_ss or OneTrainer"),
        ("job: extension\nconfig: {}\n", "a.yaml", "ai-toolkit job for a model it does not name"),
        ("[[datasets]]\nresolution = 512\n", "a.toml", "dataset file"),
        ("[" * 100_000, "a.json", "cannot be read"),
        ("x" * (2 << 20), "a.toml", "larger than 1 MiB"),
        (
            '{"lora": {"rank": "x", "alpha": true}, "schedule": {}}',
            "a.json",
            r"(?s)lora.rank is 'x'.*lora.alpha is True",
        ),
        ('{"lora": {}, "schedule": {}, "loss": 5}', "a.json", "loss is 5; it must hold settings"),
        ('{"lora": {}, "schedule": {}, "output": {"samples": "one"}}', "a.json", "must be a list of texts"),
        ('{"lora": {}, "schedule": {}, "seed": true}', "a.json", "seed is True; it must be a whole number"),
    ],
)
def test_bad_files_are_refused_in_one_sentence(text: str, file: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        import_recipe(text, file)


KEYS = """
    network_dim network_alpha network_module network_args learning_rate unet_lr text_encoder_lr optimizer_type
    optimizer_args lr_scheduler lr_warmup_steps max_train_steps max_train_epochs resolution min_bucket_reso seed
    min_snr_gamma loss_type huber_c mixed_precision save_every_n_steps save_last_n_steps clip_skip LoRA_type conv_dim
    conv_alpha factor dora_wd lr_warmup epoch max_resolution optimizer lora_rank lora_alpha text_encoder ema epochs
    train_dtype layer_filter_preset learning_rate_scheduler sample_after sample_after_unit gradient_checkpointing
    lora schedule loss output text prior buckets memory optim seeds additional_parameters LyCORIS_preset unit v2
    training_method model_type peft_type layer_filter unet text_encoder_2 learning_rate_warmup_steps batch_size
    resolution loss_weight_fn masked_training subsets datasets args lr_scheduler_type lr_scheduler_args warmup_ratio
    max_grad_norm noise_offset_type noise_offset bucket_reso_steps enable_bucket config job process model_family
    lora_type optimizer_type flux_lora_target flow_schedule_shift base_model_precision lr_end timestep_sampling
    quantize_base_model blocks_to_swap t5xxl_max_token_length
"""
JOB_KEYS = """
    type linear linear_alpha conv network_kwargs only_if_contains lokr_factor save_every max_step_saves_to_keep dtype
    steps lr gradient_accumulation gradient_accumulation_steps optimizer optimizer_params betas weight_decay ema_config
    use_ema timestep_type do_guidance_loss guidance_loss_target lr_scheduler lr_scheduler_params eta_min resolution
    caption_dropout_rate bucket_tolerance is_reg arch name_or_path is_flux quantize qtype sample_every prompts samples
"""
NAMES = st.sampled_from(KEYS.split())
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.sampled_from(["0", "1e3", "ON"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=150, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=8), st.sampled_from(["a.json", "a.yaml"]))
def test_no_file_whatever_it_holds_ends_in_anything_but_a_sentence(values: dict[str, Any], file: str) -> None:
    with contextlib.suppress(RecipeError):
        import_recipe(json.dumps(values), file)


JOB_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.sampled_from(["1e-4", "flux"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(JOB_KEYS.split()), inner, max_size=3),
    max_leaves=6,
)
SECTIONS = st.sampled_from(["network", "train", "model", "save", "sample", "datasets", "type", "training_seed"])


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(SECTIONS, JOB_VALUES, max_size=6))
def test_no_job_whatever_it_holds_ends_in_anything_but_a_sentence(sections: dict[str, Any]) -> None:
    process = {"type": "sd_trainer", "network": {}, "model": {"arch": "flux"}, **sections}
    with contextlib.suppress(RecipeError):
        import_recipe(json.dumps({"job": "extension", "config": {"process": [process]}}), "a.json")


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=6), st.sampled_from(["flux", "sdxl"]))
def test_no_configuration_whatever_it_holds_ends_in_anything_but_a_sentence(values: Any, family: str) -> None:
    with contextlib.suppress(RecipeError):
        import_recipe(json.dumps({**values, "model_family": family, "model_type": "lora"}), "config.json")


@settings(max_examples=30, deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=6))
def test_no_file_of_flux_whatever_it_holds_ends_in_anything_but_a_sentence(values: Any) -> None:
    with contextlib.suppress(RecipeError):
        import_recipe(json.dumps({**values, "network_module": "networks.lora_flux"}), "a.yaml")


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200), st.sampled_from(["a.sh", "a.env", "pasted"]))
def test_no_text_whatever_it_holds_ends_in_anything_but_a_sentence(text: str, file: str) -> None:
    for start in ("", "accelerate launch x_train.py ", "MODEL_FAMILY=flux\nTRAINER_EXTRA_ARGS=", "MODEL_TYPE='"):
        with contextlib.suppress(RecipeError):
            import_recipe(start + text, file)


def test_a_dataset_is_written_as_kohya_reads_it(tiny_dataset: Dataset, tmp_path: Path) -> None:
    recipe = PRESETS["Illustrious"].recipe
    train = tiny_dataset.with_samples(tiny_dataset.train)
    folder = train.train[0].path.parent
    made = tomllib.loads(kohya_dataset(recipe, train, train))
    (dataset,) = made["datasets"]
    assert dataset["resolution"] == 1024
    assert dataset["subsets"] == [
        {"image_dir": folder.as_posix(), "num_repeats": 1, "class_tokens": "sage_character"},
        {"image_dir": folder.as_posix(), "num_repeats": 1, "class_tokens": "person", "is_reg": True},
    ]
    with pytest.raises(DatasetError, match="held-out"):
        kohya_dataset(recipe, tiny_dataset)
    mixed = train.with_samples((replace(train.train[0], repeats=4), *train.train[1:]))
    with pytest.raises(DatasetError, match="different repeats"):
        kohya_dataset(recipe, mixed)


def test_yaml_aliases_are_refused_before_they_unfold() -> None:
    rows = ["a: &a [x,x,x,x,x,x,x,x,x]"] + [
        f"{name}: &{name} [{','.join([f'*{before}'] * 9)}]" for before, name in zip("abcdefg", "bcdefgh", strict=True)
    ]
    with pytest.raises(RecipeError, match=r"mine.yaml cannot be read: it repeats parts by YAML aliases"):
        import_recipe("\n".join(rows), "mine.yaml")
    with pytest.raises(RecipeError, match="aliases"):
        import_recipe("base: &base {network_dim: 8}\n<<: *base\n", "mine.yaml")
    assert import_recipe("network_dim: &rank 8\n", "mine.yaml").recipe.lora.rank == 8


@pytest.mark.parametrize(
    "text",
    [
        "\n".join(f"key_{number} = {number}" for number in range(20_000)),
        f"nonsense = '{'x' * 500_000}'",
        f"{'k' * 500_000} = 1",
        f"nonsense = [{','.join(['[1,2,3,4,5,6,7,8,9,10,11,12]'] * 9000)}]",
        f"nonsense = {{a.{'.'.join(['b'] * 5000)} = 1}}",
        f"nonsense = 0x{'f' * 100_000}",
        f"network_args = ['{'y' * 300_000}=1']",
    ],
)
def test_what_is_said_of_a_file_is_bounded_whatever_it_holds(text: str) -> None:
    left = left_lines(import_recipe(f"network_dim = 8\n{text}", "mine.toml").left)
    assert left
    assert len("\n".join(left)) < 20_000


@pytest.mark.parametrize(
    "text",
    [
        f"network_alpha = '{'x' * 500_000}'",
        f"optimizer_type = '{'x' * 500_000}'",
        f"learning_rate = [{','.join(['1'] * 100_000)}]",
        f"lr_scheduler = 0x{'f' * 100_000}",
        f"network_args = [0x{'f' * 100_000}]",
        f"network_module = '{'x' * 500_000}'",
        f"= {'x' * 500_000}",
    ],
)
def test_what_is_said_of_one_bad_value_is_bounded_too(text: str) -> None:
    try:
        said = left_lines(import_recipe(f"network_dim = 8\n{text}", "mine.toml").left)
    except RecipeError as fault:
        said = [str(fault)]
    assert said
    assert all(len(line) < 1000 for line in said)


@pytest.mark.parametrize("part", ["A", " ", "train", '"a', "\\ "])
def test_a_long_line_that_starts_no_trainer_is_refused_in_a_moment(part: str) -> None:
    begun = time.process_time()
    with pytest.raises(RecipeError):
        import_recipe(part * (300_000 // len(part)) + "x", "mine.sh")
    assert time.process_time() - begun < 5


def test_numbers_of_many_digits_are_read_in_a_moment() -> None:
    begun = time.process_time()
    kohya = export_recipe(next(iter(PRESETS.values())).recipe, "kohya TOML").text
    text = kohya + f"\noptimizer_args = ['betas={'1' * 300_000}x']\n"
    with contextlib.suppress(RecipeError):
        import_recipe(text, "mine.toml")
    assert time.process_time() - begun < 5


def test_half_a_letter_is_no_crash() -> None:
    for file in ("mine.toml", "mine.yaml", "mine.json", "mine.sh"):
        with pytest.raises(RecipeError):
            import_recipe("\ud800 nothing", file)
