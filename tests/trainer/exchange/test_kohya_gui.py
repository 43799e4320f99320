"""kohya_ss' window: what its fields mean, by its own way from them to kohya's options."""

import json

import pytest

from tests.trainer.exchange.settings import window
from trainer.errors import RecipeError
from trainer.exchange.formats import Imported, import_recipe


def told(made: Imported) -> dict[str, str]:
    return {left.key: left.why for left in made.left}


def kohya_ss(**typed: object) -> Imported:
    return import_recipe(window(**typed), "a.json")


def test_every_value_is_what_kohya_ss_would_hand_to_kohya() -> None:
    made = kohya_ss()
    recipe = made.recipe
    assert (recipe.lora.rank, recipe.lora.alpha, recipe.lora.targets) == (16, 8.0, "attention_mlp")
    assert (recipe.optim.optimizer, recipe.optim.lr, recipe.text.encoder_lr) == ("adamw", 3e-4, 1e-4)
    assert (recipe.optim.weight_decay, recipe.optim.beta1, recipe.optim.beta2) == (0.1, 0.9, 0.99)
    assert (recipe.schedule.epochs, recipe.schedule.warmup_share, recipe.schedule.accumulation) == (160, 0.05, 2)
    assert (recipe.loss.noise_offset, recipe.loss.min_snr_gamma, recipe.seed) == (0.04, 5.0, 1234)
    assert (recipe.memory.precision, recipe.output.precision) == ("bf16", "bf16")
    assert (recipe.buckets.resolution, recipe.buckets.shortest, recipe.buckets.longest) == (1024, 256, 2048)
    assert told(made) == {}


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("LyCORIS/iA3", "an iA3"),
        ("LyCORIS/BOFT", "a BOFT"),
        ("LyCORIS/Diag-OFT", "an OFT"),
        ("LyCORIS/DyLoRA", "a DyLoRA"),
        ("Kohya DyLoRA", "a DyLoRA"),
        ("LyCORIS/GLoRA", "a GLoRA"),
        ("LyCORIS/LoHa", "a LoHa"),
        ("Kohya LoHa", "a LoHa"),
        ("LoRA-FA", "a LoRA-FA"),
        ("LyCORIS/Native Fine-Tuning", "whole weights"),
        ("Flux1 OFT", "an OFT"),
        ("Anima", "Anima"),
        ("Lumina", "Lumina"),
        ("HunyuanImage-2.1", "HunyuanImage"),
        ("LyCORIS/Newest", "'LyCORIS/Newest', which is not known here"),
    ],
)
def test_a_kind_of_lora_that_is_not_trained_here_is_never_a_plain_one(kind: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        kohya_ss(LoRA_type=kind)


@pytest.mark.parametrize("box", ["sd3_checkbox", "anima_checkbox", "v2"])
def test_a_model_that_is_not_trained_here_is_named(box: str) -> None:
    with pytest.raises(RecipeError, match="is not trained here yet"):
        kohya_ss(**{box: True})


def test_flux_is_read_by_its_own_fields_and_needs_its_own_network() -> None:
    typed = {"flux1_checkbox": True, "sdxl": False, "discrete_flow_shift": 3.1, "timestep_sampling": "shift"}
    typed |= {"guidance_scale": 1, "model_prediction_type": "raw", "train_blocks": "single", "fp8_base": True}
    typed |= {"flux1_cache_text_encoder_outputs": True, "t5xxl_max_token_length": 256, "blocks_to_swap": 12}
    made = kohya_ss(LoRA_type="Flux1", **typed)
    recipe = made.recipe
    assert (recipe.lora.targets, recipe.lora.rank, recipe.flow.sampling) == ("single_blocks", 16, "shift")
    assert (recipe.flow.shift, recipe.flow.guidance, recipe.flow.text_tokens) == (3.1, 1.0, 0)
    assert (recipe.memory.quantization, recipe.memory.swapped_blocks) == ("fp8", 12)
    assert (recipe.text.encoder_lr, recipe.loss.min_snr_gamma) == (0.0, 0.0)
    assert set(typed) <= {*made.used, *made.neutral}
    with pytest.raises(RecipeError, match="FLUX.1 by a LoRA_type 'Standard', which kohya cannot: Flux1 can"):
        kohya_ss(flux1_checkbox=True)


def test_conv_dim_counts_only_with_locon() -> None:
    assert kohya_ss().recipe.lora.conv_rank == 0
    locon = kohya_ss(LoRA_type="Kohya LoCon").recipe.lora
    assert (locon.targets, locon.conv_rank, locon.conv_alpha) == ("attention_mlp_conv", 64, 64.0)
    lycoris = kohya_ss(LoRA_type="LyCORIS/LoCon", LyCORIS_preset="attn-mlp").recipe.lora
    assert (lycoris.targets, lycoris.conv_rank) == ("attention_mlp", 0)


def test_epochs_stay_epochs_where_no_other_end_is_typed() -> None:
    assert kohya_ss().recipe.schedule.epochs == 160
    assert kohya_ss(max_train_epochs=12).recipe.schedule.epochs == 12
    steps = kohya_ss(max_train_steps="320").recipe.schedule
    assert (steps.epochs, steps.steps, steps.warmup) == (0, 320, 16)
    fields = json.loads(window())
    del fields["max_train_steps"]
    unnamed = import_recipe(json.dumps(fields), "a.json")
    assert unnamed.recipe.schedule.epochs == 160
    assert "1600" in told(unnamed)["epoch"]
    del fields["epoch"]
    assert import_recipe(json.dumps(fields), "a.json").recipe.schedule.steps == 1600


def test_a_rate_of_0_leaves_that_part_alone_and_two_go_by_the_rate_of_all() -> None:
    assert kohya_ss(text_encoder_lr=0).recipe.text.encoder_lr == 0.0
    both = kohya_ss(text_encoder_lr=0, unet_lr=0).recipe
    assert (both.optim.lr, both.text.encoder_lr) == (3e-4, 3e-4)
    with pytest.raises(RecipeError, match="text encoders alone"):
        kohya_ss(unet_lr=0)


def test_typed_warmup_steps_stand_above_a_percentage() -> None:
    made = kohya_ss(lr_warmup_steps=30)
    assert (made.recipe.schedule.warmup, made.recipe.schedule.warmup_share) == (30, 0.0)
    assert "lr_warmup" in told(made)


def test_only_the_chosen_kind_of_noise_counts() -> None:
    made = kohya_ss(noise_offset_type="Multires")
    assert made.recipe.loss.noise_offset == 0.0
    assert "multires_noise_iterations" in told(made)
    assert "multires_noise_iterations" not in told(kohya_ss())


def test_parameters_typed_behind_the_windows_own_stand_above_them() -> None:
    scheduler = '--lr_scheduler_type "CosineAnnealingLR" --lr_scheduler_args "T_max=9"'
    line = f"--network_train_unet_only --max_grad_norm=0.3 {scheduler}"
    made = kohya_ss(additional_parameters=line, lr_scheduler="constant")
    assert (made.recipe.text.encoder_lr, made.recipe.optim.grad_clip) == (0.0, 0.3)
    assert made.recipe.schedule.curve == "cosine"
    assert {"lr_scheduler_type", "lr_scheduler_args.T_max"} <= set(told(made))


def test_what_a_preset_leaves_out_is_what_the_window_starts_with() -> None:
    made = import_recipe('{"LoRA_type": "Standard"}', "a.json").recipe
    assert (made.lora.rank, made.lora.alpha, made.optim.lr, made.schedule.steps) == (8, 1.0, 1e-4, 1600)
    assert (made.schedule.curve, made.schedule.warmup, made.optim.optimizer) == ("cosine", 160, "adamw")
    assert (made.memory.precision, made.buckets.longest) == ("fp16", 2048)
    assert (
        import_recipe('{"LoRA_type": "Standard", "use_8bit_adam": true}', "a.json").recipe.optim.optimizer
        == "adamw8bit"
    )


def test_a_rate_that_the_windows_own_stand_above_is_told() -> None:
    made = import_recipe('{"LoRA_type": "Standard", "learning_rate": 0.0005}', "a.json")
    assert (made.recipe.optim.lr, "unet_lr" in told(made)["learning_rate"]) == (1e-4, True)


def test_kohyas_options_in_json_have_kohyas_defaults() -> None:
    made = import_recipe('{"network_dim": 8, "learning_rate": 0.0005, "unet_lr": ""}', "a.json").recipe
    assert (made.optim.lr, made.text.encoder_lr, made.schedule.curve, made.schedule.warmup) == (
        5e-4,
        5e-4,
        "constant",
        0,
    )
    assert (made.schedule.steps, made.schedule.epochs, made.memory.precision) == (1600, 0, "fp32")


def test_a_field_of_0_leaves_kohyas_own_default() -> None:
    made = kohya_ss(max_grad_norm=0, prior_loss_weight=0, network_alpha=0, seed="0").recipe
    assert (made.optim.grad_clip, made.prior.weight, made.lora.alpha, made.seed) == (1.0, 1.0, 1.0, 0)


@pytest.mark.parametrize(
    ("field", "value", "key"),
    [
        ("conv_dim", "wide", "network_args.conv_dim"),
        ("lr_warmup", [1], "lr_warmup"),
        ("network_dim", "many", "network_dim"),
        ("epoch", "soon", "max_train_epochs"),
        ("train_batch_size", "two", "train_batch_size"),
    ],
)
def test_one_bad_field_never_sinks_the_preset(field: str, value: object, key: str) -> None:
    made = kohya_ss(**{"LoRA_type": "Kohya LoCon", field: value})
    assert key in told(made)
    assert made.recipe.loss.min_snr_gamma == 5.0


def test_a_preset_for_a_whole_model_is_named() -> None:
    fields = json.loads(window())
    for name in ("LoRA_type", "network_dim", "network_alpha"):
        del fields[name]
    with pytest.raises(RecipeError, match=r"(?s)a\.json holds no setting of a LoRA.*DreamBooth or fine-tuning"):
        import_recipe(json.dumps(fields), "a.json")
    with pytest.raises(RecipeError, match="an embedding"):
        import_recipe(json.dumps(fields | {"num_vectors_per_token": 4}), "a.json")
