"""kohya's and LyCORIS' networks as an adapter of ours; RecipeError names the kinds that are not trained here."""

from typing import Any

from ...errors import RecipeError
from ..arguments import arguments
from ..keys import Keys, told
from ..strangers import other_model

_OF_OTHER_MODELS = {
    "networks.lora_flux": "FLUX.1",
    "networks.oft_flux": "FLUX.1",
    "networks.lora_sd3": "Stable Diffusion 3",
    "networks.lora_lumina": "Lumina Image 2",
    "networks.lora_anima": "Anima",
    "networks.lora_hunyuan_image": "HunyuanImage 2.1",
    "networks.lora_hv": "HunyuanVideo",
    "networks.lora_hv_1_5": "HunyuanVideo 1.5",
    "networks.lora_wan": "Wan",
    "networks.lora_framepack": "FramePack",
    "networks.lora_qwen_image": "Qwen-Image",
    "networks.lora_zimage": "Z-Image",
    "networks.lora_flux_2": "FLUX.2",
    "networks.lora_kandinsky": "Kandinsky 5",
}
_OF_OTHER_KINDS = {
    "networks.lora_fa": "a LoRA-FA",
    "networks.oft": "an OFT",
    "networks.dylora": "a DyLoRA",
    "networks.loha": "a LoHa",
    "networks.control_net_lllite_for_train": "a ControlNet-LLLite",
}
_OF_LYCORIS = {
    "loha": "a LoHa",
    "ia3": "an iA3",
    "dylora": "a DyLoRA",
    "diag-oft": "an OFT",
    "boft": "a BOFT",
    "glora": "a GLoRA",
    "full": "whole weights (LyCORIS' full)",
    "norms": "norms alone",
    "tlora": "a T-LoRA of LyCORIS",
    "abba": "an ABBA",
}
_PRESETS = {
    "full": "attention_mlp_conv",
    "unet-only": "attention_mlp_conv",
    "full-lin": "attention_mlp",
    "attn-mlp": "attention_mlp",
    "unet-transformer-only": "attention_mlp",
    "attn-only": "attention",
}
_MORE_LAYERS = {
    "full": "conv_in, conv_out and the embedding of time learn too there",
    "unet-only": "conv_in, conv_out and the embedding of time learn too there, the text encoders do not",
    "full-lin": "the plain layers between convolutions and the embedding of time learn too there",
    "unet-transformer-only": "the text encoders do not learn there: set encoder_lr to 0",
}
_MOST_RANK = 1024


def network(keys: Keys) -> dict[str, Any]:
    """The recipe's adapter."""
    is_fa = keys.switch("fa")
    module = keys.word("network_module", "networks.lora_fa" if is_fa else "")
    inner = arguments(keys, "network_args")
    # As LoRA_Easy_Training_Scripts tells them apart, whose files name no module.
    implied = "lycoris.kohya" if "algo" in inner else "networks.dylora" if "unit" in inner else "networks.lora"
    module = module or implied
    rank, alpha = keys.whole("network_dim", 4), keys.number("network_alpha", 1.0)
    # kohya and LyCORIS read an alpha of 0 as the rank.
    numbers = {"rank": rank, "alpha": alpha or float(rank)}
    is_lycoris = module.startswith(("lycoris", "locon"))
    lora = _lycoris(inner, numbers) if is_lycoris else _plain(inner, module, numbers)
    _told(inner)
    keys.absorb(inner, "network_args")
    keys.leave("network_dropout", "no counterpart here", unless=(0, 0.0, "0"))
    keys.leave("scale_weight_norms", "no counterpart here", unless=(0, 0.0, "0"))
    keys.leave("dim_from_weights", "ranks are typed here")
    if lora["kind"] == "lokr":
        _whole_blocks(keys, lora)
    return lora


def _plain(inner: Keys, module: str, numbers: dict[str, Any]) -> dict[str, Any]:
    if module in _OF_OTHER_MODELS:
        raise other_model(inner.file, _OF_OTHER_MODELS[module])
    if module in _OF_OTHER_KINDS:
        raise _other_kind(inner.file, _OF_OTHER_KINDS[module])
    if module not in ("networks.lora", "networks.lokr"):
        raise RecipeError(
            f"{inner.file} trains with network_module {told(module)}, which is not known here; "
            "networks.lora, networks.lokr and lycoris.kohya are."
        )
    conv = inner.whole("conv_dim", 0)
    conv_alpha = inner.number("conv_alpha", 1.0)
    lora = {
        **numbers,
        "kind": "lokr" if module == "networks.lokr" else "lora",
        "targets": "attention_mlp_conv" if conv > 0 else "attention_mlp",
        "conv_rank": max(conv, 0),
        "conv_alpha": (conv_alpha or float(conv)) if conv > 0 else 0.0,
    }
    if lora["kind"] == "lokr":
        lora |= _factor(inner)
    else:
        inner.leave("algo", "counts with lycoris.kohya alone")
        inner.leave("preset", "counts with lycoris.kohya alone")
    return lora


