"""Settings files that are no recipe for what is trained here, and what they are."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from ..errors import RecipeError, shortened

Values = Mapping[str, Any]

MODELS = {
    "flux": "FLUX.1",
    "flux2": "FLUX.2",
    "sd3": "Stable Diffusion 3",
    "sdxl": "SDXL",
    "sd1x": "Stable Diffusion 1.5",
    "sd15": "Stable Diffusion 1.5",
    "sd1": "Stable Diffusion 1.5",
    "sd2x": "Stable Diffusion 2",
    "z_image": "Z-Image",
    "qwen_image": "Qwen-Image",
    "krea2": "Krea 2",
    "chroma": "Chroma",
    "flux_kontext": "FLUX.1 Kontext",
    "flex1": "Flex.1",
    "flex2": "Flex.2",
    "qwen_image_edit": "Qwen-Image-Edit",
    "qwen_image_edit_plus": "Qwen-Image-Edit",
    "omnigen2": "OmniGen2",
    "wan": "Wan",
    "wan21": "Wan 2.1",
    "wan22_14b": "Wan 2.2",
    "ltxvideo": "LTX-Video",
    "ltxvideo2": "LTX-Video 2",
    "zimage": "Z-Image",
    "hidream": "HiDream",
    "lumina2": "Lumina Image 2",
}
"""Models by the short words of others, where those do not tell enough."""


_OTHERS = "ai-toolkit, SimpleTuner and OneTrainer"
_TRAINED = "SDXL, Stable Diffusion 1.5, FLUX.1, FLUX.2 klein and Z-Image"
_READ_ELSEWHERE = {"FLUX.2": _OTHERS, "Z-Image": _OTHERS}


def stranger(values: Values) -> str:
    """What the file is and why it is no recipe here, as the end of a sentence; "" for one that may be."""
    plain = {str(name).lstrip("-"): value for name, value in values.items()}
    return shortened(next((said for kind in _KINDS if (said := kind(plain))), ""), 300)


def stranger_list(values: list[Any]) -> str:
    """The same of a file that is a list, not settings by name."""
    names = {str(name) for each in values if isinstance(each, Mapping) for name in cast(Values, each)}
    if {"id", "dataset_type"} <= names or {"id", "instance_data_dir"} <= names or {"id", "caption_strategy"} <= names:
        return "is a list of data backends of SimpleTuner: load its picture folders as a dataset instead"
    if {"path", "include_subdirectories"} <= names or {"path", "image", "text"} <= names:
        return "is a list of concepts of OneTrainer: load their folders as datasets instead"
    return ""


def other_model(file: str, model: str) -> RecipeError:
    """For settings of a model that is not trained here, or whose settings of this trainer are not read."""
    if model in _READ_ELSEWHERE:
        return RecipeError(
            f"{file} trains {model}, whose settings are read of {_READ_ELSEWHERE[model]}, not of this one."
        )
    return RecipeError(f"{file} trains {shortened(model)}, which is not trained here yet: {_TRAINED} are.")


def _ai_toolkit(values: Values) -> str:
    config = values.get("config")
    if not isinstance(config, Mapping):
        return ""
    processes = cast(Values, config).get("process")
    if "job" not in values and not isinstance(processes, list):
        return ""
    job = str(values.get("job") or "extension")
    if job in ("generate", "extract", "mod"):
        return f"is an ai-toolkit job of the kind {job!r}, which trains nothing"
    several = cast("list[Any]", processes) if isinstance(processes, list) else []
    inner = _mapping(several[0] if several else None)
    model, network = _mapping(inner.get("model")), inner.get("network")
    what = f"an ai-toolkit job for {_ai_toolkit_model(model)}"
    if str(inner.get("type")) in ("slider", "textual_inversion"):
        return f"is {what} that trains a {inner.get('type')}, not a LoRA"
    return "" if isinstance(network, Mapping) else f"is {what} that trains no LoRA"


def _ai_toolkit_model(model: Values) -> str:
    arch = str(model.get("arch") or "").partition(":")[0]
    if arch in MODELS:
        return MODELS[arch]
    flags = {"is_flux": "FLUX.1", "is_v3": "Stable Diffusion 3", "is_xl": "SDXL", "is_lumina2": "Lumina Image 2"}
    flags |= {"is_auraflow": "AuraFlow", "is_pixart": "PixArt", "is_v2": "Stable Diffusion 2"}
    flagged = next((name for flag, name in flags.items() if model.get(flag) is True), "")
    path = str(model.get("name_or_path") or "").strip()
    base = flagged or arch or ("" if path else "a model it does not name")
    return f"{base} ({path})" if base and path else base or path


def _lycoris(values: Values) -> str:
    if {"algo", "linear_dim"} <= set(values):
        return "describes a LyCORIS network for SimpleTuner: it holds no learning rate and no steps"
    return ""


def _musubi(values: Values) -> str:
    if isinstance(values.get("adapter"), Mapping) and isinstance(values.get("model"), Mapping):
        kind = str(_mapping(values["model"]).get("type") or "a model it does not name")
        return f"is a diffusion-pipe configuration for {MODELS.get(kind, kind)}; those are not imported yet"
    return ""


def _lora_description(values: Values) -> str:
    if "target_modules" in values and "peft_type" in values:
        return "describes a LoRA that is there already (peft's adapter_config.json), and says nothing of its training"
    if {"ss_network_dim", "ss_network_module"} & set(values):
        return (
            "is the metadata of a LoRA file, whose numbers are not all that trained it: look at it with Check LoRA file"
        )
    return ""


def _workflow(values: Values) -> str:
    is_graph = isinstance(values.get("nodes"), list) and isinstance(values.get("links"), list)
    is_prompt = bool(values) and all(isinstance(each, Mapping) and "class_type" in each for each in values.values())
    return "is a workflow of ComfyUI: drop it onto the canvas" if is_graph or is_prompt else ""


def _language_model(values: Values) -> str:
    if "model_name_or_path" in values and {"lora_target", "finetuning_type", "template"} & set(values):
        return "is a configuration of LLaMA-Factory, for language models"
    return ""


def _mapping(value: Any) -> Values:
    return cast(Values, value) if isinstance(value, Mapping) else {}


_KINDS: tuple[Callable[[Values], str], ...] = (
    _ai_toolkit,
    _lycoris,
    _musubi,
    _lora_description,
    _workflow,
    _language_model,
)
