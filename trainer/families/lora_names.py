"""How the keys of anybody's LoRA file end: which layer a tensor belongs to, and which part of it it is."""

import re
from collections.abc import Collection, Iterable

from .key_layout import DORA, DOWN, UP

MID = "lora_mid.weight"
GLORA = ("a1.weight", "a2.weight", "b1.weight", "b2.weight")
DIFF, DIFF_BIAS, NORM, NORM_BIAS = "diff", "diff_b", "w_norm", "b_norm"

# PEFT puts the adapter's name, usually `default`, before the last word.
_SPELLINGS = {
    r"\.lora_A(?:\.\w+)?\.weight|\.lora_A|[._]lora\.down\.weight|\.lora_linear_layer\.down\.weight": DOWN,
    r"\.lora_B(?:\.\w+)?\.weight|\.lora_B|[._]lora\.up\.weight|\.lora_linear_layer\.up\.weight": UP,
    r"\.lora_magnitude_vector(?:\.\w+)?(?:\.weight)?": DORA,
}
_OWN = (
    r"lora_down\.weight|lora_up\.weight|lora_mid\.weight|alpha|dora_scale|(?:lokr|hada|oft)_[^.]+|rescale"
    r"|diff|diff_b|set_weight|reshape_weight|w_norm|b_norm|[ab][12]\.weight|on_input"
)
_KEY = re.compile(rf"(?P<prefix>.+?)(?:\.(?P<own>{_OWN})|(?P<other>{'|'.join(_SPELLINGS)}))")
_PROCESSOR = re.compile(r"\.processor\.(?=to_(?:q|k|v|out)(?:\.0)?$)")
_ROOTS = re.compile(
    r"base_model_model_|lycoris_|lora_(?:unet|transformer)_|(?:model_)?diffusion_model_|unet_|transformer_(?!blocks)"
)
_TEXT_ROOT = re.compile(r"(?:lora_te|text_encoder_?|te)(?P<number>\d?)_")
_STARTS = {"lokr": "lokr", "hada": "loha", "oft": "oft"}


def split_key(key: str) -> tuple[str, str | None]:
    """Prefix and kohya's name of the part, found by how the key ends; None for a key that belongs to no LoRA."""
    if not (found := _KEY.fullmatch(key)):
        return key, None
    prefix = found["prefix"]
    if _PROCESSOR.search(prefix):
        # diffusers' first way put the matrices into attention's processors, whose `to_out` is its `to_out.0`.
        prefix = re.sub(r"to_out$", "to_out.0", _PROCESSOR.sub(".", prefix))
    if found["own"]:
        return prefix, found["own"]
    return prefix, next(name for spelling, name in _SPELLINGS.items() if re.fullmatch(spelling, found["other"]))


def plain_prefix(prefix: str) -> str:
    """A layer's name without what trainers put before it and with underscores for dots, of a base that is not known."""
    name = prefix.replace(".", "_")
    while (root := _ROOTS.match(name)) is not None:
        name = name[root.end() :]
    text = _TEXT_ROOT.match(name)
    return name if text is None else f"te{text['number'] or 1}_{name[text.end() :]}"


def kind_of(parts: Collection[str]) -> str:
    """`lora`, `dora`, `lokr`, `loha`, `glora`, `oft`, `ia3`, `diff` or `norm`, by a layer's parts; "" for none."""
    if DOWN in parts or UP in parts:
        return "dora" if DORA in parts else "lora"
    found = [kind for part in parts if (kind := _STARTS.get(part.partition("_")[0]))]
    if found:
        return found[0]
    if all(part in parts for part in GLORA):
        return "glora"
    if "on_input" in parts:
        return "ia3"
    if any(part in parts for part in (DIFF, DIFF_BIAS, "set_weight")):
        return "diff"
    return "norm" if NORM in parts or NORM_BIAS in parts else ""


def parts_by_layer(keys: Iterable[str]) -> tuple[dict[str, dict[str, str]], list[str]]:
    """The file's keys by layer and part, in order, and the keys that are no part of a layer."""
    layers: dict[str, dict[str, str]] = {}
    others: list[str] = []
    for key in sorted(keys):
        prefix, part = split_key(key)
        if part is None:
            others.append(key)
        else:
            layers.setdefault(prefix, {})[part] = key
    empty = [prefix for prefix, parts in layers.items() if not kind_of(parts)]
    for prefix in empty:
        others += layers.pop(prefix).values()
    return layers, sorted(others)
