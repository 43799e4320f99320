"""OneTrainer's files: presets hold only what differs from its defaults, whole ones hold everything."""

from typing import Any

import pytest

from tests.trainer.exchange.settings import onetrainer
from trainer.errors import RecipeError
from trainer.exchange.formats import Imported, import_recipe

PLACES = {"base_model_name", "output_model_destination"}


def told(made: Imported) -> dict[str, str]:
    return {left.key: left.why for left in made.left if left.key not in PLACES}


def one(**typed: Any) -> Imported:
    return import_recipe(onetrainer(**typed), "a.json")


def test_a_preset_of_differences_has_onetrainers_defaults_for_the_rest() -> None:
    made = one()
    recipe = made.recipe
    assert (recipe.lora.rank, recipe.lora.alpha, recipe.lora.targets) == (16, 1.0, "attention_mlp")
    assert (recipe.optim.optimizer, recipe.optim.lr, recipe.optim.weight_decay) == ("adamw", 3e-4, 0.01)
    assert (recipe.schedule.epochs, recipe.schedule.batch, recipe.schedule.warmup) == (100, 4, 200)
    assert (recipe.schedule.curve, recipe.loss.min_snr_gamma, recipe.text.encoder_lr) == ("constant", 0.0, 0.0)
    assert (recipe.memory.precision, recipe.output.precision) == ("fp16", "fp32")
    assert (recipe.buckets.resolution, recipe.memory.gradient_checkpointing) == (1024, True)
    assert told(made) == {}


def test_the_least_a_preset_can_hold_is_read() -> None:
    recipe = import_recipe('{"training_method": "LORA"}', "a.json").recipe
    assert (recipe.optim.lr, recipe.buckets.resolution, recipe.schedule.batch) == (3e-6, 512, 1)
    assert recipe.lora.targets == "attention_mlp_conv"


def test_text_encoders_learn_for_30_epochs_unless_the_preset_says_otherwise() -> None:
    text = one(model_type="STABLE_DIFFUSION_15", text_encoder={"weight_dtype": "FLOAT_16"}).recipe.text
    assert (text.encoder_lr, text.encoder_share, text.encoder_steps) == (3e-4, 0.3, 0)
    own = one(text_encoder={"learning_rate": 5e-5, "stop_training_after_unit": "NEVER"}).recipe.text
    assert (own.encoder_lr, own.encoder_share) == (5e-5, 0.0)
    steps = {"stop_training_after": 90, "stop_training_after_unit": "STEP"}
    assert one(text_encoder=steps, gradient_accumulation_steps=3).recipe.text.encoder_steps == 30
    assert one(text_encoder={}, epochs=20).recipe.text.encoder_share == 0.0
    hours = {"stop_training_after": 1, "stop_training_after_unit": "HOUR"}
    assert "text_encoder.stop_training_after" in told(one(text_encoder=hours))


def test_the_text_encoder_that_a_model_has_not_counts_for_nothing() -> None:
    made = one(model_type="STABLE_DIFFUSION_15", text_encoder={"train": False}, text_encoder_2={"train": True})
    assert made.recipe.text.encoder_lr == 0.0
    assert told(made) == {}
    both = one(text_encoder={"train": False}, text_encoder_2={"train": True, "learning_rate": 1e-5})
    assert both.recipe.text.encoder_lr == 1e-5
    assert "text_encoder_2" in told(both)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("QWEN", "Qwen-Image"),
        ("KREA_2", "Krea 2"),
        ("CHROMA_1", "Chroma"),
        ("STABLE_DIFFUSION_35", "Stable Diffusion 3.5"),
        ("STABLE_DIFFUSION_21", "Stable Diffusion 2.1"),
        ("STABLE_DIFFUSION_XL_10_BASE_INPAINTING", "SDXL for inpainting"),
        ("SOMETHING_NEW_9", "'SOMETHING_NEW_9'"),
    ],
)
def test_a_model_that_is_not_trained_here_is_named(model: str, said: str) -> None:
    with pytest.raises(RecipeError, match=f"a.json trains {said}, which is not trained here yet"):
        one(model_type=model)


