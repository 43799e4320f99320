"""ai-toolkit's networks as an adapter of ours."""

from typing import Any, cast

from ...errors import RecipeError
from ...recipe.lora import Targets
from ..keys import Keys, told
from . import words

_KINDS = {"lora": "lora", "locon": "lora", "dora": "dora", "lokr": "lokr"}
_WHOLE = 1024
"""A rank above half of any block's side: LoKr's large blocks are whole."""


def network(process: Keys, *, is_flow: bool, is_flux: bool) -> dict[str, Any]:
    """The recipe's adapter; alpha is the rank for flow bases, whatever the file says."""
    inner = process.inside("network")
    kind = inner.word("type", "lora").lower()
    if kind not in _KINDS:
        raise RecipeError(
            f"{process.file} trains a network of the kind {told(kind)}, not here; LoRA, DoRA and LoKr are."
        )
    rank = inner.whole("rank", inner.whole("linear", 4))
    alpha = inner.number("linear_alpha", inner.number("alpha", 1.0)) or float(rank)
    typed = "linear_alpha" if inner.has_used("linear_alpha") else "alpha"
    found: dict[str, Any] = {"rank": rank, "alpha": alpha, "kind": _KINDS[kind]}
    if is_flow:
        found |= {"alpha": float(rank), "targets": _flow_targets(inner, is_flux=is_flux)}
        inner.changes_nothing("conv", "conv_alpha")
        if inner.has_used(typed) and alpha != rank:
            inner.note(typed, alpha, f"ai-toolkit takes the rank for such bases, whatever this says: {rank}")
    else:
        found |= _of_unet(inner, rank)
    found |= _lokr(inner, is_lokr=kind == "lokr")
    _give_back(process, inner)
    return found


def _of_unet(inner: Keys, rank: int) -> dict[str, Any]:
    conv = inner.whole("conv", 0)
    conv_alpha = inner.number("conv_alpha", float(conv)) or float(conv)
    why = "the plain layers between convolutions and the embedding of time learn too there"
    inner.note("type", "lora", why)
    kwargs = inner.inside("network_kwargs")
    for name in ("only_if_contains", "ignore_if_contains"):
        kwargs.leave(name, "layers are chosen by kind here", unless=([],))
    inner.absorb(kwargs, "network_kwargs")
    if conv <= 0:
        return {"targets": "attention_mlp"}
    return {"targets": "attention_mlp_conv", "conv_rank": conv, "conv_alpha": conv_alpha}


def _flow_targets(inner: Keys, *, is_flux: bool) -> Targets:
    kwargs = inner.inside("network_kwargs")
    given = kwargs.raw("only_if_contains")
    only = tuple(str(each) for each in cast("list[Any]", given)) if isinstance(given, list) else ()
    kinds: list[Targets] = [ours for ours, parts in words.LAYERS.items() if set(parts) == set(only)]
    targets: Targets = kinds[0] if kinds else "all"
    if only and (targets == "all" or not is_flux):
        kwargs.note("only_if_contains", list(only), "layers are chosen by kind here: all are trained")
        targets = "all"
    kwargs.leave("ignore_if_contains", "layers are chosen by kind here", unless=([],))
    inner.absorb(kwargs, "network_kwargs")
    return targets


def _lokr(inner: Keys, *, is_lokr: bool) -> dict[str, Any]:
    is_whole, factor = inner.switch("lokr_full_rank", True), inner.whole("lokr_factor", -1)
    if not is_lokr:
        inner.counts_for_nothing("lokr_full_rank", "lokr_factor")
        return {}
    if factor < 2:
        inner.note("lokr_factor", factor, "blocks there are as square as each layer allows; 8 is taken")
    found: dict[str, Any] = {"factor": factor if factor >= 2 else 8}
    return found | ({"rank": _WHOLE, "alpha": float(_WHOLE)} if is_whole else {})


def _give_back(process: Keys, inner: Keys) -> None:
    for name, (why, nothing) in words.TOLD["network"].items():
        inner.leave(name, why, unless=nothing)
    inner.leave("pretrained_lora_path", "a LoRA begins anew here")
    inner.changes_nothing(*words.NO_EFFECT["network"])
    process.absorb(inner, "network")
