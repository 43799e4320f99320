"""In which layouts files hold their weights: plain, fp8, fp8 with a scale a tensor; others are named."""

from collections.abc import Collection

from ...errors import ModelError
from ...storage.tensor_header import Header

_SCALES = ("scale_weight", "weight_scale")
"""ComfyUI's names of a tensor's one scale, the older first."""
_PLAIN = ("F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2")
_FP8 = ("F8_E4M3", "F8_E5M2")
_ADVICE = "Choose the bf16, fp16 or fp8 file of the same model."


def scale_name(name: str, names: Collection[str]) -> str | None:
    """The tensor that holds a weight's scale; None where it has none."""
    layer, _, last = name.rpartition(".")
    if last != "weight":
        return None
    return next((found for word in _SCALES if (found := f"{layer}.{word}") in names), None)


def refuse_layout(title: str, header: Header) -> None:
    """ModelError that names a layout of weights that is not read here."""
    kinds = {name: kind for name, kind in header.kinds.items() if name.endswith(".weight")}
    if any(name.endswith((".weight_scale_2", ".pre_quant_scale")) for name in header.shapes):
        raise ModelError(f"{title} is quantised to 4 bits (nvfp4), which is not trained on here. {_ADVICE}")
    if any(kind == "I8" for kind in kinds.values()):
        raise ModelError(f"{title} is quantised to int8 (ConvRot or another), which is not trained on here. {_ADVICE}")
    odd = next((kind for kind in kinds.values() if kind not in _PLAIN), None)
    if odd or any(name.endswith((".absmax", ".quant_state.bitsandbytes__nf4")) for name in header.shapes):
        raise ModelError(f"{title} is quantised ({odd or 'bitsandbytes'}), which is not trained on here. {_ADVICE}")
    for name, kind in kinds.items():
        scale = scale_name(name, header.shapes)
        if scale and (kind not in _FP8 or any(side != 1 for side in header.shapes[scale])):
            raise ModelError(
                f"{title} is scaled in a layout that is not known here: {scale} is "
                f"{list(header.shapes[scale])} for {kind}. {_ADVICE}"
            )
    if "scaled_fp8" in {name.rpartition(".")[2] for name in header.shapes} and not any(
        scale_name(name, header.shapes) for name in kinds
    ):
        raise ModelError(f"{title} says that it is scaled fp8, but holds no scales. {_ADVICE}")