FLUX: dict[str, Any] = {
    "model_type": "FLUX_DEV_1",
    "base_model_name": "black-forest-labs/FLUX.1-dev",
    "layer_filter_preset": "blocks",
    "layer_filter": "transformer_block",
    "transformer": {"train": True, "weight_dtype": "NFLOAT_4", "guidance_scale": 2.0, "offload_fraction": 0.5},
    "text_encoder_2": {"train": False, "weight_dtype": "FLOAT_8"},
    "timestep_distribution": "LOGIT_NORMAL",
    "dynamic_timestep_shifting": True,
    "noising_weight": 0.2,
    "train_dtype": "BFLOAT_16",
}


def test_settings_of_flux_are_read() -> None:
    made = one(**FLUX)
    recipe = made.recipe
    assert (recipe.lora.targets, recipe.lora.rank, recipe.lora.alpha) == ("all", 16, 1.0)
    assert (recipe.flow.sampling, recipe.flow.sigmoid_scale, recipe.flow.guidance) == ("flux_shift", 1.2, 2.0)
    assert (recipe.memory.quantization, recipe.memory.text_quantization, recipe.flow.text_tokens) == ("nf4", "fp8", 77)
    assert (recipe.text.encoder_lr, recipe.loss.min_snr_gamma) == (0.0, 0.0)
    assert set(told(made)) == {"transformer.offload_fraction", "text_encoder_2_sequence_length"}


@pytest.mark.parametrize(
    ("typed", "sampling", "shift"),
    [
        ({"dynamic_timestep_shifting": False}, "sigmoid", 0.0),
        ({"dynamic_timestep_shifting": False, "timestep_shift": 3.0}, "shift", 3.0),
        ({"timestep_distribution": "UNIFORM", "dynamic_timestep_shifting": False}, "uniform", 0.0),
        ({"timestep_distribution": "HEAVY_TAIL"}, "uniform", 0.0),
    ],
)
def test_noise_levels_of_flux_are_drawn_as_there(typed: dict[str, Any], sampling: str, shift: float) -> None:
    made = one(**FLUX | typed)
    assert (made.recipe.flow.sampling, made.recipe.flow.shift) == (sampling, shift)
    is_told = "timestep_distribution" in {left.key for left in made.left}
    assert is_told == (typed.get("timestep_distribution") == "HEAVY_TAIL")


def test_other_flow_bases_and_what_is_none_of_them() -> None:
    klein = one(model_type="FLUX_2", base_model_name="black-forest-labs/FLUX.2-klein-base-9B", transformer={})
    assert (klein.recipe.flow.text_tokens, klein.recipe.memory.quantization) == (0, "none")
    turbo = one(model_type="Z_IMAGE", layer_filter_preset="attn-only", transformer={"weight_dtype": "INT_W8A8"})
    assert (turbo.recipe.lora.targets, turbo.recipe.memory.quantization) == ("attention", "int8_w8a8")
    with pytest.raises(RecipeError, match=r"trains FLUX\.2 dev, which is not trained here yet"):
        one(model_type="FLUX_2", base_model_name="black-forest-labs/FLUX.2-dev")
    with pytest.raises(RecipeError, match="FLUX"):
        one(model_type="FLUX_DEV_1", training_method="FINE_TUNE")


