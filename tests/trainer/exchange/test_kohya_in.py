"""kohya's files: networks, optimizers, schedules and headings, each value as kohya's own code would use it."""

from typing import Any

import pytest

from tests.trainer.exchange.settings import KOHYA_TOML, LORA_EASY
from trainer.errors import RecipeError
from trainer.exchange.formats import Imported, import_recipe

LORA = "network_module = 'networks.lora'\nnetwork_dim = 8\n"


def told(made: Imported) -> dict[str, str]:
    return {left.key: left.why for left in made.left}


def kohya(text: str) -> Imported:
    return import_recipe(LORA + text, "a.toml")


def test_every_value_is_what_kohyas_code_would_use() -> None:
    recipe = import_recipe(KOHYA_TOML, "a.toml").recipe
    lora, optim, schedule, text = recipe.lora, recipe.optim, recipe.schedule, recipe.text
    assert (lora.kind, lora.rank, lora.alpha) == ("lora", 24, 12.0)
    # Without conv_alpha kohya takes 1, not the alpha of the rest.
    assert (lora.targets, lora.conv_rank, lora.conv_alpha) == ("attention_mlp_conv", 8, 1.0)
    assert (optim.optimizer, optim.lr, optim.weight_decay) == ("adamw", 2e-4, 0.05)
    assert (optim.beta1, optim.beta2, optim.grad_clip) == (0.9, 0.95, 0.5)
    assert (schedule.steps, schedule.batch, schedule.accumulation, schedule.warmup) == (900, 3, 2, 30)
    assert (schedule.curve, schedule.power) == ("polynomial", 2.0)
    assert (text.encoder_lr, text.dropout, text.tag_dropout, text.keep_tokens) == (4e-5, 0.05, 0.1, 2)
    assert (text.shuffle, text.clip_skip, recipe.seed) == (True, 2, 11)
    assert (recipe.loss.min_snr_gamma, recipe.loss.noise_offset, recipe.prior.weight) == (4.0, 0.03, 0.8)
    assert (recipe.memory.precision, recipe.memory.cache, recipe.memory.gradient_checkpointing) == (
        "bf16",
        "disk",
        True,
    )
    assert (recipe.output.precision, recipe.output.save_every, recipe.output.keep_last) == ("fp16", 100, 3)
    assert (recipe.output.sample_every, recipe.buckets.resolution) == (50, 1016)
    assert (recipe.buckets.shortest, recipe.buckets.longest, recipe.buckets.step) == (384, 1600, 32)


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("networks.lora_sd3", "Stable Diffusion 3"),
        ("networks.lora_lumina", "Lumina"),
        ("networks.lora_anima", "Anima"),
        ("networks.lora_hunyuan_image", "HunyuanImage"),
        ("networks.oft_flux", "an OFT"),
        ("networks.lora_zimage", r"a\.toml trains Z-Image, whose settings are read of ai-toolkit, SimpleTuner"),
        ("networks.lora_wan", "Wan"),
        ("networks.lora_fa", "a LoRA-FA"),
        ("networks.oft", "an OFT"),
        ("networks.dylora", "a DyLoRA"),
        ("networks.loha", "a LoHa"),
        ("my.own.network", "'my.own.network', which is not known here"),
    ],
)
def test_a_network_that_is_not_trained_here_is_never_a_plain_lora(module: str, said: str) -> None:
    with pytest.raises(RecipeError, match=said):
        import_recipe(f"network_module = '{module}'\nnetwork_dim = 8\n", "a.toml")


@pytest.mark.parametrize("algorithm", ["loha", "ia3", "dylora", "diag-oft", "boft", "glora", "full", "tlora", "newest"])
def test_an_algorithm_of_lycoris_that_is_not_trained_here_is_refused(algorithm: str) -> None:
    with pytest.raises(RecipeError, match="which is not trained here"):
        import_recipe(f"network_module = 'lycoris.kohya'\nnetwork_args = ['algo={algorithm}']\n", "a.toml")


@pytest.mark.parametrize("key", ["ae", "clip_l", "t5xxl"])
def test_files_of_flux_need_its_network(key: str) -> None:
    with pytest.raises(RecipeError, match=rf"names a file of FLUX.1 \({key}\).*must be networks.lora_flux"):
        kohya(f"{key} = '/models/it.safetensors'")


@pytest.mark.parametrize("key", ["clip_g", "gemma2", "qwen3"])
def test_files_of_another_model_name_it(key: str) -> None:
    with pytest.raises(RecipeError, match="is not trained here yet"):
        kohya(f"{key} = '/models/it.safetensors'")
    with pytest.raises(RecipeError, match="Stable Diffusion 2"):
        kohya("v2 = true")