def _lycoris(inner: Keys, numbers: dict[str, Any]) -> dict[str, Any]:
    """LyCORIS' own defaults: algo lora, preset full, convolutions of the rank and alpha of the rest."""
    algorithm = inner.word("algo", "lora").lower()
    if algorithm in _OF_LYCORIS:
        raise _other_kind(inner.file, _OF_LYCORIS[algorithm])
    if algorithm not in ("lora", "locon", "lokr"):
        raise _other_kind(inner.file, f"a network of the kind {told(algorithm)}")
    preset = inner.word("preset", "full")
    targets = _PRESETS.get(preset, "attention_mlp_conv")
    if preset not in _PRESETS:
        inner.note("preset", preset, "not known here: attention, MLP and convolutions are trained")
    elif preset in _MORE_LAYERS:
        inner.note("preset", preset, _MORE_LAYERS[preset])
    conv = inner.whole("conv_dim", numbers["rank"])
    conv_alpha = inner.number("conv_alpha", numbers["alpha"]) or float(conv)
    has_conv = targets == "attention_mlp_conv" and conv > 0
    if targets == "attention_mlp_conv" and not has_conv:
        targets = "attention_mlp"
    kind = "lokr" if algorithm == "lokr" else "lora"
    if inner.switch("dora_wd"):
        if kind == "lokr":
            inner.note("dora_wd", True, "LoKr is trained without it here")
        else:
            kind = "dora"
    if not inner.switch("wd_on_output", True) and kind == "dora":
        inner.note("wd_on_output", False, "lengths are of outputs here")
    lora = {
        **numbers,
        "kind": kind,
        "targets": targets,
        "conv_rank": conv if has_conv else 0,
        "conv_alpha": conv_alpha if has_conv else 0.0,
    }
    if kind == "lokr":
        lora |= _factor(inner)
    else:
        inner.leave("factor", "counts with LoKr alone", unless=(-1, "-1", 0, "0"))
        inner.leave("decompose_both", "counts with LoKr alone", unless=("False", "false", "0"))
    return lora


def _factor(inner: Keys) -> dict[str, Any]:
    factor = inner.whole("factor", -1)
    inner.leave("decompose_both", "the small block is whole here", unless=("False", "false", "0"))
    inner.leave("full_matrix", "a high rank makes the large block whole here", unless=("False", "false", "0"))
    if factor >= 2:
        return {"factor": factor}
    inner.note("factor", factor, "blocks there are as square as each layer allows; 8 is taken")
    return {"factor": 8}


def _whole_blocks(keys: Keys, lora: dict[str, Any]) -> None:
    """Ranks of 10,000 say that no block is split: any rank above half of a block's side does."""
    for name, key in (("rank", "network_dim"), ("conv_rank", "network_args.conv_dim")):
        if lora[name] > _MOST_RANK:
            keys.note(key, lora[name], f"taken as {_MOST_RANK}, with which large blocks are whole as well")
            lora[name] = _MOST_RANK


def _told(inner: Keys) -> None:
    nothing = ("False", "false", "0", "0.0", 0, 0.0, "None", "none")
    for name in ("rank_dropout", "module_dropout", "dropout", "train_norm", "use_scalar", "rs_lora"):
        inner.leave(name, "no counterpart here", unless=nothing)
    for name in ("use_tucker", "use_cp", "use_conv_cp", "unbalanced_factorization", "bypass_mode", "train_t5xxl"):
        inner.leave(name, "no counterpart here", unless=nothing)
    inner.leave("disable_conv_cp", "convolutions are not split by Tucker here", unless=("True", "true", True))
    inner.leave("rank_dropout_scale", "no counterpart here", unless=nothing)
    for name in ("loraplus_lr_ratio", "loraplus_unet_lr_ratio", "loraplus_text_encoder_lr_ratio"):
        inner.leave(name, "both halves of a LoRA learn at one rate here", unless=nothing)
    for name in ("block_dims", "block_alphas", "conv_block_dims", "conv_block_alphas"):
        inner.leave(name, "all blocks have one rank and alpha here")
    for name in ("down_lr_weight", "mid_lr_weight", "up_lr_weight", "block_lr_zero_threshold"):
        inner.leave(name, "all blocks learn at one rate here")
    # These say something of kinds that are refused.
    inner.changes_nothing("block_size", "constraint", "rescaled", "train_on_input", "unit", "constrain")


def _other_kind(file: str, kind: str) -> RecipeError:
    return RecipeError(
        f"{file} trains {kind}, which is not trained here; LoRA, LoCon, DoRA and LoKr are. Its rates and ranks fit no "
        "other kind."
    )