@pytest.mark.parametrize(
    ("method", "said"), [("EMBEDDING", "an embedding"), ("FINE_TUNE", "a whole model"), ("FINE_TUNE_VAE", "a VAE")]
)
def test_what_is_no_lora_is_named(method: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        one(training_method=method)


@pytest.mark.parametrize(("kind", "said"), [("LOHA", "a LoHa"), ("OFT_2", "an OFT")])
def test_a_kind_of_adapter_that_is_not_trained_here_is_named(kind: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        one(peft_type=kind)
    lokr = one(peft_type="LOKR", lokr_dim=6, lokr_decompose_factor=4).recipe.lora
    assert (lokr.kind, lokr.rank, lokr.factor) == ("lokr", 6, 4)


def test_restarts_are_those_of_onetrainer() -> None:
    hard = one(learning_rate_scheduler="COSINE_WITH_HARD_RESTARTS", learning_rate_cycles=3)
    assert (hard.recipe.schedule.curve, hard.recipe.schedule.cycles) == ("cosine_with_restarts", 3)
    assert told(hard) == {}
    soft = one(learning_rate_scheduler="COSINE_WITH_RESTARTS")
    assert soft.recipe.schedule.cycles == 1
    assert "rises slowly" in told(soft)["learning_rate_scheduler"]


def test_a_warmup_is_in_batches_or_up_to_1_a_share_of_the_real_total() -> None:
    assert one(learning_rate_warmup_steps=200, gradient_accumulation_steps=4).recipe.schedule.warmup == 50
    share = one(learning_rate_warmup_steps=0.2).recipe.schedule
    assert (share.warmup, share.warmup_share) == (0, 0.2)
    assert "learning_rate_warmup_steps" in told(one(learning_rate_warmup_steps=1))


def test_saving_and_sampling_go_by_batches_there_and_by_updates_here() -> None:
    typed = {"save_every": 400, "save_every_unit": "STEP", "sample_after": 2, "sample_after_unit": "STEP"}
    output = one(gradient_accumulation_steps=4, **typed).recipe.output
    assert (output.save_every, output.sample_every) == (100, 1)


def test_precisions_are_onetrainers() -> None:
    made = one(train_dtype="BFLOAT_16", output_dtype="FLOAT_16").recipe
    assert (made.memory.precision, made.output.precision) == ("bf16", "fp16")
    assert one(unet={"weight_dtype": "NFLOAT_4"}).recipe.memory.quantization == "nf4"
    near = one(unet={"weight_dtype": "FLOAT_W8A8", "offload_fraction": 0.5})
    assert near.recipe.memory.quantization == "fp8"
    assert {"unet.weight_dtype", "unet.offload_fraction"} <= set(told(near))
    assert not one(unet={"gradient_checkpointing": False}).recipe.memory.gradient_checkpointing
    assert not one(gradient_checkpointing="OFF").recipe.memory.gradient_checkpointing
    assert not one(gradient_checkpointing=False).recipe.memory.gradient_checkpointing


@pytest.mark.parametrize(
    ("optimizer", "ours", "decay", "beta2"),
    [
        ("ADAMW", "adamw", 0.01, 0.999),
        ("ADAMW_8BIT", "adamw8bit", 0.01, 0.999),
        ("LION_8BIT", "lion8bit", 0.0, 0.99),
        ("ADAFACTOR", "adafactor", 0.0, 0.999),
        ("PRODIGY", "prodigy", 0.0, 0.999),
        ("SCHEDULE_FREE_ADAMW", "schedulefree", 0.01, 0.999),
    ],
)
def test_optimizers_have_onetrainers_defaults(optimizer: str, ours: str, decay: float, beta2: float) -> None:
    optim = one(optimizer={"optimizer": optimizer}, learning_rate=1.0).recipe.optim
    assert (optim.optimizer, optim.weight_decay, optim.beta2) == (ours, decay, beta2)


def test_an_optimizer_that_is_not_here_is_told() -> None:
    made = one(optimizer={"optimizer": "MUON"})
    assert made.recipe.optim.optimizer == "adamw"
    assert "adamw is taken" in told(made)["optimizer.optimizer"]


def test_a_scaled_rate_is_what_onetrainer_would_train_at() -> None:
    assert one(learning_rate=1e-4, learning_rate_scaler="BATCH").recipe.optim.lr == pytest.approx(2e-4)
    both = one(learning_rate=1e-4, learning_rate_scaler="BOTH", gradient_accumulation_steps=4)
    assert both.recipe.optim.lr == pytest.approx(4e-4)
    assert one(unet={"learning_rate": 5e-5}).recipe.optim.lr == 5e-5


@pytest.mark.parametrize(
    ("layers", "targets"),
    [("attn", "attention"), ("attentions", "attention_mlp"), ("attentions,resnets,samplers", "attention_mlp_conv")],
)
def test_a_filter_of_layers_stands_above_the_presets_name(layers: str, targets: str) -> None:
    made = one(layer_filter=layers, layer_filter_preset="custom")
    assert made.recipe.lora.targets == targets
    assert told(made) == {}
    assert "layer_filter" in told(one(layer_filter="down_blocks.1", layer_filter_preset="custom"))


def test_a_setting_that_changes_the_training_and_has_no_counterpart_is_told() -> None:
    other = {
        "timestep_distribution": "LOGIT_NORMAL",
        "max_noising_strength": 0.8,
        "dropout_probability": 0.1,
        "loss_weight_fn": "P2",
        "huber_strength": 1.0,
        "perturbation_noise_weight": 0.1,
    }
    assert set(other) <= set(told(one(**other)))
    assert told(one(timestep_distribution="UNIFORM", max_noising_strength=1.0, dropout_probability=0.0)) == {}


def test_an_older_file_is_read_by_its_older_names() -> None:
    old = {
        "training_method": "LORA",
        "model_type": "STABLE_DIFFUSION_15",
        "optimizer": "ADAMW_8BIT",
        "optimizer_weight_decay": 0.05,
        "optimizer_beta2": 0.98,
        "train_text_encoder": True,
        "train_text_encoder_epochs": 5,
        "text_encoder_learning_rate": 2e-5,
        "unet_learning_rate": 1e-4,
        "epochs": 10,
        "min_snr_gamma": 4,
        "lora_layer_preset": "attn-mlp",
        "save_after": 50,
        "save_after_unit": "STEP",
    }
    import json

    recipe = import_recipe(json.dumps(old), "a.json").recipe
    assert (recipe.optim.optimizer, recipe.optim.weight_decay, recipe.optim.beta2) == ("adamw8bit", 0.05, 0.98)
    assert (recipe.optim.lr, recipe.text.encoder_lr, recipe.text.encoder_share) == (1e-4, 2e-5, 0.5)
    assert (recipe.loss.min_snr_gamma, recipe.lora.targets, recipe.output.save_every) == (4.0, "attention_mlp", 50)


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ({"lora_rank": "many"}, "lora_rank"),
        ({"lora_rank": 0}, "lora_rank"),
        ({"epochs": -1}, "epochs"),
        ({"batch_size": "four"}, "batch_size"),
        ({"optimizer": ["ADAMW"]}, "optimizer"),
        ({"unet": "all"}, "unet"),
        ({"resolution": "large"}, "resolution"),
        ({"train_dtype": "FLOAT_8"}, "train_dtype"),
        ({"learning_rate": -1}, "learning_rate"),
        ({"learning_rate_min_factor": 4}, "learning_rate_min_factor"),
        ({"loss_weight_fn": 3}, "loss_weight_fn"),
    ],
)
def test_one_bad_value_never_sinks_the_file(typed: dict[str, Any], key: str) -> None:
    made = one(lora_alpha=2.0, **typed)
    assert key in told(made)
    assert made.recipe.lora.alpha == 2.0


