"""Which trainer a settings file is of, by what must be in it; RecipeError says what anything else is."""

from collections.abc import Mapping
from typing import Any, Literal

from ..errors import RecipeError, shortened
from .aitoolkit.reading import is_job
from .headings import unfolded
from .kohya.flux import MODULE as FLUX_MODULE
from .kohya.fluxgym import GUIDE_SIGN
from .onetrainer.words import MODELS, TRAINED
from .parsed import Form
from .simpletuner.reading import is_configuration
from .strangers import stranger

Format = Literal[
    "kohya TOML",
    "guide YAML",
    "kohya_ss JSON",
    "OneTrainer JSON",
    "Likeness JSON",
    "kohya FLUX TOML",
    "ai-toolkit YAML",
    "SimpleTuner JSON",
    "SimpleTuner env",
    "training script",
]

_NETWORK = (
    *("network_module", "network_dim", "network_alpha", "network_args", "network_train_unet_only", "network_dropout"),
    *("network_train_text_encoder_only", "network_weights", "dim_from_weights", "scale_weight_norms"),
)
"""Options of kohya's that say that a network is trained, not a whole model: one of them must be there."""
_KOHYA = {
    *("pretrained_model_name_or_path", "train_data_dir", "optimizer_type", "lr_scheduler", "max_train_steps"),
    *("max_train_epochs", "train_batch_size", "mixed_precision", "save_precision", "unet_lr", "text_encoder_lr"),
    *("learning_rate_te1", "learning_rate_te2", "learning_rate_te", "max_resolution", "num_vectors_per_token"),
    *(
        "instance_prompt",
        "class_prompt",
        "cache_latents",
        "enable_bucket",
        "min_snr_gamma",
        "stop_text_encoder_training",
    ),
}
_ONETRAINER = ("training_method", "lora_rank", "layer_filter_preset", "peft_type")
_KOHYA_FORMS: Mapping[Form, Format] = {
    "toml": "kohya TOML",
    "yaml": "guide YAML",
    "json": "kohya_ss JSON",
    "script": "training script",
    "env": "training script",
}
_DATASET = ("datasets", "subsets", "general")


def format_of(values: Mapping[str, Any], file: str, form: Form) -> Format:
    """The format of a settings file whose contents are `values`, written in that form."""
    if isinstance(values.get("lora"), Mapping) and isinstance(values.get("schedule"), Mapping):
        return "Likeness JSON"
    if said := stranger(values):
        raise RecipeError(f"{file} {said}.")
    if is_job(values):
        return "ai-toolkit YAML"
    if is_configuration(values):
        return "SimpleTuner env" if form == "env" else "SimpleTuner JSON"
    if any(name in values for name in _ONETRAINER) or values.get("model_type") in [*MODELS, *TRAINED]:
        return "OneTrainer JSON"
    settings = unfolded(values)[0]
    names = set(settings)
    if names & set(_NETWORK) or (form == "json" and "LoRA_type" in names):
        is_flux = settings.get("network_module") == FLUX_MODULE
        return "kohya FLUX TOML" if form == "toml" and is_flux else _KOHYA_FORMS[form]
    if GUIDE_SIGN in names:
        return "guide YAML"
    if form == "script" and "config_file" in names:
        named = shortened(str(settings["config_file"]), 200)
        raise RecipeError(f"{file} names its settings in a file of their own ({named}): import that one.")
    raise RecipeError(f"{file} {_what(names)}.")


def _what(names: set[str]) -> str:
    if "num_vectors_per_token" in names:
        return "trains an embedding (textual inversion), not a LoRA"
    if names & set(_DATASET) and len(names & _KOHYA) < 3:
        return "is a dataset file of kohya: load its picture folders as a dataset instead"
    if len(names & _KOHYA) >= 2:
        return (
            "holds no setting of a LoRA (network_module, network_dim or another that begins with network_): it trains "
            "a whole model, by DreamBooth or fine-tuning, or is half of a recipe"
        )
    return (
        "is no recipe of Likeness, kohya_ss or OneTrainer, nor of ai-toolkit, SimpleTuner or FluxGym: none of the "
        "settings that make one is in it"
    )
