"""SimpleTuner's config.env: variables of a shell that stand for options of its trainer."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ..arguments import options, split

_VARIABLE = re.compile(r"^\s*(?:export\s+)?([A-Z][A-Z0-9_]*)\s*(\+?)=\s*(.*?)\s*$")
_EXTRA = "TRAINER_EXTRA_ARGS"
_NAMES: Mapping[str, str] = {
    "RESUME_CHECKPOINT": "resume_from_checkpoint",
    "DATALOADER_CONFIG": "data_backend_config",
    "TRAINING_SEED": "seed",
    "MINIMUM_RESOLUTION": "minimum_image_size",
    "PUSH_CHECKPOINTS": "push_checkpoints_to_hub",
    "MAX_NUM_STEPS": "max_train_steps",
    "NUM_EPOCHS": "num_train_epochs",
    "CHECKPOINTING_STEPS": "checkpoint_step_interval",
    "CHECKPOINTING_LIMIT": "checkpoints_total_limit",
    "HUB_MODEL_NAME": "hub_model_id",
    "MODEL_NAME": "pretrained_model_name_or_path",
    "USE_GRADIENT_CHECKPOINTING": "gradient_checkpointing",
    "VALIDATION_STEPS": "validation_step_interval",
    "LR_SCHEDULE": "lr_scheduler",
    "USE_XFORMERS": "enable_xformers_memory_efficient_attention",
    "TRAINING_NUM_PROCESSES": "num_processes",
    "TRAINING_NUM_MACHINES": "num_machines",
    "TRAINING_DYNAMO_BACKEND": "dynamo_backend",
    "TRAINER_DYNAMO_BACKEND": "dynamo_backend",
    "ACCELERATE_CONFIG_PATH": "accelerate_config",
}
"""Variables whose option has another name; the others are options in capitals."""
_SIGNS = ("MODEL_FAMILY", "MODEL_TYPE", "MAX_NUM_STEPS", "LORA_TYPE", "LEARNING_RATE", "TRAIN_BATCH_SIZE", _EXTRA)


def is_env(lines: Sequence[str]) -> bool:
    """Whether these are such variables, SimpleTuner's among them."""
    found = [match[1] for line in lines if (match := _VARIABLE.match(line))]
    return 2 * len(found) > len(lines) and any(sign in found for sign in _SIGNS)


def env_settings(text: str) -> dict[str, Any]:
    """The options that the variables stand for; what `TRAINER_EXTRA_ARGS` adds stands above them."""
    found: dict[str, Any] = {}
    extra = ""
    for line in text.splitlines():
        match = _VARIABLE.match(line)
        if match is None:
            continue
        name, value = match[1], match[3]
        if name == _EXTRA:
            extra = f"{extra} {_unquoted(value)}" if match[2] else _unquoted(value)
        else:
            found[_NAMES.get(name, name.lower())] = " ".join(split(value)) if value[:1] in "\"'" else value
    return found | options(extra)


def _unquoted(value: str) -> str:
    is_quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
    return value[1:-1] if is_quoted else value