def test_lycoris_has_its_own_defaults() -> None:
    made = import_recipe("network_module = 'lycoris.kohya'\nnetwork_dim = 12\nnetwork_alpha = 6\n", "a.toml")
    lora = made.recipe.lora
    assert (lora.kind, lora.targets, lora.conv_rank, lora.conv_alpha) == ("lora", "attention_mlp_conv", 12, 6.0)
    only = "network_module = 'lycoris.kohya'\nnetwork_args = ['algo=locon', 'preset=attn-only', 'conv_dim=4']\n"
    assert import_recipe(only, "a.toml").recipe.lora.targets == "attention"
    plain = import_recipe("network_module = 'lycoris.kohya'\nnetwork_args = ['conv_dim=0']\n", "a.toml").recipe.lora
    assert plain.targets == "attention_mlp"


def test_an_alpha_of_0_is_the_rank() -> None:
    assert kohya("network_alpha = 0").recipe.lora.alpha == 8.0


def test_a_lokr_of_whole_blocks_keeps_them_whole() -> None:
    text = "network_module = 'lycoris.kohya'\nnetwork_dim = 100000\nnetwork_args = ['algo=lokr', 'factor=6']\n"
    made = import_recipe(text, "a.toml")
    assert (made.recipe.lora.kind, made.recipe.lora.rank, made.recipe.lora.factor) == ("lokr", 1024, 6)
    assert "whole" in told(made)["network_dim"]
    square = import_recipe("network_module = 'lycoris.kohya'\nnetwork_args = ['algo=lokr']\n", "a.toml")
    assert "8 is taken" in told(square)["network_args.factor"]


@pytest.mark.parametrize(
    ("optimizer", "ours", "decay", "beta2"),
    [
        ("AdamW", "adamw", 0.01, 0.999),
        ("AdamW8bit", "adamw8bit", 0.01, 0.999),
        ("PagedAdamW8bit", "paged_adamw8bit", 0.01, 0.999),
        ("Lion8bit", "lion8bit", 0.0, 0.99),
        ("Lion", "lion8bit", 0.0, 0.99),
        ("Prodigy", "prodigy", 0.0, 0.999),
        ("AdaFactor", "adafactor", 0.0, 0.999),
        ("AdamWScheduleFree", "schedulefree", 0.0, 0.999),
        ("DAdaptAdam", "prodigy", 0.0, 0.999),
    ],
)
def test_weight_decay_is_the_librarys_own_where_none_is_typed(
    optimizer: str, ours: str, decay: float, beta2: float
) -> None:
    rate = 1.0 if ours == "prodigy" else 1e-4
    optim = kohya(f"optimizer_type = '{optimizer}'\nlearning_rate = {rate}\n").recipe.optim
    assert (optim.optimizer, optim.weight_decay, optim.beta2) == (ours, decay, beta2)


def test_adafactor_that_finds_its_own_rate_is_told() -> None:
    made = kohya("optimizer_type = 'AdaFactor'\nlearning_rate = 1.0\nlr_scheduler = 'adafactor'\n")
    assert {"optimizer_args.relative_step", "optimizer_args.scale_parameter", "learning_rate"} <= set(told(made))
    assert (made.recipe.optim.lr, made.recipe.schedule.curve) == (1e-4, "constant")
    fixed = "['relative_step=False', 'scale_parameter=False', 'warmup_init=False']"
    plain = kohya(f"optimizer_type = 'AdaFactor'\nlearning_rate = 9e-4\noptimizer_args = {fixed}\n")
    assert told(plain) == {}
    assert plain.recipe.optim.lr == 9e-4


def test_prodigy_has_its_switches_told_and_one_rate_for_all() -> None:
    made = kohya("optimizer_type = 'Prodigy'\nlearning_rate = 1.0\ntext_encoder_lr = 0.5\n")
    assert {"optimizer_args.use_bias_correction", "optimizer_args.safeguard_warmup"} <= set(told(made))
    assert made.recipe.text.encoder_lr == 1.0
    assert "text_encoder_lr" in told(made)
    switches = "['use_bias_correction=True', 'safeguard_warmup=True', 'd_coef=2']"
    both = kohya(f"optimizer_type = 'Prodigy'\nlearning_rate = 1.0\noptimizer_args = {switches}\n")
    assert set(told(both)) == {"optimizer_args.d_coef"}
    low = kohya("optimizer_type = 'Prodigy'\nlearning_rate = 1e-4\n")
    assert (low.recipe.optim.lr, low.recipe.text.encoder_lr) == (1.0, 1.0)
    assert "learning_rate" in told(low)


