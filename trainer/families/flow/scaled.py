"""In which layouts files hold their weights: plain, fp8, fp8 and int8 with scales; others are named."""

from collections.abc import Collection
from pathlib import Path

from ...errors import ModelError
from ...storage.tensor_header import Header
from ..memory.rotation import is_group
from .formats import Format, layer_formats

_SCALES = ("scale_weight", "weight_scale")
"""ComfyUI's names of a tensor's scale, the older first."""
_PLAIN = ("F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2")
_FP8 = ("F8_E4M3", "F8_E5M2")
_INT8, _INT8_FORMAT = "I8", "int8_tensorwise"
_FORMATS = ("float8_e4m3fn", "float8_e5m2", _INT8_FORMAT)
_ADVICE = "Choose the bf16, fp16, fp8 or int8 file of the same model."


def scale_name(name: str, names: Collection[str]) -> str | None:
    """The tensor that holds a weight's scale; None where it has none."""
    layer, _, last = name.rpartition(".")
    if last != "weight":
        return None
    return next((found for word in _SCALES if (found := f"{layer}.{word}") in names), None)


def refuse_layout(path: Path, header: Header) -> None:
    """ModelError that names a layout of weights that is not read here."""
    title, formats = path.name, layer_formats(path, header)
    if any(name.endswith((".weight_scale_2", ".pre_quant_scale")) for name in header.shapes):
        raise ModelError(f"{title} is quantised to 4 bits (nvfp4), which is not trained on here. {_ADVICE}")
    other = next((each.name for each in formats.values() if each.name not in _FORMATS), None)
    if other is not None:
        raise ModelError(f"{title} is quantised as {other or 'nothing named'}, which is not trained on here. {_ADVICE}")
    kinds = {name: kind for name, kind in header.kinds.items() if name.endswith(".weight")}
    odd = next((kind for kind in kinds.values() if kind not in (*_PLAIN, _INT8)), None)
    if odd or any(name.endswith((".absmax", ".quant_state.bitsandbytes__nf4")) for name in header.shapes):
        raise ModelError(f"{title} is quantised ({odd or 'bitsandbytes'}), which is not trained on here. {_ADVICE}")
    for name, kind in kinds.items():
        if kind == _INT8:
            _check_int8(title, header, name, formats.get(name.rpartition(".")[0]))
        else:
            _check_fp8(title, header, name)
    if "scaled_fp8" in {name.rpartition(".")[2] for name in header.shapes} and not any(
        scale_name(name, header.shapes) for name in kinds
    ):
        raise ModelError(f"{title} says that it is scaled fp8, but holds no scales. {_ADVICE}")


def _check_int8(title: str, header: Header, name: str, told: Format | None) -> None:
    if told is None or told.name != _INT8_FORMAT:
        raise ModelError(
            f"{title} holds {name} in int8 without saying in which format, as ComfyUI's int8 files do. {_ADVICE}"
        )
    shape, scale = header.shapes[name], scale_name(name, header.shapes)
    found = header.shapes[scale] if scale else None
    if len(shape) != 2 or found is None or [side for side in found if side != 1] not in ([], [shape[0]]):
        raise _unknown_scale(title, scale or f"{name}'s scale", found, _INT8)
    if told.group and not is_group(told.group, shape[1]):
        raise ModelError(
            f"{title} says that the {shape[1]} inputs of {name} are rotated {told.group} at a time, which is no power "
            "of 4 that divides them. Get the file again."
        )


def _check_fp8(title: str, header: Header, name: str) -> None:
    scale, kind = scale_name(name, header.shapes), header.kinds[name]
    if scale and (kind not in _FP8 or any(side != 1 for side in header.shapes[scale])):
        raise _unknown_scale(title, scale, header.shapes[scale], kind)


def _unknown_scale(title: str, scale: str, shape: tuple[int, ...] | None, kind: str) -> ModelError:
    size = "missing" if shape is None else f"{list(shape)}"
    return ModelError(f"{title} is scaled in a layout that is not known here: {scale} is {size} for {kind}. {_ADVICE}")
