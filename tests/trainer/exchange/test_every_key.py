"""Every key of a settings file is used, told, or known to change nothing: none is lost in silence."""

import json
import re
import tomllib
from collections.abc import Iterator
from typing import Any

import pytest
import tomli_w

from tests.trainer.exchange.settings import FLUX_TOML, KOHYA_TOML, LORA_EASY, job, onetrainer, simple_tuner, window
from tools.import_table import lost
from trainer.errors import RecipeError
from trainer.exchange.formats import import_recipe

LYCORIS = window(LoRA_type="LyCORIS/LoKr", factor=6, LyCORIS_preset="full", decompose_both=True, use_cp=False)
LOCON = window(LoRA_type="Kohya LoCon", additional_parameters="--network_train_unet_only --max_grad_norm=0.7")
OLD = {"optimizer": "ADAMW_8BIT", "optimizer_weight_decay": 0.03, "train_text_encoder": True, "save_after": 50}
JOB = job(
    network={"type": "lora", "linear": 16, "linear_alpha": 8, "network_kwargs": {"only_if_contains": [".attn."]}},
    save={"dtype": "bf16", "save_every": 100, "max_step_saves_to_keep": 4, "push_to_hub": False},
    datasets=[
        {
            **{"folder_path": "/p", "caption_ext": "txt", "caption_dropout_rate": 0.05, "shuffle_tokens": False},
            **{"cache_latents_to_disk": True, "resolution": [512, 768, 1024], "num_repeats": 2, "mask_path": "/m"},
            "mask_min_value": 0.2,
        }
    ],
    train={
        **{"batch_size": 1, "steps": 2000, "gradient_accumulation_steps": 2, "train_unet": True, "lr": 1e-4},
        **{"optimizer": "adamw8bit", "optimizer_params": {"weight_decay": 1e-4}, "dtype": "bf16"},
        **{"timestep_type": "weighted", "content_or_style": "balanced", "ema_config": {"use_ema": True}},
        **{"do_guidance_loss": True, "guidance_loss_target": 3.5, "noise_scheduler": "flowmatch"},
        **{"bypass_guidance_embedding": True, "gradient_checkpointing": True, "skip_first_sample": True},
    },
    model={"name_or_path": "/x/FLUX.1-dev", "arch": "flux", "quantize": True, "qtype": "qfloat8", "low_vram": True},
    sample={"sampler": "flowmatch", "sample_every": 250, "prompts": ["[trigger] in a forest"], "seed": 42},
)
SIMPLE = simple_tuner(
    **{"lora_alpha": 8, "base_model_precision": "int8-quanto", "optimizer": "adamw_bf16", "lr_scheduler": "sine"},
    **{"flow_schedule_shift": 3, "flux_guidance_value": 1.0, "caption_dropout_probability": 0.1, "use_ema": True},
    **{"checkpoint_step_interval": 200, "validation_steps": 100, "validation_prompt": "me", "report_to": "none"},
    **{"lr_warmup_steps": 10, "max_grad_norm": 0.01, "grad_clip_method": "value", "resolution": 768, "seed": 3},
)
FILES = {
    "kohya, FLUX": (FLUX_TOML, "a.toml"),
    "ai-toolkit": (JOB, "a.json"),
    "SimpleTuner": (SIMPLE, "a.json"),
    "kohya": (KOHYA_TOML, "a.toml"),
    "LoRA_Easy_Training_Scripts": (LORA_EASY, "a.toml"),
    "kohya_ss": (window(), "a.json"),
    "kohya_ss, LoKr": (LYCORIS, "a.json"),
    "kohya_ss, LoCon": (LOCON, "a.json"),
    "kohya_ss, Multires": (window(noise_offset_type="Multires", lr_warmup_steps=20), "a.json"),
    "OneTrainer": (onetrainer(), "a.json"),
    "OneTrainer, SD 1.5": (onetrainer(model_type="STABLE_DIFFUSION_15", text_encoder={"train": True}), "a.json"),
    "OneTrainer, LoKr": (onetrainer(peft_type="LOKR", lokr_dim=8, lokr_decompose_factor=4), "a.json"),
    "OneTrainer, FLUX": (
        onetrainer(
            model_type="FLUX_DEV_1",
            transformer={"weight_dtype": "NFLOAT_4", "guidance_scale": 2.0, "train": True},
            timestep_distribution="LOGIT_NORMAL",
            noising_weight=0.1,
            timestep_shift=2.0,
        ),
        "a.json",
    ),
    "OneTrainer, masks": (onetrainer(masked_training=True, unmasked_weight=0.3, ema="GPU"), "a.json"),
}
WORDS = ("cosine", "linear", "bf16", "fp16", "Prodigy", "Multires", "COSINE", "FLOAT_32", "attn-only", "PRODIGY", "512")


@pytest.mark.parametrize("name", FILES)
def test_no_key_is_lost(name: str) -> None:
    text, file = FILES[name]
    assert lost(text, file, import_recipe(text, file)) == []


@pytest.mark.parametrize("name", FILES)
def test_a_key_that_counts_as_used_changes_the_recipe_or_what_is_told(name: str) -> None:
    text, file = FILES[name]
    made = import_recipe(text, file)
    # Headings of TOML say nothing: its settings go by their own names.
    named = {key: key.rpartition(".")[2] if file.endswith(".toml") else named_in(key) for key in variants(text, file)}
    still = [
        key
        for key, several in variants(text, file).items()
        if named[key] in made.used
        and named[key] not in made.neutral
        and all(same(made, other, file) for other in several)
    ]
    assert still == []


def test_a_key_that_nobody_knows_is_told() -> None:
    for text, file in FILES.values():
        values = parsed(text, file) | {"nonsense": 3}
        assert ("nonsense", 3) in [(left.key, left.value) for left in import_recipe(written(values, file), file).left]


def named_in(key: str) -> str:
    """A setting of a job by the name it is told by."""
    return re.sub(r"\.0\.", "[1].", key.removeprefix("config.process.0."), count=1)


def same(made: Any, other: str, file: str) -> bool:
    try:
        again = import_recipe(other, file)
    except RecipeError:
        return False
    return (again.recipe, again.left) == (made.recipe, made.left)


def variants(text: str, file: str) -> dict[str, list[str]]:
    """The file with one key changed, in a few ways."""
    found: dict[str, list[str]] = {}
    for place, value in leaves(parsed(text, file)):
        for other in others(value):
            values = parsed(text, file)
            inner: Any = values
            for step in place[:-1]:
                inner = inner[step]
            inner[place[-1]] = other
            found.setdefault(".".join(map(str, place)), []).append(written(values, file))
    return found


def leaves(values: Any, place: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    for name, value in values.items() if isinstance(values, dict) else enumerate(values):
        if isinstance(value, dict) or (isinstance(value, list) and value and isinstance(value[0], dict)):
            yield from leaves(value, (*place, name))
        else:
            yield (*place, name), value


def others(value: Any) -> list[Any]:
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, (int, float)):
        return [value * 2 + 1, value / 2]
    if isinstance(value, list):
        return [value[:-1]]
    return [word for word in WORDS if word != value]


def parsed(text: str, file: str) -> dict[str, Any]:
    return tomllib.loads(text) if file.endswith(".toml") else json.loads(text)


def written(values: dict[str, Any], file: str) -> str:
    return tomli_w.dumps(values) if file.endswith(".toml") else json.dumps(values)