def test_text_encoders_learn_at_learning_rate_whatever_the_denoisers_is() -> None:
    assert kohya("learning_rate = 1e-4\nunet_lr = 3e-4\n").recipe.text.encoder_lr == 1e-4
    assert kohya("learning_rate = 1e-4\ntext_encoder_lr = 0\n").recipe.text.encoder_lr == 0
    assert kohya("learning_rate = 1e-4\ncache_text_encoder_outputs = true\n").recipe.text.encoder_lr == 0
    two = kohya("learning_rate = 1e-4\ntext_encoder_lr = [1e-5, 5e-6]\n")
    assert two.recipe.text.encoder_lr == 1e-5
    assert "first" in told(two)["text_encoder_lr"]
    for alone in ("network_train_text_encoder_only = true", "unet_lr = 0"):
        with pytest.raises(RecipeError, match="text encoders alone"):
            kohya(alone)


def test_a_warmup_share_is_a_share_of_the_real_total() -> None:
    by_steps = kohya("max_train_steps = 500\nlr_warmup_steps = 0.1\nlr_scheduler = 'cosine'\n").recipe.schedule
    assert (by_steps.warmup, by_steps.warmup_share) == (50, 0.0)
    by_epochs = kohya("max_train_epochs = 5\nlr_warmup_steps = 0.1\nlr_scheduler = 'cosine'\n").recipe.schedule
    assert (by_epochs.epochs, by_epochs.warmup, by_epochs.warmup_share) == (5, 0, 0.1)


@pytest.mark.parametrize(
    ("name", "warmup"), [("constant", 0), ("Constant", 0), ("constant_with_warmup", 100), ("linear", 100)]
)
def test_a_plain_constant_rate_has_no_warmup_there(name: str, warmup: int) -> None:
    made = kohya(f"max_train_steps = 1000\nlr_warmup_steps = 100\nlr_scheduler = '{name}'\n")
    assert made.recipe.schedule.warmup == warmup
    assert ("lr_warmup_steps" in told(made)) == (not warmup)


@pytest.mark.parametrize(("name", "floor"), [("cosine", 0.0), ("linear", 0.0), ("cosine_with_min_lr", 0.1)])
def test_a_floor_counts_where_it_is_named(name: str, floor: float) -> None:
    made = kohya(f"max_train_steps = 1000\nlr_scheduler_min_lr_ratio = 0.1\nlr_scheduler = '{name}'\n")
    assert made.recipe.schedule.lr_floor == floor
    assert ("lr_scheduler_min_lr_ratio" in told(made)) == (not floor)


def test_a_warmup_longer_than_the_default_steps_is_kept_where_epochs_decide() -> None:
    schedule = kohya("max_train_epochs = 50\nlr_warmup_steps = 2000\nlr_scheduler = 'cosine'\n").recipe.schedule
    assert (schedule.epochs, schedule.warmup) == (50, 2000)


def test_a_schedule_of_another_library_is_told() -> None:
    made = kohya("lr_scheduler_type = 'CosineAnnealingLR'\nlr_scheduler_args = ['T_max=90']\n")
    assert made.recipe.schedule.curve == "cosine"
    assert {"lr_scheduler_type", "lr_scheduler_args.T_max"} <= set(told(made))
    assert kohya("lr_scheduler = 'inverse_sqrt'\n").recipe.schedule.curve == "constant"
    assert "not known here" in told(kohya("lr_scheduler = 'inverse_sqrt'\n"))["lr_scheduler"]


@pytest.mark.parametrize(
    ("line", "key", "place", "taken"),
    [
        ("network_dim = 'many'", "network_dim", "lora.rank", 4),
        ("network_dim = 8.5", "network_dim", "lora.rank", 4),
        ("network_dim = -3", "network_dim", "lora.rank", 4),
        ("network_alpha = -1", "network_alpha", "lora.alpha", 1.0),
        ("optimizer_type = 'Sophia'", "optimizer_type", "optim.optimizer", "adamw"),
        ("learning_rate = nan", "learning_rate", "optim.lr", 2e-6),
        ("learning_rate = -1e-4", "learning_rate", "optim.lr", 2e-6),
        ("lr_warmup_steps = inf", "lr_warmup_steps", "schedule.warmup", 0),
        ("max_train_steps = 0", "max_train_steps", "schedule.steps", 1600),
        ("max_train_steps = 'all'", "max_train_steps", "schedule.steps", 1600),
        ("resolution = '-512,512'", "resolution", "buckets.resolution", 512),
        ("resolution = 'wide,high'", "resolution", "buckets.resolution", 512),
        ("optimizer_args = ['weight_decay=much']", "optimizer_args.weight_decay", "optim.weight_decay", 0.01),
        ("optimizer_args = ['betas=0.9']", "optimizer_args.betas", "optim.beta2", 0.999),
        ("lr_scheduler = 'zigzag'", "lr_scheduler", "schedule.curve", "constant"),
        ("loss_type = 'l7'", "loss_type", "loss.kind", "l2"),
        ("huber_schedule = 'daily'", "huber_schedule", "loss.huber_schedule", "snr"),
        ("noise_offset = 7", "noise_offset", "loss.noise_offset", 0.0),
        ("mixed_precision = 'fp8'", "mixed_precision", "memory.precision", "fp32"),
        ("caption_dropout_rate = 1.5", "caption_dropout_rate", "text.dropout", 0.0),
        ("train_batch_size = 0", "train_batch_size", "schedule.batch", 1),
        ("clip_skip = 40", "clip_skip", "text.clip_skip", 1),
        ("seed = -1", "seed", "seed", 0),
        ("shuffle_caption = 'perhaps'", "shuffle_caption", "text.shuffle", False),
    ],
)
def test_one_bad_value_never_sinks_the_file(line: str, key: str, place: str, taken: Any) -> None:
    first = "network_module = 'networks.lora'\nmin_snr_gamma = 3\n"
    made = import_recipe(first + line, "a.toml")
    data = made.recipe.to_json()
    part, _, name = place.partition(".")
    assert (data[part][name] if name else data[part]) == taken
    assert key in told(made)
    assert made.recipe.loss.min_snr_gamma == 3.0


