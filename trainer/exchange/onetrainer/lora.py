"""OneTrainer's adapters and filters of layers as ours."""

from typing import Any

from ..keys import Keys
from . import words


def lora(keys: Keys, *, is_lokr: bool, targets: str = "") -> dict[str, Any]:
    """The recipe's adapter; its layers by the file's filter where none are given."""
    rank, alpha = keys.whole("lora_rank", 16), keys.number("lora_alpha", 1.0)
    is_dora = keys.switch("lora_decompose")
    found: dict[str, Any] = {
        "rank": rank,
        "alpha": alpha,
        "kind": "dora" if is_dora else "lora",
        "targets": targets or _targets(keys),
    }
    lokr = {name: keys.raw(f"lokr_{name}") for name in ("dim", "decompose_factor")}
    if is_lokr:
        inner = Keys(lokr, keys.file, keys.whose)
        factor = inner.whole("decompose_factor", -1)
        found |= {"kind": "lokr", "rank": inner.whole("dim", 16), "factor": factor if factor >= 2 else 8}
        if factor < 2:
            inner.note("decompose_factor", factor, "blocks there are as square as each layer allows; 8 is taken")
        keys.absorb(inner, "lokr")
    for name in ("decompose_both", "use_tucker", "weight_decompose", "full_matrix"):
        if is_lokr:
            keys.leave(f"lokr_{name}", "no counterpart here")
        else:
            keys.changes_nothing(f"lokr_{name}")
    keys.changes_nothing("lokr_dora_on_output", "lokr_vec_trick", "lokr_decompose_factor", "lokr_dim")
    return found


def _targets(keys: Keys) -> str:
    """The filter decides; without one, the preset that OneTrainer's window makes one of."""
    preset = keys.word("layer_filter_preset", "full")
    layers = keys.word("layer_filter")
    is_regex = keys.switch("layer_filter_regex")
    if layers:
        if not is_regex and layers in words.FILTERS:
            return words.FILTERS[layers]
        keys.note("layer_filter", layers, "layers are chosen by kind here: attention and MLP are trained")
        return "attention_mlp"
    if preset not in words.TARGETS:
        keys.note("layer_filter_preset", preset, "attention and MLP are trained")
        return "attention_mlp"
    if preset == "full":
        why = "attention, MLP and convolutions are trained; embeddings and the first and last layer are not"
        keys.note("layer_filter_preset", "full", why)
    return words.TARGETS[preset]