def test_a_whole_file_of_onetrainers_defaults_loses_nothing() -> None:
    part = {"__version": 0, "model_name": "", "include": True, "train": True, "learning_rate": None}
    part |= {"stop_training_after_unit": "NEVER", "weight_dtype": "FLOAT_32", "attention_mask": False}
    whole: dict[str, Any] = {
        "__version": 11,
        "debug_mode": False,
        "tensorboard": True,
        "concepts": None,
        "learning_rate_scaler": "NONE",
        "loss_scaler": "NONE",
        "mse_strength": 1.0,
        "huber_delta": 1.0,
        "clip_grad_norm": 1.0,
        "layer_filter": "attentions",
        "timestep_distribution": "UNIFORM",
        "additional_embeddings": [],
        "optimizer": {"__version": 0, "optimizer": "ADAMW", "amsgrad": False, "eps": 1e-8, "fused": True, "k": None},
        "optimizer_defaults": {"ADAMW": {"optimizer": "ADAMW"}},
        "transformer": part,
        "unet": part,
        "text_encoder": part | {"train": False},
        "text_encoder_2": part | {"train": False},
        "lokr_dim": 16,
        "oft_block_size": 32,
        "sample_after_unit": "NEVER",
        "save_every_unit": "NEVER",
        "secrets": {"huggingface_token": ""},
    }
    assert told(one(**whole)) == {}
    assert "optimizer.amsgrad" in told(one(optimizer={"optimizer": "ADAMW", "amsgrad": True}))


def test_secrets_of_a_file_are_not_repeated() -> None:
    made = one(secrets={"huggingface_token": "hf_secret"}, cloud={"password": "pass_secret"})
    assert "secret" not in "".join(left.sentence for left in made.left)