def test_several_bad_values_are_each_told() -> None:
    made = kohya("max_train_steps = -1\nnoise_offset = 9\nprior_loss_weight = -2\ncaption_tag_dropout_rate = 3\n")
    assert {"max_train_steps", "noise_offset", "prior_loss_weight", "caption_tag_dropout_rate"} <= set(told(made))


def test_headings_are_followed() -> None:
    text = """
[network]
network_dim = 20
[optimizer]
optimizer_type = "Lion8bit"
learning_rate = 3e-5
[deeper.still]
seed = 4
[network.network_args]
conv_dim = 6
"""
    recipe = import_recipe(text, "a.toml").recipe
    assert (recipe.lora.rank, recipe.lora.conv_rank, recipe.seed) == (20, 6, 4)
    assert (recipe.optim.optimizer, recipe.optim.lr) == ("lion8bit", 3e-5)
    yaml = "network:\n  network_dim: 20\noptimizer:\n  learning_rate: 0.00003\n"
    assert import_recipe(yaml, "a.yaml").recipe.lora.rank == 20
    nested = '{"network": {"network_dim": 20}, "optimizer": {"learning_rate": 3e-5}}'
    assert import_recipe(nested, "a.json").recipe.optim.lr == 3e-5


def test_a_setting_under_two_headings_is_told() -> None:
    made = import_recipe("[one]\nnetwork_dim = 8\nseed = 1\n[two]\nseed = 2\n", "a.toml")
    assert made.recipe.seed == 2
    assert "two.seed" in told(made)["one.seed"]
    assert told(import_recipe("[one]\nnetwork_dim = 8\n[two]\nnetwork_dim = 8\n", "a.toml")) == {}


def test_a_file_of_lora_easy_training_scripts_is_read_whole() -> None:
    made = import_recipe(LORA_EASY, "a.toml")
    recipe = made.recipe
    assert (recipe.lora.rank, recipe.lora.alpha, recipe.lora.conv_rank, recipe.lora.conv_alpha) == (12, 6.0, 4, 2.0)
    assert (recipe.optim.optimizer, recipe.optim.lr, recipe.optim.weight_decay) == ("adamw8bit", 2e-4, 0.1)
    assert (recipe.optim.beta2, recipe.schedule.epochs, recipe.schedule.warmup_share) == (0.98, 4, 0.1)
    assert (recipe.schedule.batch, recipe.buckets.resolution, recipe.seed) == (2, 832, 7)
    assert (recipe.text.shuffle, recipe.text.keep_tokens) == (True, 1)
    assert set(told(made)) == {"subsets[1].image_dir", "subsets[1].num_repeats"}
    fa = LORA_EASY.replace("network_alpha = 6.0", "network_alpha = 6.0\nfa = true")
    with pytest.raises(RecipeError, match="LoRA-FA"):
        import_recipe(fa, "a.toml")
    algorithm = LORA_EASY.replace("conv_alpha = 2.0", "conv_alpha = 2.0\nalgo = 'loha'")
    with pytest.raises(RecipeError, match="LoHa"):
        import_recipe(algorithm, "a.toml")


def test_yaml_that_reads_no_as_false_means_no() -> None:
    made = import_recipe("network_dim: 8\nmixed_precision: no\nlearning_rate: 1e-4\n", "a.yaml")
    assert (made.recipe.memory.precision, made.recipe.optim.lr, told(made)) == ("fp32", 1e-4, {})


def test_secrets_of_a_file_are_not_repeated() -> None:
    made = kohya("huggingface_token = 'hf_secret'\nwandb_api_key = 'key_secret'\n")
    assert "secret" not in "".join(left.sentence for left in made.left)
